// Ends as its argument says: an exit status, or "signal N", or "crash".
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	int n = 0;
	char *s = argc > 2 ? argv[2] : argv[1];
	for (; *s >= '0' && *s <= '9'; s++) n = n * 10 + *s - '0';
	if (!strcmp(argv[1], "crash")) *(volatile int *)0x10 = 1;
	if (argc > 2) sys(SYS_kill, sys(SYS_getpid), n, 1);
	return n;
}
