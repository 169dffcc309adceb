// musl's system calls, by their Linux numbers, end in one function that makes the
// Darwin call and returns a negative errno (c/linux.c).
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)
long _beagle_linux(long n, long a, long b, long c, long d, long e, long f);
static inline long __syscall0(long n) { return _beagle_linux(n, 0, 0, 0, 0, 0, 0); }
static inline long __syscall1(long n, long a) { return _beagle_linux(n, a, 0, 0, 0, 0, 0); }
static inline long __syscall2(long n, long a, long b) { return _beagle_linux(n, a, b, 0, 0, 0, 0); }
static inline long __syscall3(long n, long a, long b, long c) { return _beagle_linux(n, a, b, c, 0, 0, 0); }
static inline long __syscall4(long n, long a, long b, long c, long d) { return _beagle_linux(n, a, b, c, d, 0, 0); }
static inline long __syscall5(long n, long a, long b, long c, long d, long e) { return _beagle_linux(n, a, b, c, d, e, 0); }
static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f) { return _beagle_linux(n, a, b, c, d, e, f); }
#define SYSCALL_NO_TLS 1
