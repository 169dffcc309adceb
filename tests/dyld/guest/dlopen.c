// dlopen(3) and its family. The dylibs are in the working directory.
#include "test.h"

#ifdef PART_plug
extern int helped(void);
static int count;
__attribute__((constructor)) static void init(void) { say("plug comes\n"); }
__attribute__((destructor)) static void fini(void) { say("plug goes\n"); }
int plug_count(void) { return ++count; }
int plug_helped(void) { return helped(); }
void *plug_find(void *how, const char *name)
{
	void *volatile p = dlsym(how, name); // no tail call: dlsym looks who calls it
	return p;
}
int which(void) { return 2; }
#elif defined PART_help
__attribute__((constructor)) static void init(void) { say("help comes\n"); }
__attribute__((destructor)) static void fini(void) { say("help goes\n"); }
int helped(void) { return 55; }
int which(void) { return 3; }
#elif defined PART_broken
extern int nothing(void);
int broken(void) { return nothing(); }
#else
int which(void) { return 1; }
int exported = 4;
static int added, removed;
static void on_add(const void *mh, long slide) { added++; }
static void on_remove(const void *mh, long slide) { removed++; }

static void *symbol(void *h, const char *name)
{
	void *p = dlsym(h, name);
	if (!p) {
		say("no ");
		say(name);
		say("\n");
		_exit(1);
	}
	return p;
}

int main(int argc, const char **argv)
{
	int n = (int)_dyld_image_count();
	_dyld_register_func_for_add_image(on_add);
	_dyld_register_func_for_remove_image(on_remove);
	CHECK(added == n && n >= 2);
	CHECK(!dlerror());

	CHECK(!dlopen("/nowhere/libnone.dylib", RTLD_NOW));
	char *e = dlerror();
	CHECK(e && !dlerror());
	say(e), say("\n");
	CHECK(!dlopen("./libplug.dylib", RTLD_NOW | RTLD_NOLOAD));
	CHECK(!dlopen("./libplug.dylib", RTLD_NOW | RTLD_NOLOAD));
	CHECK(!dlopen("./dlopen.txt", RTLD_NOW) && dlerror());

	void *h = dlopen("./libplug.dylib", RTLD_NOW | RTLD_LOCAL);
	if (!h) {
		say(dlerror());
		return 1;
	}
	CHECK(added == n + 2 && (int)_dyld_image_count() == n + 2);
	CHECK(dlopen("./libplug.dylib", RTLD_NOW | RTLD_LOCAL) == h && added == n + 2);
	int (*f)(void) = symbol(h, "plug_count");
	CHECK(f() == 1 && f() == 2);
	f = symbol(h, "plug_helped");
	CHECK(f() == 55);
	f = symbol(h, "helped"); // of what the plug needs
	CHECK(f() == 55);
	CHECK(!dlsym(h, "nothing_like_this") && dlerror());
	CHECK(!dlsym(RTLD_DEFAULT, "plug_count")); // RTLD_LOCAL
	f = symbol(RTLD_DEFAULT, "which");
	CHECK(f() == 1);
	CHECK(*(int *)symbol(RTLD_MAIN_ONLY, "exported") == 4 && !dlsym(RTLD_MAIN_ONLY, "strlen"));
	CHECK(symbol(RTLD_DEFAULT, "strlen") == (void *)strlen);
	void *(*find)(void *, const char *) = symbol(h, "plug_find");
	f = find(RTLD_SELF, "which");
	CHECK(f && f() == 2);
	f = find(RTLD_NEXT, "plug_count");
	CHECK(!f);
	CHECK(find(RTLD_SELF, "exported") == 0);
	CHECK(find(RTLD_DEFAULT, "helped") != 0); // its own, though local
	void *main_handle = dlopen(0, RTLD_NOW);
	CHECK(main_handle && symbol(main_handle, "exported") == &exported);

	void *first = dlopen("./libplug.dylib", RTLD_NOW | RTLD_FIRST);
	CHECK(first && dlsym(first, "plug_count") && !dlsym(first, "helped"));
	CHECK(dlsym(RTLD_DEFAULT, "plug_count")); // no longer local

	struct dl_info info;
	CHECK(dladdr(symbol(h, "plug_helped"), &info) && !strcmp(info.dli_sname, "plug_helped") && info.dli_saddr == symbol(h, "plug_helped"));
	CHECK(!strcmp(info.dli_fname + strlen(info.dli_fname) - 13, "libplug.dylib"));
	CHECK(*(unsigned *)info.dli_fbase == 0xfeedfacf);
	CHECK(dladdr((char *)main + 1, &info) && !strcmp(info.dli_sname, "main") && info.dli_fbase == _dyld_get_image_header(0));
	CHECK(!dladdr(&info, &info));

	CHECK(dlclose(first) == 0 && dlclose(h) == 0 && removed == 0);
	CHECK(dlclose(h) == 0 && removed == 2);
	CHECK((int)_dyld_image_count() == n);
	CHECK(dlclose(h) == -1 && dlerror());
	CHECK(!dlopen("./libplug.dylib", RTLD_NOW | RTLD_NOLOAD));
	h = dlopen("./libplug.dylib", RTLD_LAZY);
	f = symbol(h, "plug_count");
	CHECK(f() == 1); // a fresh copy
	for (int i = 0; i < 100; i++) {
		void *b = dlopen("./libhelp.dylib", RTLD_LAZY);
		CHECK(b && dlclose(b) == 0);
	}
	say("ok\n");
	return 0;
}
#endif
