// Images from before LC_DYLD_INFO (10.6): relocation entries and the indirect symbol
// table (<mach-o/reloc.h>, <mach-o/loader.h> under dysymtab_command). Go's own linker
// wrote these for amd64 for many years.

#include "dyld.h"

static bool malformed(struct image *im, const char *what)
{
	return fail("%s: malformed %s", im->path, what);
}

// reloc_base is what r_address counts from.
static uint64_t reloc_base(struct image *im)
{
#ifdef __x86_64__
	// Entries hold 32 bits, so that they start at the first writable segment.
	for (uint32_t i = 0; i < im->nsegs; i++)
		if (im->segs[i].prot & VM_PROT_WRITE)
			return im->segs[i].vmaddr;
#endif
	return im->segs[0].vmaddr;
}

// ordinal_of says in which library an undefined symbol is expected.
static int ordinal_of(struct image *im, const struct nlist_64 *s)
{
	int n = s->n_desc >> 8;
	if (!(im->flags & MH_TWOLEVEL))
		return BIND_SPECIAL_DYLIB_FLAT_LOOKUP;
	if (n == 0xff)
		return BIND_SPECIAL_DYLIB_MAIN_EXECUTABLE;
	return n == 0xfe ? BIND_SPECIAL_DYLIB_FLAT_LOOKUP : n;
}

static bool bind_nlist(struct image *im, uint32_t index, uint64_t *value)
{
	if (index >= im->nsyms)
		return malformed(im, "symbol numbers");
	const struct nlist_64 *s = &im->syms[index];
	const char *name = blob_string(im->strings, s->n_strx);
	if (!name)
		return malformed(im, "symbol names");
	uint8_t type = s->n_type & N_TYPE;
	// Lazy pointers of an image's own symbols, unless others may replace them.
	if (!(s->n_type & N_STAB) && (type == N_SECT || type == N_ABS) && ((im->flags & MH_TWOLEVEL) || (s->n_type & N_PEXT) || !(s->n_type & N_EXT))) {
		*value = s->n_value + (type == N_ABS ? 0 : (uint64_t)im->slide);
		if (s->n_desc & N_WEAK_DEF) {
			struct def d;
			if (find_weak(name, im, &d))
				*value = interpose(im, d.addr);
		}
		return true;
	}
	return bind_symbol(im, ordinal_of(im, s), name, s->n_desc & N_WEAK_REF, value);
}

static bool relocations(struct image *im, uint32_t off, uint32_t count, bool external)
{
	struct blob b = linkedit(im, off, (uint64_t)count * sizeof(struct relocation_info));
	if (count && !b.p)
		return malformed(im, "relocation entries");
	const struct relocation_info *r = (const void *)b.p;
	for (; count; count--, r++) {
		if (r->r_address < 0 || r->r_length != 3 || r->r_pcrel || r->r_type != 0 || r->r_extern != external)
			return fail("%s: relocation entry of type %u, length %u is not supported", im->path, r->r_type, r->r_length);
		uint64_t *slot = fixup_slot(im, reloc_base(im) + (uint32_t)r->r_address), value = (uint64_t)im->slide;
		if (!slot || (external && !bind_nlist(im, r->r_symbolnum, &value)))
			return false;
		if (external && !value)
			*slot = 0; // a weak import that is missing
		else
			*slot += value;
	}
	return true;
}

static bool pointer_section(struct image *im, const struct section_64 *s)
{
	const struct dysymtab_command *d = im->dysym;
	uint64_t n = s->size / 8;
	if (!n)
		return true;
	if (!d || s->reserved1 > d->nindirectsyms || n > d->nindirectsyms - s->reserved1)
		return malformed(im, "indirect symbols");
	struct blob b = linkedit(im, d->indirectsymoff, (uint64_t)d->nindirectsyms * 4);
	if (!b.p)
		return malformed(im, "indirect symbols");
	const uint32_t *indirect = (const uint32_t *)b.p + s->reserved1;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t *slot = fixup_slot(im, s->addr + 8 * i);
		if (!slot)
			return false;
		if (indirect[i] & INDIRECT_SYMBOL_ABS)
			continue;
		if (indirect[i] & INDIRECT_SYMBOL_LOCAL) {
			*slot += (uint64_t)im->slide;
			continue;
		}
		if (!bind_nlist(im, indirect[i], slot))
			return false;
	}
	return true;
}

static void lazy_binding(void)
{
	die("a lazy pointer was left unbound");
}

// func_lookup is how programs of 10.4 and earlier asked for dyld's functions; it
// knows none, as dyld answers for names that are newer than itself.
static int func_lookup(const char *name, void **address)
{
	*address = NULL;
	return 0;
}

// fill_dyld_section answers the two questions that crt1.o of old programs puts to
// dyld in a section of its own: the address of the lazy binder, and of func_lookup.
static bool fill_dyld_section(struct image *im)
{
	const struct section_64 *s = find_section(im, "__DATA", "__dyld");
	if (!s || s->size < 16)
		return true;
	uint64_t *binder = fixup_slot(im, s->addr), *lookup = fixup_slot(im, s->addr + 8);
	if (!binder || !lookup)
		return false;
	*binder = (uint64_t)lazy_binding;
	*lookup = (uint64_t)func_lookup;
	return true;
}

bool apply_classic(struct image *im)
{
	if (!fill_dyld_section(im))
		return false;
	const struct dysymtab_command *d = im->dysym;
	if (d && im->slide && !relocations(im, d->locreloff, d->nlocrel, false))
		return false;
	if (d && !relocations(im, d->extreloff, d->nextrel, true))
		return false;
	static const uint32_t types[] = {S_NON_LAZY_SYMBOL_POINTERS, S_LAZY_SYMBOL_POINTERS};
	for (unsigned t = 0; t < 2; t++) {
		uint32_t iter = 0;
		const struct section_64 *s;
		while ((s = section_of_type(im, types[t], &iter)))
			if (!pointer_section(im, s))
				return false;
	}
	return true;
}
