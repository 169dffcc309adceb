// A stopped process whose group loses its last parent in another group would
// never be continued: it gets SIGHUP and SIGCONT.
// expect: parent of the job ended 5
// expect: the job is gone
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	u64 none[8] = {0}, out[3], p[3];
	int status;
	char c;
	bg_unix(SYS_pipe, none, p);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) { // the job's parent, in a group of its own
		sys(SYS_setpgid, 0, 0);
		bg_unix(SYS_fork, none, out);
		if (out[1] == 1) {
			sys(SYS_setpgid, 0, 0);
			sys(SYS_kill, sys(SYS_getpid), SIGSTOP, 1);
			sys(SYS_write, p[1], "x", 1);
			bg_exit(0);
		}
		bg_wait(out[0], &status, WUNTRACED);
		bg_exit(5);
	}
	sys(SYS_close, p[1]);
	bg_wait(out[0], &status, 0);
	say("parent of the job ended %d\n", WEXITSTATUS(status));
	CHECK_EQ(sys(SYS_read, p[0], &c, 1), 0);
	say("the job is gone\n");
	return 0;
}
