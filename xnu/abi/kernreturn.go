package abi

import "fmt"

// KernReturn is a Mach result code, kern_return_t (osfmk/mach/kern_return.h and
// the codes of message passing in osfmk/mach/message.h). KERN_SUCCESS is 0.
type KernReturn int32

// Results of Mach calls.
const (
	KERN_SUCCESS                  KernReturn = 0
	KERN_INVALID_ADDRESS          KernReturn = 1
	KERN_PROTECTION_FAILURE       KernReturn = 2
	KERN_NO_SPACE                 KernReturn = 3
	KERN_INVALID_ARGUMENT         KernReturn = 4
	KERN_FAILURE                  KernReturn = 5
	KERN_RESOURCE_SHORTAGE        KernReturn = 6
	KERN_NOT_RECEIVER             KernReturn = 7
	KERN_NO_ACCESS                KernReturn = 8
	KERN_MEMORY_FAILURE           KernReturn = 9
	KERN_MEMORY_ERROR             KernReturn = 10
	KERN_ALREADY_IN_SET           KernReturn = 11
	KERN_NOT_IN_SET               KernReturn = 12
	KERN_NAME_EXISTS              KernReturn = 13
	KERN_ABORTED                  KernReturn = 14
	KERN_INVALID_NAME             KernReturn = 15
	KERN_INVALID_TASK             KernReturn = 16
	KERN_INVALID_RIGHT            KernReturn = 17
	KERN_INVALID_VALUE            KernReturn = 18
	KERN_UREFS_OVERFLOW           KernReturn = 19
	KERN_INVALID_CAPABILITY       KernReturn = 20
	KERN_RIGHT_EXISTS             KernReturn = 21
	KERN_INVALID_HOST             KernReturn = 22
	KERN_MEMORY_PRESENT           KernReturn = 23
	KERN_MEMORY_DATA_MOVED        KernReturn = 24
	KERN_MEMORY_RESTART_COPY      KernReturn = 25
	KERN_INVALID_PROCESSOR_SET    KernReturn = 26
	KERN_POLICY_LIMIT             KernReturn = 27
	KERN_INVALID_POLICY           KernReturn = 28
	KERN_INVALID_OBJECT           KernReturn = 29
	KERN_ALREADY_WAITING          KernReturn = 30
	KERN_DEFAULT_SET              KernReturn = 31
	KERN_EXCEPTION_PROTECTED      KernReturn = 32
	KERN_INVALID_LEDGER           KernReturn = 33
	KERN_INVALID_MEMORY_CONTROL   KernReturn = 34
	KERN_INVALID_SECURITY         KernReturn = 35
	KERN_NOT_DEPRESSED            KernReturn = 36
	KERN_TERMINATED               KernReturn = 37
	KERN_LOCK_SET_DESTROYED       KernReturn = 38
	KERN_LOCK_UNSTABLE            KernReturn = 39
	KERN_LOCK_OWNED               KernReturn = 40
	KERN_LOCK_OWNED_SELF          KernReturn = 41
	KERN_SEMAPHORE_DESTROYED      KernReturn = 42
	KERN_RPC_SERVER_TERMINATED    KernReturn = 43
	KERN_RPC_TERMINATE_ORPHAN     KernReturn = 44
	KERN_RPC_CONTINUE_ORPHAN      KernReturn = 45
	KERN_NOT_SUPPORTED            KernReturn = 46
	KERN_NODE_DOWN                KernReturn = 47
	KERN_NOT_WAITING              KernReturn = 48
	KERN_OPERATION_TIMED_OUT      KernReturn = 49
	KERN_CODESIGN_ERROR           KernReturn = 50
	KERN_POLICY_STATIC            KernReturn = 51
	KERN_INSUFFICIENT_BUFFER_SIZE KernReturn = 52
	KERN_DENIED                   KernReturn = 53
	KERN_MISSING_KC               KernReturn = 54
	KERN_INVALID_KC               KernReturn = 55
	KERN_NOT_FOUND                KernReturn = 56
)

