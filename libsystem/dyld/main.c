// The start of a program: everything that happens between the kernel's jump to
// __dyld_start and the program's own first instruction.

#include "dyld.h"

static void read_environment(void)
{
	static const struct {
		const char *name;
		const char **to;
		bool *flag;
	} vars[] = {
		{"DYLD_LIBRARY_PATH=", &dyld.library_path, NULL},
		{"DYLD_FRAMEWORK_PATH=", &dyld.framework_path, NULL},
		{"DYLD_FALLBACK_LIBRARY_PATH=", &dyld.fallback_library_path, NULL},
		{"DYLD_FALLBACK_FRAMEWORK_PATH=", &dyld.fallback_framework_path, NULL},
		{"DYLD_INSERT_LIBRARIES=", &dyld.insert_libraries, NULL},
		{"DYLD_PRINT_LIBRARIES=", NULL, &dyld.print_libraries},
		{"DYLD_PRINT_BINDINGS=", NULL, &dyld.print_bindings},
		{"DYLD_PRINT_INITIALIZERS=", NULL, &dyld.print_initializers},
	};
	dyld.fallback_library_path = "/usr/local/lib:/usr/lib";
	dyld.fallback_framework_path = "/Library/Frameworks:/System/Library/Frameworks";
	// A program with more rights than its user is not led elsewhere.
	if (sys0(SYS_issetugid) == 1)
		return;
	for (const char **e = dyld.envp; *e; e++) {
		if (!str_has_prefix(*e, "DYLD_"))
			continue;
		for (unsigned i = 0; i < sizeof vars / sizeof *vars; i++) {
			if (!str_has_prefix(*e, vars[i].name))
				continue;
			if (vars[i].to)
				*vars[i].to = *e + str_len(vars[i].name);
			else
				*vars[i].flag = true;
		}
	}
}

static void insert_libraries(void)
{
	for (const char *s = dyld.insert_libraries; s && *s;) {
		struct path p;
		size_t n = 0;
		while (s[n] && s[n] != ':')
			n++;
		if (n >= sizeof p.s)
			die("DYLD_INSERT_LIBRARIES: a path is too long");
		memcpy(p.s, s, n);
		p.s[n] = 0;
		s += n + (s[n] == ':');
		if (!n)
			continue;
		struct image *im = load_library(p.s, dyld.main, false);
		if (!im)
			die("library %s of DYLD_INSERT_LIBRARIES was not loaded: %s", p.s, error_text);
		if (im != dyld.main)
			im->inserted = true;
	}
}

static _Noreturn void run_main(void)
{
	struct image *im = dyld.main;
	const void *entry = NULL;
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		if (im->entry >= s->fileoff && im->entry - s->fileoff < s->filesize)
			entry = image_at(im, s->vmaddr + (im->entry - s->fileoff), 1);
	}
	if (!entry)
		die("%s: LC_MAIN points outside the program", im->path);
	int r = ((int (*)(int, const char **, const char **, const char **))entry)(dyld.argc, dyld.argv, dyld.envp, dyld.apple);
	void (*exit)(int);
	*(void **)&exit = libsystem_symbol("_exit");
	if (exit)
		exit(r);
	for (;;)
		sys1(SYS_exit, r);
}

// The stack is as the kernel left it: the program's header, argc, argv, a NULL, envp,
// a NULL, apple, a NULL.
_Noreturn void dyld_start_c(uintptr_t *sp);
_Noreturn void dyld_start_c(uintptr_t *sp)
{
	extern struct mach_header_64 __dso_handle;
	rebase_self(&__dso_handle);
	dyld.self = &__dso_handle;
	dyld.pid = (unsigned)sys0(SYS_getpid);
	dyld.argc = (int)sp[1];
	dyld.argv = (const char **)(sp + 2);
	dyld.envp = dyld.argv + dyld.argc + 1;
	dyld.apple = dyld.envp;
	while (*dyld.apple++)
		;
	read_environment();
	struct image *im = load_main((const struct mach_header_64 *)sp[0]);
	insert_libraries();
	if (!load_dependents(dyld.images))
		die_error();
	for (struct image *i = dyld.images; i; i = i->next) {
		i->pinned = true;
		if (i->install && str_eq(i->install, "/usr/lib/libSystem.B.dylib"))
			dyld.libsystem = i;
	}
	if (!bind_images(dyld.images))
		die_error();
	dyld.launched = true;
	api_publish();
	update_image_infos();
	init_main();
	if (im->has_main)
		run_main();
	if (!im->has_thread)
		die("%s: no entry point", im->path);
	dyld_jump(im->entry + (uint64_t)im->slide, sp + 1);
}
