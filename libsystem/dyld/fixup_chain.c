// LC_DYLD_CHAINED_FIXUPS: each pointer to fix up says in its upper bits how far the
// next one is (<mach-o/fixup-chains.h>).

#include "dyld.h"

struct chains {
	struct image *im;
	const struct dyld_chained_fixups_header *h;
	const uint8_t *base;
	uint64_t size;
	uint64_t *values;  // of the imports
	uint64_t preferred; // unslid address of the header
};

static bool malformed(struct image *im)
{
	return fail("%s: malformed fixup chains", im->path);
}

static bool resolve_imports(struct chains *c)
{
	const struct dyld_chained_fixups_header *h = c->h;
	static const uint8_t sizes[] = {0, 4, 8, 16};
	if (h->symbols_format != 0)
		return fail("%s: compressed symbol names in fixup chains are not supported", c->im->path);
	if (h->imports_format < DYLD_CHAINED_IMPORT || h->imports_format > DYLD_CHAINED_IMPORT_ADDEND64)
		return fail("%s: import format %u of fixup chains is not supported", c->im->path, h->imports_format);
	uint64_t each = sizes[h->imports_format];
	if (h->imports_offset > c->size || h->imports_count * each > c->size - h->imports_offset || h->symbols_offset > c->size)
		return malformed(c->im);
	struct blob names = {c->base + h->symbols_offset, c->size - h->symbols_offset};
	c->values = mem_alloc(h->imports_count * sizeof *c->values);
	const uint8_t *p = c->base + h->imports_offset;
	for (uint32_t i = 0; i < h->imports_count; i++, p += each) {
		uint64_t addend = 0, name_at;
		int ordinal;
		bool weak;
		if (h->imports_format == DYLD_CHAINED_IMPORT_ADDEND64) {
			uint64_t w[2];
			memcpy(w, p, sizeof w);
			ordinal = (w[0] & 0xffff) > 0xfff0 ? (int16_t)w[0] : (int)(w[0] & 0xffff);
			weak = w[0] >> 16 & 1;
			name_at = w[0] >> 32;
			addend = w[1];
		} else {
			uint32_t w[2] = {0, 0};
			memcpy(w, p, each);
			ordinal = (w[0] & 0xff) > 0xf0 ? (int8_t)w[0] : (int)(w[0] & 0xff);
			weak = w[0] >> 8 & 1;
			name_at = w[0] >> 9;
			addend = (uint64_t)(int64_t)(int32_t)w[1];
		}
		const char *name = blob_string(names, name_at);
		if (!name)
			return malformed(c->im);
		if (!bind_symbol(c->im, ordinal, name, weak, &c->values[i]))
			return false;
		if (c->values[i])
			c->values[i] += addend;
	}
	return true;
}

// walk follows one chain from unslid address at to the end of its page.
static bool walk(struct chains *c, uint64_t at, uint64_t page_end, unsigned format)
{
	for (;;) {
		if (at + 8 > page_end)
			return malformed(c->im);
		uint64_t *slot = fixup_slot(c->im, at);
		if (!slot)
			return false;
		uint64_t v = *slot, next = (v >> 51 & 0xfff) * 4;
		if (v >> 63) {
			uint64_t i = v & 0xffffff, addend = v >> 24 & 0xff;
			if (i >= c->h->imports_count)
				return malformed(c->im);
			*slot = c->values[i] ? c->values[i] + addend : 0;
		} else {
			uint64_t target = v & 0xfffffffffull, high8 = v >> 36 & 0xff;
			target += (uint64_t)c->im->slide;
			if (format == DYLD_CHAINED_PTR_64_OFFSET)
				target += c->preferred;
			*slot = target | high8 << 56;
		}
		if (!next)
			return true;
		at += next;
	}
}

