// Load commands of an image, and what lies where in it. Everything is checked here
// or where it is read: images come from anybody.

#include "dyld.h"

static void name16(char out[17], const char in[16])
{
	memcpy(out, in, 16);
	out[16] = 0;
}

// The string of a load command, or NULL when it does not end inside it.
static const char *command_string(const struct load_command *c, uint32_t off)
{
	if (off < sizeof *c || off >= c->cmdsize)
		return NULL;
	const char *s = (const char *)c + off;
	for (uint32_t i = off; i < c->cmdsize; i++)
		if (!((const char *)c)[i])
			return s;
	return NULL;
}

static bool is_dylib_command(uint32_t cmd)
{
	return cmd == LC_LOAD_DYLIB || cmd == LC_LOAD_WEAK_DYLIB || cmd == LC_REEXPORT_DYLIB ||
		cmd == LC_LOAD_UPWARD_DYLIB || cmd == LC_LAZY_LOAD_DYLIB;
}

static uint32_t least_size(uint32_t cmd)
{
	switch (cmd) {
	case LC_SEGMENT_64:
		return sizeof(struct segment_command_64);
	case LC_SYMTAB:
		return sizeof(struct symtab_command);
	case LC_DYSYMTAB:
		return sizeof(struct dysymtab_command);
	case LC_DYLD_INFO:
	case LC_DYLD_INFO_ONLY:
		return sizeof(struct dyld_info_command);
	case LC_DYLD_EXPORTS_TRIE:
	case LC_DYLD_CHAINED_FIXUPS:
		return sizeof(struct linkedit_data_command);
	case LC_MAIN:
		return sizeof(struct entry_point_command);
	case LC_ROUTINES_64:
		return sizeof(struct routines_command_64);
	case LC_UUID:
		return sizeof(struct uuid_command);
	case LC_RPATH:
		return sizeof(struct lc_str_command);
	case LC_ID_DYLIB:
		return sizeof(struct dylib_command);
	}
	return is_dylib_command(cmd) ? sizeof(struct dylib_command) : sizeof(struct load_command);
}

static bool parse_segment(struct image *im, const struct segment_command_64 *c)
{
	struct segment *s = &im->segs[im->nsegs];
	name16(s->name, c->segname);
	s->vmaddr = c->vmaddr;
	s->vmsize = c->vmsize;
	s->fileoff = c->fileoff;
	s->filesize = c->filesize;
	s->prot = (uint32_t)c->initprot & 7;
	s->maxprot = (uint32_t)c->maxprot & 7;
	s->flags = c->flags;
	s->sections = (const struct section_64 *)(c + 1);
	s->nsects = c->nsects;
	if (c->nsects > (c->cmdsize - sizeof *c) / sizeof(struct section_64))
		return fail("%s: segment %s has %u sections in a command of %u bytes", im->path, s->name, c->nsects, c->cmdsize);
	if (s->vmsize > MAX_IMAGE_SIZE && s->prot)
		return fail("%s: segment %s is too large (%x bytes)", im->path, s->name, s->vmsize);
	if (s->vmaddr + s->vmsize < s->vmaddr || s->fileoff + s->filesize < s->fileoff)
		return fail("%s: segment %s wraps around", im->path, s->name);
	if (s->filesize > s->vmsize && s->vmsize)
		return fail("%s: segment %s has more bytes in the file than in memory", im->path, s->name);
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *o = &im->segs[i];
		if (s->vmaddr < o->vmaddr + o->vmsize && o->vmaddr < s->vmaddr + s->vmsize)
			return fail("%s: segments %s and %s overlap", im->path, o->name, s->name);
	}
	im->nsegs++;
	return true;
}

// entry_of_thread finds the program counter in LC_UNIXTHREAD.
static bool entry_of_thread(struct image *im, const struct load_command *c)
{
#ifdef __arm64__
	enum { FLAVOR = 6, WORDS = 68, PC = 32 };
#else
	enum { FLAVOR = 4, WORDS = 42, PC = 16 };
#endif
	const uint32_t *w = (const uint32_t *)c;
	if (c->cmdsize < 16 + 4 * WORDS || w[2] != FLAVOR || w[3] < WORDS)
		return fail("%s: LC_UNIXTHREAD is not for " ARCH_NAME, im->path);
	memcpy(&im->entry, w + 4 + 2 * PC, 8);
	im->has_thread = true;
	return true;
}

