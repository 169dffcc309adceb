// Initializers and terminators: what an image runs when it comes and goes.

#include "dyld.h"

typedef void initializer(int argc, const char **argv, const char **envp, const char **apple, const struct ProgramVars *vars);

static void call(struct image *im, uint64_t addr)
{
	if (!image_at(im, addr - (uint64_t)im->slide, 1))
		die("%s: an initializer at %x, outside the image", im->path, addr);
	if (dyld.print_initializers)
		print("initializer %x in %s", addr, im->path);
	((initializer *)addr)(dyld.argc, dyld.argv, dyld.envp, dyld.apple, &dyld.vars);
}

static void terminate(void *p)
{
	struct image *im = p;
	uint32_t iter = 0;
	const struct section_64 *s;
	while ((s = section_of_type(im, S_MOD_TERM_FUNC_POINTERS, &iter))) {
		const uint64_t *f = image_at(im, s->addr, s->size);
		for (uint64_t n = f ? s->size / 8 : 0; n--;)
			if (image_at(im, f[n] - (uint64_t)im->slide, 1))
				((void (*)(void))f[n])();
	}
}

static void run_own(struct image *im)
{
	uint32_t iter = 0;
	const struct section_64 *s;
	if (im->routine)
		call(im, im->routine + (uint64_t)im->slide);
	while ((s = section_of_type(im, S_MOD_INIT_FUNC_POINTERS, &iter))) {
		const uint64_t *f = image_at(im, s->addr, s->size);
		for (uint64_t i = 0; f && i < s->size / 8; i++)
			call(im, f[i]);
	}
	iter = 0;
	while ((s = section_of_type(im, S_INIT_FUNC_OFFSETS, &iter))) {
		const uint32_t *off = image_at(im, s->addr, s->size);
		for (uint64_t i = 0; off && i < s->size / 4; i++)
			call(im, (uint64_t)im->mh + off[i]);
	}
	iter = 0;
	if (section_of_type(im, S_MOD_TERM_FUNC_POINTERS, &iter)) {
		int (*atexit)(void (*)(void *), void *, const void *);
		*(void **)&atexit = libsystem_symbol("___cxa_atexit");
		if (atexit)
			atexit(terminate, im, im->mh);
	}
}

// init_image runs im's initializers after those of what it needs. Upward
// dependencies come later, for they need im in their turn.
static void init_image(struct image *im)
{
	if (im->inited)
		return;
	im->inited = true;
	for (uint32_t i = 0; i < im->ndeps; i++)
		if (im->deps[i].image && !im->deps[i].upward)
			init_image(im->deps[i].image);
	run_own(im);
}

void init_images(struct image *root, struct image *first)
{
	init_image(root);
	for (struct image *im = first; im; im = im->next)
		init_image(im);
}

// set_program_vars fills the variables that crt1.o of old programs, or libSystem,
// has for the arguments.
static void set_program_vars(void)
{
	static int argc;
	static const char **argv, **envp, *name;
	struct {
		const char *symbol;
		void *own, **to;
	} vars[] = {
		{"_NXArgc", &argc, (void **)&dyld.vars.NXArgcPtr},
		{"_NXArgv", &argv, (void **)&dyld.vars.NXArgvPtr},
		{"_environ", &envp, (void **)&dyld.vars.environPtr},
		{"___progname", &name, (void **)&dyld.vars.__prognamePtr},
	};
	const struct section_64 *s = find_section(dyld.main, "__DATA", "__program_vars");
	const struct ProgramVars *given = s && s->size >= sizeof *given ? image_at(dyld.main, s->addr, sizeof *given) : NULL;
	dyld.vars.mh = dyld.main->mh;
	if (given) {
		dyld.vars = *given;
	} else {
		for (unsigned i = 0; i < sizeof vars / sizeof *vars; i++) {
			struct def d;
			if (find_own_export(dyld.main, vars[i].symbol, &d))
				*vars[i].to = (void *)d.addr;
			else if (!(*vars[i].to = libsystem_symbol(vars[i].symbol)))
				*vars[i].to = vars[i].own;
		}
	}
	*dyld.vars.NXArgcPtr = dyld.argc;
	*dyld.vars.NXArgvPtr = dyld.argv;
	*dyld.vars.environPtr = dyld.envp;
	*dyld.vars.__prognamePtr = dyld.argc > 0 && dyld.argv[0] ? leaf_name(dyld.argv[0]) : "";
}

void init_main(void)
{
	set_program_vars();
	if (dyld.libsystem) {
		dyld.libsystem->inited = true;
		run_own(dyld.libsystem);
		tlv_start();
		lock_start();
	}
	lock();
	if (dyld.libsystem)
		for (uint32_t i = 0; i < dyld.libsystem->ndeps; i++)
			if (dyld.libsystem->deps[i].image)
				init_image(dyld.libsystem->deps[i].image);
	for (struct image *im = dyld.images; im; im = im->next)
		if (im->inserted)
			init_image(im);
	init_images(dyld.main, dyld.images);
	unlock();
}

void finalize_image(struct image *im)
{
	void (*finalize)(const void *);
	*(void **)&finalize = libsystem_symbol("___cxa_finalize");
	if (finalize)
		finalize(im->mh);
}
