// Imports to addresses: ordinals, missing symbols, interposing, and the order in
// which images are fixed up.

#include "dyld.h"

// A symbol that nobody has. Its address is a stub that says so when it is called.
struct missing {
	struct missing *next;
	const char *name, *library;
	uint64_t stub;
};

static struct missing *table[256];
static uint8_t *stubs, *stubs_end, *stubs_from; // the page being filled, not yet executable

enum { STUB_SIZE = 32 };

// emit_stub writes code that leads to dyld_missing_entry with m in r11 or x16.
static void emit_stub(uint8_t *p, struct missing *m)
{
	uint64_t arg = (uint64_t)m, to = (uint64_t)dyld_missing_entry;
#ifdef __arm64__
	static const uint32_t code[] = {
		0x58000090, // ldr x16, .+16
		0x580000b1, // ldr x17, .+20
		0xd61f0220, // br x17
		0xd503201f, // nop
	};
	memcpy(p, code, 16);
	memcpy(p + 16, &arg, 8);
	memcpy(p + 24, &to, 8);
#else
	static const uint8_t code[] = {0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, // movabs arg, %r11
		0x49, 0xba, 0, 0, 0, 0, 0, 0, 0, 0,                        // movabs to, %r10
		0x41, 0xff, 0xe2, 0xcc, 0xcc, 0xcc, 0xcc};                 // jmp *%r10
	memcpy(p, code, sizeof code);
	memcpy(p + 2, &arg, 8);
	memcpy(p + 12, &to, 8);
#endif
}

// stubs_seal makes the stubs written so far executable.
void stubs_seal(void)
{
	if (stubs_from == stubs_end)
		return;
	sys3(SYS_mprotect, stubs_from, stubs_end - stubs_from, PROT_READ | PROT_EXEC);
	stubs = stubs_from = stubs_end;
}

static uint64_t missing_stub(const char *name, const char *library)
{
	unsigned h = 5381;
	for (const char *s = name; *s; s++)
		h = h * 33 + (uint8_t)*s;
	struct missing **list = &table[h % (sizeof table / sizeof *table)];
	for (struct missing *m = *list; m; m = m->next)
		if (str_eq(m->name, name) && str_eq(m->library, library))
			return m->stub;
	if (stubs == stubs_end) {
		stubs_seal();
		long r = sys6(SYS_mmap, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, VM_MAKE_TAG(VM_MEMORY_DYLD), 0);
		if (sys_failed(r))
			die("out of memory");
		stubs = stubs_from = (uint8_t *)r;
		stubs_end = stubs + PAGE_SIZE;
	}
	struct missing *m = mem_alloc(sizeof *m);
	m->name = str_dup(name); // the importer may be unloaded
	m->library = str_dup(library);
	m->next = *list;
	m->stub = (uint64_t)stubs;
	*list = m;
	emit_stub(stubs, m);
	stubs += STUB_SIZE;
	return m->stub;
}

_Noreturn void dyld_missing_called(struct missing *m, void *caller);
_Noreturn void dyld_missing_called(struct missing *m, void *caller)
{
	const char *name = *m->name == '_' ? m->name + 1 : m->name;
	struct image *im = image_of(caller);
	uintptr_t at = 0;
	const char *near = im ? nearest_symbol(im, (uintptr_t)caller - 1, &at) : NULL;
	if (near)
		die("symbol %s (expected in %s) is not implemented, called from %s + %x in %s",
			name, m->library, near, (uint64_t)((uintptr_t)caller - at), im->path);
	die("symbol %s (expected in %s) is not implemented, called from %x in %s",
		name, m->library, (uint64_t)caller, im ? im->path : "no image");
}

// Replacements of __interpose sections.
struct interpose {
	struct interpose *next;
	struct image *image;
	uint64_t replacement, replacee;
};

static struct interpose *interposed;

static void collect_interposing(struct image *im)
{
	for (uint32_t k = 0; k < im->nsegs; k++)
		for (uint32_t n = 0; n < im->segs[k].nsects; n++) {
			const struct section_64 *s = &im->segs[k].sections[n];
			char name[17] = {0};
			memcpy(name, s->sectname, 16);
			if ((s->flags & SECTION_TYPE) != S_INTERPOSING && !str_eq(name, "__interpose"))
				continue;
			const uint64_t *t = image_at(im, s->addr, s->size);
			for (uint64_t i = 0; t && i + 1 < s->size / 8; i += 2) {
				if (!t[i] || !t[i + 1])
					continue;
				struct interpose *p = mem_alloc(sizeof *p);
				p->image = im;
				p->replacement = t[i];
				p->replacee = t[i + 1];
				p->next = interposed;
				interposed = p;
			}
		}
}

uint64_t interpose(struct image *im, uint64_t addr)
{
	for (struct interpose *p = interposed; p; p = p->next)
		if (p->replacee == addr && p->image != im)
			return p->replacement;
	return addr;
}

