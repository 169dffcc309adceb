// LC_DYLD_INFO: programs of opcodes that say where pointers are and what they
// become (<mach-o/loader.h>, under dyld_info_command).

#include "dyld.h"

static bool malformed(struct image *im, const char *what)
{
	return fail("%s: malformed %s", im->path, what);
}

// Repetitions whose places cannot all lie in the image are refused before the
// first of them is done.
static bool too_many(struct image *im, uint64_t count)
{
	return count > im->high - im->low;
}

struct rebaser {
	struct image *im;
	uint64_t at;
	bool placed;
	unsigned type;
};

static bool rebase(struct rebaser *r, uint64_t count, uint64_t step)
{
	if (!r->placed || r->type != REBASE_TYPE_POINTER || (count > 1 && too_many(r->im, count)))
		return malformed(r->im, "rebase opcodes");
	for (; count; count--, r->at += step) {
		uint64_t *slot = fixup_slot(r->im, r->at);
		if (!slot)
			return false;
		*slot += (uint64_t)r->im->slide;
	}
	return true;
}

static bool apply_rebases(struct image *im)
{
	struct rebaser r = {im, 0, false, 0};
	const uint8_t *p = im->rebase.p, *end = p + im->rebase.size;
	if (!im->slide)
		return true;
	while (p < end) {
		uint8_t op = *p & REBASE_OPCODE_MASK, imm = *p & REBASE_IMMEDIATE_MASK;
		uint64_t a = 0, b = 0;
		bool ok = true;
		p++;
		switch (op) {
		case REBASE_OPCODE_DONE:
			return true;
		case REBASE_OPCODE_SET_TYPE_IMM:
			r.type = imm;
			break;
		case REBASE_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB:
			if (imm >= im->nsegs || !uleb(&p, end, &a))
				return malformed(im, "rebase opcodes");
			r.at = im->segs[imm].vmaddr + a;
			r.placed = true;
			break;
		case REBASE_OPCODE_ADD_ADDR_ULEB:
			ok = uleb(&p, end, &a);
			r.at += a;
			break;
		case REBASE_OPCODE_ADD_ADDR_IMM_SCALED:
			r.at += imm * 8u;
			break;
		case REBASE_OPCODE_DO_REBASE_IMM_TIMES:
			if (!rebase(&r, imm, 8))
				return false;
			break;
		case REBASE_OPCODE_DO_REBASE_ULEB_TIMES:
			ok = uleb(&p, end, &a);
			if (ok && !rebase(&r, a, 8))
				return false;
			break;
		case REBASE_OPCODE_DO_REBASE_ADD_ADDR_ULEB:
			ok = uleb(&p, end, &a);
			if (ok && !rebase(&r, 1, 8 + a))
				return false;
			break;
		case REBASE_OPCODE_DO_REBASE_ULEB_TIMES_SKIPPING_ULEB:
			ok = uleb(&p, end, &a) && uleb(&p, end, &b);
			if (ok && !rebase(&r, a, 8 + b))
				return false;
			break;
		default:
			ok = false;
		}
		if (!ok)
			return malformed(im, "rebase opcodes");
	}
	return true;
}

struct binder {
	struct image *im;
	uint64_t at;
	bool placed, weak, resolved, found;
	unsigned type;
	int ordinal;
	uint8_t flags;
	int64_t addend;
	const char *name;
	uint64_t value; // of name, when resolved
};

// resolve finds the symbol once for all its places.
static bool resolve(struct binder *b)
{
	if (b->resolved)
		return true;
	b->resolved = b->found = true;
	if (!b->weak)
		return bind_symbol(b->im, b->ordinal, b->name, b->flags & BIND_SYMBOL_FLAGS_WEAK_IMPORT, &b->value);
	// A weak bind replaces what is there already by the definition that all
	// images share; when there is none, that stays.
	struct def d;
	b->found = find_weak(b->name, b->im, &d);
	if (b->found)
		b->value = interpose(b->im, d.addr);
	if (dyld.print_bindings && b->found)
		print("%s: %s = %x in %s (weak)", leaf_name(b->im->path), b->name, b->value, leaf_name(d.image->path));
	return true;
}