bool parse_commands(struct image *im, const struct load_command *cmds, uint32_t ncmds, uint32_t size)
{
	uint32_t nsegs = 0, ndeps = 0, left = size;
	const struct load_command *c = cmds;
	for (uint32_t i = 0; i < ncmds; i++) {
		if (left < sizeof *c || c->cmdsize < sizeof *c || c->cmdsize > left || c->cmdsize % 4)
			return fail("%s: load command %u is malformed", im->path, i);
		if (c->cmdsize < least_size(c->cmd))
			return fail("%s: load command %u (%x) is too short", im->path, i, (uint64_t)c->cmd);
		nsegs += c->cmd == LC_SEGMENT_64;
		ndeps += is_dylib_command(c->cmd);
		left -= c->cmdsize;
		c = (const struct load_command *)((const char *)c + c->cmdsize);
	}
	im->cmds = cmds;
	im->ncmds = ncmds;
	im->segs = mem_alloc(nsegs * sizeof *im->segs);
	im->deps = mem_alloc(ndeps * sizeof *im->deps);
	c = cmds;
	for (uint32_t i = 0; i < ncmds; i++, c = (const struct load_command *)((const char *)c + c->cmdsize)) {
		switch (c->cmd) {
		case LC_SEGMENT_64:
			if (!parse_segment(im, (const void *)c))
				return false;
			continue;
		case LC_ID_DYLIB:
			im->install = command_string(c, ((const struct dylib_command *)c)->name);
			continue;
		case LC_MAIN:
			im->entry = ((const struct entry_point_command *)c)->entryoff;
			im->has_main = true;
			continue;
		case LC_UNIXTHREAD:
			if (!entry_of_thread(im, c))
				return false;
			continue;
		case LC_ROUTINES_64:
			im->routine = ((const struct routines_command_64 *)c)->init_address;
			continue;
		case LC_DYSYMTAB:
			im->dysym = (const void *)c;
			continue;
		}
		if (is_dylib_command(c->cmd)) {
			struct dep *d = &im->deps[im->ndeps++];
			d->name = command_string(c, ((const struct dylib_command *)c)->name);
			if (!d->name || !*d->name)
				return fail("%s: load command %u names no library", im->path, i);
			d->weak = c->cmd == LC_LOAD_WEAK_DYLIB;
			d->reexport = c->cmd == LC_REEXPORT_DYLIB;
			d->upward = c->cmd == LC_LOAD_UPWARD_DYLIB;
		} else if ((c->cmd & LC_REQ_DYLD) && c->cmd != LC_RPATH && c->cmd != LC_DYLD_INFO_ONLY &&
			c->cmd != LC_DYLD_EXPORTS_TRIE && c->cmd != LC_DYLD_CHAINED_FIXUPS) {
			return fail("%s: load command %x is required and not known", im->path, (uint64_t)c->cmd);
		}
	}
	if (!im->nsegs)
		return fail("%s: no segments", im->path);
	return true;
}

struct blob linkedit(struct image *im, uint64_t off, uint64_t size)
{
	struct blob b = {NULL, 0};
	if (!size)
		return b;
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		if (off >= s->fileoff && off - s->fileoff <= s->filesize && size <= s->filesize - (off - s->fileoff) &&
			s->vmsize >= s->filesize && (s->prot & VM_PROT_READ)) {
			b.p = (const uint8_t *)(s->vmaddr + (uint64_t)im->slide + (off - s->fileoff));
			b.size = size;
			return b;
		}
	}
	return b;
}

// part is linkedit for what must be there when its size is not 0.
static bool part(struct image *im, struct blob *out, const char *what, uint64_t off, uint64_t size)
{
	*out = linkedit(im, off, size);
	if (size && !out->p)
		return fail("%s: %s lies outside the file", im->path, what);
	return true;
}

