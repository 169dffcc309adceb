// Mach in depth: rights and their counts, notifications, memory in messages,
// port sets, limits, timers, exceptions, tasks and threads by their ports, file
// ports, kqueues on ports.
// expect: names
// expect: rights in messages
// expect: notifications
// expect: out of line
// expect: port sets
// expect: queue limits
// expect: vectors
// expect: timers
// expect: kqueue
// expect: threads
// expect: exceptions
// expect: fork
// expect: memory
// expect: entries
// expect: file ports
// expect: info
// expect: errors
#include "beagle.h"

typedef struct { u32 bits, size, remote, local, voucher; i32 id; } header;
struct port_desc { u32 name, pad; u16 pad2; u8 disp, type; } __attribute__((packed));
struct ool_desc { u64 addr; u8 dealloc, copy, disp, type; u32 size; } __attribute__((packed));
union msg { header h; u8 b[4096]; u32 w[1024]; };

enum {
	reply_port = 26, thread_self = 27, task_self = 28, host_self = 29, mach_msg = 31, mach_msg2 = 47,
	vm_allocate = 10, vm_deallocate = 12, vm_protect = 14, vm_map = 15, port_allocate = 16, port_deallocate = 18,
	mod_refs = 19, insert_right = 21, insert_member = 22, extract_member = 23, construct = 24, destruct = 25,
	get_attributes = 40, guard = 41, unguard = 42, pid_for_task = 46, port_type = 76, request_notification = 77,
	mk_timer_create = 91, mk_timer_destroy = 92, mk_timer_arm = 93, mk_timer_cancel = 94,
	SEND_RIGHT = 0, RECEIVE = 1, SEND_ONCE = 2, PORT_SET = 3, DEAD_NAME = 4,
	MOVE_RECEIVE = 16, MOVE_SEND = 17, MOVE_SEND_ONCE = 18, COPY_SEND = 19, MAKE_SEND = 20, MAKE_SEND_ONCE = 21,
	SEND = 1, RCV = 2, RCV_LARGE = 4, SEND_TIMEOUT = 0x10, RCV_TIMEOUT = 0x100,
	NOTIFY_DEAD_NAME = 72, NOTIFY_NO_SENDERS = 70, NOTIFY_SEND_ONCE = 71, NOTIFY_PORT_DELETED = 65,
	SYS_fileport_makeport = 430, SYS_fileport_makefd = 431, EVFILT_MACHPORT = -8,
};
#define COMPLEX 0x80000000u
#define SEND_INVALID_DEST 0x10000003
#define SEND_TIMED_OUT 0x10000004
#define RCV_TIMED_OUT 0x10004003
#define RCV_TOO_LARGE 0x10004004
#define RCV_PORT_DIED 0x10004009

static u32 task, thread;

static u32 new_port(void) {
	u32 p = 0;
	CHECK_EQ(mach(port_allocate, task, RECEIVE, &p), 0);
	return p;
}
static u32 refs(u32 name, u32 right);
static long send(union msg *m, u32 bits, u32 size, u32 to, u32 reply, i32 id) {
	m->h = (header){bits, size, to, reply, 0, id};
	return mach(mach_msg, m, SEND, size, 0, 0, 0, 0);
}
static long rcv(union msg *m, u32 port) { return mach(mach_msg, m, RCV | RCV_TIMEOUT, 0, sizeof *m, port, 0, 0); }

// A routine with n bytes of arguments and up to three ports; the reply is in m.
static i32 mig(union msg *m, u32 dest, i32 id, const void *args, u32 n, u32 nports, u32 port, u32 disp) {
	static u32 r;
	if (!r) r = (u32)mach(reply_port);
	memset(m, 0, 512);
	u8 *p = m->b + sizeof(header);
	if (nports) {
		*(u32 *)p = nports, p += 4;
		for (u32 i = 0; i < nports; i++, p += 12) *(struct port_desc *)p = (struct port_desc){port, 0, 0, disp, 0};
	}
	if (n) {
		*(u64 *)p = 0x100000000ul, p += 8;
		memcpy(p, args, n), p += (n + 3) & ~3u;
	}
	m->h = (header){COPY_SEND | MAKE_SEND_ONCE << 8 | (nports ? COMPLEX : 0), (u32)(p - m->b), dest, r, 0, id};
	CHECK_EQ(mach(mach_msg, m, SEND | RCV, m->h.size, sizeof *m, r, 0, 0), 0);
	CHECK_EQ(m->h.id, id + 100);
	return m->h.bits & COMPLEX ? 0 : (i32)m->w[8];
}
static u32 refs(u32 name, u32 right) {
	union msg m;
	u32 a[2] = {name, right};
	return mig(&m, task, 3207, a, 8, 0, 0, 0) ? ~0u : m.w[9];
}
static u32 type(u32 name) {
	u32 t = 0;
	return mach(port_type, task, name, &t) ? 0 : t;
}

