// A fork bomb meets a limit, and the machine goes on.
// timeout: 120
// expect: limited
// expect: fork works again
#include "beagle.h"

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	int n = 0, status;
	long last = 0;
	static int pids[20000];
	for (; n < 20000; n++) {
		bg_unix(SYS_fork, none, out);
		if (out[2]) {
			last = out[0];
			break;
		}
		if (out[1] == 1)
			for (;;) nap(3600000000000);
		pids[n] = (int)out[0];
	}
	CHECK(last == EAGAIN || last == ENOMEM);
	CHECK(n >= 30);
	for (int i = 0; i < n; i++) {
		CHECK_EQ(sys(SYS_kill, pids[i], SIGKILL, 1), 0);
		CHECK_EQ(bg_wait(pids[i], &status, 0), pids[i]);
	}
	say("limited\n");
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) bg_exit(0);
	CHECK_EQ(bg_wait(out[0], &status, 0), out[0]);
	say("fork works again\n");
	return 0;
}
