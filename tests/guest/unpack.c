// A packed program in UPX's manner: code stored compressed, written to fresh
// memory at a fixed address, turned from writable to executable, entered.
// expect: unpacked 4096 bytes, answer 500500
// expect: twice, over the old code: 1001000
#include "beagle.h"

// The payload: a loop that sums 1..n, position-independent, made by hand so that
// the compiler has no part in it.
#ifdef __x86_64__
static const u8 payload[] = {
    0x31, 0xc0,             // xor eax, eax
    0x01, 0xf8,             // add eax, edi
    0xff, 0xcf,             // dec edi
    0x75, 0xfa,             // jnz add
    0x90, 0x90, 0xc3,       // nop nop ret
};
enum { TWICE_AT = 8 };
static const u8 twice[] = {0x01, 0xc0}; // add eax, eax
#else
static const u8 payload[] = {
    0xe1, 0x03, 0x00, 0x2a, // mov w1, w0
    0x00, 0x00, 0x80, 0x52, // mov w0, #0
    0x00, 0x00, 0x01, 0x0b, // add w0, w0, w1
    0x21, 0x04, 0x00, 0x71, // subs w1, w1, #1
    0xc1, 0xff, 0xff, 0x54, // b.ne add
    0x1f, 0x20, 0x03, 0xd5, // nop
    0xc0, 0x03, 0x5f, 0xd6, // ret
};
enum { TWICE_AT = 20 };
static const u8 twice[] = {0x00, 0x00, 0x00, 0x0b}; // add w0, w0, w0
#endif

// A run-length code: count, byte. Packing happens here too, so that what is
// unpacked was data all along.
static u8 packed[16384];
static int pack(const u8 *s, int n) {
	int o = 0;
	for (int i = 0; i < n;) {
		int r = 1;
		while (i + r < n && r < 255 && s[i + r] == s[i]) r++;
		packed[o++] = (u8)r, packed[o++] = s[i];
		i += r;
	}
	return o;
}
static int unpack(u8 *d, int n) {
	int o = 0;
	for (int i = 0; i < n; i += 2)
		for (int r = packed[i]; r; r--) d[o++] = packed[i + 1];
	return o;
}

static long enter(u8 *p, int v) {
#ifdef __aarch64__
	for (int i = 0; i < 4096; i += 4)
		__asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(p + i) : "memory");
#endif
	return ((int (*)(int))p)(v);
}

int main(int argc, char **argv, char **envp, char **apple) {
	static u8 image[4096];
	u64 where = 0x500000000;
	memcpy(image + 128, payload, sizeof payload);
	int n = pack(image, sizeof image);
	u8 *p = (u8 *)sys(SYS_mmap, where, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0ul);
	CHECK_EQ((u64)p, where);
	int got = unpack(p, n);
	CHECK_EQ(sys(SYS_mprotect, p, 16384, PROT_READ | PROT_EXEC), 0);
	say("unpacked %d bytes, answer %ld\n", got, enter(p + 128, 1000));

	memcpy(image + 128 + TWICE_AT, twice, sizeof twice);
	n = pack(image, sizeof image);
	CHECK_EQ(sys(SYS_mprotect, p, 16384, PROT_READ | PROT_WRITE), 0);
	unpack(p, n);
	CHECK_EQ(sys(SYS_mprotect, p, 16384, PROT_READ | PROT_EXEC), 0);
	say("twice, over the old code: %ld\n", enter(p + 128, 1000));
	return 0;
}