static u32 exc_port, exc_seen;
static u64 exc_addr, page;
// Handles two exceptions: the first by mending the page, the second not at all.
static void handler(void *arg) {
	for (int i = 0; i < 2; i++) {
		union msg m;
		CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, exc_port, 0, 0), 0);
		CHECK_EQ(m.h.id, 2405);
		CHECK_EQ(m.w[6], 2); // thread and task
		u32 *x = m.w + 7 + 6 + 2;
		CHECK_EQ(x[0], 1); // EXC_BAD_ACCESS
		CHECK_EQ(x[1], 2);
		exc_addr = *(u64 *)(x + 4);
		exc_seen++;
		i32 kr = 5;
		if (i == 0) {
			CHECK_EQ(*(u64 *)(x + 2), 2); // KERN_PROTECTION_FAILURE
			CHECK_EQ(mach(vm_protect, task, page, 16384, 0, 3), 0);
			kr = 0;
		}
		union msg r;
		r.h = (header){MOVE_SEND_ONCE, 36, m.h.remote, 0, 0, 2505};
		*(u64 *)(r.b + 24) = 0x100000000ul;
		r.w[8] = (u32)kr;
		CHECK_EQ(mach(mach_msg, &r, SEND, 36, 0, 0, 0, 0), 0);
	}
}
static u64 segv_addr;
static void on_segv(int sig, struct siginfo *si, struct ucontext *uc) {
	segv_addr = si->addr;
	CHECK_EQ(mach(vm_protect, task, page, 16384, 0, 3), 0);
}

static volatile u32 spins, spin_stop;
static void spinner(void *arg) {
	*(volatile u32 *)arg = (u32)mach(thread_self);
	while (!spin_stop) spins++;
}
static void late_sender(void *arg) {
	union msg m;
	nap(30000000);
	CHECK_EQ(send(&m, COPY_SEND, 24, (u32)(u64)arg, 0, 4242), 0);
}
static void slow_receiver(void *arg) {
	union msg m;
	nap(30000000);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, (u32)(u64)arg, 0, 0), 0);
}