static const char *ordinal_name(struct image *im, int ordinal)
{
	if (ordinal > 0 && (uint32_t)ordinal <= im->ndeps)
		return im->deps[ordinal - 1].name;
	switch (ordinal) {
	case BIND_SPECIAL_DYLIB_SELF:
		return im->path;
	case BIND_SPECIAL_DYLIB_MAIN_EXECUTABLE:
		return dyld.main->path;
	case BIND_SPECIAL_DYLIB_WEAK_LOOKUP:
		return "any image, as a weak definition";
	}
	return "any image";
}

bool bind_symbol(struct image *im, int ordinal, const char *name, bool weak_import, uint64_t *value)
{
	struct def d = {0, NULL, false};
	struct image *in = NULL;
	bool found;
	switch (ordinal) {
	case BIND_SPECIAL_DYLIB_SELF:
		found = find_export(in = im, name, &d);
		break;
	case BIND_SPECIAL_DYLIB_MAIN_EXECUTABLE:
		found = find_export(in = dyld.main, name, &d);
		break;
	case BIND_SPECIAL_DYLIB_FLAT_LOOKUP:
		found = find_flat(name, im, &d);
		break;
	case BIND_SPECIAL_DYLIB_WEAK_LOOKUP:
		found = find_weak(name, im, &d) || find_flat(name, im, &d);
		break;
	default:
		if (ordinal < 0 || (uint32_t)ordinal > im->ndeps)
			return fail("%s: symbol %s is expected in library %d of %u", im->path, name, ordinal, im->ndeps);
		in = im->deps[ordinal - 1].image;
		weak_import |= !in; // a weak library that is not there
		found = in && find_export(in, name, &d);
	}
	if (found)
		*value = interpose(im, d.addr);
	else if (weak_import)
		*value = 0;
	else
		*value = missing_stub(name, ordinal_name(im, ordinal));
	if (dyld.print_bindings)
		print("%s: %s = %x in %s", leaf_name(im->path), name, *value,
			found ? leaf_name(d.image->path) : weak_import ? "nothing (weak)" : "nothing");
	return true;
}

uint64_t *fixup_slot(struct image *im, uint64_t vmaddr)
{
	static struct segment *last; // most are in the segment of the one before
	struct segment *s = last;
	if (!s || s < im->segs || s >= im->segs + im->nsegs || vmaddr < s->vmaddr || vmaddr - s->vmaddr >= s->vmsize) {
		for (s = im->segs; s < im->segs + im->nsegs; s++)
			if (vmaddr >= s->vmaddr && vmaddr - s->vmaddr < s->vmsize)
				break;
		if (s == im->segs + im->nsegs) {
			fail("%s: a fixup at %x, outside every segment", im->path, vmaddr);
			return NULL;
		}
		last = s;
	}
	if (s->vmsize - (vmaddr - s->vmaddr) < 8) {
		fail("%s: a fixup at %x, across the end of segment %s", im->path, vmaddr, s->name);
		return NULL;
	}
	if (!(s->prot & VM_PROT_WRITE) && !s->opened) {
		long r = -EACCES;
		if (s->prot)
			r = sys3(SYS_mprotect, s->vmaddr + (uint64_t)im->slide, s->vmsize, PROT_READ | PROT_WRITE);
		if (sys_failed(r)) {
			fail("%s: a fixup in segment %s, which cannot be written", im->path, s->name);
			return NULL;
		}
		s->opened = true;
	}
	return (uint64_t *)(vmaddr + (uint64_t)im->slide);
}

// restore_protections ends the fixups: what was opened for them, and what is
// constant from now on (SG_READ_ONLY).
void restore_protections(struct image *im)
{
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		uint32_t prot = s->flags & SG_READ_ONLY ? s->prot & ~(uint32_t)VM_PROT_WRITE : s->prot;
		if (s->vmsize && (s->opened || prot != s->prot))
			sys3(SYS_mprotect, s->vmaddr + (uint64_t)im->slide, s->vmsize, prot);
		s->opened = false;
	}
}

static bool fix(struct image *im)
{
	if (im->fixed)
		return true;
	im->fixed = true;
	if (im->chained.p)
		return apply_chained(im);
	if (im->has_dyld_info)
		return apply_dyld_info(im);
	return apply_classic(im);
}

bool bind_images(struct image *first)
{
	// Interposing images first, for their tuples must be bound to what they
	// replace; then those that others need before these, because a resolver may
	// run in them. Load order has the needy first: walk it backwards.
	size_t n = 0;
	for (struct image *im = first; im; im = im->next)
		n++;
	struct image **all = mem_alloc(n * sizeof *all);
	n = 0;
	for (struct image *im = first; im; im = im->next)
		all[n++] = im;
	bool ok = true;
	for (size_t i = n; ok && i--;)
		if (!dyld.launched && (section_of_type(all[i], S_INTERPOSING, &(uint32_t){0}) || find_section(all[i], NULL, "__interpose"))) {
			ok = fix(all[i]);
			if (ok)
				collect_interposing(all[i]);
		}
	for (size_t i = n; ok && i--;)
		ok = fix(all[i]);
	for (size_t i = 0; ok && i < n; i++)
		ok = apply_weak_binds(all[i]);
	for (size_t i = 0; i < n; i++)
		restore_protections(all[i]);
	mem_free(all);
	stubs_seal();
	return ok;
}