static bool walk_segment(struct chains *c, const uint8_t *p, uint64_t left)
{
	struct dyld_chained_starts_in_segment s;
	const uint64_t head = offsetof(struct dyld_chained_starts_in_segment, page_start);
	if (left < head)
		return malformed(c->im);
	memcpy(&s, p, head);
	if (s.page_count * 2u > left - head)
		return malformed(c->im);
	if (s.pointer_format != DYLD_CHAINED_PTR_64 && s.pointer_format != DYLD_CHAINED_PTR_64_OFFSET)
		return fail("%s: pointer format %u of fixup chains is not supported", c->im->path, s.pointer_format);
	for (uint32_t i = 0; i < s.page_count; i++) {
		uint16_t start;
		memcpy(&start, p + head + 2 * i, 2);
		if (start == DYLD_CHAINED_PTR_START_NONE)
			continue;
		// Several chains in a page are for 32-bit pointers only.
		if (start & DYLD_CHAINED_PTR_START_MULTI)
			return malformed(c->im);
		uint64_t page = c->preferred + s.segment_offset + (uint64_t)i * s.page_size;
		if (!walk(c, page + start, page + s.page_size, s.pointer_format))
			return false;
	}
	return true;
}

bool apply_chained(struct image *im)
{
	struct chains c = {.im = im, .base = im->chained.p, .size = im->chained.size};
	c.preferred = (uint64_t)im->mh - (uint64_t)im->slide;
	c.h = (const void *)c.base;
	if (c.size < sizeof *c.h || c.h->starts_offset > c.size - 4)
		return malformed(im);
	if (c.h->fixups_version != 0)
		return fail("%s: version %u of fixup chains is not supported", im->path, c.h->fixups_version);
	if (!resolve_imports(&c)) {
		mem_free(c.values);
		return false;
	}
	const uint8_t *starts = c.base + c.h->starts_offset;
	uint64_t left = c.size - c.h->starts_offset;
	uint32_t n;
	memcpy(&n, starts, 4);
	bool ok = n <= (left - 4) / 4;
	if (!ok)
		malformed(im);
	for (uint32_t i = 0; ok && i < n; i++) {
		uint32_t off;
		memcpy(&off, starts + 4 + 4 * i, 4);
		if (!off)
			continue;
		ok = off < left || malformed(im);
		if (ok)
			ok = walk_segment(&c, starts + off, left - off);
	}
	mem_free(c.values);
	return ok;
}

// rebase_self makes dyld's own pointers right, at the very start: no pointer in data
// may be used before or here. dyld is linked at address 0 and has no imports.
void rebase_self(struct mach_header_64 *mh)
{
	const uint8_t *base = (const uint8_t *)mh;
	const uint8_t *chain = NULL, *edit = NULL;
	uint64_t edit_off = 0;
	const struct load_command *c = (const void *)(mh + 1);
	uint32_t fixups = 0;
	for (uint32_t i = 0; i < mh->ncmds; i++, c = (const void *)((const char *)c + c->cmdsize)) {
		if (c->cmd == LC_DYLD_CHAINED_FIXUPS)
			fixups = ((const struct linkedit_data_command *)c)->dataoff;
		if (c->cmd == LC_SEGMENT_64) {
			const struct segment_command_64 *s = (const void *)c;
			if (s->segname[2] == 'L') { // __LINKEDIT
				edit = base + s->vmaddr;
				edit_off = s->fileoff;
			}
		}
	}
	if (!fixups || !edit)
		return;
	chain = edit + (fixups - edit_off);
	const struct dyld_chained_fixups_header *h = (const void *)chain;
	const uint32_t *starts = (const void *)(chain + h->starts_offset);
	for (uint32_t i = 0; i < starts[0]; i++) {
		if (!starts[1 + i])
			continue;
		const struct dyld_chained_starts_in_segment *s = (const void *)((const char *)starts + starts[1 + i]);
		for (uint32_t k = 0; k < s->page_count; k++) {
			if (s->page_start[k] == DYLD_CHAINED_PTR_START_NONE)
				continue;
			uint64_t *p = (uint64_t *)(base + s->segment_offset + k * s->page_size + s->page_start[k]);
			for (;;) {
				uint64_t v = *p, next = (v >> 51 & 0xfff) * 4;
				*p = (v & 0xfffffffffull) + (uint64_t)base;
				if (!next)
					break;
				p = (uint64_t *)((char *)p + next);
			}
		}
	}
}