int main(int argc, char **argv, char **envp, char **apple) {
	union msg m;
	task = (u32)mach(task_self), thread = (u32)mach(thread_self);
	CHECK_EQ(thread, 0x103); // what apple[] promised
	CHECK_EQ(task, 0x203);
	u32 p = new_port(), q = new_port();
	CHECK_EQ(p & 3, 3);
	CHECK_EQ(q >> 8, (p >> 8) + 1);
	CHECK_EQ(mach(mod_refs, task, q, RECEIVE, (u64)-1), 0);
	u32 q2 = new_port(); // the same index, another generation
	CHECK_EQ(q2 >> 8, q >> 8);
	CHECK_EQ(q2 - q, 4);
	CHECK_EQ(type(q), 0);
	q = q2;
	say("names\n");

	// A send right of q goes through p to ourselves: it comes back under q's name.
	CHECK_EQ(type(p), 0x20000);
	struct { header h; u32 n; struct port_desc d[2]; } *pm = (void *)&m;
	memset(&m, 0, sizeof m);
	pm->n = 2;
	pm->d[0] = (struct port_desc){q, 0, 0, MAKE_SEND, 0};
	pm->d[1] = (struct port_desc){q, 0, 0, MAKE_SEND_ONCE, 0};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, sizeof *pm, p, 0, 1), 0);
	CHECK_EQ(refs(q, SEND_RIGHT), 0);
	CHECK_EQ(rcv(&m, p), 0);
	CHECK_EQ(pm->n, 2);
	CHECK_EQ(pm->d[0].name, q);
	CHECK_EQ(pm->d[0].disp, MOVE_SEND);
	CHECK_EQ(refs(q, SEND_RIGHT), 1);
	u32 once = pm->d[1].name;
	CHECK(once != q && once);
	CHECK_EQ(type(once), 0x40000);
	CHECK_EQ(m.h.bits & ~COMPLEX, MOVE_SEND << 8); // by what right it came
	CHECK_EQ(m.h.local, p);
	// A receive right moves: the name keeps its send right meanwhile.
	pm->n = 1;
	pm->d[0] = (struct port_desc){q, 0, 0, MOVE_RECEIVE, 0};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, sizeof(header) + 16, p, 0, 2), 0);
	CHECK_EQ(type(q), 0x10000);
	CHECK_EQ(rcv(&m, p), 0);
	CHECK_EQ(pm->d[0].name, q);
	CHECK_EQ(type(q), 0x30000);
	for (int i = 0; i < 5; i++) CHECK_EQ(mach(insert_right, task, q, q, MAKE_SEND), 0);
	CHECK_EQ(refs(q, SEND_RIGHT), 6);
	CHECK_EQ(mach(mod_refs, task, q, SEND_RIGHT, (u64)-7), 18);
	CHECK_EQ(mach(mod_refs, task, q, SEND_RIGHT, (u64)-6), 0);
	CHECK_EQ(type(q), 0x20000);
	CHECK_EQ(mach(mod_refs, task, q, SEND_RIGHT, (u64)-1), 17);
	say("rights in messages\n");

	// The unused send-once right tells its port.
	CHECK_EQ(mach(port_deallocate, task, once), 0);
	CHECK_EQ(rcv(&m, q), 0);
	CHECK_EQ(m.h.id, NOTIFY_SEND_ONCE);
	CHECK_EQ(m.h.size, 24);
	u32 prev = 1;
	CHECK_EQ(mach(request_notification, task, q, NOTIFY_NO_SENDERS, 0ul, p, MAKE_SEND_ONCE, &prev), 0);
	CHECK_EQ(prev, 0);
	CHECK_EQ(rcv(&m, p), 0); // there is no sender already
	CHECK_EQ(m.h.id, NOTIFY_NO_SENDERS);
	CHECK_EQ(mach(insert_right, task, q, q, MAKE_SEND), 0);
	u32 count = m.w[8];
	CHECK_EQ(mach(request_notification, task, q, NOTIFY_NO_SENDERS, (u64)(count + 1), p, MAKE_SEND_ONCE, &prev), 0);
	CHECK_EQ(rcv(&m, p), RCV_TIMED_OUT);
	CHECK_EQ(mach(port_deallocate, task, q), 0);
	CHECK_EQ(rcv(&m, p), 0);
	CHECK_EQ(m.h.id, NOTIFY_NO_SENDERS);
	CHECK_EQ(m.w[8], count + 1);
	CHECK_EQ(mach(insert_right, task, q, q, MAKE_SEND), 0);
	CHECK_EQ(mach(request_notification, task, q, NOTIFY_DEAD_NAME, 0ul, p, MAKE_SEND_ONCE, &prev), 0);
	CHECK_EQ(type(q), 0x80030000);
	CHECK_EQ(mach(mod_refs, task, q, RECEIVE, (u64)-1), 0);
	CHECK_EQ(rcv(&m, p), 0);
	CHECK_EQ(m.h.id, NOTIFY_DEAD_NAME);
	CHECK_EQ(m.w[8], q);
	CHECK_EQ(type(q), 0x100000);
	CHECK_EQ(refs(q, DEAD_NAME), 2); // the notification brought one
	CHECK_EQ(send(&m, COPY_SEND, 24, q, 0, 1), SEND_INVALID_DEST);
	CHECK_EQ(mach(mod_refs, task, q, DEAD_NAME, (u64)-2), 0);
	CHECK_EQ(type(q), 0);
	say("notifications\n");

	// Memory out of line, small and large, whole and odd.
	static u8 pattern[100000];
	for (u32 i = 0; i < sizeof pattern; i++) pattern[i] = (u8)(i * 7 + i / 251);
	struct { header h; u32 n; struct ool_desc d; } *om = (void *)&m;
	for (int big = 0; big < 2; big++) {
		u32 n = big ? 90001 : 333;
		memset(&m, 0, sizeof m);
		om->n = 1;
		om->d = (struct ool_desc){(u64)pattern + 3, 0, 1, 0, 1, n};
		CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, sizeof *om, p, 0, 3), 0);
		pattern[3] ^= 0xff; // the message has what was there when it was sent
		CHECK_EQ(rcv(&m, p), 0);
		pattern[3] ^= 0xff;
		CHECK_EQ(om->d.size, n);
		CHECK(om->d.addr != (u64)pattern + 3);
		CHECK_EQ(memcmp((void *)om->d.addr, pattern + 3, n), 0);
		*(u8 *)om->d.addr = 1;
		CHECK_EQ(mach(vm_deallocate, task, om->d.addr, (u64)n), 0);
	}
	u32 names[3] = {p, 0, 0xffffffff};
	om->n = 1;
	om->d = (struct ool_desc){(u64)names, 0, 1, MAKE_SEND, 2, 3};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, sizeof *om, p, 0, 3), 0);
	CHECK_EQ(rcv(&m, p), 0);
	u32 *got = (u32 *)om->d.addr;
	CHECK(got[0] == p && got[1] == 0 && got[2] == 0xffffffff && om->d.size == 3);
	om->d = (struct ool_desc){16, 0, 1, 0, 1, 100};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, sizeof *om, p, 0, 3), 0x1000000c); // MACH_SEND_INVALID_MEMORY
	say("out of line\n");

	u32 set = 0, a = new_port(), b = new_port();
	CHECK_EQ(mach(port_allocate, task, PORT_SET, &set), 0);
	CHECK_EQ(mach(insert_member, task, a, set), 0);
	CHECK_EQ(mach(insert_member, task, a, set), 11);
	CHECK_EQ(mach(insert_member, task, b, set), 0);
	CHECK_EQ(send(&m, MAKE_SEND, 24, b, 0, 10), 0);
	CHECK_EQ(send(&m, MAKE_SEND, 24, a, 0, 11), 0);
	CHECK_EQ(rcv(&m, set), 0);
	CHECK_EQ(m.h.local, b);
	CHECK_EQ(rcv(&m, set), 0);
	CHECK_EQ(m.h.local, a);
	CHECK_EQ(rcv(&m, set), RCV_TIMED_OUT);
	CHECK_EQ(mach(insert_right, task, b, b, MAKE_SEND), 0);
	bg_threads_init();
	u64 t = bg_thread(late_sender, (void *)(u64)b);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, set, 0, 0), 0);
	CHECK_EQ(m.h.id, 4242);
	bg_join(t);
	CHECK_EQ(mach(extract_member, task, a, set), 0);
	CHECK_EQ(mach(extract_member, task, a, set), 12);
	CHECK_EQ(mig(&m, task, 3211, &set, 4, 0, 0, 0), 0);
	CHECK_EQ(*(u32 *)*(u64 *)(m.b + 28), b);
	CHECK_EQ(m.w[(28 + 16 + 8) / 4], 1);
	say("port sets\n");

	// Five messages fit by default; the sixth waits.
	for (int i = 0; i < 5; i++) CHECK_EQ(send(&m, MAKE_SEND, 24, a, 0, i), 0);
	m.h = (header){MAKE_SEND, 24, a, 0, 0, 5};
	CHECK_EQ(mach(mach_msg, &m, SEND | SEND_TIMEOUT, 24, 0, 0, 20, 0), SEND_TIMED_OUT);
	CHECK_EQ(m.h.bits, MOVE_SEND); // the message came back, its right made
	CHECK_EQ(refs(a, SEND_RIGHT), 1);
	t = bg_thread(slow_receiver, (void *)(u64)a);
	CHECK_EQ(send(&m, COPY_SEND, 24, a, 0, 5), 0);
	bg_join(t);
	u32 info[10] = {0}, n = 10;
	CHECK_EQ(mach(get_attributes, task, a, 2, info, &n), 0);
	CHECK(n == 10 && info[3] == 5 && info[4] == 5 && info[6] == 1 && info[1] == 2);
	m.h.bits = 0x55;
	CHECK_EQ(mach(mach_msg, &m, RCV | RCV_LARGE, 0, 25, a, 0, 0), RCV_TOO_LARGE);
	CHECK_EQ(m.h.size, 24);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, 31, a, 0, 0), RCV_TOO_LARGE); // and that one is gone
	CHECK_EQ(rcv(&m, a), 0);
	CHECK_EQ(m.h.id, 2);
	CHECK_EQ(*(u32 *)(m.b + 28), 8); // the shortest trailer
	m.h.id = 0;
	CHECK_EQ(mach(mach_msg, &m, RCV | 0x03000000, 0, sizeof m, a, 0, 0), 0);
	CHECK_EQ(*(u32 *)(m.b + 28), 52);
	CHECK_EQ(*(u32 *)(m.b + 32), 4); // sequence number
	CHECK_EQ(*(u32 *)(m.b + 24 + 20 + 20), (u32)sys(SYS_getpid)); // audit token
	say("queue limits\n");

	struct { u64 data, rcv; u32 send, size; } vec[2] = {{(u64)&m, 0, 32, sizeof m}, {0, 0, 0, 0}};
	u32 aux[4] = {16, 0, 77, 88}, auxin[4] = {0};
	vec[1].data = (u64)aux, vec[1].rcv = (u64)auxin, vec[1].send = 16, vec[1].size = 16;
	m.w[6] = 6, m.w[7] = 7;
	u64 opt = 0x400000000ul | 0x100000000ul | SEND | RCV;
	while (rcv(&m, a) == 0) {}
	m.w[6] = 6, m.w[7] = 7;
	CHECK_EQ(mach(mach_msg2, vec, opt, MAKE_SEND | 2ul << 32, (u64)a, 9ul << 32, (u64)a << 32, 2ul, 0ul), 0);
	CHECK(m.h.id == 9 && m.w[6] == 6 && m.w[7] == 7 && m.h.size == 32);
	CHECK(auxin[0] == 16 && auxin[2] == 77 && auxin[3] == 88);
	CHECK_EQ(mach(mach_msg2, &m, (u64)SEND, MAKE_SEND | 24ul << 32, (u64)a, 0ul, 0ul, 0ul, 0ul), 0x10000013);
	CHECK_EQ(mach(mach_msg2, &m, 0x200000000ul | SEND, MAKE_SEND | 24ul << 32, (u64)a, 0ul, 0ul, 0ul, 0ul), 0x10000013);
	say("vectors\n");

	u32 tm = (u32)mach(mk_timer_create);
	CHECK(tm);
	u32 tb[2];
	CHECK_EQ(mach(89, tb), 0);
	CHECK_EQ(mig(&m, (u32)mach(host_self), 206, (u32[]){0}, 4, 0, 0, 0), 0); // the system clock
	CHECK_EQ(mig(&m, pm->d[0].name, 1000, 0, 0, 0, 0, 0), 0);
	u64 now = nanotime(), when = (m.w[9] * 1000000000ul + m.w[10] + 30000000) * tb[1] / tb[0];
	CHECK_EQ(mach(mk_timer_arm, tm, when), 0);
	CHECK_EQ(rcv(&m, tm), RCV_TIMED_OUT);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, tm, 0, 0), 0);
	CHECK_EQ(m.h.size, 48);
	CHECK(nanotime() - now >= 29000000);
	CHECK_EQ(mach(mk_timer_arm, tm, when * 1000), 0);
	u64 was = 0;
	CHECK_EQ(mach(mk_timer_cancel, tm, &was), 0);
	CHECK_EQ(was, when * 1000);
	CHECK_EQ(mach(mk_timer_cancel, tm, &was), 0);
	CHECK_EQ(was, 0);
	CHECK_EQ(mach(mk_timer_destroy, a), 4);
	CHECK_EQ(mach(mk_timer_destroy, tm), 0);
	CHECK_EQ(type(tm), 0);
	say("timers\n");

	int kq = (int)sys(SYS_kqueue);
	struct kevent ke = {set, EVFILT_MACHPORT, EV_ADD, 0, 0, 0}, out;
	CHECK_EQ(sys(SYS_kevent, kq, &ke, 1, 0, 0, 0), 0);
	struct timespec none = {0, 0};
	CHECK_EQ(sys(SYS_kevent, kq, 0, 0, &out, 1, &none), 0);
	t = bg_thread(late_sender, (void *)(u64)b);
	CHECK_EQ(sys(SYS_kevent, kq, 0, 0, &out, 1, 0), 1);
	CHECK(out.filter == EVFILT_MACHPORT && out.ident == set && out.data == b);
	CHECK_EQ(rcv(&m, set), 0);
	bg_join(t);
	CHECK_EQ(sys(SYS_kevent, kq, 0, 0, &out, 1, &none), 0);
	sys(SYS_close, kq);
	say("kqueue\n");

	volatile u32 other = 0;
	t = bg_thread(spinner, (void *)&other);
	while (!other || spins < 1000) mach(60);
	CHECK_EQ(mig(&m, other, 3605, 0, 0, 0, 0, 0), 0); // thread_suspend
	u32 before = spins;
	nap(20000000);
	CHECK_EQ(spins, before);
