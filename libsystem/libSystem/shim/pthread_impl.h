// musl's threads are not used; its sources ask for little of them.
#ifndef _PTHREAD_IMPL_H
#define _PTHREAD_IMPL_H
#include <pthread.h>
#include <signal.h>
#include <errno.h>
#include <limits.h>
#include "libc.h"
#include "syscall.h"
#include "atomic.h"
hidden void __tl_lock(void);
hidden void __tl_unlock(void);
hidden extern volatile int __thread_list_lock;
#endif
