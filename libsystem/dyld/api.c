// The table that libSystem gets (api.h), and the functions that want to hear of
// images.

#include "dyld.h"

struct listener {
	struct listener *next;
	enum { ADD, REMOVE, BULK, LOAD } kind;
	void *func;
};

static struct listener *listeners, **last_listener;

static void tell(struct listener *l, struct image *first, struct image *end)
{
	uint32_t n = 0;
	for (struct image *im = first; im != end; im = im->next, n++) {
		if (l->kind == ADD || l->kind == REMOVE)
			((beagle_image_func)l->func)(im->mh, im->slide);
		else if (l->kind == LOAD)
			((beagle_load_func)l->func)(im->mh, im->path, !im->pinned);
	}
	if (l->kind != BULK || !n)
		return;
	const struct mach_header_64 **mh = mem_alloc(n * sizeof *mh);
	const char **path = mem_alloc(n * sizeof *path);
	n = 0;
	for (struct image *im = first; im != end; im = im->next) {
		mh[n] = im->mh;
		path[n++] = im->path;
	}
	((beagle_bulk_func)l->func)(n, mh, path);
	mem_free(mh);
	mem_free(path);
}

static void listen(int kind, void *func)
{
	lock();
	struct listener *l = mem_alloc(sizeof *l);
	l->kind = kind;
	l->func = func;
	if (!last_listener)
		last_listener = &listeners;
	*last_listener = l;
	last_listener = &l->next;
	if (kind != REMOVE)
		tell(l, dyld.images, NULL);
	unlock();
}

static void add_image_func(beagle_image_func f) { listen(ADD, (void *)f); }
static void remove_image_func(beagle_image_func f) { listen(REMOVE, (void *)f); }
static void bulk_image_func(beagle_bulk_func f) { listen(BULK, (void *)f); }
static void image_load_func(beagle_load_func f) { listen(LOAD, (void *)f); }

void api_added(struct image *first)
{
	for (struct listener *l = listeners; l; l = l->next)
		if (l->kind != REMOVE)
			tell(l, first, NULL);
}

void api_removed(struct image *im)
{
	for (struct listener *l = listeners; l; l = l->next)
		if (l->kind == REMOVE)
			tell(l, im, im->next);
}

static uint32_t image_count(void)
{
	uint32_t n = 0;
	for (struct image *im = dyld.images; im; im = im->next)
		n++;
	return n;
}

static struct image *image_number(uint32_t i)
{
	struct image *im = dyld.images;
	while (im && i--)
		im = im->next;
	return im;
}

static const struct mach_header_64 *image_header(uint32_t i)
{
	struct image *im = image_number(i);
	return im ? im->mh : NULL;
}

static intptr_t image_slide(uint32_t i)
{
	struct image *im = image_number(i);
	return im ? im->slide : 0;
}

static const char *image_name(uint32_t i)
{
	struct image *im = image_number(i);
	return im ? im->path : NULL;
}

static const char *executable_path(void)
{
	return dyld.main->unreal;
}

static const struct mach_header_64 *image_containing(const void *addr, const char **path)
{
	struct image *im = image_of(addr);
	if (im && path)
		*path = im->path;
	return im ? im->mh : NULL;
}

static int find_unwind_sections(const void *addr, struct beagle_unwind_sections *out)
{
	struct image *im = image_of(addr);
	memset(out, 0, sizeof *out);
	if (!im)
		return 0;
	const struct section_64 *s;
	out->mh = im->mh;
	if ((s = find_section(im, "__TEXT", "__eh_frame")) && (out->dwarf_section = image_at(im, s->addr, s->size)))
		out->dwarf_section_length = s->size;
	if ((s = find_section(im, "__TEXT", "__unwind_info")) && (out->compact_unwind_section = image_at(im, s->addr, s->size)))
		out->compact_unwind_section_length = s->size;
	return 1;
}

static intptr_t slide_of(const struct mach_header_64 *mh)
{
	for (struct image *im = dyld.images; im; im = im->next)
		if (im->mh == mh)
			return im->slide;
	return 0;
}

static void *lookup(const char *symbol)
{
	struct def d;
	return find_flat(symbol, NULL, &d) ? (void *)interpose(NULL, d.addr) : NULL;
}

static void fork_prepare(void) { lock_fork(FORK_PREPARE); }
static void fork_parent(void) { lock_fork(FORK_PARENT); }

static void fork_child(void)
{
	dyld.pid = (unsigned)sys0(SYS_getpid);
	lock_fork(FORK_CHILD);
}

static void stub_binder(void)
{
	die("a lazy pointer was left unbound");
}

static const struct beagle_dyld_api api = {
	.version = BEAGLE_DYLD_API_VERSION,
	.size = sizeof api,
	.dlopen = dyld_dlopen,
	.dlclose = dyld_dlclose,
	.dlsym = dyld_dlsym,
	.dladdr = dyld_dladdr,
	.dlerror = dyld_dlerror,
	.dlopen_preflight = dyld_dlopen_preflight,
	.image_count = image_count,
	.image_header = image_header,
	.image_slide = image_slide,
	.image_name = image_name,
	.add_image_func = add_image_func,
	.remove_image_func = remove_image_func,
	.bulk_image_func = bulk_image_func,
	.image_load_func = image_load_func,
	.executable_path = executable_path,
	.image_containing = image_containing,
	.find_unwind_sections = find_unwind_sections,
	.slide_of = slide_of,
	.lookup = lookup,
	.tlv_atexit = dyld_tlv_atexit,
	.tlv_exit = dyld_tlv_exit,
	.fork_prepare = fork_prepare,
	.fork_parent = fork_parent,
	.fork_child = fork_child,
	.stub_binder = stub_binder,
	.all_image_infos = &dyld_all_image_infos,
};

// api_publish gives the table to the image that wants it.
void api_publish(void)
{
	for (struct image *im = dyld.images; im; im = im->next) {
		struct def d;
		if (!find_own_export(im, "__beagle_dyld_api", &d))
			continue;
		const void **var = image_at(d.image, d.addr - (uint64_t)d.image->slide, sizeof *var);
		if (var)
			*var = &api;
		return;
	}
}
