#ifndef _BEAGLE_SYS_CDEFS_H_
#define _BEAGLE_SYS_CDEFS_H_

// Symbol variants: which name a call binds to depends on the architecture and on
// the deployment target, which is always new enough here.
#ifdef __cplusplus
#define __BEGIN_DECLS extern "C" {
#define __END_DECLS }
#else
#define __BEGIN_DECLS
#define __END_DECLS
#endif
#define __P(x) x
#define __CONCAT(x, y) x##y
#define __STRING(x) #x
#define __dead2 __attribute__((__noreturn__))
#define __pure2 __attribute__((__const__))
#define __unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __deprecated __attribute__((__deprecated__))
#define __printflike(f, a) __attribute__((__format__(__printf__, f, a)))
#define __scanflike(f, a) __attribute__((__format__(__scanf__, f, a)))
#define __header_inline static inline
#define __header_always_inline static inline __attribute__((__always_inline__))
#define __DARWIN_ALIAS(sym)
#define __DARWIN_ALIAS_C(sym)
#define __DARWIN_EXTSN(sym) __asm("_" __STRING(sym) "$DARWIN_EXTSN")
#define __DARWIN_NOCANCEL(sym) __asm("_" __STRING(sym) "$NOCANCEL")
#if defined(__x86_64__)
#define __DARWIN_INODE64(sym) __asm("_" __STRING(sym) "$INODE64")
#define __DARWIN_1050(sym) __asm("_" __STRING(sym) "$1050")
#else
#define __DARWIN_INODE64(sym)
#define __DARWIN_1050(sym)
#endif
#define __DARWIN_UNIX03 1
#define __DARWIN_64_BIT_INO_T 1
#define __DARWIN_ONLY_UNIX_CONFORMANCE 1

#endif
