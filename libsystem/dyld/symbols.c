// Names to definitions: export tries, symbol tables, re-exports, and the ways of
// looking through several images.

#include "dyld.h"

bool uleb(const uint8_t **p, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;
	for (unsigned shift = 0; *p < end; shift += 7) {
		uint8_t b = *(*p)++;
		if (shift > 63 || (shift == 63 && (b & 0x7e)))
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool sleb(const uint8_t **p, const uint8_t *end, int64_t *out)
{
	uint64_t v = 0;
	for (unsigned shift = 0; *p < end && shift < 70;) {
		uint8_t b = *(*p)++;
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
		if (!(b & 0x80)) {
			if ((b & 0x40) && shift < 64)
				v |= ~0ull << shift;
			*out = (int64_t)v;
			return true;
		}
	}
	return false;
}

// What the trie says of one name.
struct export {
	uint64_t flags, value, resolver, ordinal;
	const char *import; // of a re-export, NULL: the same name
};

// trie_find walks the trie. Each step leads to another node by at least one
// character of name, or the trie is malformed.
static bool trie_find(struct blob t, const char *name, struct export *out)
{
	const uint8_t *p = t.p, *end = t.p + t.size;
	while (p && p < end) {
		uint64_t size, node = 0;
		if (!uleb(&p, end, &size) || size > (uint64_t)(end - p))
			return false;
		const uint8_t *kids = p + size;
		if (!*name) {
			if (!size)
				return false;
			out->import = NULL;
			out->resolver = out->value = out->ordinal = 0;
			if (!uleb(&p, kids, &out->flags))
				return false;
			if (out->flags & EXPORT_SYMBOL_FLAGS_REEXPORT) {
				if (!uleb(&p, kids, &out->ordinal) || p >= kids || kids[-1])
					return false;
				out->import = *p ? (const char *)p : NULL;
				return true;
			}
			if (!uleb(&p, kids, &out->value))
				return false;
			return !(out->flags & EXPORT_SYMBOL_FLAGS_STUB_AND_RESOLVER) || uleb(&p, kids, &out->resolver);
		}
		if (kids >= end)
			return false;
		p = kids + 1;
		unsigned n = *kids;
		bool found = false;
		for (; n; n--) {
			const char *s = name;
			bool same = true;
			for (; p < end && *p; p++)
				if (same && (same = *s == (char)*p))
					s++;
			if (p++ >= end || !uleb(&p, end, &node))
				return false;
			if (same && s > name) {
				name = s;
				found = true;
				break;
			}
		}
		if (!found || node >= t.size)
			return false;
		p = t.p + node;
	}
	return false;
}

static bool nlist_exported(const struct nlist_64 *s)
{
	return (s->n_type & N_EXT) && !(s->n_type & (N_STAB | N_PEXT)) &&
		((s->n_type & N_TYPE) == N_SECT || (s->n_type & N_TYPE) == N_ABS);
}

// symtab_find serves images without a trie, which are old.
static bool symtab_find(struct image *im, const char *name, struct def *out)
{
	uint32_t first = 0, n = im->nsyms;
	if (im->dysym && im->dysym->iextdefsym <= n && im->dysym->nextdefsym <= n - im->dysym->iextdefsym) {
		first = im->dysym->iextdefsym;
		n = im->dysym->nextdefsym;
	}
	for (const struct nlist_64 *s = im->syms + first; n; n--, s++) {
		if (!nlist_exported(s))
			continue;
		const char *str = blob_string(im->strings, s->n_strx);
		if (!str || !str_eq(str, name))
			continue;
		out->image = im;
		out->weak = s->n_desc & N_WEAK_DEF;
		out->addr = s->n_value + ((s->n_type & N_TYPE) == N_ABS ? 0 : (uint64_t)im->slide);
		return true;
	}
	return false;
}

// A definition whose address a function of the image chooses.
struct found {
	struct def def;
	uint64_t resolver;
};

// What one look-up may still visit: re-exports of re-exports can multiply without
// end even where none is circular. Under walk_lock.
static unsigned budget;

static bool search_reexports(struct image *im, const char *name, struct found *out, unsigned depth);

static bool search_own(struct image *im, const char *name, struct found *out, unsigned depth)
{
	struct export e;
	out->resolver = 0;
	if (!budget)
		return false;
	budget--;
	if (!im->trie.p)
		return !im->chained.p && !im->has_dyld_info && symtab_find(im, name, &out->def);
	if (!trie_find(im->trie, name, &e))
		return false;
	if (e.flags & EXPORT_SYMBOL_FLAGS_REEXPORT) {
		if (e.ordinal == 0 || e.ordinal > im->ndeps || depth >= MAX_REEXPORT_DEPTH)
			return false;
		struct image *to = im->deps[e.ordinal - 1].image;
		const char *as = e.import ? e.import : name;
		return to && (search_own(to, as, out, depth + 1) || search_reexports(to, as, out, depth + 1));
	}
	out->def.image = im;
	out->def.weak = e.flags & EXPORT_SYMBOL_FLAGS_WEAK_DEFINITION;
	out->def.addr = e.value;
	if ((e.flags & EXPORT_SYMBOL_FLAGS_KIND_MASK) != EXPORT_SYMBOL_FLAGS_KIND_ABSOLUTE)
		out->def.addr += (uint64_t)im->mh;
	if (e.flags & EXPORT_SYMBOL_FLAGS_STUB_AND_RESOLVER)
		out->resolver = (uint64_t)im->mh + e.resolver;
	return true;
}

// search_reexports looks in what im re-exports whole. A cycle ends because im is
// marked while it is being searched.
static bool search_reexports(struct image *im, const char *name, struct found *out, unsigned depth)
{
	if (im->searching || depth >= MAX_REEXPORT_DEPTH)
		return false;
	im->searching = true;
	bool found = false;
	for (uint32_t i = 0; i < im->ndeps && !found; i++) {
		struct dep *d = &im->deps[i];
		if (d->reexport && d->image)
			found = search_own(d->image, name, out, depth + 1) || search_reexports(d->image, name, out, depth + 1);
	}
	im->searching = false;
	return found;
}

// settle calls the resolver, outside the lock since it is the program's.
static bool settle(struct found *f, struct def *out)
{
	if (f->resolver) {
		if (!image_at(f->def.image, f->resolver - (uint64_t)f->def.image->slide, 1))
			return false;
		f->def.addr = ((uint64_t(*)(void))f->resolver)();
	}
	*out = f->def;
	return true;
}

bool find_own_export(struct image *im, const char *name, struct def *out)
{
	struct found f;
	walk_lock();
	budget = MAX_SEARCH;
	bool ok = search_own(im, name, &f, 0);
	walk_unlock();
	return ok && settle(&f, out);
}

bool find_export(struct image *im, const char *name, struct def *out)
{
	struct found f;
	walk_lock();
	budget = MAX_SEARCH;
	bool ok = search_own(im, name, &f, 0) || search_reexports(im, name, &f, 0);
	walk_unlock();
	return ok && settle(&f, out);
}

bool find_in_tree(struct image *im, const char *name, struct def *out)
{
	struct found f;
	bool ok = false;
	walk_lock();
	budget = UINT32_MAX;
	// A queue through the images themselves: the order is breadth first.
	unsigned mark = ++dyld.mark;
	struct image *head = im, *tail = im;
	im->mark = mark;
	im->queue = NULL;
	for (; head && !ok; head = head->queue) {
		ok = search_own(head, name, &f, 0);
		for (uint32_t i = 0; i < head->ndeps && !ok; i++) {
			struct image *d = head->deps[i].image;
			if (!d || d->mark == mark)
				continue;
			d->mark = mark;
			d->queue = NULL;
			tail->queue = d;
			tail = d;
		}
	}
	walk_unlock();
	return ok && settle(&f, out);
}

bool find_flat(const char *name, struct image *from, struct def *out)
{
	// Inserted libraries come before the main program.
	for (int inserted = 1; inserted >= 0; inserted--)
		for (struct image *im = dyld.images; im; im = im->next)
			if (im->inserted == inserted && !im->hidden && find_own_export(im, name, out))
				return true;
	// What was opened with RTLD_LOCAL sees itself and what it needs.
	return from && from->hidden && find_in_tree(from, name, out);
}

bool find_weak(const char *name, struct image *from, struct def *out)
{
	bool found = false;
	for (int inserted = 1; inserted >= 0; inserted--)
		for (struct image *im = dyld.images; im; im = im->next) {
			struct def d;
			if (im->inserted != inserted || (im->hidden && im != from))
				continue;
			if (!(im->flags & (MH_WEAK_DEFINES | MH_BINDS_TO_WEAK)) || !find_own_export(im, name, &d))
				continue;
			if (!d.weak || !found)
				*out = d;
			found = true;
			if (!d.weak)
				return true;
		}
	return found;
}

void *libsystem_symbol(const char *name)
{
	struct def d;
	if (dyld.libsystem ? find_export(dyld.libsystem, name, &d) : find_flat(name, NULL, &d))
		return (void *)d.addr;
	return NULL;
}

const char *nearest_symbol(struct image *im, uintptr_t addr, uintptr_t *value)
{
	const struct nlist_64 *best = NULL;
	uint64_t want = addr - (uintptr_t)im->slide;
	for (uint32_t i = 0; i < im->nsyms; i++) {
		const struct nlist_64 *s = &im->syms[i];
		if ((s->n_type & N_STAB) || (s->n_type & N_TYPE) != N_SECT || s->n_value > want)
			continue;
		// Of two names for one place the exported one is the better.
		if (!best || s->n_value > best->n_value || (s->n_value == best->n_value && (s->n_type & N_EXT) && !(best->n_type & N_EXT)))
			best = s;
	}
	const char *name = best ? blob_string(im->strings, best->n_strx) : NULL;
	if (!name || !*name)
		return NULL;
	*value = best->n_value + (uintptr_t)im->slide;
	return *name == '_' ? name + 1 : name;
}