// Results of mach_msg: which of the two halves failed is in the top bits.
const (
	MACH_SEND_IN_PROGRESS         KernReturn = 0x10000001
	MACH_SEND_INVALID_DATA        KernReturn = 0x10000002
	MACH_SEND_INVALID_DEST        KernReturn = 0x10000003
	MACH_SEND_TIMED_OUT           KernReturn = 0x10000004
	MACH_SEND_INVALID_VOUCHER     KernReturn = 0x10000005
	MACH_SEND_INTERRUPTED         KernReturn = 0x10000007
	MACH_SEND_MSG_TOO_SMALL       KernReturn = 0x10000008
	MACH_SEND_INVALID_REPLY       KernReturn = 0x10000009
	MACH_SEND_INVALID_RIGHT       KernReturn = 0x1000000a
	MACH_SEND_INVALID_NOTIFY      KernReturn = 0x1000000b
	MACH_SEND_INVALID_MEMORY      KernReturn = 0x1000000c
	MACH_SEND_NO_BUFFER           KernReturn = 0x1000000d
	MACH_SEND_TOO_LARGE           KernReturn = 0x1000000e
	MACH_SEND_INVALID_TYPE        KernReturn = 0x1000000f
	MACH_SEND_INVALID_HEADER      KernReturn = 0x10000010
	MACH_SEND_INVALID_TRAILER     KernReturn = 0x10000011
	MACH_SEND_INVALID_CONTEXT     KernReturn = 0x10000012
	MACH_SEND_INVALID_OPTIONS     KernReturn = 0x10000013
	MACH_SEND_INVALID_RT_OOL_SIZE KernReturn = 0x10000015
	MACH_SEND_NO_GRANT_DEST       KernReturn = 0x10000016
	MACH_SEND_MSG_FILTERED        KernReturn = 0x10000017
	MACH_SEND_AUX_TOO_SMALL       KernReturn = 0x10000018
	MACH_SEND_AUX_TOO_LARGE       KernReturn = 0x10000019
	MACH_RCV_IN_PROGRESS          KernReturn = 0x10004001
	MACH_RCV_INVALID_NAME         KernReturn = 0x10004002
	MACH_RCV_TIMED_OUT            KernReturn = 0x10004003
	MACH_RCV_TOO_LARGE            KernReturn = 0x10004004
	MACH_RCV_INTERRUPTED          KernReturn = 0x10004005
	MACH_RCV_PORT_CHANGED         KernReturn = 0x10004006
	MACH_RCV_INVALID_NOTIFY       KernReturn = 0x10004007
	MACH_RCV_INVALID_DATA         KernReturn = 0x10004008
	MACH_RCV_PORT_DIED            KernReturn = 0x10004009
	MACH_RCV_IN_SET               KernReturn = 0x1000400a
	MACH_RCV_HEADER_ERROR         KernReturn = 0x1000400b
	MACH_RCV_BODY_ERROR           KernReturn = 0x1000400c
	MACH_RCV_INVALID_TYPE         KernReturn = 0x1000400d
	MACH_RCV_SCATTER_SMALL        KernReturn = 0x1000400e
	MACH_RCV_INVALID_TRAILER      KernReturn = 0x1000400f
	MACH_RCV_IN_PROGRESS_TIMED    KernReturn = 0x10004011
	MACH_RCV_INVALID_REPLY        KernReturn = 0x10004012
	MACH_RCV_INVALID_ARGUMENTS    KernReturn = 0x10004013

	MACH_MSG_SUCCESS = KERN_SUCCESS
)

// Results that a MIG server puts in a reply (osfmk/mach/mig_errors.h).
const (
	MIG_TYPE_ERROR      KernReturn = -300
	MIG_REPLY_MISMATCH  KernReturn = -301
	MIG_REMOTE_ERROR    KernReturn = -302
	MIG_BAD_ID          KernReturn = -303
	MIG_BAD_ARGUMENTS   KernReturn = -304
	MIG_NO_REPLY        KernReturn = -305
	MIG_EXCEPTION       KernReturn = -306
	MIG_ARRAY_TOO_LARGE KernReturn = -307
	MIG_SERVER_DIED     KernReturn = -308
	MIG_TRAILER_ERROR   KernReturn = -309
)

