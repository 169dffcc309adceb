// fork and wait: both results in both processes, memory of one's own, status.
// expect: child ran
// expect: parent saw exit 42
// expect: killed by 9
// expect: stopped, continued, gone
// expect: 20 children
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	static volatile int mine = 1;
	u64 out[3], none[8] = {0};
	long me = sys(SYS_getpid);
	int status = -1;
	CHECK(me > 0);
	CHECK_EQ(sys(SYS_wait4, -1, &status, 0, 0), -ECHILD);
	bg_unix(SYS_fork, none, out);
	CHECK_EQ(out[2], 0);
	if (out[1] == 1) { // the child: its own pid, and 1
		CHECK_EQ(out[0], sys(SYS_getpid));
		CHECK_EQ(sys(SYS_getppid), me);
		mine = 2;
		say("child ran\n");
		bg_exit(bg_failures ? 1 : 42);
	}
	CHECK_EQ(out[1], 0);
	CHECK(out[0] != (u64)me);
	CHECK_EQ(bg_wait(out[0], &status, 0), out[0]);
	CHECK_EQ(status & 0x7f, 0);
	CHECK_EQ(mine, 1);
	say("parent saw exit %d\n", WEXITSTATUS(status));

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1)
		for (;;) nap(1000000000);
	CHECK_EQ(sys(SYS_wait4, out[0], &status, WNOHANG, 0), 0);
	CHECK_EQ(sys(SYS_kill, out[0], SIGKILL, 1), 0);
	CHECK_EQ(bg_wait(out[0], &status, 0), out[0]);
	say("killed by %d\n", WTERMSIG(status));
	CHECK_EQ(sys(SYS_kill, out[0], 0, 1), -ESRCH);

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1)
		for (;;) nap(1000000000);
	CHECK_EQ(sys(SYS_kill, out[0], SIGSTOP, 1), 0);
	CHECK_EQ(bg_wait(out[0], &status, WUNTRACED), out[0]);
	CHECK_EQ(status, SIGSTOP << 8 | 0x7f);
	CHECK_EQ(sys(SYS_kill, out[0], SIGCONT, 1), 0);
	CHECK_EQ(bg_wait(out[0], &status, WCONTINUED), out[0]);
	CHECK_EQ(status, SIGCONT << 8 | 0x7f);
	CHECK_EQ(sys(SYS_kill, out[0], SIGTERM, 1), 0);
	CHECK_EQ(bg_wait(out[0], &status, 0), out[0]);
	CHECK_EQ(WTERMSIG(status), SIGTERM);
	say("stopped, continued, gone\n");

	int sum = 0;
	for (int i = 0; i < 20; i++) {
		bg_unix(SYS_fork, none, out);
		if (out[1] == 1) bg_exit(i);
	}
	for (int i = 0; i < 20; i++) {
		CHECK(bg_wait(-1, &status, 0) > 0);
		sum += WEXITSTATUS(status);
	}
	CHECK_EQ(sum, 190);
	CHECK_EQ(sys(SYS_wait4, -1, &status, 0, 0), -ECHILD);
	say("20 children\n");
	return 0;
}
