#ifndef _BEAGLE_MACH_MACH_TYPES_H_
#define _BEAGLE_MACH_MACH_TYPES_H_

#include <sys/cdefs.h>
#include <machine/types.h>
#include <stdint.h>
#include <mach/kern_return.h>

typedef unsigned int natural_t;
typedef int integer_t;
typedef natural_t mach_port_name_t;
typedef mach_port_name_t mach_port_t;
typedef mach_port_t task_t, thread_t, thread_act_t, host_t, host_priv_t, vm_map_t, semaphore_t, ipc_space_t, clock_serv_t;
typedef mach_port_t processor_set_t, processor_t, exception_handler_t, memory_object_t, mem_entry_name_port_t, vm_task_entry_t;
typedef mach_port_t task_name_t, clock_reply_t, thread_read_t, task_read_t, task_inspect_t, thread_inspect_t, bootstrap_t;
typedef uint64_t mach_vm_address_t, mach_vm_offset_t, mach_vm_size_t, vm_map_offset_t, vm_map_address_t, vm_map_size_t;
typedef uintptr_t vm_offset_t, vm_address_t, vm_size_t;
typedef int vm_prot_t, vm_inherit_t, vm_behavior_t, vm_purgable_t, vm_region_flavor_t;
typedef unsigned int vm_sync_t;
typedef int boolean_t;
typedef natural_t mach_port_right_t, mach_port_type_t, mach_port_urefs_t, mach_port_mscount_t, mach_port_seqno_t;
typedef integer_t mach_port_delta_t;
typedef natural_t mach_msg_type_number_t;
typedef unsigned int mach_msg_bits_t, mach_msg_size_t, mach_msg_type_name_t, mach_msg_timeout_t, mach_msg_descriptor_type_t;
typedef int mach_msg_id_t, mach_msg_option_t, mach_msg_return_t;
typedef natural_t task_flavor_t, thread_flavor_t;
typedef integer_t *task_info_t, *thread_info_t, *host_info_t, *host_info64_t, *vm_region_info_t, *vm_region_recurse_info_t, *processor_info_array_t;
typedef natural_t *thread_state_t;
typedef int thread_state_flavor_t, host_flavor_t, processor_flavor_t, exception_type_t, exception_behavior_t;
typedef unsigned int exception_mask_t, policy_t;
typedef thread_act_t *thread_act_array_t;
typedef int clock_id_t, sleep_type_t, alarm_type_t;
typedef struct mach_timespec {
	unsigned int tv_sec;
	int tv_nsec;
} mach_timespec_t;
typedef struct mach_timebase_info {
	uint32_t numer;
	uint32_t denom;
} mach_timebase_info_data_t, *mach_timebase_info_t;
typedef struct {
	uint8_t mig_vers, if_vers, reserved1, mig_encoding, int_rep, char_rep, float_rep, reserved2;
} NDR_record_t;
#define TRUE 1
#define FALSE 0
#define MACH_PORT_NULL 0
#define MACH_PORT_DEAD ((mach_port_name_t)~0)
#define MACH_PORT_RIGHT_SEND 0
#define MACH_PORT_RIGHT_RECEIVE 1
#define MACH_PORT_RIGHT_SEND_ONCE 2
#define MACH_PORT_RIGHT_PORT_SET 3
#define MACH_PORT_RIGHT_DEAD_NAME 4
#define VM_PROT_NONE 0
#define VM_PROT_READ 1
#define VM_PROT_WRITE 2
#define VM_PROT_EXECUTE 4
#define VM_PROT_COPY 0x10
#define VM_FLAGS_FIXED 0
#define VM_FLAGS_ANYWHERE 1
#define VM_FLAGS_OVERWRITE 0x4000
#define VM_MAKE_TAG(t) ((t) << 24)
#define VM_INHERIT_SHARE 0
#define VM_INHERIT_COPY 1
#define VM_INHERIT_NONE 2
#define SYNC_POLICY_FIFO 0
#define SYSTEM_CLOCK 0
#define CALENDAR_CLOCK 1
typedef struct {
	mach_msg_bits_t msgh_bits;
	mach_msg_size_t msgh_size;
	mach_port_t msgh_remote_port;
	mach_port_t msgh_local_port;
	mach_port_name_t msgh_voucher_port;
	mach_msg_id_t msgh_id;
} mach_msg_header_t;
typedef struct {
	mach_msg_size_t msgh_descriptor_count;
} mach_msg_body_t;
typedef struct {
	mach_port_t name;
	mach_msg_size_t pad1;
	unsigned int pad2 : 16;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
} mach_msg_port_descriptor_t;
#pragma pack(push, 4)
typedef struct {
	void *address;
	boolean_t deallocate : 8;
	unsigned int copy : 8;
	unsigned int pad1 : 8;
	mach_msg_descriptor_type_t type : 8;
	mach_msg_size_t size;
} mach_msg_ool_descriptor_t;
typedef struct {
	void *address;
	boolean_t deallocate : 8;
	unsigned int copy : 8;
	mach_msg_type_name_t disposition : 8;
	mach_msg_descriptor_type_t type : 8;
	mach_msg_size_t count;
} mach_msg_ool_ports_descriptor_t;
#pragma pack(pop)
typedef struct {
	unsigned int msgh_trailer_type;
	mach_msg_size_t msgh_trailer_size;
} mach_msg_trailer_t;
#define MACH_MSG_TYPE_MOVE_RECEIVE 16
#define MACH_MSG_TYPE_MOVE_SEND 17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE 18
#define MACH_MSG_TYPE_COPY_SEND 19
#define MACH_MSG_TYPE_MAKE_SEND 20
#define MACH_MSG_TYPE_MAKE_SEND_ONCE 21
#define MACH_MSGH_BITS(r, l) ((r) | ((l) << 8))
#define MACH_MSGH_BITS_COMPLEX 0x80000000u
#define MACH_MSG_PORT_DESCRIPTOR 0
#define MACH_MSG_OOL_DESCRIPTOR 1
#define MACH_MSG_OOL_PORTS_DESCRIPTOR 2
#define MACH_MSG_VIRTUAL_COPY 1
#define MACH_MSG_PHYSICAL_COPY 0
#define MACH_SEND_MSG 1
#define MACH_RCV_MSG 2
#define MACH_RCV_LARGE 4
#define MACH_SEND_TIMEOUT 0x10
#define MACH_SEND_INTERRUPT 0x40
#define MACH_RCV_TIMEOUT 0x100
#define MACH_RCV_INTERRUPT 0x400
#define MACH_MSG_TIMEOUT_NONE 0
#define MACH_MSG_SUCCESS 0
#define MACH_SEND_INTERRUPTED 0x10000007
#define MACH_RCV_INTERRUPTED 0x10004005
#define MACH_RCV_TIMED_OUT 0x10004003

#endif