// Bits that mach_msg adds to a result to say what it left in a message it could
// not deliver or copy out (osfmk/mach/message.h).
const (
	MACH_MSG_MASK       KernReturn = 0x3e00
	MACH_MSG_IPC_SPACE  KernReturn = 0x2000 // no room for a right in the IPC space
	MACH_MSG_VM_SPACE   KernReturn = 0x1000 // no room for memory in the address space
	MACH_MSG_IPC_KERNEL KernReturn = 0x0800 // the kernel was short of resources for a right
	MACH_MSG_VM_KERNEL  KernReturn = 0x0400 // the kernel was short of resources for memory
)

// Name returns the code's name, such as "KERN_INVALID_ARGUMENT", or the number
// in hexadecimal when Darwin has no such code.
func (k KernReturn) Name() string {
	if k >= 0 && int(k) < len(kernReturnNames) && kernReturnNames[k] != "" {
		return kernReturnNames[k]
	}
	if s, ok := kernReturnOther[k]; ok {
		return s
	}
	return fmt.Sprintf("%#x", uint32(k))
}

// String returns the code's name; see Name.
func (k KernReturn) String() string { return k.Name() }

// Error returns the code's name, for KernReturn is used as an error inside the
// kernel. KERN_SUCCESS is never an error value.
func (k KernReturn) Error() string { return k.Name() }

