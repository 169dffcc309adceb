// What system calls cost: calls getpid N | pipe N | file PATH N | fork N. Each
// does its work N times and nothing else.
#include "sys.h"

enum { MiB = 1 << 20 };
static u8 block[MiB] __attribute__((aligned(16384)));
static u8 resident[64 * MiB] __attribute__((aligned(16384)));

static int fully(i64 (*f)(int, void *, u64), int fd)
{
	for (u64 done = 0; done < MiB;) {
		i64 n = f(fd, block + done, MiB - done);
		if (n <= 0)
			return 0;
		done += (u64)n;
	}
	return 1;
}

static i64 put(int fd, void *p, u64 n) { return sys_write(fd, p, n); }

static int through_pipe(u64 n)
{
	int fd[2];
	if (sys_pipe(fd) < 0)
		return 1;
	i64 pid = sys_fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		sys_close(fd[0]);
		for (; n; n--)
			if (!fully(put, fd[1]))
				quit(3);
		quit(0);
	}
	sys_close(fd[1]);
	for (; n; n--)
		if (!fully(sys_read, fd[0]))
			return 4;
	return sys_wait(pid) == pid ? 0 : 5;
}

static int through_file(const char *path, u64 n)
{
	i64 fd = sys_open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return 1;
	for (u64 i = 0; i < n; i++) {
		i64 at = (i64)(i & 15) * MiB;
		if (sys_pwrite((int)fd, block, MiB, at) != MiB || sys_pread((int)fd, block, MiB, at) != MiB)
			return 2;
	}
	return 0;
}

static int forks(u64 n)
{
	for (u64 i = 0; i < sizeof resident; i += 4096)
		((volatile u8 *)resident)[i] = 1;
	for (; n; n--) {
		i64 pid = sys_fork();
		if (pid == 0)
			quit(0);
		if (pid < 0 || sys_wait(pid) != pid)
			return 1;
	}
	return 0;
}

int run(int argc, char **argv)
{
	if (argc == 3 && equal(argv[1], "getpid")) {
		for (u64 n = number(argv[2]); n; n--)
			sys_getpid();
		return 0;
	}
	if (argc == 3 && equal(argv[1], "pipe"))
		return through_pipe(number(argv[2]));
	if (argc == 4 && equal(argv[1], "file"))
		return through_file(argv[2], number(argv[3]));
	if (argc == 3 && equal(argv[1], "fork"))
		return forks(number(argv[2]));
	return 64;
}
