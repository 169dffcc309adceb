// Objects, allocators, data, numbers, dates, errors.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include "cf.h"

// Compilers and other libraries point here; an Objective-C runtime would fill it.
int __CFConstantStringClassReference[24];

static const struct cf_class *classes[512];
static uint32_t n_classes = CF_DYNAMIC;

CFTypeID _CFRuntimeRegisterClass(const struct cf_class *c) {
	uint32_t id = __atomic_fetch_add(&n_classes, 1, __ATOMIC_SEQ_CST);
	if (id >= sizeof classes / sizeof *classes)
		return 0;
	classes[id] = c;
	return id;
}

static void bad(const char *what) {
	fprintf(stderr, "CoreFoundation: %s\n", what);
	abort();
}

void *_CFRuntimeCreateInstance(CFAllocatorRef a, CFTypeID id, CFIndex extra, unsigned char *category) {
	struct cf_base *b = calloc(1, sizeof *b + (size_t)extra);
	if (!b)
		return 0;
	b->info = (uint32_t)id;
	b->refs = 1;
	return b;
}

CFTypeID CFGetTypeID(CFTypeRef o) {
	const struct cf_base *b = o;
	if (!b)
		bad("CFGetTypeID of NULL");
	return b->isa == __CFConstantStringClassReference ? CF_STRING : b->info;
}

CFTypeRef CFRetain(CFTypeRef o) {
	struct cf_base *b = (struct cf_base *)o;
	if (!b)
		bad("CFRetain of NULL");
	if (b->isa != __CFConstantStringClassReference && b->refs)
		__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return o;
}

static const struct cf_class *class_of(CFTypeRef o);

void CFRelease(CFTypeRef o) {
	struct cf_base *b = (struct cf_base *)o;
	if (!b)
		bad("CFRelease of NULL");
	if (b->isa == __CFConstantStringClassReference || !b->refs)
		return;
	int32_t left = __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL);
	if (left < 0)
		bad("CFRelease of an object that was freed");
	if (left)
		return;
	const struct cf_class *c = class_of(o);
	if (c && c->finalize)
		c->finalize(b);
	b->refs = -1;
	free(b);
}
CFIndex CFGetRetainCount(CFTypeRef o) { return ((const struct cf_base *)o)->refs ? ((const struct cf_base *)o)->refs : 1; }

Boolean CFEqual(CFTypeRef a, CFTypeRef b) {
	if (a == b)
		return 1;
	if (!a || !b || CFGetTypeID(a) != CFGetTypeID(b))
		return 0;
	const struct cf_class *c = class_of(a);
	return c && c->equal ? c->equal(a, b) : 0;
}
CFHashCode CFHash(CFTypeRef o) {
	const struct cf_class *c = class_of(o);
	return c && c->hash ? c->hash(o) : (CFHashCode)(uintptr_t)o >> 4;
}
CFStringRef CFCopyTypeIDDescription(CFTypeID id) {
	static const char *const own[] = { "", "CFAllocator", "CFString", "CFData", "CFArray", "CFDictionary", "CFNumber", "CFBoolean", "CFDate", "CFError", "CFNull" };
	const char *name = id < CF_DYNAMIC ? own[id] : id < 512 && classes[id] ? classes[id]->name : "";
	return CFStringCreateWithCString(0, name, kCFStringEncodingUTF8);
}
CFStringRef CFCopyDescription(CFTypeRef o) {
	char text[64];
	if (o && CFGetTypeID(o) == CF_STRING)
		return (CFStringRef)CFRetain(o);
	snprintf(text, sizeof text, "<CF %p>", o);
	return CFStringCreateWithCString(0, text, kCFStringEncodingUTF8);
}
CFAllocatorRef CFGetAllocator(CFTypeRef o) { return 0; }

