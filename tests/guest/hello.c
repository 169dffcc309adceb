// The smallest program: argument vector, environment, apple vector, exit status.
// args: one "" three
// env: BEAGLE_TEST=yes
// exit: 7
// expect: hello from argc=4 [one][][three]
// expect: BEAGLE_TEST=yes
// expect: executable_path seen
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	say("hello from argc=%d [%s][%s][%s]\n", argc, argv[1], argv[2], argv[3]);
	for (; *envp; envp++)
		if (!memcmp(*envp, "BEAGLE_TEST=", 12)) say("%s\n", *envp);
	for (; *apple; apple++)
		if (!memcmp(*apple, "executable_path=", 16)) say("executable_path seen\n");
	return 7;
}
