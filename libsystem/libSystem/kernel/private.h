// System calls whose C functions differ from the call, and what the libraries
// under /usr/lib/system share.
#ifndef BEAGLE_PRIVATE_H
#define BEAGLE_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/signal.h>
#include <sys/time.h>
#include <mach/mach_types.h>

int __open(const char *, int, int);
int __open_nocancel(const char *, int, int);
int __openat(int, const char *, int, int);
int __openat_nocancel(int, const char *, int, int);
int __fcntl(int, int, long);
int __fcntl_nocancel(int, int, long);
int __ioctl(int, unsigned long, void *);
int __sigaction(int, const struct __sigaction *, struct sigaction *);
int __sigsuspend(sigset_t);
int __sigsuspend_nocancel(sigset_t);
int __gettimeofday(struct timeval *, void *, uint64_t *);
int __select(int, fd_set *, fd_set *, fd_set *, struct timeval *);
int __select_nocancel(int, fd_set *, fd_set *, fd_set *, struct timeval *);
int __pselect(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
int __pselect_nocancel(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *);
int __kill(int, int, int);
int __sysctl(int *, unsigned, void *, size_t *, void *, size_t);
int __sysctlbyname(const char *, size_t, void *, size_t *, void *, size_t);
int __semctl(int, int, int, void *);
int *__sem_open(const char *, int, int, int);
int __shm_open(const char *, int, int);
void __exit(int);
int __getlogin(char *, unsigned);
int __setlogin(const char *);
int __initgroups(unsigned, const gid_t *, int);
int __sigreturn(void *, int, uintptr_t);
pid_t __fork(void);
int __proc_info(int, int, uint32_t, uint64_t, void *, int);
ssize_t __getdirentries64(int, void *, size_t, off_t *);
int __write_nocancel(int, const void *, size_t);
int __read_nocancel(int, void *, size_t);
int __close_nocancel(int);
int __pthread_kill(mach_port_t, int);
int __pthread_sigmask(int, const sigset_t *, sigset_t *);
int __sigwait(const sigset_t *, int *);
int __disable_threadsignal(int);
int __pthread_markcancel(mach_port_t);
int __pthread_canceled(int);
int __semwait_signal(int, int, int, int, int64_t, int32_t);
int __semwait_signal_nocancel(int, int, int, int, int64_t, int32_t);
int __ulock_wait(uint32_t, void *, uint64_t, uint32_t);
int __ulock_wait2(uint32_t, void *, uint64_t, uint64_t, uint64_t);
int __ulock_wake(uint32_t, void *, uint64_t);
void *__bsdthread_create(void *, void *, void *, void *, uint32_t);
int __bsdthread_terminate(void *, size_t, mach_port_t, void *);
int __bsdthread_register(void *, void *, int, void *, size_t, size_t);
int __bsdthread_ctl(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
int __workq_open(void);
int __workq_kernreturn(int, void *, int, int);
uint64_t __thread_selfid(void);
void __abort_with_payload(uint32_t, uint64_t, void *, uint32_t, const char *, uint64_t);

kern_return_t _kernelrpc_mach_vm_allocate_trap(mach_port_name_t, uint64_t *, uint64_t, int);
kern_return_t _kernelrpc_mach_vm_deallocate_trap(mach_port_name_t, uint64_t, uint64_t);
kern_return_t _kernelrpc_mach_vm_protect_trap(mach_port_name_t, uint64_t, uint64_t, int, int);
kern_return_t _kernelrpc_mach_vm_purgable_control_trap(mach_port_name_t, uint64_t, int, int *);
kern_return_t _kernelrpc_mach_vm_map_trap(mach_port_name_t, uint64_t *, uint64_t, uint64_t, int, int);
kern_return_t _kernelrpc_mach_port_allocate_trap(mach_port_name_t, unsigned, mach_port_name_t *);
kern_return_t _kernelrpc_mach_port_deallocate_trap(mach_port_name_t, mach_port_name_t);
kern_return_t _kernelrpc_mach_port_mod_refs_trap(mach_port_name_t, mach_port_name_t, unsigned, int);
kern_return_t _kernelrpc_mach_port_move_member_trap(mach_port_name_t, mach_port_name_t, mach_port_name_t);
kern_return_t _kernelrpc_mach_port_insert_right_trap(mach_port_name_t, mach_port_name_t, mach_port_name_t, unsigned);
kern_return_t _kernelrpc_mach_port_insert_member_trap(mach_port_name_t, mach_port_name_t, mach_port_name_t);
kern_return_t _kernelrpc_mach_port_extract_member_trap(mach_port_name_t, mach_port_name_t, mach_port_name_t);
kern_return_t _kernelrpc_mach_port_construct_trap(mach_port_name_t, void *, uint64_t, mach_port_name_t *);
kern_return_t _kernelrpc_mach_port_destruct_trap(mach_port_name_t, mach_port_name_t, int, uint64_t);
kern_return_t _kernelrpc_mach_port_guard_trap(mach_port_name_t, mach_port_name_t, uint64_t, int);
kern_return_t _kernelrpc_mach_port_unguard_trap(mach_port_name_t, mach_port_name_t, uint64_t);
kern_return_t _kernelrpc_mach_port_get_attributes_trap(mach_port_name_t, mach_port_name_t, int, void *, void *);
kern_return_t _kernelrpc_mach_port_type_trap(mach_port_name_t, mach_port_name_t, void *);
mach_port_name_t thread_self_trap(void);
mach_port_name_t task_self_trap(void);
mach_port_name_t host_self_trap(void);
mach_port_name_t mach_reply_port(void);
mach_msg_return_t mach_msg_trap(mach_msg_header_t *, int, unsigned, unsigned, mach_port_name_t, unsigned, mach_port_name_t);
kern_return_t semaphore_signal_trap(mach_port_name_t);
kern_return_t semaphore_signal_all_trap(mach_port_name_t);
kern_return_t semaphore_signal_thread_trap(mach_port_name_t, mach_port_name_t);
kern_return_t semaphore_wait_trap(mach_port_name_t);
kern_return_t semaphore_wait_signal_trap(mach_port_name_t, mach_port_name_t);
kern_return_t semaphore_timedwait_trap(mach_port_name_t, unsigned, int);
kern_return_t semaphore_timedwait_signal_trap(mach_port_name_t, mach_port_name_t, unsigned, int);
kern_return_t mach_timebase_info_trap(mach_timebase_info_t);
kern_return_t mach_wait_until_trap(uint64_t);
int swtch_pri(int);

// Where libsystem_pthread hooks in: what a cancelled thread does at a
// cancellation point that failed with EINTR.
extern void (*_beagle_cancel_point)(int error);

void _beagle_kernel_init(const char *const apple[]);
void _beagle_kernel_fork_child(void);
const char *_beagle_apple(const char *const apple[], const char *name);

// One line on stderr, then SIGABRT.
void _beagle_fatal(const char *message) __attribute__((__noreturn__));

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))

#endif
