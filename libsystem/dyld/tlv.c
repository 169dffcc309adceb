// Thread-local variables: a descriptor {thunk, key, offset} for each, whose thunk
// gives the address; and what dyld itself keeps for each thread.

#include "dyld.h"

struct descriptor {
	void (*thunk)(void);
	unsigned long key;
	unsigned long offset;
};

struct terminator {
	struct terminator *next;
	void (*func)(void *);
	void *obj;
};

// Functions of libSystem, looked up once it works.
static struct {
	void *(*malloc)(size_t);
	void (*free)(void *);
	int (*key_create)(unsigned long *, void (*)(void *));
	int (*setspecific)(unsigned long, const void *);
	unsigned long key; // of struct thread_data
} lib;

// What the main thread uses before libSystem works, and programs without it.
static struct thread_data early;

static void *tsd(unsigned long key)
{
	void *v;
#ifdef __arm64__
	uintptr_t base;
	__asm__("mrs %0, TPIDRRO_EL0" : "=r"(base));
	v = ((void **)(base & ~7ul))[key];
#else
	__asm__ volatile("movq %%gs:(,%1,8), %0" : "=r"(v) : "r"(key));
#endif
	return v;
}

struct thread_data *thread_data(void)
{
	if (!lib.key)
		return &early;
	struct thread_data *t = tsd(lib.key);
	if (t)
		return t;
	t = lib.malloc(sizeof *t);
	if (!t)
		return NULL;
	memset(t, 0, sizeof *t);
	lib.setspecific(lib.key, t);
	return t;
}

static void run_terminators(struct thread_data *t)
{
	struct terminator *x;
	while ((x = t->terminators)) {
		t->terminators = x->next;
		x->func(x->obj);
		lib.free(x);
	}
}

static void thread_ends(void *p)
{
	// Destructors find their thread's data, so that they may register more.
	lib.setspecific(lib.key, p);
	run_terminators(p);
	lib.setspecific(lib.key, NULL);
	lib.free(p);
}

void tlv_start(void)
{
	*(void **)&lib.malloc = libsystem_symbol("_malloc");
	*(void **)&lib.free = libsystem_symbol("_free");
	*(void **)&lib.key_create = libsystem_symbol("_pthread_key_create");
	*(void **)&lib.setspecific = libsystem_symbol("_pthread_setspecific");
	if (!lib.malloc || !lib.free || !lib.key_create || !lib.setspecific)
		return;
	// This key comes before those of the images, and destructors run in the
	// order of keys: thread_local objects end before their memory does.
	if (lib.key_create(&lib.key, thread_ends))
		lib.key = 0;
	for (struct image *im = dyld.images; im; im = im->next)
		tlv_setup(im);
}

bool tlv_find(struct image *im)
{
	uint64_t low = UINT64_MAX, high = 0, data = 0, align = 4;
	for (uint32_t i = 0; i < im->nsegs; i++)
		for (uint32_t k = 0; k < im->segs[i].nsects; k++) {
			const struct section_64 *s = &im->segs[i].sections[k];
			uint32_t type = s->flags & SECTION_TYPE;
			if (type != S_THREAD_LOCAL_REGULAR && type != S_THREAD_LOCAL_ZEROFILL)
				continue;
			if (!s->size)
				continue;
			if (!image_at(im, s->addr, s->size) || s->align > 16)
				return fail("%s: malformed thread-local section", im->path);
			low = s->addr < low ? s->addr : low;
			high = s->addr + s->size > high ? s->addr + s->size : high;
			if (type == S_THREAD_LOCAL_REGULAR && s->addr + s->size > data)
				data = s->addr + s->size;
			align = s->align > align ? s->align : align;
		}
	if (low > high)
		return true;
	im->tlv_template = image_at(im, low, high - low);
	if (!im->tlv_template)
		return fail("%s: thread-local sections in several segments", im->path);
	im->tlv_size = high - low;
	im->tlv_copied = data > low ? data - low : 0;
	im->tlv_align = 1ull << align;
	im->pinned = true; // threads hold blocks of it
	return true;
}

static void free_block(void *p)
{
	lib.free(((void **)p)[-1]);
}

void tlv_setup(struct image *im)
{
	uint32_t iter = 0;
	const struct section_64 *s;
	if (!lib.key || im->tlv_key)
		return;
	while ((s = section_of_type(im, S_THREAD_LOCAL_VARIABLES, &iter))) {
		struct descriptor *d = image_at(im, s->addr, s->size);
		if (!d || !s->size)
			continue;
		if (!im->tlv_key && lib.key_create(&im->tlv_key, free_block))
			die("%s: no pthread key left for its thread-local variables", im->path);
		for (uint64_t n = s->size / sizeof *d; n; n--, d++) {
			d->thunk = dyld_tlv_get_addr;
			d->key = im->tlv_key;
		}
	}
}

void *dyld_tlv_allocate(unsigned long key);
void *dyld_tlv_allocate(unsigned long key)
{
	struct image *im = dyld.images;
	while (im && im->tlv_key != key)
		im = im->next;
	if (!im)
		die("a thread-local variable of no image (key %u)", (unsigned)key);
	char *raw = lib.malloc(im->tlv_size + im->tlv_align + sizeof(void *));
	if (!raw)
		die("%s: no memory for %u bytes of thread-local variables", im->path, (unsigned)im->tlv_size);
	char *p = (char *)(((uintptr_t)raw + sizeof(void *) + im->tlv_align - 1) & ~(im->tlv_align - 1));
	((void **)p)[-1] = raw;
	memcpy(p, im->tlv_template, im->tlv_copied);
	memset(p + im->tlv_copied, 0, im->tlv_size - im->tlv_copied);
	lib.setspecific(key, p);
	return p;
}

void dyld_tlv_atexit(void (*func)(void *), void *obj)
{
	struct thread_data *t = thread_data();
	struct terminator *x = lib.malloc && t ? lib.malloc(sizeof *x) : NULL;
	if (!x)
		die("no memory for the destructor of a thread-local object");
	x->func = func;
	x->obj = obj;
	x->next = t->terminators;
	t->terminators = x;
}

void dyld_tlv_exit(void)
{
	struct thread_data *t = lib.key ? tsd(lib.key) : &early;
	if (t)
		run_terminators(t);
}
