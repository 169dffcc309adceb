// The functions that _FORTIFY_SOURCE calls, which know the size of the target.

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "../kernel/private.h"

static void check(size_t need, size_t have) {
	if (need > have)
		_beagle_fatal("buffer overflow detected: the program is ended");
}
void __chk_fail(void) { _beagle_fatal("buffer overflow detected: the program is ended"); }

void *__memcpy_chk(void *d, const void *s, size_t n, size_t have) { return check(n, have), memcpy(d, s, n); }
void *__memmove_chk(void *d, const void *s, size_t n, size_t have) { return check(n, have), memmove(d, s, n); }
void *__memset_chk(void *d, int c, size_t n, size_t have) { return check(n, have), memset(d, c, n); }
void *__memccpy_chk(void *d, const void *s, int c, size_t n, size_t have) {
	const char *end = memchr(s, c, n);
	check(end ? (size_t)(end - (const char *)s) + 1 : n, have);
	return memccpy(d, s, c, n);
}
char *__strcpy_chk(char *d, const char *s, size_t have) { return check(strlen(s) + 1, have), strcpy(d, s); }
char *__stpcpy_chk(char *d, const char *s, size_t have) { return check(strlen(s) + 1, have), stpcpy(d, s); }
char *__strcat_chk(char *d, const char *s, size_t have) { return check(strlen(d) + strlen(s) + 1, have), strcat(d, s); }
char *__strncpy_chk(char *d, const char *s, size_t n, size_t have) { return check(n, have), strncpy(d, s, n); }
char *__stpncpy_chk(char *d, const char *s, size_t n, size_t have) { return check(n, have), stpncpy(d, s, n); }
char *__strncat_chk(char *d, const char *s, size_t n, size_t have) { return check(strlen(d) + strnlen(s, n) + 1, have), strncat(d, s, n); }
size_t __strlcpy_chk(char *d, const char *s, size_t n, size_t have) { return check(n, have), strlcpy(d, s, n); }
size_t __strlcat_chk(char *d, const char *s, size_t n, size_t have) { return check(n, have), strlcat(d, s, n); }
int __vsnprintf_chk(char *d, size_t n, int flag, size_t have, const char *f, va_list ap) { return check(n, have), vsnprintf(d, n, f, ap); }
int __vsprintf_chk(char *d, int flag, size_t have, const char *f, va_list ap) {
	int n = vsnprintf(d, have < 0x7fffffff ? have : 0x7fffffff, f, ap);
	if (n >= 0)
		check((size_t)n + 1, have);
	return n;
}
int __snprintf_chk(char *d, size_t n, int flag, size_t have, const char *f, ...) {
	va_list ap;
	va_start(ap, f);
	int r = __vsnprintf_chk(d, n, flag, have, f, ap);
	va_end(ap);
	return r;
}
int __sprintf_chk(char *d, int flag, size_t have, const char *f, ...) {
	va_list ap;
	va_start(ap, f);
	int r = __vsprintf_chk(d, flag, have, f, ap);
	va_end(ap);
	return r;
}
// A descriptor that does not fit an fd_set. 1: go on, 0: leave the set alone.
int __darwin_check_fd_set_overflow(int fd, const void *set, int unlimited) { return fd >= 0 && (unlimited || fd < 1024); }
// Large frames touch each page of the stack in order.
#if defined(__x86_64__)
__asm__(".globl ____chkstk_darwin\n____chkstk_darwin:\n.globl ___chkstk_darwin\n___chkstk_darwin:\n"
        "\tpushq %rcx\n\tpushq %rax\n\tcmpq $0x1000, %rax\n\tleaq 24(%rsp), %rcx\n\tjb 2f\n"
        "1:\tsubq $0x1000, %rcx\n\ttestq %rcx, (%rcx)\n\tsubq $0x1000, %rax\n\tcmpq $0x1000, %rax\n\tja 1b\n"
        "2:\tsubq %rax, %rcx\n\ttestq %rcx, (%rcx)\n\tpopq %rax\n\tpopq %rcx\n\tretq\n");
#else
__asm__(".globl ____chkstk_darwin\n.p2align 2\n____chkstk_darwin:\n.globl ___chkstk_darwin\n___chkstk_darwin:\n"
        "\tstp x10, x11, [sp, #-16]!\n\tmov x10, x9\n\tmov x11, sp\n"
        "1:\tcmp x10, #4095\n\tb.ls 2f\n\tsub x11, x11, #4096\n\tldr xzr, [x11]\n\tsub x10, x10, #4096\n\tb 1b\n"
        "2:\tsub x11, x11, x10\n\tldr xzr, [x11]\n\tldp x10, x11, [sp], #16\n\tret\n");
#endif