bool parse_linkedit(struct image *im)
{
	struct blob syms = {NULL, 0};
	const struct load_command *c = im->cmds;
	for (uint32_t i = 0; i < im->ncmds; i++, c = (const struct load_command *)((const char *)c + c->cmdsize)) {
		switch (c->cmd) {
		case LC_SYMTAB: {
			const struct symtab_command *s = (const void *)c;
			if (!part(im, &syms, "the symbol table", s->symoff, (uint64_t)s->nsyms * sizeof(struct nlist_64)) ||
				!part(im, &im->strings, "the string table", s->stroff, s->strsize))
				return false;
			im->syms = (const void *)syms.p;
			im->nsyms = s->nsyms;
			break;
		}
		case LC_DYLD_INFO:
		case LC_DYLD_INFO_ONLY: {
			const struct dyld_info_command *d = (const void *)c;
			im->has_dyld_info = true;
			if (!part(im, &im->rebase, "rebase information", d->rebase_off, d->rebase_size) ||
				!part(im, &im->bind, "binding information", d->bind_off, d->bind_size) ||
				!part(im, &im->weak_bind, "weak binding information", d->weak_bind_off, d->weak_bind_size) ||
				!part(im, &im->lazy_bind, "lazy binding information", d->lazy_bind_off, d->lazy_bind_size) ||
				!part(im, &im->trie, "the export trie", d->export_off, d->export_size))
				return false;
			break;
		}
		case LC_DYLD_EXPORTS_TRIE: {
			const struct linkedit_data_command *d = (const void *)c;
			if (!part(im, &im->trie, "the export trie", d->dataoff, d->datasize))
				return false;
			break;
		}
		case LC_DYLD_CHAINED_FIXUPS: {
			const struct linkedit_data_command *d = (const void *)c;
			if (!part(im, &im->chained, "fixup chains", d->dataoff, d->datasize))
				return false;
			break;
		}
		}
	}
	return true;
}

const struct section_64 *find_section(struct image *im, const char *seg, const char *sect)
{
	for (uint32_t i = 0; i < im->nsegs; i++)
		for (uint32_t k = 0; k < im->segs[i].nsects; k++) {
			const struct section_64 *s = &im->segs[i].sections[k];
			char n[17];
			name16(n, s->sectname);
			if (!str_eq(n, sect))
				continue;
			name16(n, s->segname);
			if (!seg || str_eq(n, seg))
				return s;
		}
	return NULL;
}

const struct section_64 *section_of_type(struct image *im, uint32_t type, uint32_t *iter)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < im->nsegs; i++)
		for (uint32_t k = 0; k < im->segs[i].nsects; k++)
			if (n++ >= *iter && (im->segs[i].sections[k].flags & SECTION_TYPE) == type) {
				*iter = n;
				return &im->segs[i].sections[k];
			}
	return NULL;
}

void *image_at(struct image *im, uint64_t vmaddr, uint64_t size)
{
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		if (vmaddr >= s->vmaddr && vmaddr - s->vmaddr < s->vmsize)
			return size <= s->vmsize - (vmaddr - s->vmaddr) && s->prot ? (void *)(vmaddr + (uint64_t)im->slide) : NULL;
	}
	return NULL;
}

struct image *image_of(const void *addr)
{
	uintptr_t a = (uintptr_t)addr;
	for (struct image *im = dyld.images; im; im = im->next) {
		if (a < im->low || a >= im->high)
			continue;
		uint64_t v = a - (uintptr_t)im->slide;
		for (uint32_t i = 0; i < im->nsegs; i++)
			if (im->segs[i].prot && v >= im->segs[i].vmaddr && v - im->segs[i].vmaddr < im->segs[i].vmsize)
				return im;
	}
	return NULL;
}

const char *blob_string(struct blob b, uint64_t off)
{
	if (off >= b.size)
		return NULL;
	// Tables end in a NUL; only in one that does not has each string to be read.
	if (b.p[b.size - 1] != 0) {
		uint64_t i = off;
		while (i < b.size && b.p[i])
			i++;
		if (i == b.size)
			return NULL;
	}
	return (const char *)b.p + off;
}
