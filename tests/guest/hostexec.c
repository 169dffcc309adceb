// Programs of the host in the place of a guest process: descriptors, environment,
// status, signals; pipes of the guest's kernel carry their input and output.
// expect: got hello world
// expect: bar
// expect: ended 7
// expect: killed by 15
// expect: bye
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	u64 none[8] = {0}, out[3], in[3], back[3];
	int status;
	char buf[256];
	long n, total = 0;
	bg_unix(SYS_pipe, none, in);
	bg_unix(SYS_pipe, none, back);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		char *av[] = {"sh", "-c", "read x; echo got $x; echo $FOO; exit 7", 0};
		char *ev[] = {"FOO=bar", "PATH=/bin:/usr/bin", 0};
		sys(SYS_dup2, in[0], 0), sys(SYS_dup2, back[1], 1);
		for (int i = 0; i < 2; i++) sys(SYS_close, in[i]), sys(SYS_close, back[i]);
		fail("hostexec.c", __LINE__, "execve", sys(SYS_execve, "/bin/sh", av, ev));
		bg_exit(1);
	}
	sys(SYS_close, in[0]), sys(SYS_close, back[1]);
	CHECK_EQ(sys(SYS_write, in[1], "hello world\n", 12), 12);
	while ((n = sys(SYS_read, back[0], buf + total, 200 - total)) > 0) total += n;
	buf[total] = 0;
	say("%s", buf);
	CHECK_EQ(sys(SYS_wait4, out[0], &status, 0, 0), out[0]);
	say("ended %d\n", WEXITSTATUS(status));

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		char *av[] = {"sleep", "100", 0};
		sys(SYS_execve, "/bin/sleep", av, envp);
		bg_exit(1);
	}
	nap(200000000);
	CHECK_EQ(sys(SYS_wait4, out[0], &status, WNOHANG, 0), 0);
	CHECK_EQ(sys(SYS_kill, out[0], SIGTERM, 1), 0);
	CHECK_EQ(sys(SYS_wait4, out[0], &status, 0, 0), out[0]);
	say("killed by %d\n", WTERMSIG(status));

	char *av[] = {"echo", "bye", 0};
	sys(SYS_execve, "/bin/echo", av, envp);
	return 1;
}
