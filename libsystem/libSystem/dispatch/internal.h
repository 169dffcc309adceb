// libdispatch: queues on a pool of threads.
//
// A queue is a list of work with a width. Its work runs on threads of the pool, or,
// if its target is another queue of the program, as work of that queue. The main
// queue is run by dispatch_main.
#ifndef BEAGLE_DISPATCH_H
#define BEAGLE_DISPATCH_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <os/lock.h>
#include <mach/mach.h>
#include "../kernel/private.h"
#include "../tsd.h"

typedef uint64_t dispatch_time_t;
typedef void (*function)(void *);
#define FOREVER (~0ull)

enum kind { OTHER, QUEUE, GLOBAL, SEMAPHORE, GROUP, SOURCE, DATA, ATTR };

// Every object begins so; os_log's do too, with kind OTHER.
struct object {
	void *isa;
	int32_t refs; // 0: static
	uint32_t kind;
	void *context;
	function finalizer;
	struct queue *target;
};

struct work {
	struct work *next;
	function f;
	void *arg;
	struct group *group;
	uint32_t *waiter; // somebody in dispatch_sync: the word that wakes it
	bool barrier;
	bool inplace; // the waiter runs it itself
};

struct specific {
	struct specific *next;
	const void *key;
	void *value;
	function destroy;
};

struct queue {
	struct object o;
	const char *label;
	os_unfair_lock lock;
	struct work *head, *tail;
	uint32_t width; // 1: serial
	uint32_t running;
	bool barrier; // what runs is a barrier, or the queue is serial
	bool drain; // handed to the pool or the target
	bool main;
	int32_t suspended;
	uint32_t qos;
	unsigned owner; // thread port of who runs a serial queue
	struct specific *specific;
	struct work pass; // what stands for the queue in its target
	struct queue *next_ready;
};

struct group {
	struct object o;
	uint32_t count;
	os_unfair_lock lock;
	struct notify {
		struct notify *next;
		struct queue *q;
		function f;
		void *arg;
	} *notify;
};

void *_dispatch_new(enum kind kind, size_t size);
void dispatch_retain(void *);
void dispatch_release(void *);
void _dispatch_push(struct queue *q, struct work *w);
void _dispatch_async(struct queue *q, void *arg, function f, struct group *g, bool barrier);
void _dispatch_wake(struct queue *q);
function _dispatch_block_function(const void *block);
void _dispatch_block_run(void *block);
void *_Block_copy(const void *);
void _Block_release(const void *);
uint64_t _dispatch_ns_left(dispatch_time_t t);
int _dispatch_word_wait(uint32_t *word, uint32_t value, dispatch_time_t until);
void _dispatch_word_wake(uint32_t *word, bool all);
void _dispatch_source_free(struct object *o);
void _dispatch_source_changed(struct object *o);
void _dispatch_data_free(struct object *o);
extern struct queue _dispatch_root[];

static inline unsigned me(void) { return (unsigned)(uintptr_t)tsd_get(TSD_MACH_SELF); }

#endif
