// What a program and its initializers are started with, and how it ends.
#include "test.h"

static void at_exit(void *arg)
{
	say((const char *)arg);
}

int __cxa_atexit(void (*func)(void *), void *arg, const void *dso);

__attribute__((constructor)) static void init(int argc, const char **argv, const char **envp, const char **apple)
{
	CHECK(lib_inited);
	CHECK(argc == 3 && !strcmp(argv[2], "two words"));
	CHECK(!strcmp(envp[0], "FIRST=1"));
	const char *want = "executable_path=";
	for (int i = 0; want[i]; i++)
		CHECK(apple[0][i] == want[i]);
}

int main(int argc, const char **argv, const char **envp, const char **apple)
{
	CHECK(argc_seen == 3 && argv_seen == argv && apple_seen == apple[0]);
	CHECK(argc == 3 && !strcmp(argv[1], "one") && !strcmp(argv[2], "two words") && !argv[3]);
	CHECK(((unsigned long)__builtin_frame_address(0) & 15) == 0);
	CHECK(!strcmp(getenv("FIRST"), "1"));
	char path[1024], small[2];
	unsigned size = sizeof path;
	CHECK(_NSGetExecutablePath(path, &size) == 0 && path[0] == '/');
	size = sizeof small;
	CHECK(_NSGetExecutablePath(small, &size) == -1 && size == strlen(path) + 1);
	__cxa_atexit(at_exit, "second\n", 0);
	__cxa_atexit(at_exit, "first\n", 0);
	return 42;
}
