// What Beagle's dyld and libSystem know of each other.
//
// dyld exports no symbols. It gives the table below to the image that defines
// the variable
//
//	const struct beagle_dyld_api *_beagle_dyld_api;   (symbol __beagle_dyld_api)
//
// in __DATA: normally /usr/lib/system/libdyld.dylib (libdyld.c beside this file),
// which makes dlopen(3), dyld(3) and the rest of it. dyld stores the pointer after
// every image is bound and before any initializer runs.
//
// In the other direction dyld looks up these functions, by name, in
// /usr/lib/libSystem.B.dylib and what it re-exports, when first needed:
//
//	malloc, free                 thread-local storage
//	pthread_key_create           a key k must be the slot k of the thread's TSD:
//	pthread_setspecific          %gs:8*k, or TPIDRRO_EL0 (low 3 bits masked) + 8*k
//	__cxa_atexit                 __mod_term_func
//	exit                         when main returns
//
// And it sets the variables NXArgc, NXArgv, environ and __progname, where the main
// program or libSystem exports them; the initializers' vars point to them.
//
// Start of a program: libSystem.B's own initializers run first of all, before
// those of the libraries it re-exports, with (argc, argv, envp, apple, vars); then
// every image after the images it needs. Until libSystem.B's initializer returns
// there is one thread and dyld does no locking; afterwards slot 0 of the TSD must
// be different for each thread (Darwin keeps pthread_self there).
//
// Constants and structures are those of <mach-o/dyld.h>, <dlfcn.h> and
// <mach-o/dyld_images.h>; their sources are dyld(3), dlopen(3), dladdr(3).
#ifndef BEAGLE_DYLD_API_H
#define BEAGLE_DYLD_API_H

#include <stddef.h>
#include <stdint.h>

struct mach_header_64;

#define BEAGLE_DYLD_API_VERSION 1

// Dl_info of <dlfcn.h>.
struct beagle_dl_info {
	const char *dli_fname;
	void *dli_fbase;
	const char *dli_sname;
	void *dli_saddr;
};

// struct dyld_unwind_sections of <mach-o/dyld_priv.h>: lengths are in bytes.
struct beagle_unwind_sections {
	const struct mach_header_64 *mh;
	const void *dwarf_section;
	uintptr_t dwarf_section_length;
	const void *compact_unwind_section;
	uintptr_t compact_unwind_section_length;
};

// The fifth argument of initializers.
struct ProgramVars {
	const struct mach_header_64 *mh;
	int *NXArgcPtr;
	const char ***NXArgvPtr;
	const char ***environPtr;
	const char **__prognamePtr;
};

typedef void (*beagle_image_func)(const struct mach_header_64 *mh, intptr_t slide);
typedef void (*beagle_bulk_func)(unsigned count, const struct mach_header_64 *mh[], const char *path[]);
typedef void (*beagle_load_func)(const struct mach_header_64 *mh, const char *path, int unloadable);

struct beagle_dyld_api {
	uint32_t version; // BEAGLE_DYLD_API_VERSION
	uint32_t size;    // of this structure in bytes; members are only ever appended

	// dlopen(3) and its family. caller is an address in the calling image: it
	// decides @loader_path, @rpath, RTLD_NEXT and RTLD_SELF. Names given to
	// dlsym are C names, without the underscore. dlerror's text is the calling
	// thread's, valid until its next failure; NULL if there was none since the
	// last dlerror.
	void *(*dlopen)(const char *path, int mode, const void *caller);
	int (*dlclose)(void *handle);
	void *(*dlsym)(void *handle, const char *name, const void *caller);
	int (*dladdr)(const void *addr, struct beagle_dl_info *info);
	const char *(*dlerror)(void);
	int (*dlopen_preflight)(const char *path, const void *caller);

	// dyld(3). Index 0 is the main program. Out of range: NULL, 0.
	uint32_t (*image_count)(void);
	const struct mach_header_64 *(*image_header)(uint32_t index);
	intptr_t (*image_slide)(uint32_t index);
	const char *(*image_name)(uint32_t index);
	// Calls func for all images there are, then for each later one.
	void (*add_image_func)(beagle_image_func func);
	void (*remove_image_func)(beagle_image_func func);
	void (*bulk_image_func)(beagle_bulk_func func);
	void (*image_load_func)(beagle_load_func func);
	// The program's path as _NSGetExecutablePath(3) gives it.
	const char *(*executable_path)(void);

	// The image that addr lies in, or NULL. path may be NULL.
	const struct mach_header_64 *(*image_containing)(const void *addr, const char **path);
	int (*find_unwind_sections)(const void *addr, struct beagle_unwind_sections *out);
	// The image's slide; 0 if mh is no image that dyld loaded.
	intptr_t (*slide_of)(const struct mach_header_64 *mh);
	// The address of a mangled symbol (underscore included) in the flat name
	// space, or 0.
	void *(*lookup)(const char *symbol);

	// C++ thread_local destructors: func(obj) runs when the thread ends, last
	// registered first. exit(3) calls tlv_exit before its atexit functions.
	void (*tlv_atexit)(void (*func)(void *), void *obj);
	void (*tlv_exit)(void);

	// fork(2) of libSystem calls these around the system call, so that no other
	// thread holds dyld's lock in the child.
	void (*fork_prepare)(void);
	void (*fork_parent)(void);
	void (*fork_child)(void);

	// dyld_stub_binder of images linked for lazy binding, which dyld binds
	// eagerly: reaching it is an error that ends the program with one line.
	void (*stub_binder)(void);

	// The running dyld's struct dyld_all_image_infos.
	const void *all_image_infos;
};

#endif
