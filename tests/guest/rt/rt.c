// Start, text output, waiting, signals and threads for the guest programs.
#include "beagle.h"

int bg_failures;

long bg_sys(int n, const u64 a[8]) {
	u64 out[3];
	bg_unix(n, a, out);
	return out[2] ? -(long)out[0] : (long)out[0];
}

long bg_trap(int n, const u64 a[8]) {
	u64 out[3];
	bg_mach(n, a, out);
	return out[0];
}

_Noreturn void bg_exit(int status) {
	for (;;) sys(SYS_exit, status);
}

_Noreturn void bg_start(u64 *sp) {
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1), **envp = argv + argc + 1, **apple = envp;
	while (*apple) apple++;
	int r = main(argc, argv, envp, apple + 1);
	bg_exit(bg_failures ? 99 : r);
}

// volatile keeps the compiler from making these call themselves.
void *memcpy(void *d, const void *s, size_t n) {
	volatile u8 *a = d;
	const u8 *b = s;
	while (n--) *a++ = *b++;
	return d;
}
void *memmove(void *d, const void *s, size_t n) {
	volatile u8 *a = d;
	const u8 *b = s;
	if ((u64)d <= (u64)s) return memcpy(d, s, n);
	while (n--) a[n] = b[n];
	return d;
}
void *memset(void *d, int c, size_t n) {
	volatile u8 *a = d;
	while (n--) *a++ = (u8)c;
	return d;
}
int memcmp(const void *x, const void *y, size_t n) {
	const u8 *a = x, *b = y;
	for (; n--; a++, b++)
		if (*a != *b) return *a - *b;
	return 0;
}
size_t strlen(const char *s) {
	size_t n = 0;
	while (s[n]) n++;
	return n;
}
int strcmp(const char *a, const char *b) {
	while (*a && *a == *b) a++, b++;
	return (u8)*a - (u8)*b;
}
char *strcpy(char *d, const char *s) { return memcpy(d, s, strlen(s) + 1); }
char *strcat(char *d, const char *s) {
	strcpy(d + strlen(d), s);
	return d;
}

struct out { char b[1024]; size_t n; };

static void put(struct out *o, char c) {
	if (o->n < sizeof o->b) o->b[o->n++] = c;
}

