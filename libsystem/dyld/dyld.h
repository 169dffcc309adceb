// The dynamic linker's own declarations. Order of reading: main.c (what happens at
// start), load.c (files to images), macho.c (load commands), fixup*.c, symbols.c and
// bind.c (names to addresses), init.c, dlfcn.c, api.c.
#ifndef BEAGLE_DYLD_H
#define BEAGLE_DYLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api.h"
#include "macho.h"
#include "sys.h"

#ifdef __arm64__
#define CPU_TYPE_OURS CPU_TYPE_ARM64
#define ARCH_NAME "arm64"
#define PAGE_SIZE 0x4000ul
#else
#define CPU_TYPE_OURS CPU_TYPE_X86_64
#define ARCH_NAME "x86_64"
#define PAGE_SIZE 0x1000ul
#endif
#define PAGE_TRUNC(x) ((x) & ~(PAGE_SIZE - 1))
#define PAGE_ROUND(x) PAGE_TRUNC((x) + PAGE_SIZE - 1)

// Bounds on what one image may ask for; known images stay far below.
#define MAX_COMMANDS (4u << 20) // bytes of load commands
#define MAX_IMAGE_SIZE (1ull << 36)
#define MAX_REEXPORT_DEPTH 128
#define MAX_SEARCH 20000 // images visited for one symbol

// A path on the stack of one function; longer ones fail.
struct path {
	char s[MAXPATHLEN];
};

// A segment as the file states it, before the slide.
struct segment {
	char name[17];
	uint64_t vmaddr, vmsize, fileoff, filesize;
	uint32_t prot, maxprot, flags;
	bool opened; // made writable for fixups
	const struct section_64 *sections;
	uint32_t nsects;
};

struct dep {
	const char *name;
	struct image *image; // NULL: weak and missing
	bool weak, reexport, upward;
};

// A part of __LINKEDIT, checked to be mapped; p is NULL when it is absent.
struct blob {
	const uint8_t *p;
	uint64_t size;
};

struct image {
	unsigned mark; // under walk_lock: of the last search that came here
	struct image *next; // in load order; the main program is first
	const struct mach_header_64 *mh;
	intptr_t slide;
	uintptr_t low, high; // mapped addresses
	const char *path;    // as the file system calls it
	const char *unreal;  // as it was asked for
	const char *install; // LC_ID_DYLIB, or NULL
	int32_t dev;
	uint64_t ino;
	int64_t mtime;
	struct image *parent; // whose dependency it was first
	const struct load_command *cmds;
	uint32_t ncmds;
	uint32_t flags; // of the header

	struct segment *segs;
	uint32_t nsegs;
	struct dep *deps;
	uint32_t ndeps;

	struct blob rebase, bind, weak_bind, lazy_bind, trie, chained;
	const struct nlist_64 *syms;
	uint32_t nsyms;
	struct blob strings;
	const struct dysymtab_command *dysym;
	bool has_dyld_info;

	uint64_t entry; // LC_MAIN's file offset, or LC_UNIXTHREAD's address
	bool has_main, has_thread;
	uint64_t routine; // LC_ROUTINES_64

	unsigned refs;      // dlopen handles
	bool inserted;      // by DYLD_INSERT_LIBRARIES
	bool hidden;        // RTLD_LOCAL
	bool pinned;        // never unloaded
	bool fixed;         // fixups were applied
	bool inited;        // initializers began
	bool needed, going; // by dlclose: reached from what stays; being unloaded
	bool searching;     // under walk_lock: its re-exports are being looked through
	struct image *queue; // under walk_lock

	// Thread-local storage: one block per thread, at TSD slot key.
	unsigned long tlv_key;
	const uint8_t *tlv_template;
	uint64_t tlv_size, tlv_align, tlv_copied;
};

// A definition of a symbol.
struct def {
	uint64_t addr;
	struct image *image;
	bool weak;
};

// Everything that dyld keeps. Guarded by lock() once there can be threads.
struct state {
	struct image *images, **tail;
	struct image *main, *libsystem;
	struct mach_header_64 *self;
	int argc;
	const char **argv, **envp, **apple;
	struct ProgramVars vars;
	unsigned mark;
	unsigned pid;
	bool launched; // the main program's images are bound

	const char *library_path, *framework_path, *fallback_library_path, *fallback_framework_path;
	const char *insert_libraries;
	bool print_libraries, print_bindings, print_initializers;
};
extern struct state dyld;

