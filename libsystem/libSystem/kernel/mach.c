// Mach traps under their C names, time, ports and what every task knows of itself.

#include <mach/mach.h>
#include <unistd.h>
#include "../tsd.h"
#include "private.h"

mach_port_t mach_task_self_;
mach_port_t bootstrap_port;
vm_size_t vm_page_size, vm_page_mask, vm_kernel_page_size, vm_kernel_page_mask;
int vm_page_shift, vm_kernel_page_shift;
NDR_record_t NDR_record = { 0, 0, 0, 0, 1, 0, 0, 0 };

#undef mach_task_self
mach_port_t mach_task_self(void) { return mach_task_self_; }
mach_port_t mach_thread_self(void) { return thread_self_trap(); }
mach_port_t mach_host_self(void) { return host_self_trap(); }

#if defined(__x86_64__)
#define COMMPAGE_USER_SHIFT ((const volatile uint8_t *)0x7fffffe0004e)
#define COMMPAGE_KERNEL_SHIFT ((const volatile uint8_t *)0x7fffffe0004d)
#define COMMPAGE_CONT_TIMEBASE ((const volatile uint64_t *)0x7fffffe000c0)
#else
#define COMMPAGE_USER_SHIFT ((const volatile uint8_t *)0xfffffc025)
#define COMMPAGE_KERNEL_SHIFT ((const volatile uint8_t *)0xfffffc037)
#define COMMPAGE_CONT_TIMEBASE ((const volatile uint64_t *)0xfffffc098)
#endif

const char *_beagle_apple(const char *const apple[], const char *name) {
	for (; apple && *apple; apple++) {
		const char *a = *apple, *n = name;
		while (*n && *a == *n)
			a++, n++;
		if (!*n && *a == '=')
			return a + 1;
	}
	return 0;
}

static void task_ports(void) {
	mach_task_self_ = task_self_trap();
}

void _beagle_kernel_init(const char *const apple[]) {
	task_ports();
	vm_page_shift = *COMMPAGE_USER_SHIFT;
	vm_kernel_page_shift = *COMMPAGE_KERNEL_SHIFT;
	vm_page_size = (vm_size_t)1 << vm_page_shift;
	vm_page_mask = vm_page_size - 1;
	vm_kernel_page_size = (vm_size_t)1 << vm_kernel_page_shift;
	vm_kernel_page_mask = vm_kernel_page_size - 1;
}

void _beagle_kernel_fork_child(void) {
	task_ports();
	tsd_set(TSD_MIG_REPLY, 0);
	tsd_set(TSD_MACH_SELF, (void *)(uintptr_t)thread_self_trap());
}

void _beagle_fatal(const char *message) {
	size_t n = 0;
	while (message[n])
		n++;
	__write_nocancel(2, message, n);
	__write_nocancel(2, "\n", 1);
	__abort_with_payload(18, 1, 0, 0, message, 0);
	for (;;)
		__exit(134);
}

// Time.

kern_return_t mach_timebase_info(mach_timebase_info_t info) { return mach_timebase_info_trap(info); }
kern_return_t mach_wait_until(uint64_t deadline) { return mach_wait_until_trap(deadline); }
uint64_t mach_approximate_time(void) { return mach_absolute_time(); }
uint64_t mach_continuous_time(void) { return mach_absolute_time() + *COMMPAGE_CONT_TIMEBASE; }
uint64_t mach_continuous_approximate_time(void) { return mach_continuous_time(); }

// Messages. A call that was interrupted is made again unless the caller wants to
// know; the message is sent at most once.
mach_msg_return_t mach_msg(mach_msg_header_t *msg, mach_msg_option_t option, mach_msg_size_t send, mach_msg_size_t rcv,
                           mach_port_name_t name, mach_msg_timeout_t timeout, mach_port_name_t notify) {
	int quiet = option & ~(MACH_SEND_INTERRUPT | MACH_RCV_INTERRUPT);
	mach_msg_return_t r = mach_msg_trap(msg, quiet, send, rcv, name, timeout, notify);
	if (!(option & MACH_SEND_INTERRUPT))
		while (r == MACH_SEND_INTERRUPTED)
			r = mach_msg_trap(msg, quiet, send, rcv, name, timeout, notify);
	if (!(option & MACH_RCV_INTERRUPT))
		while (r == MACH_RCV_INTERRUPTED)
			r = mach_msg_trap(msg, quiet & ~MACH_SEND_MSG, 0, rcv, name, timeout, notify);
	return r;
}
mach_msg_return_t mach_msg_send(mach_msg_header_t *msg) { return mach_msg(msg, MACH_SEND_MSG, msg->msgh_size, 0, 0, 0, 0); }
mach_msg_return_t mach_msg_receive(mach_msg_header_t *msg) { return mach_msg(msg, MACH_RCV_MSG, 0, msg->msgh_size, msg->msgh_local_port, 0, 0); }

mach_port_t mig_get_reply_port(void) {
	mach_port_t p = (mach_port_t)(uintptr_t)tsd_get(TSD_MIG_REPLY);
	if (!p) {
		p = mach_reply_port();
		tsd_set(TSD_MIG_REPLY, (void *)(uintptr_t)p);
	}
	return p;
}
void mig_dealloc_reply_port(mach_port_t unused) {
	mach_port_t p = (mach_port_t)(uintptr_t)tsd_get(TSD_MIG_REPLY);
	tsd_set(TSD_MIG_REPLY, 0);
	if (p)
		_kernelrpc_mach_port_mod_refs_trap(mach_task_self_, p, MACH_PORT_RIGHT_RECEIVE, -1);
}
void mig_put_reply_port(mach_port_t unused) {}