static void number(struct out *o, u64 v, unsigned base, int width, char pad, int neg) {
	char t[24];
	int n = 0;
	do t[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	if (neg && pad == '0') put(o, '-');
	for (int i = n + neg; i < width; i++) put(o, pad);
	if (neg && pad != '0') put(o, '-');
	while (n) put(o, t[--n]);
}

static void vsay(struct out *o, const char *f, va_list ap) {
	for (; *f; f++) {
		if (*f != '%') { put(o, *f); continue; }
		char pad = ' ';
		int width = 0, l = 0;
		if (*++f == '0') pad = '0', f++;
		while (*f >= '0' && *f <= '9') width = width * 10 + *f++ - '0';
		while (*f == 'l') l = 1, f++;
		switch (*f) {
		case 'd': {
			i64 v = l ? va_arg(ap, i64) : va_arg(ap, int);
			number(o, v < 0 ? -(u64)v : (u64)v, 10, width, pad, v < 0);
			break;
		}
		case 'u': number(o, l ? va_arg(ap, u64) : va_arg(ap, u32), 10, width, pad, 0); break;
		case 'p': put(o, '0'), put(o, 'x'), l = 1; // fallthrough
		case 'x': number(o, l ? va_arg(ap, u64) : va_arg(ap, u32), 16, width, pad, 0); break;
		case 'c': put(o, (char)va_arg(ap, int)); break;
		case 's': {
			const char *s = va_arg(ap, const char *);
			for (s = s ? s : "(null)"; *s; s++) put(o, *s);
			break;
		}
		default: put(o, *f);
		}
	}
}

// One write a line, so that lines of several processes do not mix.
void say(const char *f, ...) {
	struct out o;
	o.n = 0;
	va_list ap;
	va_start(ap, f);
	vsay(&o, f, ap);
	va_end(ap);
	sys(SYS_write, 1, o.b, o.n);
}

void fail(const char *file, int line, const char *what, long got) {
	bg_failures++;
	say("FAIL %s:%d: %s (got %ld)\n", file, line, what, got);
}

long bg_wait(long pid, int *status, int options) {
	long r;
	do r = sys(SYS_wait4, pid, status, options, 0);
	while (r == -EINTR);
	return r;
}

u64 nanotime(void) {
	struct timeval tv = {0, 0, 0};
	sys(SYS_gettimeofday, &tv, 0, 0);
	return (u64)tv.sec * 1000000000 + (u64)tv.usec * 1000;
}

void nap(u64 ns) {
	struct timeval tv = {(i64)(ns / 1000000000), (i32)(ns % 1000000000 / 1000), 0};
	sys(SYS_select, 0, 0, 0, 0, &tv);
}

void *pages(u64 size) {
	long r = sys(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (MAP_FAILED(r)) {
		fail("rt.c", __LINE__, "mmap", r);
		bg_exit(98);
	}
	return (void *)r;
}

long on_signal(int sig, handler_t h, int flags, u32 mask) {
	struct ksigaction a = {(u64)h, (u64)bg_sigtramp, mask, flags};
	return sys(SYS_sigaction, sig, &a, 0);
}

// --- threads ---

// A thread's memory: 64 KiB of stack, then this. The TSD area stands where
// bsdthread_register was told that it stands.
struct thread {
	u64 header;       // XNU takes a TSD offset of 0 for none
	u64 self;         // Apple's TSD slot 0 is the pthread itself
	u64 tsd[31];
	void (*f)(void *);
	void *arg;
	u32 done;         // ulock word
	u32 port;
	u64 stack, size;
};

enum { STACK = 65536, UL_COMPARE_AND_WAIT = 1, ULF_WAKE_ALL = 0x100 };

_Noreturn void bg_thread_main(u64 pthread, u32 port, void *func, void *arg, u64 stack, u32 flags) {
	struct thread *t = (struct thread *)pthread;
	(void)func, (void)stack, (void)flags;
	t->port = port;
	t->f(arg);
	__atomic_store_n(&t->done, 1, __ATOMIC_SEQ_CST);
	sys(SYS_ulock_wake, UL_COMPARE_AND_WAIT | ULF_WAKE_ALL, &t->done, 0);
	// The stack stays mapped: the joiner still reads the flag beside it.
	for (;;) sys(SYS_bsdthread_terminate, 0, 0, port, 0);
}

void bg_threads_init(void) {
	// _pthread_registration_data, version 1 fields; the kernel fills the rest.
	static struct { u64 version, dispatch_queue_offset; u64 main_qos; u32 tsd_offset, return_to_kernel, mach_thread_self; u64 more[8]; } d;
	d.version = sizeof d;
	d.tsd_offset = __builtin_offsetof(struct thread, self);
	long r = sys(SYS_bsdthread_register, bg_threadstart, 0, sizeof(struct thread), &d, sizeof d, 0);
	if (r < 0) fail("rt.c", __LINE__, "bsdthread_register", r);
}

u64 bg_thread(void (*f)(void *), void *arg) {
	u8 *m = pages(STACK + 16384);
	struct thread *t = (struct thread *)(m + STACK);
	t->self = (u64)t;
	t->f = f;
	t->arg = arg;
	t->stack = (u64)m;
	t->size = STACK + 16384;
	long r = sys(SYS_bsdthread_create, f, arg, m + STACK, t, 0x01000000);
	if (r < 0 && r > -200) {
		fail("rt.c", __LINE__, "bsdthread_create", r);
		return 0;
	}
	return (u64)t;
}

void bg_join(u64 thread) {
	struct thread *t = (struct thread *)thread;
	if (!t) return;
	while (!__atomic_load_n(&t->done, __ATOMIC_SEQ_CST))
		sys(SYS_ulock_wait, UL_COMPARE_AND_WAIT, &t->done, 0, 0);
}