var kernReturnNames = [...]string{
	KERN_SUCCESS:                  "KERN_SUCCESS",
	KERN_INVALID_ADDRESS:          "KERN_INVALID_ADDRESS",
	KERN_PROTECTION_FAILURE:       "KERN_PROTECTION_FAILURE",
	KERN_NO_SPACE:                 "KERN_NO_SPACE",
	KERN_INVALID_ARGUMENT:         "KERN_INVALID_ARGUMENT",
	KERN_FAILURE:                  "KERN_FAILURE",
	KERN_RESOURCE_SHORTAGE:        "KERN_RESOURCE_SHORTAGE",
	KERN_NOT_RECEIVER:             "KERN_NOT_RECEIVER",
	KERN_NO_ACCESS:                "KERN_NO_ACCESS",
	KERN_MEMORY_FAILURE:           "KERN_MEMORY_FAILURE",
	KERN_MEMORY_ERROR:             "KERN_MEMORY_ERROR",
	KERN_ALREADY_IN_SET:           "KERN_ALREADY_IN_SET",
	KERN_NOT_IN_SET:               "KERN_NOT_IN_SET",
	KERN_NAME_EXISTS:              "KERN_NAME_EXISTS",
	KERN_ABORTED:                  "KERN_ABORTED",
	KERN_INVALID_NAME:             "KERN_INVALID_NAME",
	KERN_INVALID_TASK:             "KERN_INVALID_TASK",
	KERN_INVALID_RIGHT:            "KERN_INVALID_RIGHT",
	KERN_INVALID_VALUE:            "KERN_INVALID_VALUE",
	KERN_UREFS_OVERFLOW:           "KERN_UREFS_OVERFLOW",
	KERN_INVALID_CAPABILITY:       "KERN_INVALID_CAPABILITY",
	KERN_RIGHT_EXISTS:             "KERN_RIGHT_EXISTS",
	KERN_INVALID_HOST:             "KERN_INVALID_HOST",
	KERN_MEMORY_PRESENT:           "KERN_MEMORY_PRESENT",
	KERN_MEMORY_DATA_MOVED:        "KERN_MEMORY_DATA_MOVED",
	KERN_MEMORY_RESTART_COPY:      "KERN_MEMORY_RESTART_COPY",
	KERN_INVALID_PROCESSOR_SET:    "KERN_INVALID_PROCESSOR_SET",
	KERN_POLICY_LIMIT:             "KERN_POLICY_LIMIT",
	KERN_INVALID_POLICY:           "KERN_INVALID_POLICY",
	KERN_INVALID_OBJECT:           "KERN_INVALID_OBJECT",
	KERN_ALREADY_WAITING:          "KERN_ALREADY_WAITING",
	KERN_DEFAULT_SET:              "KERN_DEFAULT_SET",
	KERN_EXCEPTION_PROTECTED:      "KERN_EXCEPTION_PROTECTED",
	KERN_INVALID_LEDGER:           "KERN_INVALID_LEDGER",
	KERN_INVALID_MEMORY_CONTROL:   "KERN_INVALID_MEMORY_CONTROL",
	KERN_INVALID_SECURITY:         "KERN_INVALID_SECURITY",
	KERN_NOT_DEPRESSED:            "KERN_NOT_DEPRESSED",
	KERN_TERMINATED:               "KERN_TERMINATED",
	KERN_LOCK_SET_DESTROYED:       "KERN_LOCK_SET_DESTROYED",
	KERN_LOCK_UNSTABLE:            "KERN_LOCK_UNSTABLE",
	KERN_LOCK_OWNED:               "KERN_LOCK_OWNED",
	KERN_LOCK_OWNED_SELF:          "KERN_LOCK_OWNED_SELF",
	KERN_SEMAPHORE_DESTROYED:      "KERN_SEMAPHORE_DESTROYED",
	KERN_RPC_SERVER_TERMINATED:    "KERN_RPC_SERVER_TERMINATED",
	KERN_RPC_TERMINATE_ORPHAN:     "KERN_RPC_TERMINATE_ORPHAN",
	KERN_RPC_CONTINUE_ORPHAN:      "KERN_RPC_CONTINUE_ORPHAN",
	KERN_NOT_SUPPORTED:            "KERN_NOT_SUPPORTED",
	KERN_NODE_DOWN:                "KERN_NODE_DOWN",
	KERN_NOT_WAITING:              "KERN_NOT_WAITING",
	KERN_OPERATION_TIMED_OUT:      "KERN_OPERATION_TIMED_OUT",
	KERN_CODESIGN_ERROR:           "KERN_CODESIGN_ERROR",
	KERN_POLICY_STATIC:            "KERN_POLICY_STATIC",
	KERN_INSUFFICIENT_BUFFER_SIZE: "KERN_INSUFFICIENT_BUFFER_SIZE",
	KERN_DENIED:                   "KERN_DENIED",
	KERN_MISSING_KC:               "KERN_MISSING_KC",
	KERN_INVALID_KC:               "KERN_INVALID_KC",
	KERN_NOT_FOUND:                "KERN_NOT_FOUND",
}