// Allocators: there is malloc. kCFAllocatorNull means "do not free".
static const struct cf_base allocators[4] = { { 0, CF_ALLOCATOR, 0 }, { 0, CF_ALLOCATOR, 0 }, { 0, CF_ALLOCATOR, 0 }, { 0, CF_ALLOCATOR, 0 } };
const CFAllocatorRef kCFAllocatorDefault = 0;
const CFAllocatorRef kCFAllocatorSystemDefault = &allocators[0];
const CFAllocatorRef kCFAllocatorMalloc = &allocators[1];
const CFAllocatorRef kCFAllocatorNull = &allocators[2];
const CFAllocatorRef kCFAllocatorUseContext = &allocators[3];
CFAllocatorRef CFAllocatorGetDefault(void) { return kCFAllocatorSystemDefault; }
void *CFAllocatorAllocate(CFAllocatorRef a, CFIndex n, CFOptionFlags hint) { return a == kCFAllocatorNull ? 0 : malloc((size_t)n); }
void *CFAllocatorReallocate(CFAllocatorRef a, void *p, CFIndex n, CFOptionFlags hint) { return realloc(p, (size_t)n); }
void CFAllocatorDeallocate(CFAllocatorRef a, void *p) {
	if (a != kCFAllocatorNull)
		free(p);
}

static const struct cf_base null = { 0, CF_NULL, 0 };
const CFTypeRef kCFNull = &null;
CFTypeID CFNullGetTypeID(void) { return CF_NULL; }

