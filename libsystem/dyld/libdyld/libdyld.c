// /usr/lib/system/libdyld.dylib: dlopen(3), dyld(3) and the calls around them, which
// are dyld's own, reached through the table that it leaves in _beagle_dyld_api.

#include <stdbool.h>

#include "../api.h"
#include "../macho.h"

#define CALLER __builtin_return_address(0)

// Not const: dyld writes it. volatile, for the compiler sees nobody do so.
const struct beagle_dyld_api *volatile _beagle_dyld_api;
#define dyld _beagle_dyld_api

void *dlopen(const char *path, int mode);
void *dlopen(const char *path, int mode)
{
	return dyld->dlopen(path, mode, CALLER);
}

void *dlopen_from(const char *path, int mode, void *caller);
void *dlopen_from(const char *path, int mode, void *caller)
{
	return dyld->dlopen(path, mode, caller);
}

int dlclose(void *handle);
int dlclose(void *handle)
{
	return dyld->dlclose(handle);
}

void *dlsym(void *handle, const char *name);
void *dlsym(void *handle, const char *name)
{
	return dyld->dlsym(handle, name, CALLER);
}

int dladdr(const void *addr, struct beagle_dl_info *info);
int dladdr(const void *addr, struct beagle_dl_info *info)
{
	return dyld->dladdr(addr, info);
}

char *dlerror(void);
char *dlerror(void)
{
	return (char *)dyld->dlerror();
}

bool dlopen_preflight(const char *path);
bool dlopen_preflight(const char *path)
{
	return dyld->dlopen_preflight(path, CALLER);
}

// Names that begin with an underscore in C have two in the symbol.
uint32_t _dyld_image_count(void);
uint32_t _dyld_image_count(void)
{
	return dyld->image_count();
}

const struct mach_header_64 *_dyld_get_image_header(uint32_t index);
const struct mach_header_64 *_dyld_get_image_header(uint32_t index)
{
	return dyld->image_header(index);
}

intptr_t _dyld_get_image_vmaddr_slide(uint32_t index);
intptr_t _dyld_get_image_vmaddr_slide(uint32_t index)
{
	return dyld->image_slide(index);
}

const char *_dyld_get_image_name(uint32_t index);
const char *_dyld_get_image_name(uint32_t index)
{
	return dyld->image_name(index);
}

intptr_t _dyld_get_image_slide(const struct mach_header_64 *mh);
intptr_t _dyld_get_image_slide(const struct mach_header_64 *mh)
{
	return dyld->slide_of(mh);
}

const struct mach_header_64 *_dyld_get_prog_image_header(void);
const struct mach_header_64 *_dyld_get_prog_image_header(void)
{
	return dyld->image_header(0);
}

const struct mach_header_64 *dyld_image_header_containing_address(const void *addr);
const struct mach_header_64 *dyld_image_header_containing_address(const void *addr)
{
	return dyld->image_containing(addr, NULL);
}

const char *dyld_image_path_containing_address(const void *addr);
const char *dyld_image_path_containing_address(const void *addr)
{
	const char *path = NULL;
	dyld->image_containing(addr, &path);
	return path;
}

void _dyld_register_func_for_add_image(beagle_image_func func);
void _dyld_register_func_for_add_image(beagle_image_func func)
{
	dyld->add_image_func(func);
}

void _dyld_register_func_for_remove_image(beagle_image_func func);
void _dyld_register_func_for_remove_image(beagle_image_func func)
{
	dyld->remove_image_func(func);
}

void _dyld_register_for_image_loads(beagle_load_func func);
void _dyld_register_for_image_loads(beagle_load_func func)
{
	dyld->image_load_func(func);
}

void _dyld_register_for_bulk_image_loads(beagle_bulk_func func);
void _dyld_register_for_bulk_image_loads(beagle_bulk_func func)
{
	dyld->bulk_image_func(func);
}

bool _dyld_find_unwind_sections(void *addr, struct beagle_unwind_sections *info);
bool _dyld_find_unwind_sections(void *addr, struct beagle_unwind_sections *info)
{
	return dyld->find_unwind_sections(addr, info);
}

const void *_dyld_get_all_image_infos(void);
const void *_dyld_get_all_image_infos(void)
{
	return dyld->all_image_infos;
}

// The size is of the buffer, and in case of -1 what is needed, both with the NUL:
// dyld(3).
int _NSGetExecutablePath(char *buf, uint32_t *size);
int _NSGetExecutablePath(char *buf, uint32_t *size)
{
	const char *path = dyld->executable_path();
	uint32_t n = 0;
	while (path[n++])
		;
	if (*size < n) {
		*size = n;
		return -1;
	}
	for (uint32_t i = 0; i < n; i++)
		buf[i] = path[i];
	return 0;
}

// The old calls of <mach-o/dyld.h> by symbol name. A symbol is its address here.
bool NSIsSymbolNameDefined(const char *symbol);
bool NSIsSymbolNameDefined(const char *symbol)
{
	return dyld->lookup(symbol) != NULL;
}

void *NSLookupAndBindSymbol(const char *symbol);
void *NSLookupAndBindSymbol(const char *symbol)
{
	return dyld->lookup(symbol);
}

void *NSAddressOfSymbol(void *symbol);
void *NSAddressOfSymbol(void *symbol)
{
	return symbol;
}

// Each load command of mh; NULL after the last.
static const struct load_command *next_command(const struct mach_header_64 *mh, const struct load_command *c)
{
	const char *end = (const char *)(mh + 1) + mh->sizeofcmds;
	const char *next = c ? (const char *)c + c->cmdsize : (const char *)(mh + 1);
	return next < end ? (const void *)next : NULL;
}