#ifdef __x86_64__
	u32 fl[2] = {4, 42};
#else
	u32 fl[2] = {6, 68};
#endif
	CHECK_EQ(mig(&m, other, 3603, fl, 8, 0, 0, 0), 0); // thread_get_state
	CHECK_EQ(m.w[9], fl[1]);
	static u32 state[72];
	state[0] = fl[0], state[1] = fl[1];
	memcpy(state + 2, m.w + 10, 4 * fl[1]);
	CHECK_EQ(mig(&m, other, 3604, state, 8 + 4 * fl[1], 0, 0, 0), 0); // and back
	u32 ti[2] = {3, 10};
	CHECK_EQ(mig(&m, other, 3612, ti, 8, 0, 0, 0), 0);
	CHECK(m.w[9] == 10 && m.w[10 + 6] == 2 && m.w[10 + 8] == 1); // stopped, suspended once
	CHECK_EQ(mig(&m, other, 3606, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(mig(&m, other, 3606, 0, 0, 0, 0, 0), 5);
	while (spins == before) mach(60);
	CHECK_EQ(mig(&m, task, 3402, 0, 0, 0, 0, 0), 0); // task_threads
	CHECK_EQ(om->d.type, 2);
	CHECK(om->d.size == 2 && ((u32 *)om->d.addr)[0] == thread && ((u32 *)om->d.addr)[1] == other);
	spin_stop = 1;
	bg_join(t);
	CHECK_EQ(type(other), 0x100000); // the thread is gone
	say("threads\n");

	// A handler thread mends the first fault and passes on the second.
	page = (u64)sys(SYS_mmap, 0, 16384, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0ul);
	exc_port = new_port();
	CHECK_EQ(mach(insert_right, task, exc_port, exc_port, MAKE_SEND), 0);
	u32 se[3] = {1 << 1, 0x80000001, 0};
	CHECK_EQ(mig(&m, task, 3413, se, 12, 1, exc_port, COPY_SEND), 0);
	u32 mask = 0x7e;
	CHECK_EQ(mig(&m, task, 3414, &mask, 4, 0, 0, 0), 0);
	CHECK_EQ(m.w[6], 32);
	u32 *e = m.w + 7 + 3 * 32 + 2;
	CHECK_EQ(e[0], 2);
	CHECK(e[1] == 2 && e[2] == 0x7c && e[3] == 0x80000001 && m.w[7] == exc_port && m.w[10] == 0);
	t = bg_thread(handler, 0);
	*(volatile u8 *)(page + 5) = 9;
	CHECK(exc_seen == 1 && exc_addr == page + 5 && *(u8 *)(page + 5) == 9);
	struct ksigaction sa = {(u64)on_segv, (u64)bg_sigtramp, 0, SA_SIGINFO};
	CHECK_EQ(sys(SYS_sigaction, SIGSEGV, &sa, 0), 0);
	CHECK_EQ(sys(SYS_sigaction, SIGBUS, &sa, 0), 0);
	CHECK_EQ(mach(vm_protect, task, page, 16384, 0, 1), 0);
	*(volatile u8 *)(page + 6) = 8;
	CHECK_EQ(exc_seen, 2);
	CHECK_EQ(segv_addr, page + 6);
	CHECK_EQ(*(u8 *)(page + 6), 8);
	bg_join(t);
	se[0] = 1 << 1;
	CHECK_EQ(mig(&m, task, 3413, se, 12, 1, 0, 0), 0);
	say("exceptions\n");

	// A child has a name space of its own; the port registered for children, and
	// a bootstrap port, it inherits.
	CHECK_EQ(mig(&m, task, 3409, (u32[]){4}, 4, 0, 0, 0), 0);
	CHECK_EQ(pm->d[0].name, 0); // no launchd
	u32 boot = new_port();
	CHECK_EQ(mach(insert_right, task, boot, boot, MAKE_SEND), 0);
	CHECK_EQ(mig(&m, task, 3410, (u32[]){4}, 4, 1, boot, COPY_SEND), 0);
	i64 pid = sys(SYS_fork);
	if (pid == sys(SYS_getpid)) {
		u32 mine = (u32)mach(task_self);
		CHECK_EQ(type(boot), 0);
		task = mine;
		u32 r = (u32)mach(reply_port), pid2 = 0;
		CHECK_EQ(mach(pid_for_task, mine, &pid2), 0);
		CHECK_EQ(pid2, (u32)pid);
		memset(&m, 0, sizeof m);
		m.h = (header){COPY_SEND | MAKE_SEND_ONCE << 8, 36, mine, r, 0, 3409};
		*(u64 *)(m.b + 24) = 0x100000000ul;
		m.w[8] = 4;
		CHECK_EQ(mach(mach_msg, &m, SEND | RCV, 36, sizeof m, r, 0, 0), 0);
		u32 up = pm->d[0].name;
		CHECK(up);
		pm->n = 2;
		pm->d[0] = (struct port_desc){mine, 0, 0, COPY_SEND, 0};
		pm->d[1] = (struct port_desc){r, 0, 0, MAKE_SEND, 0};
		CHECK_EQ(send(&m, COPY_SEND | COMPLEX, sizeof *pm, up, 0, 55), 0);
		CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, r, 0, 0), 0); // wait to be told
		CHECK_EQ(*(u32 *)page, 0x600df00d); // the parent wrote it
		sys(SYS_exit, m.h.id);
	}
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, boot, 0, 0), 0);
	CHECK_EQ(m.h.id, 55);
	u32 child = pm->d[0].name, down = pm->d[1].name, cpid = 0;
	CHECK(child && down && child != task);
	CHECK_EQ(mach(pid_for_task, child, &cpid), 0);
	CHECK_EQ(cpid, pid);
	// mach_vm_write to the child, mach_vm_read from it.
	u32 word = 0x600df00d, r = (u32)mach(reply_port);
	struct { header h; u32 n; struct ool_desc d; u64 ndr, addr; u32 size; } __attribute__((packed)) *wm = (void *)&m;
	memset(&m, 0, 512);
	wm->h = (header){COPY_SEND | MAKE_SEND_ONCE << 8 | COMPLEX, sizeof *wm, child, r, 0, 4806};
	wm->n = 1, wm->ndr = 0x100000000ul, wm->addr = page, wm->size = 4;
	wm->d = (struct ool_desc){(u64)&word, 0, 1, 0, 1, 4};
	CHECK_EQ(mach(mach_msg, &m, SEND | RCV, sizeof *wm, sizeof m, r, 0, 0), 0);
	CHECK_EQ(m.w[8], 0);
	CHECK(*(u32 *)page != word);
	u64 rd[2] = {page, 4};
	CHECK_EQ(mig(&m, child, 4804, rd, 16, 0, 0, 0), 0);
	CHECK_EQ(*(u32 *)om->d.addr, word);
	CHECK_EQ(mach(vm_allocate, child, &rd[0], 4096, 1), SEND_INVALID_DEST); // the trap is for oneself
	CHECK_EQ(mach(request_notification, task, child, NOTIFY_DEAD_NAME, 0ul, boot, MAKE_SEND_ONCE, &prev), 0);
	CHECK_EQ(send(&m, COPY_SEND, 24, down, 0, 3), 0);
	i32 st = 0;
	CHECK_EQ(sys(SYS_wait4, pid, &st, 0, 0), pid);
	CHECK_EQ(st, 3 << 8);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, boot, 0, 0), 0);
	CHECK(m.h.id == NOTIFY_DEAD_NAME && m.w[8] == child);
	CHECK_EQ(type(child), 0x100000);
	CHECK_EQ(type(down), 0x100000);
	say("fork\n");

	u64 addr = 0;
	CHECK_EQ(mach(vm_map, task, &addr, 65536ul, 0xffffful, 1, 3), 0);
	CHECK_EQ(addr & 0xfffff, 0);
	*(u32 *)addr = 1234;
	struct { u64 a, size, mask; u32 flags; u64 from; u32 copy, inherit; } __attribute__((packed)) rm = {0, 65536, 0, 1, addr, 0, 1};
	CHECK_EQ(mig(&m, task, 4813, &rm, sizeof rm, 1, task, COPY_SEND), 0);
	CHECK_EQ(m.w[8], 0);
	u64 twin = *(u64 *)(m.w + 9);
	CHECK(twin != addr && m.w[11] == 3);
	*(u32 *)twin = 5678;
	CHECK_EQ(*(u32 *)addr, 5678);
	rm.copy = 1;
	CHECK_EQ(mig(&m, task, 4813, &rm, sizeof rm, 1, task, COPY_SEND), 0);
	u64 copy = *(u64 *)(m.w + 9);
	*(u32 *)twin = 1;
	CHECK_EQ(*(u32 *)copy, 5678);
	struct { u64 a; u32 flavor, count; } rg = {addr + 100, 9, 9};
	CHECK_EQ(mig(&m, task, 4816, &rg, 16, 0, 0, 0), 0);
	CHECK_EQ(*(u64 *)(m.b + 24 + 4 + 12 + 8), addr);
	CHECK_EQ(m.w[(24 + 4 + 12 + 8 + 16) / 4], 9);
	CHECK_EQ(m.w[(24 + 4 + 12 + 8 + 16) / 4 + 1], 3);
	rg.a = ~0ul - 4096;
	CHECK_EQ(mig(&m, task, 4816, &rg, 16, 0, 0, 0), 1);
	struct { u64 a, size; u32 max, prot; } pr = {addr, 16384, 1, 1};
	CHECK_EQ(mig(&m, task, 4802, &pr, 24, 0, 0, 0), 0);
	CHECK_EQ(mach(vm_protect, task, addr, 16384, 0, 3), 2);
	CHECK_EQ(mach(vm_protect, task, addr, 16384, 0, 0x13), 0); // VM_PROT_COPY
	*(u32 *)addr = 42;
	CHECK_EQ(*(u32 *)twin, 1);
	say("memory\n");

	struct { u64 size, off; u32 perm; } __attribute__((packed)) me = {65536, twin, 3};
	CHECK_EQ(mig(&m, task, 4817, &me, sizeof me, 1, 0, 0), 0);
	u32 entry = pm->d[0].name;
	CHECK(entry);
	CHECK_EQ(*(u64 *)(m.b + 24 + 4 + 12 + 8), 65536);
	struct { u64 a, size, mask; u32 flags; u64 off; u32 copy, cur, max, inherit; } __attribute__((packed)) mm = {0, 32768, 0, 1, 16384, 0, 3, 3, 1};
	CHECK_EQ(mig(&m, task, 4811, &mm, sizeof mm, 1, entry, COPY_SEND), 0);
	CHECK_EQ(m.w[8], 0);
	u64 view = *(u64 *)(m.w + 9);
	*(u32 *)(twin + 16384 + 8) = 99;
	CHECK_EQ(*(u32 *)(view + 8), 99);
	*(u32 *)(view + 12) = 100;
	CHECK_EQ(*(u32 *)(twin + 16384 + 12), 100);
	mm.off = 65536;
	CHECK_EQ(mig(&m, task, 4811, &mm, sizeof mm, 1, entry, COPY_SEND), 4);
	me.perm = 0x20003, me.off = 0; // MAP_MEM_NAMED_CREATE
	CHECK_EQ(mig(&m, task, 4817, &me, sizeof me, 1, 0, 0), 0);
	u32 fresh = pm->d[0].name;
	mm.off = 0;
	CHECK_EQ(mig(&m, task, 4811, &mm, sizeof mm, 1, fresh, COPY_SEND), 0);
	view = *(u64 *)(m.w + 9);
	CHECK_EQ(*(u64 *)view, 0);
	*(u64 *)view = 7;
	CHECK_EQ(mach(port_deallocate, task, fresh), 0); // the mapping stays
	CHECK_EQ(*(u64 *)view, 7);
	CHECK_EQ(mach(port_deallocate, task, entry), 0);
	say("entries\n");

	int fds[2];
	CHECK_EQ(sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fds), 0);
	u32 fp = 0;
	CHECK_EQ(sys(SYS_fileport_makeport, fds[1], &fp), 0);
	CHECK(fp);
	sys(SYS_close, fds[1]);
	long fd = sys(SYS_fileport_makefd, fp);
	CHECK(fd >= 0);
	CHECK_EQ(sys(SYS_write, fd, "x", 1), 1);
	char ch = 0;
	CHECK_EQ(sys(SYS_read, fds[0], &ch, 1), 1);
	CHECK_EQ(ch, 'x');
	CHECK_EQ(sys(SYS_fcntl, fd, F_GETFD, 0), 1);
	sys(SYS_close, fd);
	CHECK_EQ(mach(port_deallocate, task, fp), 0); // the last reference: end of file
	CHECK_EQ(sys(SYS_read, fds[0], &ch, 1), 0);
	CHECK_EQ(sys(SYS_fileport_makefd, task), -EINVAL);
	say("file ports\n");

	u32 host = (u32)mach(host_self);
	CHECK_EQ(mig(&m, host, 200, (u32[]){1, 12}, 8, 0, 0, 0), 0); // HOST_BASIC_INFO
	CHECK(m.w[9] == 12 && m.w[10] >= 1);
	CHECK_EQ(mig(&m, host, 206, (u32[]){1}, 4, 0, 0, 0), 0); // the calendar
	CHECK_EQ(m.h.size, 40);
	u32 cl = pm->d[0].name;
	CHECK_EQ(mig(&m, cl, 1000, 0, 0, 0, 0, 0), 0);
	CHECK(m.w[9] > 1600000000 && m.w[10] < 1000000000);
	CHECK_EQ(mig(&m, host, 201, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(memcmp(m.w + 11, "Darwin", 6), 0);
	CHECK_EQ(mig(&m, task, 3405, (u32[]){20, 12}, 8, 0, 0, 0), 0); // MACH_TASK_BASIC_INFO
	CHECK(m.w[9] == 12 && *(u64 *)(m.w + 10) > *(u64 *)(m.w + 12) && *(u64 *)(m.w + 12) > 0);
	CHECK_EQ(mig(&m, task, 3405, (u32[]){17, 5}, 8, 0, 0, 0), 0); // TASK_DYLD_INFO
	CHECK_EQ(m.w[9], 5);
	CHECK_EQ(mig(&m, task, 3405, (u32[]){22, 93}, 8, 0, 0, 0), 0); // TASK_VM_INFO
	CHECK_EQ(mig(&m, task, 3405, (u32[]){22, 3}, 8, 0, 0, 0), 4);
	CHECK_EQ(mig(&m, thread, 3612, (u32[]){4, 6}, 8, 0, 0, 0), 0);
	CHECK_EQ(*(u64 *)(m.w + 10), (u64)sys(SYS_thread_selfid));
	say("info\n");

	CHECK_EQ(mig(&m, task, 3405, (u32[]){20}, 4, 0, 0, 0), -304);    // too short: MIG_BAD_ARGUMENTS
	CHECK_EQ(mig(&m, task, 12345, 0, 0, 0, 0, 0), -303);            // MIG_BAD_ID
	CHECK_EQ(mig(&m, host, 3405, (u32[]){20, 12}, 8, 0, 0, 0), 4);  // not a task
	CHECK_EQ(mig(&m, host, 3204, (u32[]){RECEIVE}, 4, 0, 0, 0), 16); // KERN_INVALID_TASK
	CHECK_EQ(send(&m, 99, 24, p, 0, 0), 0x10000010);                // MACH_SEND_INVALID_HEADER
	CHECK_EQ(send(&m, COPY_SEND | 0x100, 24, p, 0, 0), 0x10000010);
	CHECK_EQ(send(&m, MAKE_SEND | COPY_SEND << 8, 24, p, 0xdead03, 0), 0x10000009);
	CHECK_EQ(send(&m, MAKE_SEND, 20, p, 0, 0), 0x10000008);
	CHECK_EQ(send(&m, MAKE_SEND, 26, p, 0, 0), 0x10000008);
	CHECK_EQ(mach(mach_msg, 16, SEND, 24, 0, 0, 0, 0), 0x10000002);
	memset(&m, 0, sizeof m);
	m.w[6] = 1000;
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, 200, p, 0, 0), 0x10000008);
	m.w[6] = 1, m.b[28 + 11] = 9;
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, 200, p, 0, 0), 0x1000000f);
	pm->n = 1, pm->d[0] = (struct port_desc){0xdead03, 0, 0, COPY_SEND, 0};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, 200, p, 0, 0), 0x1000000a);
	// A port sent to itself would be lost for ever: the message is, at once.
	u32 z = new_port();
	pm->n = 1, pm->d[0] = (struct port_desc){z, 0, 0, MOVE_RECEIVE, 0};
	CHECK_EQ(send(&m, MAKE_SEND | COMPLEX, 40, z, 0, 0), 0);
	CHECK_EQ(type(z), 0);
	u64 opts[4] = {0x11, 0, 0, 0}; // guarded, with a send right
	u32 gp = 0;
	CHECK_EQ(mach(construct, task, opts, 0x1234ul, &gp), 0);
	CHECK_EQ(type(gp), 0x30000);
	CHECK_EQ(mach(mod_refs, task, gp, RECEIVE, (u64)-1), 17);
	CHECK_EQ(mach(destruct, task, gp, 0, 0x999ul), 4);
	CHECK_EQ(mach(unguard, task, gp, 0x999ul), 4);
	CHECK_EQ(mach(destruct, task, gp, (u64)-1, 0x1234ul), 0);
	CHECK_EQ(type(gp), 0);
	say("errors\n");
	return 0;
}