// Data.
static void data_free(void *o) {
	struct cf_data *d = o;
	if (!d->borrowed)
		free(d->bytes);
}
static Boolean data_equal(CFTypeRef a, CFTypeRef b) {
	CFDataRef x = a, y = b;
	return x->length == y->length && !memcmp(x->bytes, y->bytes, (size_t)x->length);
}
static CFHashCode bytes_hash(const uint8_t *p, CFIndex n) {
	CFHashCode h = 14695981039346656037ul;
	for (CFIndex i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211ul;
	return h;
}
static CFHashCode data_hash(CFTypeRef o) { return bytes_hash(((CFDataRef)o)->bytes, ((CFDataRef)o)->length < 80 ? ((CFDataRef)o)->length : 80); }
CFTypeID CFDataGetTypeID(void) { return CF_DATA; }
static struct cf_data *data(const uint8_t *bytes, CFIndex n) {
	struct cf_data *d = _CFRuntimeCreateInstance(0, CF_DATA, sizeof *d - sizeof d->base, 0);
	if (!d || n < 0 || !(d->bytes = malloc(n ? (size_t)n : 1))) {
		free(d);
		return 0;
	}
	d->length = d->room = n;
	if (bytes && n)
		memcpy(d->bytes, bytes, (size_t)n);
	return d;
}
CFDataRef CFDataCreate(CFAllocatorRef a, const uint8_t *bytes, CFIndex n) { return data(bytes, n); }
CFDataRef CFDataCreateCopy(CFAllocatorRef a, CFDataRef d) { return data(d->bytes, d->length); }
CFDataRef CFDataCreateWithBytesNoCopy(CFAllocatorRef a, const uint8_t *bytes, CFIndex n, CFAllocatorRef freer) {
	struct cf_data *d = _CFRuntimeCreateInstance(0, CF_DATA, sizeof *d - sizeof d->base, 0);
	if (!d)
		return 0;
	d->bytes = (uint8_t *)bytes;
	d->length = d->room = n;
	d->borrowed = freer == kCFAllocatorNull;
	return d;
}
struct cf_data *CFDataCreateMutable(CFAllocatorRef a, CFIndex capacity) {
	struct cf_data *d = data(0, capacity > 0 ? capacity : 16);
	if (d)
		d->length = 0;
	return d;
}
void CFDataSetLength(struct cf_data *d, CFIndex n) {
	if (n > d->room) {
		CFIndex room = n > 2 * d->room ? n : 2 * d->room;
		uint8_t *more = realloc(d->bytes, (size_t)room);
		if (!more)
			bad("out of memory");
		d->bytes = more;
		d->room = room;
	}
	if (n > d->length)
		memset(d->bytes + d->length, 0, (size_t)(n - d->length));
	d->length = n;
}
void CFDataAppendBytes(struct cf_data *d, const uint8_t *bytes, CFIndex n) {
	CFIndex at = d->length;
	CFDataSetLength(d, at + n);
	memcpy(d->bytes + at, bytes, (size_t)n);
}
CFIndex CFDataGetLength(CFDataRef d) { return d->length; }
const uint8_t *CFDataGetBytePtr(CFDataRef d) { return d->bytes; }
uint8_t *CFDataGetMutableBytePtr(struct cf_data *d) { return d->bytes; }
void CFDataGetBytes(CFDataRef d, CFRange r, uint8_t *out) {
	if (r.location < 0 || r.length < 0 || r.location > d->length || r.length > d->length - r.location)
		bad("CFDataGetBytes: range out of bounds");
	memcpy(out, d->bytes + r.location, (size_t)r.length);
}

// Numbers and booleans. Types are CFNumberType's.
enum { SINT8 = 1, SINT16, SINT32, SINT64, FLOAT32, FLOAT64, CHAR, SHORT, INT, LONG, LONGLONG, FLOAT, DOUBLE, CFINDEX, NSINTEGER, CGFLOAT };
static int is_float(int t) { return t == FLOAT32 || t == FLOAT64 || t == FLOAT || t == DOUBLE || t == CGFLOAT; }
static Boolean number_equal(CFTypeRef a, CFTypeRef b) {
	CFNumberRef x = a, y = b;
	return is_float(x->type) || is_float(y->type) ? x->d == y->d : x->i == y->i;
}
static CFHashCode number_hash(CFTypeRef o) { return (CFHashCode)((CFNumberRef)o)->i * 2654435761ul; }
CFTypeID CFNumberGetTypeID(void) { return CF_NUMBER; }
CFNumberRef CFNumberCreate(CFAllocatorRef a, CFIndex type, const void *v) {
	struct cf_number *n = _CFRuntimeCreateInstance(0, CF_NUMBER, sizeof *n - sizeof n->base, 0);
	if (!n)
		return 0;
	n->type = (int)type;
	switch (type) {
	case SINT8:
	case CHAR: n->i = *(const int8_t *)v; break;
	case SINT16:
	case SHORT: n->i = *(const int16_t *)v; break;
	case SINT32:
	case INT: n->i = *(const int32_t *)v; break;
	case FLOAT32:
	case FLOAT: n->d = *(const float *)v; break;
	case FLOAT64:
	case DOUBLE:
	case CGFLOAT: n->d = *(const double *)v; break;
	default: n->i = *(const int64_t *)v;
	}
	if (is_float(n->type))
		n->i = (int64_t)n->d;
	else
		n->d = (double)n->i;
	return n;
}
Boolean CFNumberGetValue(CFNumberRef n, CFIndex type, void *out) {
	switch (type) {
	case SINT8:
	case CHAR: *(int8_t *)out = (int8_t)n->i; return n->i == (int8_t)n->i;
	case SINT16:
	case SHORT: *(int16_t *)out = (int16_t)n->i; return n->i == (int16_t)n->i;
	case SINT32:
	case INT: *(int32_t *)out = (int32_t)n->i; return n->i == (int32_t)n->i;
	case FLOAT32:
	case FLOAT: *(float *)out = (float)n->d; return 1;
	case FLOAT64:
	case DOUBLE:
	case CGFLOAT: *(double *)out = n->d; return 1;
	}
	*(int64_t *)out = n->i;
	return !is_float(n->type) || (double)n->i == n->d;
}
CFIndex CFNumberGetType(CFNumberRef n) { return n->type; }
Boolean CFNumberIsFloatType(CFNumberRef n) { return is_float(n->type); }
CFComparisonResult CFNumberCompare(CFNumberRef a, CFNumberRef b, void *context) {
	if (is_float(a->type) || is_float(b->type))
		return a->d < b->d ? -1 : a->d > b->d;
	return a->i < b->i ? -1 : a->i > b->i;
}
static const struct cf_number yes = { { 0, CF_BOOLEAN, 0 }, CHAR, 1, 1 }, no = { { 0, CF_BOOLEAN, 0 }, CHAR, 0, 0 };
const CFBooleanRef kCFBooleanTrue = &yes, kCFBooleanFalse = &no;
CFTypeID CFBooleanGetTypeID(void) { return CF_BOOLEAN; }
Boolean CFBooleanGetValue(CFBooleanRef b) { return b == &yes; }

// Dates.
const CFTimeInterval kCFAbsoluteTimeIntervalSince1970 = 978307200, kCFAbsoluteTimeIntervalSince1904 = 3061152000;
CFTypeID CFDateGetTypeID(void) { return CF_DATE; }
CFDateRef CFDateCreate(CFAllocatorRef a, CFAbsoluteTime at) {
	struct cf_date *d = _CFRuntimeCreateInstance(0, CF_DATE, sizeof *d - sizeof d->base, 0);
	if (d)
		d->at = at;
	return d;
}
CFAbsoluteTime CFDateGetAbsoluteTime(CFDateRef d) { return d->at; }
CFAbsoluteTime CFAbsoluteTimeGetCurrent(void) {
	struct timeval tv;
	gettimeofday(&tv, 0);
	return (double)tv.tv_sec - kCFAbsoluteTimeIntervalSince1970 + tv.tv_usec / 1e6;
}
CFComparisonResult CFDateCompare(CFDateRef a, CFDateRef b, void *context) { return a->at < b->at ? -1 : a->at > b->at; }
static Boolean date_equal(CFTypeRef a, CFTypeRef b) { return ((CFDateRef)a)->at == ((CFDateRef)b)->at; }

// Errors.
CONSTANT(kCFErrorLocalizedDescriptionKey, "NSLocalizedDescription");
CONSTANT(kCFErrorDomainOSStatus, "NSOSStatusErrorDomain");
CONSTANT(kCFErrorDomainPOSIX, "NSPOSIXErrorDomain");
CONSTANT(kCFErrorDomainMach, "NSMachErrorDomain");
CONSTANT(kCFErrorDomainCocoa, "NSCocoaErrorDomain");
static void error_free(void *o) {
	struct cf_error *e = o;
	if (e->domain)
		CFRelease(e->domain);
	if (e->info)
		CFRelease(e->info);
}
CFTypeID CFErrorGetTypeID(void) { return CF_ERROR; }
CFErrorRef CFErrorCreate(CFAllocatorRef a, CFStringRef domain, CFIndex code, CFDictionaryRef info) {
	struct cf_error *e = _CFRuntimeCreateInstance(0, CF_ERROR, sizeof *e - sizeof e->base, 0);
	if (!e)
		return 0;
	e->domain = CFRetain(domain);
	e->code = code;
	e->info = info ? CFRetain(info) : 0;
	return e;
}
CFIndex CFErrorGetCode(CFErrorRef e) { return e->code; }
CFStringRef CFErrorGetDomain(CFErrorRef e) { return e->domain; }
CFDictionaryRef CFErrorCopyUserInfo(CFErrorRef e) { return e->info ? CFRetain(e->info) : CFDictionaryCreate(0, 0, 0, 0, &kCFTypeDictionaryKeyCallBacks, &kCFTypeDictionaryValueCallBacks); }
CFStringRef CFErrorCopyDescription(CFErrorRef e) {
	CFStringRef s = e->info ? CFDictionaryGetValue(e->info, kCFErrorLocalizedDescriptionKey) : 0;
	if (s)
		return CFRetain(s);
	char text[96];
	snprintf(text, sizeof text, "The operation couldn\xe2\x80\x99t be completed. (error %ld.)", e->code);
	return CFStringCreateWithCString(0, text, kCFStringEncodingUTF8);
}

void _cf_string_free(void *);
Boolean _cf_string_equal(CFTypeRef, CFTypeRef);
CFHashCode _cf_string_hash(CFTypeRef);
void _cf_array_free(void *);
Boolean _cf_array_equal(CFTypeRef, CFTypeRef);
void _cf_dictionary_free(void *);
Boolean _cf_dictionary_equal(CFTypeRef, CFTypeRef);
static CFHashCode count_hash(CFTypeRef o) { return (CFHashCode)((CFArrayRef)o)->count; }

static const struct cf_class own[CF_DYNAMIC] = {
	[CF_STRING] = { "CFString", _cf_string_free, _cf_string_equal, _cf_string_hash },
	[CF_DATA] = { "CFData", data_free, data_equal, data_hash },
	[CF_ARRAY] = { "CFArray", _cf_array_free, _cf_array_equal, count_hash },
	[CF_DICTIONARY] = { "CFDictionary", _cf_dictionary_free, _cf_dictionary_equal, 0 },
	[CF_NUMBER] = { "CFNumber", 0, number_equal, number_hash },
	[CF_DATE] = { "CFDate", 0, date_equal, 0 },
	[CF_ERROR] = { "CFError", error_free, 0, 0 },
};
static const struct cf_class *class_of(CFTypeRef o) {
	CFTypeID id = CFGetTypeID(o);
	return id < CF_DYNAMIC ? &own[id] : id < 512 ? classes[id] : 0;
}
