// Descriptors exhausted, memory exhausted, file size: errors, not deaths.
// timeout: 120
// expect: EMFILE
// expect: memory ends in an error
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	struct rlimit l, n = {64, 64};
	CHECK_EQ(sys(SYS_getrlimit, 8, &l), 0); // RLIMIT_NOFILE
	CHECK_EQ(sys(SYS_setrlimit, 8, &n), 0);
	long r = 0;
	int c = 0;
	while (c < 1000 && (r = sys(SYS_dup, 1)) >= 0) c++;
	CHECK_EQ(r, -EMFILE);
	CHECK(c < 64);
	CHECK_EQ(sys(SYS_open, "/dev/null", 0), -EMFILE);
	CHECK_EQ(sys(SYS_pipe), -EMFILE);
	CHECK_EQ(sys(SYS_kqueue), -EMFILE);
	CHECK_EQ(sys(SYS_socket, AF_INET, SOCK_STREAM, 0), -EMFILE);
	CHECK_EQ(sys(SYS_fcntl, 1, F_DUPFD, 64), -EINVAL);
	CHECK_EQ(sys(SYS_close, 63), 0);
	CHECK_EQ(sys(SYS_dup, 1), 63);
	say("EMFILE\n");

	// Reserve for ever: the address space, or a limit, ends it.
	for (u64 size = 1ul << 46; size >= 1 << 20; size >>= 1)
		for (int i = 0; i < 64; i++) {
			r = sys(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0ul);
			if (MAP_FAILED(r)) break;

		}
	CHECK(MAP_FAILED(r));
	CHECK_EQ(r, -ENOMEM);
	say("memory ends in an error\n");
	return 0;
}
