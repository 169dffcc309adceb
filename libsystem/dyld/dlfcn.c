// dlopen(3), dlsym(3), dlclose(3), dladdr(3), dlerror(3).

#include "dyld.h"

#define RTLD_LOCAL 0x4
#define RTLD_GLOBAL 0x8
#define RTLD_NOLOAD 0x10
#define RTLD_NODELETE 0x80
#define RTLD_FIRST 0x100
#define RTLD_NEXT ((void *)-1l)
#define RTLD_DEFAULT ((void *)-2l)
#define RTLD_SELF ((void *)-3l)
#define RTLD_MAIN_ONLY ((void *)-5l)

// A handle is the address of the image; its lowest bit is RTLD_FIRST.
static void *make_handle(struct image *im, int mode)
{
	return (void *)((uintptr_t)im | !!(mode & RTLD_FIRST));
}

static struct image *handle_image(void *handle)
{
	uintptr_t h = (uintptr_t)handle & ~1ul;
	for (struct image *im = dyld.images; im; im = im->next)
		if ((uintptr_t)im == h)
			return im;
	return NULL;
}

static void set_error(const char *what, const char *text)
{
	struct thread_data *t = thread_data();
	if (!t)
		return;
	format(t->error, sizeof t->error, "%s: %s", what, text);
	t->failed = true;
}

const char *dyld_dlerror(void)
{
	struct thread_data *t = thread_data();
	if (!t || !t->failed)
		return NULL;
	t->failed = false;
	return t->error;
}

static struct image *caller_image(const void *caller)
{
	struct image *im = image_of(caller);
	return im ? im : dyld.main;
}

static struct image *last_image(void)
{
	struct image *im = dyld.images;
	while (im->next)
		im = im->next;
	return im;
}

// set_visible makes what an image needs visible too, when it is.
static void set_visible(struct image *im)
{
	if (!im->hidden)
		return;
	im->hidden = false;
	for (uint32_t i = 0; i < im->ndeps; i++)
		if (im->deps[i].image)
			set_visible(im->deps[i].image);
}

static struct image *open_new(const char *path, int mode, const void *caller)
{
	struct image *last = last_image(), *im = load_library(path, caller_image(caller), mode & RTLD_NOLOAD);
	if (!im)
		return NULL;
	struct image *first = last->next;
	if (first) {
		for (struct image *i = first; i; i = i->next)
			i->hidden = true; // until it is bound
		if (!load_dependents(first)) {
			drop_images(last);
			return NULL;
		}
		for (struct image *i = first; i; i = i->next)
			i->hidden = mode & RTLD_LOCAL;
		if (!bind_images(first)) {
			drop_images(last);
			return NULL;
		}
		for (struct image *i = first; i; i = i->next)
			tlv_setup(i);
		update_image_infos();
		api_added(first);
	} else if (!(mode & RTLD_LOCAL)) {
		set_visible(im);
	}
	im->refs++;
	if (mode & RTLD_NODELETE)
		im->pinned = true;
	init_images(im, first);
	return im;
}

void *dyld_dlopen(const char *path, int mode, const void *caller)
{
	if (!path)
		return mode & RTLD_FIRST ? RTLD_MAIN_ONLY : RTLD_DEFAULT;
	lock();
	struct image *im = open_new(path, mode, caller);
	if (!im) {
		char what[MAXPATHLEN + 32];
		format(what, sizeof what, "dlopen(%s, %x)", path, (uint64_t)(unsigned)mode);
		set_error(what, error_text);
	}
	unlock();
	return im ? make_handle(im, mode) : NULL;
}

int dyld_dlopen_preflight(const char *path, const void *caller)
{
	lock();
	bool ok = check_library(path, caller_image(caller));
	if (!ok)
		set_error("dlopen_preflight", error_text);
	unlock();
	return ok;
}

static void mark_needed(struct image *im)
{
	if (im->needed)
		return;
	im->needed = true;
	for (uint32_t i = 0; i < im->ndeps; i++)
		if (im->deps[i].image)
			mark_needed(im->deps[i].image);
}

// collect unloads what neither a handle nor an image that stays needs.
static void collect(void)
{
	for (struct image *im = dyld.images; im; im = im->next)
		im->needed = false;
	for (struct image *im = dyld.images; im; im = im->next)
		if (im->pinned || im->refs)
			mark_needed(im);
	// Destructors may open and close in their turn: what goes is chosen first,
	// and stays in the list, whole, until all of it has been finalized.
	bool any = false;
	for (struct image *im = dyld.images; im; im = im->next)
		if (!im->needed && im->inited && !im->going) {
			im->going = any = true;
			finalize_image(im);
			api_removed(im);
		}
	if (!any)
		return;
	for (struct image *im = dyld.images, *next; im; im = next) {
		next = im->next;
		if (im->going && !im->refs)
			remove_image(im);
	}
	update_image_infos();
}

int dyld_dlclose(void *handle)
{
	if (handle == RTLD_DEFAULT || handle == RTLD_MAIN_ONLY)
		return 0;
	lock();
	static bool collecting;
	struct image *im = handle_image(handle);
	if (!im || !im->refs) {
		unlock();
		set_error("dlclose", "not a handle that dlopen gave");
		return -1;
	}
	im->refs--;
	if (!im->refs && !im->pinned && !collecting) {
		collecting = true;
		collect();
		collecting = false;
	}
	unlock();
	return 0;
}

// find_after searches in the order of find_flat, from behind caller's image on.
static bool find_after(struct image *caller, bool self, const char *name, struct def *out)
{
	bool past = false;
	for (int inserted = 1; inserted >= 0; inserted--)
		for (struct image *im = dyld.images; im; im = im->next) {
			if (im->inserted != inserted)
				continue;
			if (im == caller) {
				past = true;
				if (!self)
					continue;
			}
			if (past && (!im->hidden || im == caller) && find_own_export(im, name, out))
				return true;
		}
	return false;
}

void *dyld_dlsym(void *handle, const char *name, const void *caller)
{
	struct image *from = caller_image(caller), *im;
	struct def d;
	bool found;
	char mangled[4096];
	size_t n = name ? str_len(name) : 0;
	if (!name || n + 2 > sizeof mangled) {
		set_error("dlsym", name ? "the name is too long" : "no name");
		return NULL;
	}
	mangled[0] = '_';
	memcpy(mangled + 1, name, n + 1);
	if (handle == RTLD_DEFAULT)
		found = find_flat(mangled, from, &d);
	else if (handle == RTLD_NEXT || handle == RTLD_SELF)
		found = find_after(from, handle == RTLD_SELF, mangled, &d);
	else if (handle == RTLD_MAIN_ONLY)
		found = find_export(dyld.main, mangled, &d);
	else if (!(im = handle_image(handle))) {
		set_error("dlsym", "not a handle that dlopen gave");
		return NULL;
	} else if ((uintptr_t)handle & 1)
		found = find_export(im, mangled, &d);
	else
		found = find_in_tree(im, mangled, &d);
	if (found)
		return (void *)interpose(from, d.addr);
	char what[256];
	format(what, sizeof what, "dlsym(%x, %s)", (uint64_t)(uintptr_t)handle, name);
	set_error(what, "symbol not found");
	return NULL;
}

int dyld_dladdr(const void *addr, struct beagle_dl_info *info)
{
	struct image *im = image_of(addr);
	if (!im)
		return 0;
	uintptr_t at = 0;
	info->dli_fname = im->path;
	info->dli_fbase = (void *)im->mh;
	info->dli_sname = nearest_symbol(im, (uintptr_t)addr, &at);
	info->dli_saddr = (void *)at;
	return 1;
}
