// Darwin system calls, made directly: dyld runs before there is a libSystem.
#ifndef BEAGLE_DYLD_SYS_H
#define BEAGLE_DYLD_SYS_H

#include <stddef.h>
#include <stdint.h>

// Numbers as in XNU's bsd/kern/syscalls.master.
enum {
	SYS_exit = 1,
	SYS_read = 3,
	SYS_write = 4,
	SYS_open = 5,
	SYS_close = 6,
	SYS_getpid = 20,
	SYS_kill = 37,
	SYS_munmap = 73,
	SYS_mprotect = 74,
	SYS_fcntl = 92,
	SYS_pread = 153,
	SYS_mmap = 197,
	SYS_issetugid = 327,
	SYS_fstat64 = 339,
	SYS_ulock_wait = 515,
	SYS_ulock_wake = 516,
	SYS_abort_with_payload = 521,
};

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_PRIVATE 0x0002
#define MAP_FIXED 0x0010
#define MAP_ANON 0x1000
#define VM_MEMORY_DYLD 33 // tag of the allocator's pages, in place of a descriptor
#define VM_MAKE_TAG(t) ((int)((unsigned)(t) << 24))

#define O_RDONLY 0
#define O_CLOEXEC 0x1000000
#define F_GETPATH 50
#define MAXPATHLEN 1024

#define ENOENT 2
#define EACCES 13
#define ENOTDIR 20

#define SIGABRT 6
#define OS_REASON_DYLD 6
#define UL_COMPARE_AND_WAIT 1
#define ULF_NO_ERRNO 0x01000000

// The result, or -errno.
long dyld_syscall(long number, long a, long b, long c, long d, long e, long f);

#define sys0(n) dyld_syscall(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a) dyld_syscall(n, (long)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) dyld_syscall(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) dyld_syscall(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(n, a, b, c, d) dyld_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys6(n, a, b, c, d, e, f) \
	dyld_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline int sys_failed(long r) { return r < 0 && r > -4096; }

// The fields of struct stat (64-bit inodes, 144 bytes) that dyld reads.
struct file_id {
	int32_t dev;
	uint32_t mode;
	uint64_t ino;
	int64_t size, mtime;
};

int sys_fstat(int fd, struct file_id *out); // 0 or -errno

#endif
