// Mach: ports and rights, messages within a task and between threads, virtual
// memory, semaphores, time, MIG calls to the task and host.
// expect: self ports
// expect: message to oneself
// expect: message between threads
// expect: receive times out
// expect: port rights
// expect: vm
// expect: semaphore
// expect: timebase and time
// expect: MIG
#include "beagle.h"

typedef struct { u32 bits, size, remote, local, voucher; i32 id; } header;
struct msg { header h; u64 body[4]; u8 trailer[68]; };

enum {
	reply_port = 26, thread_self = 27, task_self = 28, host_self = 29, mach_msg = 31,
	sem_signal = 33, sem_wait = 36, sem_timedwait = 38,
	vm_allocate = 10, vm_deallocate = 12, vm_protect = 14, port_allocate = 16, port_deallocate = 18,
	port_mod_refs = 19, insert_right = 21, timebase_info = 89, wait_until = 90,
	RIGHT_SEND = 0, RIGHT_RECEIVE = 1, MAKE_SEND = 20, MAKE_SEND_ONCE = 21, COPY_SEND = 19,
	SEND = 1, RCV = 2, RCV_TIMEOUT = 0x100,
	INVALID_NAME = 15, INVALID_RIGHT = 17, INVALID_VALUE = 18, INVALID_ADDRESS = 1, PROTECTION = 2, INVALID_ARGUMENT = 4,
	OPERATION_TIMED_OUT = 49,
};
#define RCV_TIMED_OUT 0x10004003
#define RCV_INVALID_NAME 0x10004002
#define SEND_INVALID_DEST 0x10000003
#define RCV_TOO_LARGE 0x10004004

static u32 task, port;

static u64 absolute(void) {
	u64 v = 0;
#ifdef __x86_64__
	v = nanotime(); // x86-64 has no trap for it; see time.c for the commpage
#else
	register u64 x0 __asm("x0");
	register u64 x16 __asm("x16") = (u64)-3;
	__asm__ volatile("svc #0x80" : "=r"(x0) : "r"(x16) : "memory");
	v = x0;
#endif
	return v;
}

static void sender(void *arg) {
	struct msg m;
	memset(&m, 0, sizeof m);
	m.h = (header){COPY_SEND, sizeof(header) + 32, (u32)(u64)arg, 0, 0, 77};
	m.body[0] = 0x1122334455667788;
	nap(20000000);
	CHECK_EQ(mach(mach_msg, &m, SEND, m.h.size, 0, 0, 0, 0), 0);
}

static u32 sem;
static void signaller(void *arg) {
	nap(20000000);
	CHECK_EQ(mach(sem_signal, sem), 0);
}

// A MIG request to dest with n bytes of body after the NDR record.
static long mig(struct msg *m, u32 dest, i32 id, const void *body, u32 n) {
	u32 r = (u32)mach(reply_port);
	memset(m, 0, sizeof *m);
	m->h = (header){COPY_SEND | MAKE_SEND_ONCE << 8, sizeof(header), dest, r, 0, id};
	u8 *p = (u8 *)m + sizeof(header);
	if (n) {
		static const u8 ndr[8] = {0, 0, 0, 0, 1, 0, 0, 0};
		memcpy(p, ndr, 8), memcpy(p + 8, body, n);
		m->h.size += 8 + n;
	}
	long e = mach(mach_msg, m, SEND | RCV, m->h.size, sizeof *m, r, 0, 0);
	CHECK_EQ(e, 0);
	CHECK_EQ(m->h.id, id + 100);
	mach(port_mod_refs, task, r, RIGHT_RECEIVE, (u64)-1);
	return e;
}

