// kqueue: READ, WRITE, TIMER, USER, PROC, SIGNAL, VNODE; receipts and errors.
// expect: read and write
// expect: timer
// expect: user
// expect: proc
// expect: signal
// expect: vnode
// expect: errors and receipts
// expect: kevent64
#include "beagle.h"

static int kq;
static struct timespec now_ = {0, 0}, second = {5, 0};

static long change(u64 id, int filter, int flags, u32 fflags, i64 data, u64 udata) {
	struct kevent k = {id, (short)filter, (u16)flags, fflags, data, udata};
	return sys(SYS_kevent, kq, &k, 1, 0, 0, 0);
}
static long get(struct kevent *k, struct timespec *t) { return sys(SYS_kevent, kq, 0, 0, k, 1, t); }

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	struct kevent k;
	int status;
	kq = (int)sys(SYS_kqueue);
	CHECK(kq >= 0);
	bg_unix(SYS_pipe, none, out);
	int r = (int)out[0], w = (int)out[1];
	CHECK_EQ(change(r, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0, 0xabcdef0123456789), 0);
	CHECK_EQ(get(&k, &now_), 0);
	sys(SYS_write, w, "abc", 3);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.ident, r);
	CHECK_EQ(k.filter, EVFILT_READ);
	CHECK_EQ(k.data, 3);
	CHECK_EQ(k.udata, 0xabcdef0123456789);
	CHECK_EQ(get(&k, &now_), 0); // EV_CLEAR: once
	CHECK_EQ(change(w, EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0, 0, 7), 0);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_WRITE);
	CHECK(k.data > 0);
	CHECK_EQ(get(&k, &now_), 0);
	sys(SYS_close, w);
	CHECK_EQ(get(&k, &second), 1);
	CHECK(k.flags & EV_EOF);
	CHECK_EQ(change(r, EVFILT_READ, EV_DELETE, 0, 0, 0), 0);
	CHECK_EQ(change(r, EVFILT_READ, EV_DELETE, 0, 0, 0), -ENOENT);
	say("read and write\n");

	u64 t0 = nanotime();
	CHECK_EQ(change(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 30, 1), 0); // milliseconds
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_TIMER);
	CHECK_EQ(k.data, 1);
	CHECK(nanotime() - t0 >= 29000000);
	CHECK_EQ(change(2, EVFILT_TIMER, EV_ADD, NOTE_USECONDS, 2000, 1), 0);
	nap(30000000);
	CHECK_EQ(get(&k, &second), 1);
	CHECK(k.data >= 5); // several expirations in one event
	CHECK_EQ(change(2, EVFILT_TIMER, EV_DELETE, 0, 0, 0), 0);
	say("timer\n");

	CHECK_EQ(change(9, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, 5), 0);
	CHECK_EQ(get(&k, &now_), 0);
	CHECK_EQ(change(9, EVFILT_USER, 0, NOTE_TRIGGER, 0, 5), 0);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_USER);
	CHECK_EQ(k.ident, 9);
	CHECK_EQ(get(&k, &now_), 0);
	say("user\n");

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		nap(30000000);
		bg_exit(6);
	}
	CHECK_EQ(change(out[0], EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 3), 0);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_PROC);
	CHECK_EQ(k.ident, out[0]);
	CHECK(k.fflags & NOTE_EXIT);
	CHECK_EQ(bg_wait(out[0], &status, 0), out[0]);
	CHECK_EQ(WEXITSTATUS(status), 6);
	CHECK_EQ(change(out[0], EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, 3), -ESRCH);
	say("proc\n");

	CHECK_EQ(on_signal(SIGUSR1, SIG_IGN, 0, 0), 0);
	CHECK_EQ(change(SIGUSR1, EVFILT_SIGNAL, EV_ADD | EV_CLEAR, 0, 0, 0), 0);
	sys(SYS_kill, sys(SYS_getpid), SIGUSR1, 1);
	sys(SYS_kill, sys(SYS_getpid), SIGUSR1, 1);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_SIGNAL);
	CHECK_EQ(k.data, 2); // counts even what is ignored
	say("signal\n");

	long fd = sys(SYS_open, "watched", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(change(fd, EVFILT_VNODE, EV_ADD | EV_CLEAR, NOTE_WRITE | NOTE_EXTEND | NOTE_DELETE, 0, 0), 0);
	CHECK_EQ(sys(SYS_write, fd, "x", 1), 1);
	CHECK_EQ(get(&k, &second), 1);
	CHECK_EQ(k.filter, EVFILT_VNODE);
	CHECK(k.fflags & NOTE_WRITE);
	CHECK_EQ(sys(SYS_unlink, "watched"), 0);
	CHECK_EQ(get(&k, &second), 1);
	CHECK(k.fflags & NOTE_DELETE);
	sys(SYS_close, fd);
	say("vnode\n");

	struct kevent c[2] = {{600, EVFILT_READ, EV_ADD, 0, 0, 1}, {3, EVFILT_USER, EV_ADD | EV_RECEIPT, 0, 0, 2}}, e[2];
	CHECK_EQ(sys(SYS_kevent, kq, c, 2, e, 2, &now_), 2);
	CHECK(e[0].flags & EV_ERROR);
	CHECK_EQ(e[0].data, EBADF);
	CHECK(e[1].flags & EV_ERROR);
	CHECK_EQ(e[1].data, 0);
	CHECK_EQ(change(1, -99, EV_ADD, 0, 0, 0), -EINVAL);
	CHECK_EQ(sys(SYS_kevent, kq, 8, 1, 0, 0, 0), -EFAULT);
	CHECK_EQ(sys(SYS_kevent, 0x7fff, 0, 0, &k, 1, &now_), -EBADF);
	say("errors and receipts\n");

	struct kevent64 k64 = {77, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER, 0, 0x55, {1, 2}}, o64;
	CHECK_EQ(sys(SYS_kevent64, kq, &k64, 1, 0, 0, 0, 0), 0);
	k64.flags = 0;
	CHECK_EQ(sys(SYS_kevent64, kq, &k64, 1, 0, 0, 0, 0), 0);
	memset(&o64, 0, sizeof o64);
	CHECK_EQ(sys(SYS_kevent64, kq, 0, 0, &o64, 1, 0, &second), 1);
	CHECK_EQ(o64.ident, 77);
	CHECK_EQ(o64.udata, 0x55);
	say("kevent64\n");
	return 0;
}
