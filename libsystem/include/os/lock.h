#ifndef _BEAGLE_OS_LOCK_H_
#define _BEAGLE_OS_LOCK_H_

#include <sys/types.h>
#include <stdbool.h>

__BEGIN_DECLS

typedef struct os_unfair_lock_s {
	u_int32_t _os_unfair_lock_opaque;
} os_unfair_lock, *os_unfair_lock_t;
#define OS_UNFAIR_LOCK_INIT ((os_unfair_lock){ 0 })
void os_unfair_lock_lock(os_unfair_lock_t);
bool os_unfair_lock_trylock(os_unfair_lock_t);
void os_unfair_lock_unlock(os_unfair_lock_t);
void os_unfair_lock_assert_owner(const os_unfair_lock *);
void os_unfair_lock_assert_not_owner(const os_unfair_lock *);

__END_DECLS

#endif
