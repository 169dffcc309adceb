#ifndef _BEAGLE_SYS_TYPES_H_
#define _BEAGLE_SYS_TYPES_H_

#include <sys/cdefs.h>
#include <machine/types.h>
#include <machine/endian.h>
#include <stddef.h>

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef u_int64_t u_quad_t;
typedef int64_t quad_t;
typedef quad_t *qaddr_t;
typedef char *caddr_t;
typedef int32_t daddr_t;
typedef int32_t dev_t;
typedef u_int32_t fixpt_t;
typedef int32_t blksize_t;
typedef int64_t blkcnt_t;
typedef unsigned int fsblkcnt_t;
typedef unsigned int fsfilcnt_t;
typedef u_int32_t gid_t;
typedef u_int32_t uid_t;
typedef u_int32_t in_addr_t;
typedef u_int16_t in_port_t;
typedef u_int64_t ino_t;
typedef u_int64_t ino64_t;
typedef int32_t key_t;
typedef u_int16_t mode_t;
typedef u_int16_t nlink_t;
typedef u_int32_t id_t;
typedef int32_t pid_t;
typedef int64_t off_t;
typedef int32_t segsz_t;
typedef int32_t swblk_t;
typedef unsigned long clock_t;
#ifndef _BEAGLE_SSIZE
#define _BEAGLE_SSIZE
typedef long ssize_t;
typedef size_t rsize_t;
typedef int errno_t;
#endif
typedef long time_t;
typedef u_int32_t useconds_t;
typedef int32_t suseconds_t;
typedef u_int32_t sigset_t;
typedef unsigned char uuid_t[16];
typedef char uuid_string_t[37];
typedef struct fsid {
	int32_t val[2];
} fsid_t;

#ifndef _BEAGLE_TIMESPEC
#define _BEAGLE_TIMESPEC
struct timespec {
	long tv_sec;
	long tv_nsec;
};
struct timeval {
	long tv_sec;
	int32_t tv_usec;
};
#endif
struct iovec {
	void *iov_base;
	size_t iov_len;
};

#define __DARWIN_FD_SETSIZE 1024
#define FD_SETSIZE 1024
#define __DARWIN_NFDBITS 32
#define NFDBITS 32
typedef struct fd_set {
	int32_t fds_bits[32];
} fd_set;
#define FD_SET(n, p) ((p)->fds_bits[(unsigned)(n) / 32] |= (int32_t)(1u << ((n) % 32)))
#define FD_CLR(n, p) ((p)->fds_bits[(unsigned)(n) / 32] &= ~(int32_t)(1u << ((n) % 32)))
#define FD_ISSET(n, p) (((p)->fds_bits[(unsigned)(n) / 32] & (int32_t)(1u << ((n) % 32))) != 0)
#define FD_ZERO(p) __builtin_memset((p), 0, sizeof(*(p)))
#define FD_COPY(f, t) __builtin_memcpy((t), (f), sizeof(*(f)))

#define major(x) ((int32_t)(((u_int32_t)(x) >> 24) & 0xff))
#define minor(x) ((int32_t)((x) & 0xffffff))
#define makedev(x, y) ((dev_t)(((x) << 24) | (y)))

// Signatures are in the first word; sizes are those of libpthread.
struct _opaque_pthread_attr_t { long __sig; char __opaque[56]; };
struct _opaque_pthread_cond_t { long __sig; char __opaque[40]; };
struct _opaque_pthread_condattr_t { long __sig; char __opaque[8]; };
struct _opaque_pthread_mutex_t { long __sig; char __opaque[56]; };
struct _opaque_pthread_mutexattr_t { long __sig; char __opaque[8]; };
struct _opaque_pthread_once_t { long __sig; char __opaque[8]; };
struct _opaque_pthread_rwlock_t { long __sig; char __opaque[192]; };
struct _opaque_pthread_rwlockattr_t { long __sig; char __opaque[16]; };
struct __darwin_pthread_handler_rec {
	void (*__routine)(void *);
	void *__arg;
	struct __darwin_pthread_handler_rec *__next;
};
struct _opaque_pthread_t {
	long __sig;
	struct __darwin_pthread_handler_rec *__cleanup_stack;
	char __opaque[8176];
};
typedef struct _opaque_pthread_attr_t pthread_attr_t;
typedef struct _opaque_pthread_cond_t pthread_cond_t;
typedef struct _opaque_pthread_condattr_t pthread_condattr_t;
typedef unsigned long pthread_key_t;
typedef struct _opaque_pthread_mutex_t pthread_mutex_t;
typedef struct _opaque_pthread_mutexattr_t pthread_mutexattr_t;
typedef struct _opaque_pthread_once_t pthread_once_t;
typedef struct _opaque_pthread_rwlock_t pthread_rwlock_t;
typedef struct _opaque_pthread_rwlockattr_t pthread_rwlockattr_t;
typedef struct _opaque_pthread_t *pthread_t;

#endif