static bool bind(struct binder *b, uint64_t count, uint64_t step)
{
	if (!b->placed || !b->name || b->type != BIND_TYPE_POINTER || (count > 1 && too_many(b->im, count)))
		return malformed(b->im, "binding opcodes");
	if (!resolve(b))
		return false;
	for (; count; count--, b->at += step) {
		uint64_t *slot = fixup_slot(b->im, b->at);
		if (!slot)
			return false;
		if (b->found)
			*slot = b->value ? b->value + (uint64_t)b->addend : 0;
	}
	return true;
}

static bool apply_binds(struct image *im, struct blob ops, bool weak, bool lazy)
{
	struct binder b = {.im = im, .weak = weak, .type = lazy ? BIND_TYPE_POINTER : 0};
	const uint8_t *p = ops.p, *end = p + ops.size;
	while (p < end) {
		uint8_t op = *p & BIND_OPCODE_MASK, imm = *p & BIND_IMMEDIATE_MASK;
		uint64_t a = 0, skip = 0;
		bool ok = true;
		p++;
		switch (op) {
		case BIND_OPCODE_DONE:
			// Lazy bindings are many small programs, each with its end.
			if (!lazy)
				return true;
			break;
		case BIND_OPCODE_SET_DYLIB_ORDINAL_IMM:
			b.ordinal = imm;
			b.resolved = false;
			break;
		case BIND_OPCODE_SET_DYLIB_ORDINAL_ULEB:
			ok = uleb(&p, end, &a) && a <= im->ndeps;
			b.ordinal = (int)a;
			b.resolved = false;
			break;
		case BIND_OPCODE_SET_DYLIB_SPECIAL_IMM:
			b.ordinal = imm ? (int8_t)(0xf0 | imm) : 0;
			b.resolved = false;
			break;
		case BIND_OPCODE_SET_SYMBOL_TRAILING_FLAGS_IMM:
			b.flags = imm;
			b.name = (const char *)p;
			while (p < end && *p)
				p++;
			ok = p++ < end;
			b.resolved = false;
			break;
		case BIND_OPCODE_SET_TYPE_IMM:
			b.type = imm;
			break;
		case BIND_OPCODE_SET_ADDEND_SLEB:
			ok = sleb(&p, end, &b.addend);
			break;
		case BIND_OPCODE_SET_SEGMENT_AND_OFFSET_ULEB:
			ok = imm < im->nsegs && uleb(&p, end, &a);
			if (ok)
				b.at = im->segs[imm].vmaddr + a;
			b.placed = true;
			break;
		case BIND_OPCODE_ADD_ADDR_ULEB:
			ok = uleb(&p, end, &a);
			b.at += a;
			break;
		case BIND_OPCODE_DO_BIND:
			if (!bind(&b, 1, 8))
				return false;
			break;
		case BIND_OPCODE_DO_BIND_ADD_ADDR_ULEB:
			ok = uleb(&p, end, &a);
			if (ok && !bind(&b, 1, 8 + a))
				return false;
			break;
		case BIND_OPCODE_DO_BIND_ADD_ADDR_IMM_SCALED:
			if (!bind(&b, 1, 8 + imm * 8u))
				return false;
			break;
		case BIND_OPCODE_DO_BIND_ULEB_TIMES_SKIPPING_ULEB:
			ok = uleb(&p, end, &a) && uleb(&p, end, &skip);
			if (ok && !bind(&b, a, 8 + skip))
				return false;
			break;
		default:
			return fail("%s: binding opcode %x is not known", im->path, (uint64_t)op);
		}
		if (!ok)
			return malformed(im, "binding opcodes");
	}
	return true;
}

bool apply_dyld_info(struct image *im)
{
	return apply_rebases(im) && apply_binds(im, im->bind, false, false) && apply_binds(im, im->lazy_bind, false, true);
}

bool apply_weak_binds(struct image *im)
{
	return apply_binds(im, im->weak_bind, true, false);
}
