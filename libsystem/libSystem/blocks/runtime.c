// The runtime of blocks, by the layout that clang documents
// (Block-ABI-Apple): copies to the heap, __block variables, reference counts.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../kernel/private.h"

void *_NSConcreteStackBlock[32];
void *_NSConcreteMallocBlock[32];
void *_NSConcreteGlobalBlock[32];
void *_NSConcreteAutoBlock[32];
void *_NSConcreteFinalizingBlock[32];
void *_NSConcreteWeakBlockVariable[32];

// Flags of blocks and of __block variables. The count is in steps of 2; the lowest
// bit is "being freed" on a Mac.
enum {
	COUNT = 0xfffe,
	NEEDS_FREE = 1 << 24,
	HAS_COPY_DISPOSE = 1 << 25,
	IS_GLOBAL = 1 << 28,
	HAS_STRET = 1 << 29,
	HAS_SIGNATURE = 1 << 30,
};
// What a captured variable is.
enum {
	FIELD_IS_OBJECT = 3,
	FIELD_IS_BLOCK = 7,
	FIELD_IS_BYREF = 8,
	FIELD_IS_WEAK = 16,
	BYREF_CALLER = 128,
};

struct descriptor {
	uintptr_t reserved, size;
	void (*copy)(void *, const void *); // with HAS_COPY_DISPOSE
	void (*dispose)(const void *);
};
struct block {
	void *isa;
	volatile int32_t flags;
	int32_t reserved;
	void (*invoke)(void *, ...);
	struct descriptor *descriptor;
};
struct byref {
	void *isa;
	struct byref *forwarding;
	volatile int32_t flags;
	uint32_t size;
	void (*keep)(struct byref *, struct byref *); // with HAS_COPY_DISPOSE
	void (*destroy)(struct byref *);
};

static void retain(volatile int32_t *flags) {
	int32_t f = *flags;
	do {
		if ((f & COUNT) == COUNT)
			return; // as good as immortal
	} while (!__atomic_compare_exchange_n(flags, &f, f + 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}
// 1 when that was the last reference.
static int release(volatile int32_t *flags) {
	int32_t f = *flags;
	do {
		if ((f & COUNT) == COUNT)
			return 0;
		if ((f & COUNT) == 0)
			_beagle_fatal("_Block_release: the block was freed already");
	} while (!__atomic_compare_exchange_n(flags, &f, f - 2, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return (f & COUNT) == 2;
}

void *_Block_copy(const void *arg) {
	struct block *b = (struct block *)arg;
	if (!b)
		return 0;
	if (b->flags & NEEDS_FREE) {
		retain(&b->flags);
		return b;
	}
	if (b->flags & IS_GLOBAL)
		return b;
	struct block *copy = malloc(b->descriptor->size);
	if (!copy)
		return 0;
	memcpy(copy, b, b->descriptor->size);
	copy->flags = (copy->flags & ~(COUNT | 1)) | NEEDS_FREE | 2;
	copy->isa = _NSConcreteMallocBlock;
	if (copy->flags & HAS_COPY_DISPOSE)
		copy->descriptor->copy(copy, b);
	return copy;
}

void _Block_release(const void *arg) {
	struct block *b = (struct block *)arg;
	if (!b || (b->flags & IS_GLOBAL) || !(b->flags & NEEDS_FREE) || !release(&b->flags))
		return;
	if (b->flags & HAS_COPY_DISPOSE)
		b->descriptor->dispose(b);
	free(b);
}

static struct byref *byref_copy(const void *arg) {
	struct byref *src = (struct byref *)arg;
	if ((src->forwarding->flags & COUNT) == 0) {
		struct byref *copy = malloc(src->size);
		if (!copy)
			_beagle_fatal("_Block_object_assign: out of memory");
		memcpy(copy, src, src->size);
		// One reference is the new holder's, one the frame's that it came from.
		copy->flags = (src->flags & ~(COUNT | 1)) | NEEDS_FREE | 4;
		copy->forwarding = copy;
		src->forwarding = copy;
		if (src->flags & HAS_COPY_DISPOSE)
			src->keep(copy, src);
	} else if (src->forwarding->flags & NEEDS_FREE)
		retain(&src->forwarding->flags);
	return src->forwarding;
}
static void byref_release(const void *arg) {
	struct byref *b = ((struct byref *)arg)->forwarding;
	if (!(b->flags & NEEDS_FREE) || !release(&b->flags))
		return;
	if (b->flags & HAS_COPY_DISPOSE)
		b->destroy(b);
	free(b);
}

// Objects are reference counted by whoever has objects: the Objective-C runtime
// puts its functions here.
static void no_object(const void *object) {}
static void (*retain_object)(const void *) = no_object;
static void (*release_object)(const void *) = no_object;
struct callbacks {
	size_t size;
	void (*retain)(const void *);
	void (*release)(const void *);
	void (*destruct)(const void *);
};
void _Block_use_RR2(const struct callbacks *c) {
	retain_object = c->retain;
	release_object = c->release;
}

void _Block_object_assign(void *dst, const void *object, const int flags) {
	const void **to = dst;
	switch (flags & (BYREF_CALLER | FIELD_IS_WEAK | FIELD_IS_BYREF | FIELD_IS_BLOCK | FIELD_IS_OBJECT)) {
	case FIELD_IS_OBJECT:
		retain_object(object);
		*to = object;
		break;
	case FIELD_IS_BLOCK: *to = _Block_copy(object); break;
	case FIELD_IS_BYREF:
	case FIELD_IS_BYREF | FIELD_IS_WEAK: *to = byref_copy(object); break;
	default: *to = object; // within a __block variable nothing is retained
	}
}
void _Block_object_dispose(const void *object, const int flags) {
	switch (flags & (BYREF_CALLER | FIELD_IS_WEAK | FIELD_IS_BYREF | FIELD_IS_BLOCK | FIELD_IS_OBJECT)) {
	case FIELD_IS_BYREF:
	case FIELD_IS_BYREF | FIELD_IS_WEAK: byref_release(object); break;
	case FIELD_IS_BLOCK: _Block_release(object); break;
	case FIELD_IS_OBJECT: release_object(object); break;
	}
}

int _Block_has_signature(void *b) { return (((struct block *)b)->flags & HAS_SIGNATURE) != 0; }
const char *_Block_signature(void *arg) {
	struct block *b = arg;
	if (!(b->flags & HAS_SIGNATURE))
		return 0;
	return ((const char **)(b->descriptor))[b->flags & HAS_COPY_DISPOSE ? 4 : 2];
}
size_t Block_size(void *b) { return ((struct block *)b)->descriptor->size; }