int main(int argc, char **argv, char **envp, char **apple) {
	struct msg m;
	task = (u32)mach(task_self);
	CHECK(task != 0);
	CHECK_EQ(task, mach(task_self)); // one name for one port
	u32 th = (u32)mach(thread_self), host = (u32)mach(host_self);
	CHECK(th && host && th != task && host != task);
	say("self ports\n");

	CHECK_EQ(mach(port_allocate, task, RIGHT_RECEIVE, &port), 0);
	CHECK(port != 0);
	memset(&m, 0, sizeof m);
	m.h = (header){MAKE_SEND, sizeof(header) + 32, port, 0, 0, 1234};
	m.body[3] = 99;
	CHECK_EQ(mach(mach_msg, &m, SEND, m.h.size, 0, 0, 0, 0), 0);
	memset(&m, 0xee, sizeof m);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, port, 0, 0), 0);
	CHECK_EQ(m.h.id, 1234);
	CHECK_EQ(m.h.size, sizeof(header) + 32);
	CHECK_EQ(m.h.local, port); // sender and receiver have changed places
	CHECK_EQ(m.body[3], 99);
	say("message to oneself\n");

	CHECK_EQ(mach(insert_right, task, port, port, MAKE_SEND), 0);
	bg_threads_init();
	u64 t = bg_thread(sender, (void *)(u64)port);
	CHECK_EQ(mach(mach_msg, &m, RCV, 0, sizeof m, port, 0, 0), 0);
	CHECK_EQ(m.h.id, 77);
	CHECK_EQ(m.body[0], 0x1122334455667788);
	bg_join(t);
	say("message between threads\n");

	CHECK_EQ(mach(mach_msg, &m, RCV | RCV_TIMEOUT, 0, sizeof m, port, 20, 0), RCV_TIMED_OUT);
	CHECK_EQ(mach(mach_msg, &m, RCV | RCV_TIMEOUT, 0, sizeof m, 0xdead03, 0, 0), RCV_INVALID_NAME);
	m.h = (header){COPY_SEND, sizeof(header), 0xdead03, 0, 0, 1};
	CHECK_EQ(mach(mach_msg, &m, SEND, sizeof(header), 0, 0, 0, 0), SEND_INVALID_DEST);
	say("receive times out\n");

	u32 p2;
	CHECK_EQ(mach(port_allocate, task, RIGHT_RECEIVE, &p2), 0);
	CHECK(p2 != port);
	CHECK_EQ(mach(port_allocate, task, 99, &p2), INVALID_VALUE);
	CHECK_EQ(mach(port_allocate, 0xdead03, RIGHT_RECEIVE, &p2), 0x10000003); // MACH_SEND_INVALID_DEST
	CHECK_EQ(mach(port_mod_refs, task, p2, RIGHT_SEND, 1ul), INVALID_RIGHT);
	CHECK_EQ(mach(port_mod_refs, task, p2, RIGHT_RECEIVE, (u64)-1), 0);
	CHECK_EQ(mach(port_deallocate, task, p2), INVALID_NAME);
	say("port rights\n");

	u64 a = 0;
	CHECK_EQ(mach(vm_allocate, task, &a, 100000, 1), 0);
	CHECK(a && a % 4096 == 0);
	*(u8 *)(a + 99999) = 1;
	CHECK_EQ(mach(vm_protect, task, a, 4096, 0, 1), 0);
	CHECK_EQ(mach(vm_deallocate, task, a, 100000), 0);
	u64 low = 4096;
	CHECK_EQ(mach(vm_allocate, task, &low, 4096, 0), INVALID_ADDRESS); // below the lowest address
	CHECK_EQ(mach(vm_protect, task, a, 16384, 0, 0x100), INVALID_ARGUMENT);
	say("vm\n");

	// semaphore_create(task, policy, value) is a MIG routine: 3418.
	i32 sv[2] = {0, 0};
	mig(&m, task, 3418, sv, 8);
	CHECK(m.h.bits & 0x80000000u); // complex: the port comes as a descriptor
	sem = ((u32 *)&m)[7];
	CHECK(sem != 0);
	CHECK_EQ(mach(sem_timedwait, sem, 0, 20000000), OPERATION_TIMED_OUT);
	t = bg_thread(signaller, 0);
	CHECK_EQ(mach(sem_wait, sem), 0);
	bg_join(t);
	CHECK(mach(sem_wait, 0xdead03) != 0);
	say("semaphore\n");

	u32 tb[2] = {0, 0};
	CHECK_EQ(mach(timebase_info, tb), 0);
	CHECK(tb[0] && tb[1]);
	u64 t0 = nanotime(), m0 = absolute(), m1;
#ifdef __x86_64__
	nap(20000000);
	m1 = absolute();
	CHECK_EQ(tb[0], tb[1]);
#else
	CHECK_EQ(mach(wait_until, m0 + 20000000ul * tb[1] / tb[0]), 0);
	m1 = absolute();
#endif
	CHECK(m1 > m0 && nanotime() - t0 >= 19000000);
	CHECK((m1 - m0) * tb[0] / tb[1] >= 19000000);
	say("timebase and time\n");

	mig(&m, host, 202, 0, 0); // _host_page_size
	CHECK_EQ(((u32 *)&m)[8], 0);
	u32 ps = ((u32 *)&m)[9];
	CHECK(ps == 4096 || ps == 16384);
	mig(&m, task, 999999, 0, 0); // no such routine: MIG_BAD_ID
	CHECK_EQ(((i32 *)&m)[8], -303);
	say("MIG\n");
	return 0;
}
