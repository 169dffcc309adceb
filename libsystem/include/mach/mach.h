#ifndef _BEAGLE_MACH_MACH_H_
#define _BEAGLE_MACH_MACH_H_

#include <mach/mach_types.h>
#include <mach/mach_time.h>
#include <mach/thread_status.h>

__BEGIN_DECLS

extern mach_port_t mach_task_self_;
extern mach_port_t bootstrap_port;
extern vm_size_t vm_page_size, vm_page_mask;
extern int vm_page_shift;
extern vm_size_t vm_kernel_page_size, vm_kernel_page_mask;
extern int vm_kernel_page_shift;
extern NDR_record_t NDR_record;
#define mach_task_self() mach_task_self_
#define current_task() mach_task_self_
mach_port_t mach_thread_self(void);
mach_port_t mach_host_self(void);
mach_port_name_t mach_reply_port(void);
mach_msg_return_t mach_msg(mach_msg_header_t *, mach_msg_option_t, mach_msg_size_t, mach_msg_size_t, mach_port_name_t, mach_msg_timeout_t, mach_port_name_t);
mach_port_t mig_get_reply_port(void);
void mig_dealloc_reply_port(mach_port_t);
void mig_put_reply_port(mach_port_t);
void mach_msg_destroy(mach_msg_header_t *);
char *mach_error_string(int);
void mach_error(const char *, int);
kern_return_t mach_port_allocate(ipc_space_t, mach_port_right_t, mach_port_name_t *);
kern_return_t mach_port_deallocate(ipc_space_t, mach_port_name_t);
kern_return_t mach_port_destroy(ipc_space_t, mach_port_name_t);
kern_return_t mach_port_mod_refs(ipc_space_t, mach_port_name_t, mach_port_right_t, mach_port_delta_t);
kern_return_t mach_port_insert_right(ipc_space_t, mach_port_name_t, mach_port_t, mach_msg_type_name_t);
kern_return_t mach_port_type(ipc_space_t, mach_port_name_t, mach_port_type_t *);
kern_return_t mach_vm_allocate(vm_map_t, mach_vm_address_t *, mach_vm_size_t, int);
kern_return_t mach_vm_deallocate(vm_map_t, mach_vm_address_t, mach_vm_size_t);
kern_return_t mach_vm_protect(vm_map_t, mach_vm_address_t, mach_vm_size_t, boolean_t, vm_prot_t);
kern_return_t mach_vm_map(vm_map_t, mach_vm_address_t *, mach_vm_size_t, mach_vm_offset_t, int, mem_entry_name_port_t, mach_vm_offset_t, boolean_t, vm_prot_t, vm_prot_t, vm_inherit_t);
kern_return_t mach_vm_region(vm_map_t, mach_vm_address_t *, mach_vm_size_t *, vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *, mach_port_t *);
kern_return_t vm_allocate(vm_map_t, vm_address_t *, vm_size_t, int);
kern_return_t vm_deallocate(vm_map_t, vm_address_t, vm_size_t);
kern_return_t vm_protect(vm_map_t, vm_address_t, vm_size_t, boolean_t, vm_prot_t);
kern_return_t task_info(task_name_t, task_flavor_t, task_info_t, mach_msg_type_number_t *);
kern_return_t thread_info(thread_act_t, thread_flavor_t, thread_info_t, mach_msg_type_number_t *);
kern_return_t task_for_pid(mach_port_name_t, int, mach_port_name_t *);
kern_return_t pid_for_task(mach_port_name_t, int *);
kern_return_t semaphore_create(task_t, semaphore_t *, int, int);
kern_return_t semaphore_destroy(task_t, semaphore_t);
kern_return_t semaphore_signal(semaphore_t);
kern_return_t semaphore_signal_all(semaphore_t);
kern_return_t semaphore_wait(semaphore_t);
kern_return_t semaphore_timedwait(semaphore_t, mach_timespec_t);
kern_return_t host_info(host_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
kern_return_t host_statistics(host_t, host_flavor_t, host_info_t, mach_msg_type_number_t *);
kern_return_t host_statistics64(host_t, host_flavor_t, host_info64_t, mach_msg_type_number_t *);
kern_return_t host_processor_info(host_t, processor_flavor_t, natural_t *, processor_info_array_t *, mach_msg_type_number_t *);
kern_return_t host_get_clock_service(host_t, clock_id_t, clock_serv_t *);
kern_return_t clock_get_time(clock_serv_t, mach_timespec_t *);
kern_return_t thread_switch(mach_port_name_t, int, mach_msg_timeout_t);

__END_DECLS

#endif