// util.c
void *mem_alloc(size_t size); // zeroed; ends the program when there is no memory
void mem_free(void *p);
char *str_dup(const char *s);
size_t str_len(const char *s);
bool str_eq(const char *a, const char *b);
bool str_has_prefix(const char *s, const char *prefix);
const char *str_rchr(const char *s, char c);
bool path_join(struct path *out, const char *a, size_t alen, const char *b); // false: too long
void *memcpy(void *restrict d, const void *restrict s, size_t n);
void *memmove(void *d, const void *s, size_t n);
void *memset(void *d, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
// Formats: %s, %u, %d (int), %x (uint64_t). Returns the length, cut to size.
size_t format(char *buf, size_t size, const char *fmt, ...);
void print(const char *fmt, ...);             // one line to descriptor 2
_Noreturn void die(const char *fmt, ...);     // one line, then SIGABRT
_Noreturn void die_error(void);               // die with error_text
extern char error_text[2048];                 // why the last operation failed
bool fail(const char *fmt, ...);              // sets error_text; false

// lock.c
void lock(void);
void unlock(void);
void walk_lock(void);
void walk_unlock(void);
void lock_start(void); // there may be threads from now on
enum fork_phase { FORK_PREPARE, FORK_PARENT, FORK_CHILD };
void lock_fork(enum fork_phase phase);

// macho.c
bool parse_commands(struct image *im, const struct load_command *cmds, uint32_t ncmds, uint32_t size);
bool parse_linkedit(struct image *im); // after slide is known
struct blob linkedit(struct image *im, uint64_t off, uint64_t size);
const struct section_64 *find_section(struct image *im, const char *seg, const char *sect);
const struct section_64 *section_of_type(struct image *im, uint32_t type, uint32_t *iter);
// The address of size bytes of the image at unslid address vmaddr, or NULL.
void *image_at(struct image *im, uint64_t vmaddr, uint64_t size);
struct image *image_of(const void *addr);
const char *blob_string(struct blob b, uint64_t off); // NULL: not in b

// load.c
struct image *load_main(const struct mach_header_64 *mh);
// NULL: error_text says why. known_only: of what is loaded already.
struct image *load_library(const char *name, struct image *from, bool known_only);
bool check_library(const char *name, struct image *from);
void drop_images(struct image *last); // all after last, none of which was announced
void remove_image(struct image *im);
bool load_dependents(struct image *im);
void unmap_image(struct image *im);
const char *leaf_name(const char *path);

// path.c
// Calls try with each path that name could mean, until it returns non-NULL.
struct image *each_candidate(const char *name, struct image *from,
	struct image *(*try)(const char *path, void *arg), void *arg);

// symbols.c
bool find_export(struct image *im, const char *name, struct def *out);     // with re-exports
bool find_own_export(struct image *im, const char *name, struct def *out); // without
bool find_flat(const char *name, struct image *from, struct def *out);
bool find_weak(const char *name, struct image *from, struct def *out);
bool find_in_tree(struct image *im, const char *name, struct def *out); // breadth first
void *libsystem_symbol(const char *name);
const char *nearest_symbol(struct image *im, uintptr_t addr, uintptr_t *value);
bool uleb(const uint8_t **p, const uint8_t *end, uint64_t *out);
bool sleb(const uint8_t **p, const uint8_t *end, int64_t *out);

// bind.c
bool bind_symbol(struct image *im, int ordinal, const char *name, bool weak_import, uint64_t *value);
bool bind_images(struct image *first); // fixups of first and all images after it
void stubs_seal(void);
uint64_t interpose(struct image *im, uint64_t addr); // addr as im shall see it

// fixups: each returns false with error_text
bool apply_chained(struct image *im);
bool apply_dyld_info(struct image *im);
bool apply_weak_binds(struct image *im);
bool apply_classic(struct image *im);
void rebase_self(struct mach_header_64 *mh);
// The place of a pointer to fix up at unslid vmaddr, writable; NULL: error_text.
uint64_t *fixup_slot(struct image *im, uint64_t vmaddr);
void restore_protections(struct image *im);

// init.c
void init_main(void);                // libSystem, then everything else
void init_images(struct image *root, struct image *first); // root, then first and all after it
void finalize_image(struct image *im);

// infos.c: what debuggers and the kernel read
void update_image_infos(void);
extern struct dyld_all_image_infos dyld_all_image_infos;

// tlv.c
bool tlv_find(struct image *im);
void tlv_start(void); // libSystem works from now on
void tlv_setup(struct image *im);
void dyld_tlv_get_addr(void);
void dyld_tlv_atexit(void (*func)(void *), void *obj);
void dyld_tlv_exit(void);
// What dyld keeps for the calling thread; NULL when there is no memory.
struct thread_data {
	struct terminator *terminators;
	bool failed; // error is to be reported
	char error[1500];
};
struct thread_data *thread_data(void);

// dlfcn.c
void *dyld_dlopen(const char *path, int mode, const void *caller);
int dyld_dlclose(void *handle);
void *dyld_dlsym(void *handle, const char *name, const void *caller);
int dyld_dladdr(const void *addr, struct beagle_dl_info *info);
const char *dyld_dlerror(void);
int dyld_dlopen_preflight(const char *path, const void *caller);

// api.c
void api_publish(void);
void api_added(struct image *first); // first and all after it
void api_removed(struct image *im);

// start.*.S
_Noreturn void dyld_jump(uint64_t entry, void *sp);
void dyld_missing_entry(void);

#endif
