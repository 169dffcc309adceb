// Thread-local variables of the program and of a dylib.
#include "test.h"

#ifdef PART_lib
__thread int lib_var = 7;
__thread char lib_zero[1000];
int *lib_address(void) { return &lib_var; }
#else
extern __thread int lib_var;
extern __thread char lib_zero[1000];
extern int *lib_address(void);
static __thread long mine = 123456789012;
static __thread int zero;
static __thread _Alignas(64) char aligned[64] = "aligned";
static const char *words[] = {"x", "pointer"};
static __thread const char **pointer = &words[1]; // the template has fixups too

static void ended(void *p)
{
	say("end of ");
	say(p);
}

// Every register but the result's keeps its value across the access.
static int kept(void)
{
	int *p;
#ifdef __x86_64__
	unsigned long c = 1, d = 2, s = 3, r8 = 4, r9 = 5, r10 = 6, r11 = 7;
	register unsigned long a8 __asm("r8") = r8, a9 __asm("r9") = r9, a10 __asm("r10") = r10, a11 __asm("r11") = r11;
	double x = 1.5, y = 2.5;
	__asm__ volatile("movq _zero@TLVP(%%rip), %%rdi\n call *(%%rdi)"
		: "=a"(p), "+c"(c), "+d"(d), "+S"(s), "+r"(a8), "+r"(a9), "+r"(a10), "+r"(a11), "+x"(x), "+x"(y) : : "rdi", "memory");
	return p == &zero && c == 1 && d == 2 && s == 3 && a8 == 4 && a9 == 5 && a10 == 6 && a11 == 7 && x == 1.5 && y == 2.5;
#else
	register unsigned long a1 __asm("x1") = 1, a7 __asm("x7") = 7, a8 __asm("x8") = 8, a14 __asm("x14") = 14;
	register double d0 __asm("d0") = 1.5, d31 __asm("d31") = 2.5;
	register int *x0 __asm("x0");
	__asm__ volatile("adrp x0, _zero@TLVPPAGE\n ldr x0, [x0, _zero@TLVPPAGEOFF]\n ldr x9, [x0]\n blr x9"
		: "=r"(x0), "+r"(a1), "+r"(a7), "+r"(a8), "+r"(a14), "+w"(d0), "+w"(d31) : : "x9", "x16", "x17", "x30", "cc", "memory");
	p = x0;
	return p == &zero && a1 == 1 && a7 == 7 && a8 == 8 && a14 == 14 && d0 == 1.5 && d31 == 2.5;
#endif
}

int main(void)
{
	CHECK(kept()); // the first access allocates
	CHECK(kept());
	CHECK(mine == 123456789012 && zero == 0);
	mine++, zero = 5;
	CHECK(mine == 123456789013 && zero == 5);
	CHECK(lib_var == 7 && &lib_var == lib_address());
	lib_var = 8;
	CHECK(*lib_address() == 8);
	for (int i = 0; i < 1000; i++)
		CHECK(lib_zero[i] == 0);
	CHECK(((unsigned long)aligned & 63) == 0 && !strcmp(aligned, "aligned"));
	CHECK(!strcmp(*pointer, "pointer"));
	_tlv_atexit(ended, "one\n");
	_tlv_atexit(ended, "two\n");
	say("ok\n");
	return 0;
}
#endif
