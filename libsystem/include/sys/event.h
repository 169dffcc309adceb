#ifndef _BEAGLE_SYS_EVENT_H_
#define _BEAGLE_SYS_EVENT_H_

#include <sys/types.h>
#include <stdint.h>

__BEGIN_DECLS

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_AIO (-3)
#define EVFILT_VNODE (-4)
#define EVFILT_PROC (-5)
#define EVFILT_SIGNAL (-6)
#define EVFILT_TIMER (-7)
#define EVFILT_MACHPORT (-8)
#define EVFILT_FS (-9)
#define EVFILT_USER (-10)
#define EVFILT_VM (-12)
#define EVFILT_SOCK (-13)
#define EVFILT_MEMORYSTATUS (-14)
#define EVFILT_EXCEPT (-15)
#define EVFILT_NW_CHANNEL (-16)
#define EVFILT_WORKLOOP (-17)
#define EVFILT_SYSCOUNT 18
#define EV_ADD 0x1
#define EV_DELETE 0x2
#define EV_ENABLE 0x4
#define EV_DISABLE 0x8
#define EV_ONESHOT 0x10
#define EV_CLEAR 0x20
#define EV_RECEIPT 0x40
#define EV_DISPATCH 0x80
#define EV_UDATA_SPECIFIC 0x100
#define EV_VANISHED 0x200
#define EV_SYSFLAGS 0xf000
#define EV_FLAG0 0x1000
#define EV_FLAG1 0x2000
#define EV_EOF 0x8000
#define EV_ERROR 0x4000
#define EV_DISPATCH2 (EV_DISPATCH | EV_UDATA_SPECIFIC)
#define EV_POLL EV_FLAG0
#define EV_OOBAND EV_FLAG1
#define NOTE_TRIGGER 0x1000000
#define NOTE_FFNOP 0x0
#define NOTE_FFAND 0x40000000
#define NOTE_FFOR 0x80000000
#define NOTE_FFCOPY 0xc0000000
#define NOTE_FFCTRLMASK 0xc0000000
#define NOTE_FFLAGSMASK 0xffffff
#define NOTE_LOWAT 0x1
#define NOTE_OOB 0x2
#define NOTE_DELETE 0x1
#define NOTE_WRITE 0x2
#define NOTE_EXTEND 0x4
#define NOTE_ATTRIB 0x8
#define NOTE_LINK 0x10
#define NOTE_RENAME 0x20
#define NOTE_REVOKE 0x40
#define NOTE_NONE 0x80
#define NOTE_FUNLOCK 0x100
#define NOTE_LEASE_DOWNGRADE 0x200
#define NOTE_LEASE_RELEASE 0x400
#define NOTE_EXIT 0x80000000
#define NOTE_FORK 0x40000000
#define NOTE_EXEC 0x20000000
#define NOTE_REAP 0x10000000
#define NOTE_SIGNAL 0x8000000
#define NOTE_EXITSTATUS 0x4000000
#define NOTE_EXIT_DETAIL 0x2000000
#define NOTE_EXIT_REPARENTED 0x80000
#define NOTE_PDATAMASK 0xfffff
#define NOTE_PCTRLMASK 0xfff00000
#define NOTE_EXIT_DETAIL_MASK 0x70000
#define NOTE_EXIT_DECRYPTFAIL 0x10000
#define NOTE_EXIT_MEMORY 0x20000
#define NOTE_EXIT_CSERROR 0x40000
#define NOTE_SECONDS 0x1
#define NOTE_USECONDS 0x2
#define NOTE_NSECONDS 0x4
#define NOTE_ABSOLUTE 0x8
#define NOTE_LEEWAY 0x10
#define NOTE_CRITICAL 0x20
#define NOTE_BACKGROUND 0x40
#define NOTE_MACH_CONTINUOUS_TIME 0x80
#define NOTE_MACHTIME 0x100
#define NOTE_VM_PRESSURE 0x80000000
#define NOTE_VM_PRESSURE_TERMINATE 0x40000000
#define NOTE_VM_PRESSURE_SUDDEN_TERMINATE 0x20000000
#define NOTE_VM_ERROR 0x10000000
#define NOTE_MEMORYSTATUS_PRESSURE_NORMAL 0x1
#define NOTE_MEMORYSTATUS_PRESSURE_WARN 0x2
#define NOTE_MEMORYSTATUS_PRESSURE_CRITICAL 0x4
#define NOTE_MEMORYSTATUS_LOW_SWAP 0x8
#define NOTE_MEMORYSTATUS_PROC_LIMIT_WARN 0x10
#define NOTE_MEMORYSTATUS_PROC_LIMIT_CRITICAL 0x20
#define NOTE_MEMORYSTATUS_MSL_STATUS 0xf0000000
#define NOTE_WL_THREAD_REQUEST 0x1
#define NOTE_WL_SYNC_WAIT 0x4
#define NOTE_WL_SYNC_WAKE 0x8
#define NOTE_WL_SYNC_IPC 0x80000000
#define NOTE_WL_COMMANDS_MASK 0x8000000f
#define NOTE_WL_UPDATE_QOS 0x10
#define NOTE_WL_END_OWNERSHIP 0x20
#define NOTE_WL_DISCOVER_OWNER 0x80
#define NOTE_WL_IGNORE_ESTALE 0x100
#define NOTE_WL_UPDATES_MASK 0x1f0
#define EV_EXTIDX_WL_LANE 0
#define EV_EXTIDX_WL_ADDR 1
#define EV_EXTIDX_WL_MASK 2
#define EV_EXTIDX_WL_VALUE 3
#define NOTE_CONNRESET 0x1
#define NOTE_READCLOSED 0x2
#define NOTE_WRITECLOSED 0x4
#define NOTE_TIMEOUT 0x8
#define NOTE_NOSRCADDR 0x10
#define NOTE_IFDENIED 0x20
#define NOTE_SUSPEND 0x40
#define NOTE_RESUME 0x80
#define NOTE_KEEPALIVE 0x100
#define NOTE_ADAPTIVE_WTIMO 0x200
#define NOTE_ADAPTIVE_RTIMO 0x400
#define NOTE_CONNECTED 0x800
#define NOTE_DISCONNECTED 0x1000
#define NOTE_CONNINFO_UPDATED 0x2000
#define NOTE_NOTIFY_ACK 0x4000

struct kevent {
	uintptr_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	intptr_t data;
	void *udata;
};
struct kevent64_s {
	uint64_t ident;
	int16_t filter;
	uint16_t flags;
	uint32_t fflags;
	int64_t data;
	uint64_t udata;
	uint64_t ext[2];
};
#define EV_SET(k, a, b, c, d, e, f) do { struct kevent *__k = (k); __k->ident = (a); __k->filter = (b); __k->flags = (c); \
	__k->fflags = (d); __k->data = (e); __k->udata = (f); } while (0)
int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int, const struct timespec *);
int kevent64(int, const struct kevent64_s *, int, struct kevent64_s *, int, unsigned int, const struct timespec *);

__END_DECLS

#endif
