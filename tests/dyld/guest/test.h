// What the tests' libSystem offers.
#pragma once
void say(const char *s);
void say_number(long v);
int puts(const char *s);
int printf(const char *format, ...);
unsigned long strlen(const char *s);
int strcmp(const char *a, const char *b);
const char *getenv(const char *name);
void *malloc(unsigned long n);
void free(void *p);
void exit(int code) __attribute__((noreturn));
void _exit(int code) __attribute__((noreturn));
extern int argc_seen, lib_inited;
extern const char **argv_seen, *apple_seen;

void *dlopen(const char *path, int mode);
int dlclose(void *handle);
void *dlsym(void *handle, const char *name);
char *dlerror(void);
struct dl_info {
	const char *dli_fname;
	void *dli_fbase;
	const char *dli_sname;
	void *dli_saddr;
};
int dladdr(const void *addr, struct dl_info *info);
unsigned _dyld_image_count(void);
const char *_dyld_get_image_name(unsigned i);
const void *_dyld_get_image_header(unsigned i);
long _dyld_get_image_vmaddr_slide(unsigned i);
void _dyld_register_func_for_add_image(void (*f)(const void *mh, long slide));
void _dyld_register_func_for_remove_image(void (*f)(const void *mh, long slide));
int _NSGetExecutablePath(char *buf, unsigned *size);
void _tlv_atexit(void (*f)(void *), void *obj);
#define RTLD_LAZY 1
#define RTLD_NOW 2
#define RTLD_LOCAL 4
#define RTLD_GLOBAL 8
#define RTLD_NOLOAD 16
#define RTLD_FIRST 0x100
#define RTLD_NEXT ((void *)-1)
#define RTLD_DEFAULT ((void *)-2)
#define RTLD_SELF ((void *)-3)
#define RTLD_MAIN_ONLY ((void *)-5)

// Prints what failed and goes on; the test's expected output has no such line.
#define CHECK(x) do { if (!(x)) { say("FAILED: " #x "\n"); } } while (0)
