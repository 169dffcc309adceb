#ifndef _BEAGLE_DISPATCH_DISPATCH_H_
#define _BEAGLE_DISPATCH_DISPATCH_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

__BEGIN_DECLS

typedef struct dispatch_queue_s *dispatch_queue_t;
typedef struct dispatch_queue_attr_s *dispatch_queue_attr_t;
typedef struct dispatch_group_s *dispatch_group_t;
typedef struct dispatch_semaphore_s *dispatch_semaphore_t;
typedef struct dispatch_source_s *dispatch_source_t;
typedef const struct dispatch_source_type_s *dispatch_source_type_t;
typedef void *dispatch_object_t;
typedef uint64_t dispatch_time_t;
typedef long dispatch_once_t;
typedef void (*dispatch_function_t)(void *);

#define DISPATCH_TIME_NOW 0ull
#define DISPATCH_TIME_FOREVER (~0ull)
#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NSEC_PER_USEC 1000ull
#define USEC_PER_SEC 1000000ull
#define DISPATCH_QUEUE_PRIORITY_HIGH 2
#define DISPATCH_QUEUE_PRIORITY_DEFAULT 0
#define DISPATCH_QUEUE_PRIORITY_LOW (-2)
#define DISPATCH_QUEUE_PRIORITY_BACKGROUND INT16_MIN

extern struct dispatch_queue_s _dispatch_main_q;
extern struct dispatch_queue_attr_s _dispatch_queue_attr_concurrent;
extern const struct dispatch_source_type_s _dispatch_source_type_timer, _dispatch_source_type_read, _dispatch_source_type_write,
	_dispatch_source_type_signal, _dispatch_source_type_proc, _dispatch_source_type_vnode, _dispatch_source_type_data_add,
	_dispatch_source_type_data_or;
#define DISPATCH_QUEUE_SERIAL ((dispatch_queue_attr_t)0)
#define DISPATCH_QUEUE_CONCURRENT (&_dispatch_queue_attr_concurrent)
#define DISPATCH_SOURCE_TYPE_TIMER (&_dispatch_source_type_timer)
#define DISPATCH_SOURCE_TYPE_READ (&_dispatch_source_type_read)
#define DISPATCH_SOURCE_TYPE_WRITE (&_dispatch_source_type_write)
#define DISPATCH_SOURCE_TYPE_SIGNAL (&_dispatch_source_type_signal)
#define DISPATCH_SOURCE_TYPE_PROC (&_dispatch_source_type_proc)
#define DISPATCH_SOURCE_TYPE_VNODE (&_dispatch_source_type_vnode)
#define DISPATCH_SOURCE_TYPE_DATA_ADD (&_dispatch_source_type_data_add)
#define DISPATCH_SOURCE_TYPE_DATA_OR (&_dispatch_source_type_data_or)
#define dispatch_get_main_queue() (&_dispatch_main_q)

void dispatch_retain(dispatch_object_t);
void dispatch_release(dispatch_object_t);
void dispatch_suspend(dispatch_object_t);
void dispatch_resume(dispatch_object_t);
void *dispatch_get_context(dispatch_object_t);
void dispatch_set_context(dispatch_object_t, void *);
void dispatch_set_target_queue(dispatch_object_t, dispatch_queue_t);
dispatch_queue_t dispatch_queue_create(const char *, dispatch_queue_attr_t);
dispatch_queue_t dispatch_get_global_queue(long, unsigned long);
const char *dispatch_queue_get_label(dispatch_queue_t);
void dispatch_async_f(dispatch_queue_t, void *, dispatch_function_t);
void dispatch_sync_f(dispatch_queue_t, void *, dispatch_function_t);
void dispatch_after_f(dispatch_time_t, dispatch_queue_t, void *, dispatch_function_t);
void dispatch_apply_f(size_t, dispatch_queue_t, void *, void (*)(void *, size_t));
void dispatch_once_f(dispatch_once_t *, void *, dispatch_function_t);
void dispatch_main(void) __dead2;
dispatch_group_t dispatch_group_create(void);
void dispatch_group_enter(dispatch_group_t);
void dispatch_group_leave(dispatch_group_t);
long dispatch_group_wait(dispatch_group_t, dispatch_time_t);
dispatch_semaphore_t dispatch_semaphore_create(long);
long dispatch_semaphore_signal(dispatch_semaphore_t);
long dispatch_semaphore_wait(dispatch_semaphore_t, dispatch_time_t);
dispatch_time_t dispatch_time(dispatch_time_t, int64_t);
dispatch_time_t dispatch_walltime(const struct timespec *, int64_t);
dispatch_source_t dispatch_source_create(dispatch_source_type_t, uintptr_t, unsigned long, dispatch_queue_t);
void dispatch_source_cancel(dispatch_source_t);
unsigned long dispatch_source_get_data(dispatch_source_t);
uintptr_t dispatch_source_get_handle(dispatch_source_t);
void dispatch_source_merge_data(dispatch_source_t, unsigned long);
void dispatch_source_set_timer(dispatch_source_t, dispatch_time_t, uint64_t, uint64_t);
void dispatch_source_set_event_handler_f(dispatch_source_t, dispatch_function_t);
void dispatch_source_set_cancel_handler_f(dispatch_source_t, dispatch_function_t);
void dispatch_queue_set_specific(dispatch_queue_t, const void *, void *, dispatch_function_t);
void *dispatch_get_specific(const void *);
#ifdef __BLOCKS__
typedef void (^dispatch_block_t)(void);
void dispatch_async(dispatch_queue_t, dispatch_block_t);
void dispatch_sync(dispatch_queue_t, dispatch_block_t);
void dispatch_barrier_async(dispatch_queue_t, dispatch_block_t);
void dispatch_barrier_sync(dispatch_queue_t, dispatch_block_t);
void dispatch_after(dispatch_time_t, dispatch_queue_t, dispatch_block_t);
void dispatch_apply(size_t, dispatch_queue_t, void (^)(size_t));
void dispatch_once(dispatch_once_t *, dispatch_block_t);
void dispatch_group_async(dispatch_group_t, dispatch_queue_t, dispatch_block_t);
void dispatch_group_notify(dispatch_group_t, dispatch_queue_t, dispatch_block_t);
void dispatch_source_set_event_handler(dispatch_source_t, dispatch_block_t);
void dispatch_source_set_cancel_handler(dispatch_source_t, dispatch_block_t);
#endif

__END_DECLS

#endif