static const char *leaf(const char *path)
{
	const char *r = path;
	for (; *path; path++)
		if (*path == '/')
			r = path + 1;
	return r;
}

// same_library compares "libfoo" with the leaf of a path: "libfoo.1.dylib" or a
// framework's "foo", as NSVersionOfRunTimeLibrary(3) does.
static bool same_library(const char *name, const char *path)
{
	path = leaf(path);
	while (*name && *name == *path)
		name++, path++;
	return !*name && (!*path || *path == '.' || *path == '_');
}

static int32_t version_in(const struct mach_header_64 *mh, const char *name, bool own)
{
	for (const struct load_command *c = next_command(mh, NULL); c; c = next_command(mh, c)) {
		const struct dylib_command *d = (const void *)c;
		bool is = own ? c->cmd == LC_ID_DYLIB :
			c->cmd == LC_LOAD_DYLIB || c->cmd == LC_LOAD_WEAK_DYLIB || c->cmd == LC_REEXPORT_DYLIB || c->cmd == LC_LOAD_UPWARD_DYLIB;
		if (is && same_library(name, (const char *)c + d->name))
			return (int32_t)d->current_version;
	}
	return -1;
}

int32_t NSVersionOfRunTimeLibrary(const char *name);
int32_t NSVersionOfRunTimeLibrary(const char *name)
{
	int32_t v = -1;
	for (uint32_t i = 0, n = dyld->image_count(); i < n && v == -1; i++)
		v = version_in(dyld->image_header(i), name, true);
	return v;
}

int32_t NSVersionOfLinkTimeLibrary(const char *name);
int32_t NSVersionOfLinkTimeLibrary(const char *name)
{
	return version_in(dyld->image_header(0), name, false);
}

bool _dyld_get_image_uuid(const struct mach_header_64 *mh, uint8_t uuid[16]);
bool _dyld_get_image_uuid(const struct mach_header_64 *mh, uint8_t uuid[16])
{
	for (const struct load_command *c = next_command(mh, NULL); c; c = next_command(mh, c))
		if (c->cmd == LC_UUID) {
			for (int i = 0; i < 16; i++)
				uuid[i] = ((const struct uuid_command *)c)->uuid[i];
			return true;
		}
	return false;
}

// versions finds platform, least system and SDK; X.Y.Z as xxxx.yy.zz.
static bool versions(const struct mach_header_64 *mh, uint32_t out[3])
{
	for (const struct load_command *c = next_command(mh, NULL); c; c = next_command(mh, c)) {
		const uint32_t *w = (const uint32_t *)c;
		if (c->cmd == LC_BUILD_VERSION) {
			out[0] = w[2], out[1] = w[3], out[2] = w[4];
			return true;
		}
		if (c->cmd == LC_VERSION_MIN_MACOSX) {
			out[0] = 1, out[1] = w[2], out[2] = w[3];
			return true;
		}
	}
	return false;
}

uint32_t dyld_get_sdk_version(const struct mach_header_64 *mh);
uint32_t dyld_get_sdk_version(const struct mach_header_64 *mh)
{
	uint32_t v[3];
	return versions(mh, v) ? v[2] : 0;
}

uint32_t dyld_get_min_os_version(const struct mach_header_64 *mh);
uint32_t dyld_get_min_os_version(const struct mach_header_64 *mh)
{
	uint32_t v[3];
	return versions(mh, v) ? v[1] : 0;
}

uint32_t dyld_get_program_sdk_version(void);
uint32_t dyld_get_program_sdk_version(void)
{
	return dyld_get_sdk_version(dyld->image_header(0));
}

uint32_t dyld_get_program_min_os_version(void);
uint32_t dyld_get_program_min_os_version(void)
{
	return dyld_get_min_os_version(dyld->image_header(0));
}

uint32_t dyld_get_active_platform(void);
uint32_t dyld_get_active_platform(void)
{
	uint32_t v[3];
	return versions(dyld->image_header(0), v) ? v[0] : 1;
}

// There is no shared cache.
bool _dyld_shared_cache_contains_path(const char *path);
bool _dyld_shared_cache_contains_path(const char *path)
{
	return false;
}

const void *_dyld_get_shared_cache_range(size_t *length);
const void *_dyld_get_shared_cache_range(size_t *length)
{
	*length = 0;
	return NULL;
}

// No memory is promised never to change or go.
bool _dyld_is_memory_immutable(const void *addr, size_t length);
bool _dyld_is_memory_immutable(const void *addr, size_t length)
{
	return false;
}

void _tlv_atexit(void (*func)(void *), void *obj);
void _tlv_atexit(void (*func)(void *), void *obj)
{
	dyld->tlv_atexit(func, obj);
}

void _tlv_exit(void);
void _tlv_exit(void)
{
	dyld->tlv_exit();
}

// What thread-local descriptors hold until dyld replaces it.
void _tlv_bootstrap(void);
void _tlv_bootstrap(void)
{
	__builtin_trap();
}

void _dyld_fork_prepare(void);
void _dyld_fork_prepare(void)
{
	dyld->fork_prepare();
}

void _dyld_fork_parent(void);
void _dyld_fork_parent(void)
{
	dyld->fork_parent();
}

void _dyld_fork_child(void);
void _dyld_fork_child(void)
{
	dyld->fork_child();
}

// Lazy pointers are bound when their image is, so nothing comes here.
void stub_binder(void) __asm("dyld_stub_binder");
void stub_binder(void)
{
	dyld->stub_binder();
}
