// Opens each path given and says how that went: first for reading, then for
// making. Used by the tests of --isolated.
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	static char b[64];
	for (int i = 1; i < argc; i++) {
		long fd = sys(SYS_open, argv[i], O_RDONLY);
		long n = fd < 0 ? fd : sys(SYS_read, fd, b, sizeof b - 1);
		if (n < 0 && fd >= 0) n = -1000 + n;
		b[n > 0 ? n : 0] = 0;
		for (char *c = b; *c; c++)
			if (*c == '\n') *c = 0;
		long w = sys(SYS_open, argv[i], O_WRONLY | O_CREAT, 0600);
		say("%s: read %ld [%s], write %ld\n", argv[i], n, n > 0 ? b : "", w < 0 ? w : 0);
		if (fd >= 0) sys(SYS_close, fd);
		if (w >= 0) sys(SYS_close, w);
	}
	return 0;
}
