// Arrays and dictionaries. A dictionary is two arrays, searched in order: the ones
// that programs hand to the system are small.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cf.h"

static CFTypeRef retain(CFAllocatorRef a, CFTypeRef o) { return CFRetain(o); }
static void release(CFAllocatorRef a, CFTypeRef o) { CFRelease(o); }
const CFArrayCallBacks kCFTypeArrayCallBacks = { 0, retain, release, 0, CFEqual };
const CFDictionaryKeyCallBacks kCFTypeDictionaryKeyCallBacks = { 0, retain, release, 0, CFEqual, CFHash };
const CFDictionaryKeyCallBacks kCFCopyStringDictionaryKeyCallBacks = { 0, retain, release, 0, CFEqual, CFHash };
const CFDictionaryValueCallBacks kCFTypeDictionaryValueCallBacks = { 0, retain, release, 0, CFEqual };

static CFTypeRef *grow(CFTypeRef *items, CFIndex room) {
	CFTypeRef *more = realloc(items, (size_t)room * sizeof *more);
	if (!more) {
		fprintf(stderr, "CoreFoundation: out of memory\n");
		abort();
	}
	return more;
}

CFTypeID CFArrayGetTypeID(void) { return CF_ARRAY; }
struct cf_array *CFArrayCreateMutable(CFAllocatorRef a, CFIndex capacity, const CFArrayCallBacks *cb) {
	struct cf_array *r = _CFRuntimeCreateInstance(a, CF_ARRAY, sizeof *r - sizeof r->base, 0);
	if (r && cb)
		r->cb = *cb;
	return r;
}
void CFArrayInsertValueAtIndex(struct cf_array *r, CFIndex i, CFTypeRef v) {
	if (i < 0 || i > r->count)
		return;
	if (r->count == r->room)
		r->items = grow(r->items, r->room = r->room ? 2 * r->room : 8);
	memmove(r->items + i + 1, r->items + i, (size_t)(r->count - i) * sizeof *r->items);
	r->items[i] = r->cb.retain ? r->cb.retain(0, v) : v;
	r->count++;
}
void CFArrayAppendValue(struct cf_array *r, CFTypeRef v) { CFArrayInsertValueAtIndex(r, r->count, v); }
void CFArraySetValueAtIndex(struct cf_array *r, CFIndex i, CFTypeRef v) {
	if (i == r->count) {
		CFArrayAppendValue(r, v);
		return;
	}
	if (i < 0 || i > r->count)
		return;
	CFTypeRef old = r->items[i];
	r->items[i] = r->cb.retain ? r->cb.retain(0, v) : v;
	if (r->cb.release)
		r->cb.release(0, old);
}
void CFArrayRemoveValueAtIndex(struct cf_array *r, CFIndex i) {
	if (i < 0 || i >= r->count)
		return;
	CFTypeRef old = r->items[i];
	memmove(r->items + i, r->items + i + 1, (size_t)(r->count - i - 1) * sizeof *r->items);
	r->count--;
	if (r->cb.release)
		r->cb.release(0, old);
}
void CFArrayRemoveAllValues(struct cf_array *r) {
	while (r->count)
		CFArrayRemoveValueAtIndex(r, r->count - 1);
}
CFArrayRef CFArrayCreate(CFAllocatorRef a, CFTypeRef *values, CFIndex n, const CFArrayCallBacks *cb) {
	struct cf_array *r = CFArrayCreateMutable(a, n, cb);
	for (CFIndex i = 0; r && i < n; i++)
		CFArrayAppendValue(r, values[i]);
	return r;
}
CFArrayRef CFArrayCreateCopy(CFAllocatorRef a, CFArrayRef o) { return CFArrayCreate(a, o->items, o->count, &o->cb); }
struct cf_array *CFArrayCreateMutableCopy(CFAllocatorRef a, CFIndex capacity, CFArrayRef o) { return (struct cf_array *)CFArrayCreateCopy(a, o); }
CFIndex CFArrayGetCount(CFArrayRef r) { return r->count; }
CFTypeRef CFArrayGetValueAtIndex(CFArrayRef r, CFIndex i) { return i >= 0 && i < r->count ? r->items[i] : 0; }
void CFArrayGetValues(CFArrayRef r, CFRange range, CFTypeRef *out) {
	for (CFIndex i = 0; i < range.length; i++)
		out[i] = CFArrayGetValueAtIndex(r, range.location + i);
}
void CFArrayApplyFunction(CFArrayRef r, CFRange range, void (*f)(CFTypeRef, void *), void *context) {
	for (CFIndex i = range.location; i < range.location + range.length && i < r->count; i++)
		f(r->items[i], context);
}
static Boolean same(CFTypeRef a, CFTypeRef b, Boolean (*equal)(CFTypeRef, CFTypeRef)) { return a == b || (equal && equal(a, b)); }
CFIndex CFArrayGetFirstIndexOfValue(CFArrayRef r, CFRange range, CFTypeRef v) {
	for (CFIndex i = range.location; i < range.location + range.length && i < r->count; i++)
		if (same(r->items[i], v, r->cb.equal))
			return i;
	return -1;
}
Boolean CFArrayContainsValue(CFArrayRef r, CFRange range, CFTypeRef v) { return CFArrayGetFirstIndexOfValue(r, range, v) >= 0; }
void _cf_array_free(void *o) {
	struct cf_array *r = o;
	for (CFIndex i = 0; r->cb.release && i < r->count; i++)
		r->cb.release(0, r->items[i]);
	free(r->items);
}
Boolean _cf_array_equal(CFTypeRef a, CFTypeRef b) {
	CFArrayRef x = a, y = b;
	if (x->count != y->count)
		return 0;
	for (CFIndex i = 0; i < x->count; i++)
		if (!same(x->items[i], y->items[i], x->cb.equal))
			return 0;
	return 1;
}