// Ports. The traps serve the caller's own task, which is whose ports programs
// handle; for another task they answer MACH_SEND_INVALID_DEST.
kern_return_t mach_port_allocate(ipc_space_t t, mach_port_right_t right, mach_port_name_t *name) {
	return _kernelrpc_mach_port_allocate_trap(t, right, name);
}
kern_return_t mach_port_deallocate(ipc_space_t t, mach_port_name_t name) { return _kernelrpc_mach_port_deallocate_trap(t, name); }
kern_return_t mach_port_mod_refs(ipc_space_t t, mach_port_name_t name, mach_port_right_t right, mach_port_delta_t delta) {
	return _kernelrpc_mach_port_mod_refs_trap(t, name, right, delta);
}
kern_return_t mach_port_insert_right(ipc_space_t t, mach_port_name_t name, mach_port_t right, mach_msg_type_name_t type) {
	return _kernelrpc_mach_port_insert_right_trap(t, name, right, type);
}
kern_return_t mach_port_insert_member(ipc_space_t t, mach_port_name_t name, mach_port_name_t set) {
	return _kernelrpc_mach_port_insert_member_trap(t, name, set);
}
kern_return_t mach_port_extract_member(ipc_space_t t, mach_port_name_t name, mach_port_name_t set) {
	return _kernelrpc_mach_port_extract_member_trap(t, name, set);
}
kern_return_t mach_port_move_member(ipc_space_t t, mach_port_name_t name, mach_port_name_t set) {
	return _kernelrpc_mach_port_move_member_trap(t, name, set);
}
kern_return_t mach_port_construct(ipc_space_t t, void *options, uint64_t context, mach_port_name_t *name) {
	return _kernelrpc_mach_port_construct_trap(t, options, context, name);
}
kern_return_t mach_port_destruct(ipc_space_t t, mach_port_name_t name, mach_port_delta_t send, uint64_t guard) {
	return _kernelrpc_mach_port_destruct_trap(t, name, send, guard);
}
kern_return_t mach_port_guard(ipc_space_t t, mach_port_name_t name, uint64_t guard, boolean_t strict) {
	return _kernelrpc_mach_port_guard_trap(t, name, guard, strict);
}
kern_return_t mach_port_unguard(ipc_space_t t, mach_port_name_t name, uint64_t guard) {
	return _kernelrpc_mach_port_unguard_trap(t, name, guard);
}
kern_return_t mach_port_get_attributes(ipc_space_t t, mach_port_name_t name, int flavor, int *info, mach_msg_type_number_t *count) {
	return _kernelrpc_mach_port_get_attributes_trap(t, name, flavor, info, count);
}
kern_return_t mach_port_type(ipc_space_t t, mach_port_name_t name, mach_port_type_t *type) {
	return _kernelrpc_mach_port_type_trap(t, name, type);
}

// Memory.
kern_return_t mach_vm_allocate(vm_map_t t, mach_vm_address_t *at, mach_vm_size_t size, int flags) {
	return _kernelrpc_mach_vm_allocate_trap(t, at, size, flags);
}
kern_return_t mach_vm_deallocate(vm_map_t t, mach_vm_address_t at, mach_vm_size_t size) {
	return _kernelrpc_mach_vm_deallocate_trap(t, at, size);
}
kern_return_t mach_vm_protect(vm_map_t t, mach_vm_address_t at, mach_vm_size_t size, boolean_t max, vm_prot_t prot) {
	return _kernelrpc_mach_vm_protect_trap(t, at, size, max, prot);
}
kern_return_t mach_vm_purgable_control(vm_map_t t, mach_vm_address_t at, int control, int *state) {
	return _kernelrpc_mach_vm_purgable_control_trap(t, at, control, state);
}
kern_return_t vm_allocate(vm_map_t t, vm_address_t *at, vm_size_t size, int flags) {
	uint64_t a = *at;
	kern_return_t r = mach_vm_allocate(t, &a, size, flags);
	*at = a;
	return r;
}
kern_return_t vm_deallocate(vm_map_t t, vm_address_t at, vm_size_t size) { return mach_vm_deallocate(t, at, size); }
kern_return_t vm_protect(vm_map_t t, vm_address_t at, vm_size_t size, boolean_t max, vm_prot_t prot) {
	return mach_vm_protect(t, at, size, max, prot);
}

// Semaphores.
kern_return_t semaphore_signal(semaphore_t s) { return semaphore_signal_trap(s); }
kern_return_t semaphore_signal_all(semaphore_t s) { return semaphore_signal_all_trap(s); }
kern_return_t semaphore_signal_thread(semaphore_t s, thread_t t) { return semaphore_signal_thread_trap(s, t); }
kern_return_t semaphore_wait(semaphore_t s) { return semaphore_wait_trap(s); }
kern_return_t semaphore_wait_signal(semaphore_t w, semaphore_t s) { return semaphore_wait_signal_trap(w, s); }
kern_return_t semaphore_timedwait(semaphore_t s, mach_timespec_t t) { return semaphore_timedwait_trap(s, t.tv_sec, t.tv_nsec); }
kern_return_t semaphore_timedwait_signal(semaphore_t w, semaphore_t s, mach_timespec_t t) {
	return semaphore_timedwait_signal_trap(w, s, t.tv_sec, t.tv_nsec);
}

int getpagesize(void) { return (int)vm_page_size; }
