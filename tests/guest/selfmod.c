// Code that changes under its own feet: made in fresh memory, rewritten in
// place, and (x86-64) rewriting the very next instruction.
// expect: fresh code 42
// expect: rewritten code 0..999
// expect: across fork
// expect: write alone does not execute
#include "beagle.h"

enum { P = 16384 };
typedef int (*fn)(void);

static void put(u8 *p, int v) {
#ifdef __x86_64__
	u8 code[6] = {0xb8, (u8)v, (u8)(v >> 8), 0, 0, 0xc3}; // mov eax, v; ret
	memcpy(p, code, 6);
#else
	u32 code[2] = {0x52800000u | (u32)v << 5, 0xd65f03c0}; // mov w0, #v; ret
	memcpy(p, code, 8);
	// What sys_icache_invalidate does.
	__asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(p) : "memory");
#endif
}

// Memory that is writable and executable at once: on arm64 only MAP_JIT makes it.
static u8 *writable_code(void) {
#ifdef __x86_64__
	u8 *p = pages(P);
	CHECK_EQ(sys(SYS_mprotect, p, P, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	return p;
#else
	enum { MAP_JIT = 0x800 };
	return (u8 *)sys(SYS_mmap, 0, P, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANON | MAP_JIT, -1, 0ul);
#endif
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	int status;
	u8 *p = pages(P);
	put(p, 42);
	CHECK_EQ(sys(SYS_mprotect, p, P, PROT_READ | PROT_EXEC), 0);
	say("fresh code %d\n", ((fn)p)());

	u8 *plain = p;
	p = writable_code();
	for (int i = 0; i < 1000; i++) {
		put(p, i);
		CHECK_EQ(((fn)p)(), i);
	}
	for (int i = 0; i < 50; i++) { // W^X by turns
		CHECK_EQ(sys(SYS_mprotect, plain, P, PROT_READ | PROT_WRITE), 0);
		put(plain, i);
		CHECK_EQ(sys(SYS_mprotect, plain, P, PROT_READ | PROT_EXEC), 0);
		CHECK_EQ(((fn)plain)(), i);
	}
#ifdef __x86_64__
	// mov byte [rip+N], 7 rewrites the immediate of the mov that follows it.
	static const u8 next[] = {0xc6, 0x05, 0x01, 0, 0, 0, 7, 0xb8, 1, 0, 0, 0, 0xc3};
	memcpy(p + 64, next, sizeof next);
	CHECK_EQ(((fn)(p + 64))(), 7);
#endif
	say("rewritten code 0..999\n");

	put(p, 1);
	CHECK_EQ(((fn)p)(), 1);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		put(p, 2);
		bg_exit(((fn)p)());
	}
	bg_wait(out[0], &status, 0);
	CHECK_EQ(WEXITSTATUS(status), 2);
	CHECK_EQ(((fn)p)(), 1);
	say("across fork\n");

	u8 *d = pages(P);
	put(d, 3);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) bg_exit(((fn)d)());
	bg_wait(out[0], &status, 0);
	CHECK_EQ(WTERMSIG(status), SIGBUS);
	say("write alone does not execute\n");
	return 0;
}