CFTypeID CFDictionaryGetTypeID(void) { return CF_DICTIONARY; }
struct cf_dictionary *CFDictionaryCreateMutable(CFAllocatorRef a, CFIndex capacity, const CFDictionaryKeyCallBacks *k, const CFDictionaryValueCallBacks *v) {
	struct cf_dictionary *d = _CFRuntimeCreateInstance(a, CF_DICTIONARY, sizeof *d - sizeof d->base, 0);
	if (d && k)
		d->kcb = *k;
	if (d && v)
		d->vcb = *v;
	return d;
}
static CFIndex find(CFDictionaryRef d, CFTypeRef key) {
	for (CFIndex i = 0; i < d->count; i++)
		if (same(d->keys[i], key, d->kcb.equal))
			return i;
	return -1;
}
static void put(struct cf_dictionary *d, CFTypeRef key, CFTypeRef v, bool add, bool replace) {
	CFIndex i = find(d, key);
	if (i >= 0 ? !replace : !add)
		return;
	v = d->vcb.retain ? d->vcb.retain(0, v) : v;
	if (i >= 0) {
		CFTypeRef old = d->values[i];
		d->values[i] = v;
		if (d->vcb.release)
			d->vcb.release(0, old);
		return;
	}
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 8;
		d->keys = grow(d->keys, d->room);
		d->values = grow(d->values, d->room);
	}
	d->keys[d->count] = d->kcb.retain ? d->kcb.retain(0, key) : key;
	d->values[d->count++] = v;
}
void CFDictionarySetValue(struct cf_dictionary *d, CFTypeRef k, CFTypeRef v) { put(d, k, v, true, true); }
void CFDictionaryAddValue(struct cf_dictionary *d, CFTypeRef k, CFTypeRef v) { put(d, k, v, true, false); }
void CFDictionaryReplaceValue(struct cf_dictionary *d, CFTypeRef k, CFTypeRef v) { put(d, k, v, false, true); }
void CFDictionaryRemoveValue(struct cf_dictionary *d, CFTypeRef k) {
	CFIndex i = find(d, k);
	if (i < 0)
		return;
	CFTypeRef key = d->keys[i], value = d->values[i];
	d->count--;
	d->keys[i] = d->keys[d->count];
	d->values[i] = d->values[d->count];
	if (d->kcb.release)
		d->kcb.release(0, key);
	if (d->vcb.release)
		d->vcb.release(0, value);
}
CFDictionaryRef CFDictionaryCreate(CFAllocatorRef a, CFTypeRef *keys, CFTypeRef *values, CFIndex n, const CFDictionaryKeyCallBacks *k, const CFDictionaryValueCallBacks *v) {
	struct cf_dictionary *d = CFDictionaryCreateMutable(a, n, k, v);
	for (CFIndex i = 0; d && i < n; i++)
		CFDictionaryAddValue(d, keys[i], values[i]);
	return d;
}
CFDictionaryRef CFDictionaryCreateCopy(CFAllocatorRef a, CFDictionaryRef o) { return CFDictionaryCreate(a, o->keys, o->values, o->count, &o->kcb, &o->vcb); }
struct cf_dictionary *CFDictionaryCreateMutableCopy(CFAllocatorRef a, CFIndex capacity, CFDictionaryRef o) { return (struct cf_dictionary *)CFDictionaryCreateCopy(a, o); }
CFIndex CFDictionaryGetCount(CFDictionaryRef d) { return d->count; }
CFTypeRef CFDictionaryGetValue(CFDictionaryRef d, CFTypeRef key) {
	CFIndex i = find(d, key);
	return i < 0 ? 0 : d->values[i];
}
Boolean CFDictionaryContainsKey(CFDictionaryRef d, CFTypeRef key) { return find(d, key) >= 0; }
Boolean CFDictionaryGetValueIfPresent(CFDictionaryRef d, CFTypeRef key, CFTypeRef *out) {
	CFIndex i = find(d, key);
	if (i >= 0 && out)
		*out = d->values[i];
	return i >= 0;
}
void CFDictionaryGetKeysAndValues(CFDictionaryRef d, CFTypeRef *keys, CFTypeRef *values) {
	if (keys)
		memcpy(keys, d->keys, (size_t)d->count * sizeof *keys);
	if (values)
		memcpy(values, d->values, (size_t)d->count * sizeof *values);
}
void CFDictionaryApplyFunction(CFDictionaryRef d, void (*f)(CFTypeRef, CFTypeRef, void *), void *context) {
	for (CFIndex i = 0; i < d->count; i++)
		f(d->keys[i], d->values[i], context);
}
void _cf_dictionary_free(void *o) {
	struct cf_dictionary *d = o;
	for (CFIndex i = 0; i < d->count; i++) {
		if (d->kcb.release)
			d->kcb.release(0, d->keys[i]);
		if (d->vcb.release)
			d->vcb.release(0, d->values[i]);
	}
	free(d->keys);
	free(d->values);
}
Boolean _cf_dictionary_equal(CFTypeRef a, CFTypeRef b) {
	CFDictionaryRef x = a, y = b;
	if (x->count != y->count)
		return 0;
	for (CFIndex i = 0; i < x->count; i++) {
		CFTypeRef v;
		if (!CFDictionaryGetValueIfPresent(y, x->keys[i], &v) || !same(x->values[i], v, x->vcb.equal))
			return 0;
	}
	return 1;
}
