// exec: itself with arguments and environment, scripts, host programs, failures.
// args: start
// expect: again [a b][] env X=1
// expect: fd 30 open, 31 closed on exec
// expect: script got: ./script -x tail
// expect: host program
// expect: spawned 5
// expect: failures
// expect: too big
// expect: pid kept
#include "beagle.h"

static u64 out[3], none[8];
static char self[1024];

static int run(char **argv, char **envp, const char *path) {
	int status = -1;
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		long e = sys(SYS_execve, path, argv, envp);
		bg_exit(100 - (int)e);
	}
	bg_wait(out[0], &status, 0);
	return WTERMSIG(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void make(const char *name, const void *data, u64 n, int mode) {
	long fd = sys(SYS_open, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK_EQ(sys(SYS_write, fd, data, n), n);
	sys(SYS_close, fd);
	CHECK_EQ(sys(SYS_chmod, name, mode), 0);
}
#define TEXT(name, s, mode) make(name, s, sizeof(s) - 1, mode)

int main(int argc, char **argv, char **envp, char **apple) {
	if (!strcmp(argv[1], "again")) {
		say("again [%s][%s] env %s\n", argv[2], argv[3], envp[0] ? envp[0] : "none");
		say("fd 30 %s, 31 %s\n", sys(SYS_fcntl, 30, F_GETFD) == 0 ? "open" : "closed",
		    sys(SYS_fcntl, 31, F_GETFD) == -EBADF ? "closed on exec" : "open");
		return 0;
	}
	if (!strcmp(argv[1], "five")) return 5;
	if (!strcmp(argv[1], "pid")) {
		u64 want = 0;
		for (char *c = argv[2]; *c; c++) want = want * 10 + *c - '0';
		say("pid %s\n", want == (u64)sys(SYS_getpid) ? "kept" : "changed");
		return 0;
	}
	if (!strcmp(argv[1], "-x")) { // as interpreter: argv is self -x script tail
		say("script got: %s %s %s\n", argv[2], argv[1], argv[3]);
		return 0;
	}
	for (char **a = apple; *a; a++)
		if (!memcmp(*a, "executable_path=", 16)) strcpy(self, *a + 16);
	CHECK(self[0]);

	sys(SYS_dup2, 1, 30), sys(SYS_dup2, 1, 31);
	sys(SYS_fcntl, 31, F_SETFD, 1);
	CHECK_EQ(run((char *[]){"me", "again", "a b", "", 0}, (char *[]){"X=1", 0}, self), 0);
	CHECK_EQ(sys(SYS_fcntl, 31, F_GETFD), 1); // the parent's stays

	static char text[1200];
	strcpy(text, "#!");
	strcat(text, self);
	strcat(text, " -x\nnot read\n");
	make("script", text, strlen(text), 0700);
	CHECK_EQ(run((char *[]){"ignored", "tail", 0}, envp, "./script"), 0);

	CHECK_EQ(run((char *[]){"echo", "host", "program", 0}, (char *[]){"PATH=/bin", 0}, "/bin/echo"), 0);
	CHECK_EQ(run((char *[]){"sh", "-c", "exit 3", 0}, (char *[]){0}, "/bin/sh"), 3);
	CHECK_EQ(run((char *[]){"sh", "-c", "kill -TERM $$", 0}, (char *[]){0}, "/bin/sh"), -SIGTERM);

	int pid = -1, status;
	char *av[] = {"me", "five", 0};
	CHECK_EQ(sys(SYS_posix_spawn, &pid, self, 0, av, envp), 0);
	CHECK(pid > 0);
	bg_wait(pid, &status, 0);
	say("spawned %d\n", WEXITSTATUS(status));
	CHECK_EQ(sys(SYS_posix_spawn, &pid, "/no/such", 0, av, envp), -ENOENT);

	char *none_argv[] = {"x", 0};
	TEXT("empty", "", 0700);
	TEXT("text", "no magic at all\n", 0700);
	TEXT("noperm", "#!/bin/sh\n", 0600);
	TEXT("noend", "#!/no/such/interpreter\n", 0700);
	TEXT("short", "\xcf\xfa\xed\xfe\x07\0\0\x01", 0700);
	TEXT("elf", "\x7f""ELF\x02\x01\x01", 0700);
	CHECK_EQ(run(none_argv, none_argv + 1, "missing"), 100 + ENOENT);
	CHECK_EQ(run(none_argv, none_argv + 1, "/"), 100 + EACCES);
	CHECK_EQ(run(none_argv, none_argv + 1, "text/x"), 100 + ENOTDIR);
	CHECK_EQ(run(none_argv, none_argv + 1, "empty"), 100 + ENOEXEC);
	CHECK_EQ(run(none_argv, none_argv + 1, "text"), 100 + ENOEXEC);
	CHECK_EQ(run(none_argv, none_argv + 1, "noperm"), 100 + EACCES);
	CHECK_EQ(run(none_argv, none_argv + 1, "noend"), 100 + ENOENT);
	int r = run(none_argv, none_argv + 1, "short");
	CHECK(r == 100 + ENOEXEC || r == 100 + EBADMACHO || r == -SIGKILL);
	CHECK(run(none_argv, none_argv + 1, "elf") != 0);
	CHECK_EQ(run((char **)8, none_argv + 1, self), 100 + EFAULT);
	CHECK_EQ(run(none_argv, none_argv + 1, (char *)8), 100 + EFAULT);
	say("failures\n");

	char *big = pages(2 << 20);
	memset(big, 'a', (2 << 20) - 1);
	CHECK_EQ(run((char *[]){"x", big, 0}, none_argv + 1, self), 100 + E2BIG);
	char **many = pages(8 << 20);
	for (int i = 0; i < 1000000; i++) many[i] = "abc";
	CHECK_EQ(run(many, none_argv + 1, self), 100 + E2BIG);
	say("too big\n");

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		char d[24];
		int n = 23;
		d[n] = 0;
		for (u64 p = sys(SYS_getpid); p; p /= 10) d[--n] = '0' + p % 10;
		sys(SYS_execve, self, ((char *[]){"x", "pid", d + n, 0}), envp);
		bg_exit(1);
	}
	bg_wait(out[0], &status, 0);
	CHECK_EQ(status, 0);
	return 0;
}