var kernReturnOther = map[KernReturn]string{
	MACH_SEND_IN_PROGRESS:         "MACH_SEND_IN_PROGRESS",
	MACH_SEND_INVALID_DATA:        "MACH_SEND_INVALID_DATA",
	MACH_SEND_INVALID_DEST:        "MACH_SEND_INVALID_DEST",
	MACH_SEND_TIMED_OUT:           "MACH_SEND_TIMED_OUT",
	MACH_SEND_INVALID_VOUCHER:     "MACH_SEND_INVALID_VOUCHER",
	MACH_SEND_INTERRUPTED:         "MACH_SEND_INTERRUPTED",
	MACH_SEND_MSG_TOO_SMALL:       "MACH_SEND_MSG_TOO_SMALL",
	MACH_SEND_INVALID_REPLY:       "MACH_SEND_INVALID_REPLY",
	MACH_SEND_INVALID_RIGHT:       "MACH_SEND_INVALID_RIGHT",
	MACH_SEND_INVALID_NOTIFY:      "MACH_SEND_INVALID_NOTIFY",
	MACH_SEND_INVALID_MEMORY:      "MACH_SEND_INVALID_MEMORY",
	MACH_SEND_NO_BUFFER:           "MACH_SEND_NO_BUFFER",
	MACH_SEND_TOO_LARGE:           "MACH_SEND_TOO_LARGE",
	MACH_SEND_INVALID_TYPE:        "MACH_SEND_INVALID_TYPE",
	MACH_SEND_INVALID_HEADER:      "MACH_SEND_INVALID_HEADER",
	MACH_SEND_INVALID_TRAILER:     "MACH_SEND_INVALID_TRAILER",
	MACH_SEND_INVALID_CONTEXT:     "MACH_SEND_INVALID_CONTEXT",
	MACH_SEND_INVALID_OPTIONS:     "MACH_SEND_INVALID_OPTIONS",
	MACH_SEND_INVALID_RT_OOL_SIZE: "MACH_SEND_INVALID_RT_OOL_SIZE",
	MACH_SEND_NO_GRANT_DEST:       "MACH_SEND_NO_GRANT_DEST",
	MACH_SEND_MSG_FILTERED:        "MACH_SEND_MSG_FILTERED",
	MACH_SEND_AUX_TOO_SMALL:       "MACH_SEND_AUX_TOO_SMALL",
	MACH_SEND_AUX_TOO_LARGE:       "MACH_SEND_AUX_TOO_LARGE",
	MACH_RCV_IN_PROGRESS:          "MACH_RCV_IN_PROGRESS",
	MACH_RCV_INVALID_NAME:         "MACH_RCV_INVALID_NAME",
	MACH_RCV_TIMED_OUT:            "MACH_RCV_TIMED_OUT",
	MACH_RCV_TOO_LARGE:            "MACH_RCV_TOO_LARGE",
	MACH_RCV_INTERRUPTED:          "MACH_RCV_INTERRUPTED",
	MACH_RCV_PORT_CHANGED:         "MACH_RCV_PORT_CHANGED",
	MACH_RCV_INVALID_NOTIFY:       "MACH_RCV_INVALID_NOTIFY",
	MACH_RCV_INVALID_DATA:         "MACH_RCV_INVALID_DATA",
	MACH_RCV_PORT_DIED:            "MACH_RCV_PORT_DIED",
	MACH_RCV_IN_SET:               "MACH_RCV_IN_SET",
	MACH_RCV_HEADER_ERROR:         "MACH_RCV_HEADER_ERROR",
	MACH_RCV_BODY_ERROR:           "MACH_RCV_BODY_ERROR",
	MACH_RCV_INVALID_TYPE:         "MACH_RCV_INVALID_TYPE",
	MACH_RCV_SCATTER_SMALL:        "MACH_RCV_SCATTER_SMALL",
	MACH_RCV_INVALID_TRAILER:      "MACH_RCV_INVALID_TRAILER",
	MACH_RCV_IN_PROGRESS_TIMED:    "MACH_RCV_IN_PROGRESS_TIMED",
	MACH_RCV_INVALID_REPLY:        "MACH_RCV_INVALID_REPLY",
	MACH_RCV_INVALID_ARGUMENTS:    "MACH_RCV_INVALID_ARGUMENTS",
	MIG_TYPE_ERROR:                "MIG_TYPE_ERROR",
	MIG_REPLY_MISMATCH:            "MIG_REPLY_MISMATCH",
	MIG_REMOTE_ERROR:              "MIG_REMOTE_ERROR",
	MIG_BAD_ID:                    "MIG_BAD_ID",
	MIG_BAD_ARGUMENTS:             "MIG_BAD_ARGUMENTS",
	MIG_NO_REPLY:                  "MIG_NO_REPLY",
	MIG_EXCEPTION:                 "MIG_EXCEPTION",
	MIG_ARRAY_TOO_LARGE:           "MIG_ARRAY_TOO_LARGE",
	MIG_SERVER_DIED:               "MIG_SERVER_DIED",
	MIG_TRAILER_ERROR:             "MIG_TRAILER_ERROR",
}
