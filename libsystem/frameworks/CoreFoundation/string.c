// Strings: UTF-8 inside, UTF-16 to the outside.

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "cf.h"

CFTypeID CFStringGetTypeID(void) { return CF_STRING; }

void _cf_string_free(void *o) {
	struct cf_string *s = o;
	free(s->bytes);
	free(s->chars);
}

// Constant strings of compilers have only the first four words: bytes, or with
// flag 0x10 UTF-16 units.
static bool constant(CFStringRef s) { return s->base.isa == __CFConstantStringClassReference; }
static bool wide(CFStringRef s) { return constant(s) && (s->base.info & 0x10); }

static bool ascii(const char *p, CFIndex n) {
	for (CFIndex i = 0; i < n; i++)
		if (p[i] & 0x80)
			return false;
	return true;
}

// Reads one character of UTF-8; 0xfffd for what is not.
static uint32_t next8(const uint8_t **p, const uint8_t *end, bool *ok) {
	uint32_t c = *(*p)++;
	if (c < 0x80)
		return c;
	int more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : -1;
	if (c >= 0xf5 || more < 0 || end - *p < more)
		return *ok = false, 0xfffd;
	uint32_t v = c & (0x3fu >> more);
	for (int i = 0; i < more; i++) {
		if (((*p)[i] & 0xc0) != 0x80)
			return *ok = false, 0xfffd;
		v = v << 6 | ((*p)[i] & 0x3f);
	}
	*p += more;
	if ((more == 2 && (v < 0x800 || (v >= 0xd800 && v < 0xe000))) || (more == 3 && (v < 0x10000 || v > 0x10ffff)))
		return *ok = false, 0xfffd;
	return v;
}
static int put8(uint8_t *o, uint32_t c) {
	if (c < 0x80)
		return o[0] = (uint8_t)c, 1;
	if (c < 0x800)
		return o[0] = (uint8_t)(0xc0 | c >> 6), o[1] = (uint8_t)(0x80 | (c & 0x3f)), 2;
	if (c < 0x10000)
		return o[0] = (uint8_t)(0xe0 | c >> 12), o[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f)), o[2] = (uint8_t)(0x80 | (c & 0x3f)), 3;
	o[0] = (uint8_t)(0xf0 | c >> 18);
	o[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	o[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	o[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

// A string's UTF-16 units; *n of them. Freed by the caller when *owned.
static const uint16_t *units(CFStringRef s, CFIndex *n, bool *owned) {
	*owned = false;
	if (wide(s))
		return *n = s->size, (const uint16_t *)s->bytes;
	if (!constant(s) && s->chars)
		return *n = s->length, s->chars;
	uint16_t *u = malloc(((size_t)s->size + 1) * sizeof *u);
	if (!u)
		return *n = 0, (uint16_t *)0;
	const uint8_t *p = (const uint8_t *)s->bytes, *end = p + s->size;
	CFIndex i = 0;
	bool ok = true;
	while (p < end) {
		uint32_t c = next8(&p, end, &ok);
		if (c >= 0x10000) {
			u[i++] = (uint16_t)(0xd7c0 + (c >> 10));
			u[i++] = (uint16_t)(0xdc00 | (c & 0x3ff));
		} else
			u[i++] = (uint16_t)c;
	}
	*n = i;
	if (constant(s))
		*owned = true;
	else {
		// Another thread may have been faster.
		uint16_t *none = 0;
		((struct cf_string *)s)->length = i;
		if (!__atomic_compare_exchange_n(&((struct cf_string *)s)->chars, &none, u, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			free(u);
			u = none;
		}
	}
	return u;
}

static struct cf_string *make(char *bytes, CFIndex n) {
	struct cf_string *s = bytes ? _CFRuntimeCreateInstance(0, CF_STRING, sizeof *s - sizeof s->base, 0) : 0;
	if (!s) {
		free(bytes);
		return 0;
	}
	bytes[n] = 0;
	s->bytes = bytes;
	s->size = n;
	return s;
}

static struct cf_string *from_units(const uint16_t *u, CFIndex n, bool swap) {
	uint8_t *o = malloc(3 * (size_t)n + 1);
	CFIndex k = 0;
	for (CFIndex i = 0; o && i < n; i++) {
		uint32_t c = swap ? __builtin_bswap16(u[i]) : u[i];
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n) {
			uint32_t d = swap ? __builtin_bswap16(u[i + 1]) : u[i + 1];
			if (d >= 0xdc00 && d < 0xe000) {
				c = 0x10000 + ((c & 0x3ff) << 10) + (d & 0x3ff);
				i++;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		k += put8(o + k, c);
	}
	return make((char *)o, k);
}

CFStringRef CFStringCreateWithBytes(CFAllocatorRef a, const uint8_t *p, CFIndex n, CFStringEncoding enc, Boolean bom) {
	if (n < 0)
		return 0;
	switch (enc) {
	case kCFStringEncodingUTF8: {
		const uint8_t *q = p, *end = p + n;
		bool ok = true;
		while (q < end && ok)
			next8(&q, end, &ok);
		if (!ok)
			return 0;
		break;
	}
	case kCFStringEncodingASCII:
		if (!ascii((const char *)p, n))
			return 0;
		break;
	case kCFStringEncodingMacRoman:
	case kCFStringEncodingISOLatin1: {
		if (enc == kCFStringEncodingMacRoman && !ascii((const char *)p, n))
			return 0;
		uint8_t *o = malloc(2 * (size_t)n + 1);
		CFIndex k = 0;
		for (CFIndex i = 0; o && i < n; i++)
			k += put8(o + k, p[i]);
		return make((char *)o, k);
	}
	case kCFStringEncodingUTF16:
	case kCFStringEncodingUTF16LE:
	case kCFStringEncodingUTF16BE: {
		const uint16_t *u = (const uint16_t *)p;
		bool swap = enc == kCFStringEncodingUTF16BE;
		n /= 2;
		if (enc == kCFStringEncodingUTF16 && n && (u[0] == 0xfeff || u[0] == 0xfffe)) {
			swap = u[0] == 0xfffe;
			u++;
			n--;
		}
		return from_units(u, n, swap);
	}
	default: return 0;
	}
	char *copy = malloc((size_t)n + 1);
	if (copy)
		memcpy(copy, p, (size_t)n);
	return make(copy, n);
}
CFStringRef CFStringCreateWithCString(CFAllocatorRef a, const char *s, CFStringEncoding enc) {
	return CFStringCreateWithBytes(a, (const uint8_t *)s, (CFIndex)strlen(s), enc, 0);
}
extern const CFAllocatorRef kCFAllocatorNull;
CFStringRef CFStringCreateWithBytesNoCopy(CFAllocatorRef a, const uint8_t *p, CFIndex n, CFStringEncoding enc, Boolean bom, CFAllocatorRef freer) {
	CFStringRef s = CFStringCreateWithBytes(a, p, n, enc, bom);
	if (s && freer != kCFAllocatorNull)
		free((void *)p);
	return s;
}
CFStringRef CFStringCreateWithCStringNoCopy(CFAllocatorRef a, const char *p, CFStringEncoding enc, CFAllocatorRef freer) {
	return CFStringCreateWithBytesNoCopy(a, (const uint8_t *)p, (CFIndex)strlen(p), enc, 0, freer);
}
CFStringRef CFStringCreateWithCharacters(CFAllocatorRef a, const uint16_t *u, CFIndex n) { return from_units(u, n, false); }
CFStringRef CFStringCreateCopy(CFAllocatorRef a, CFStringRef s) { return CFRetain(s); }

CFIndex CFStringGetLength(CFStringRef s) {
	CFIndex n;
	bool owned;
	if (!wide(s) && ascii(s->bytes, s->size))
		return s->size;
	const uint16_t *u = units(s, &n, &owned);
	if (owned)
		free((void *)u);
	return n;
}
void CFStringGetCharacters(CFStringRef s, CFRange r, uint16_t *out) {
	CFIndex n;
	bool owned;
	const uint16_t *u = units(s, &n, &owned);
	if (u && r.location >= 0 && r.length >= 0 && r.location <= n && r.length <= n - r.location)
		memcpy(out, u + r.location, (size_t)r.length * 2);
	if (owned)
		free((void *)u);
}
uint16_t CFStringGetCharacterAtIndex(CFStringRef s, CFIndex i) {
	uint16_t c = 0;
	CFStringGetCharacters(s, (CFRange){ i, 1 }, &c);
	return c;
}
CFStringRef CFStringCreateWithSubstring(CFAllocatorRef a, CFStringRef s, CFRange r) {
	uint16_t *u = malloc(((size_t)r.length + 1) * 2);
	if (!u)
		return 0;
	CFStringGetCharacters(s, r, u);
	CFStringRef t = from_units(u, r.length, false);
	free(u);
	return t;
}

CFIndex CFStringGetMaximumSizeForEncoding(CFIndex n, CFStringEncoding enc) {
	switch (enc) {
	case kCFStringEncodingUTF8: return n * 3;
	case kCFStringEncodingUTF16:
	case kCFStringEncodingUTF16LE:
	case kCFStringEncodingUTF16BE: return n * 2;
	default: return n;
	}
}

// Returns how many characters were converted; *used bytes of out.
CFIndex CFStringGetBytes(CFStringRef s, CFRange r, CFStringEncoding enc, uint8_t loss, Boolean external, uint8_t *out, CFIndex room, CFIndex *used) {
	CFIndex n, k = 0, done = 0;
	bool owned;
	const uint16_t *u = units(s, &n, &owned);
	if (r.location < 0 || r.length < 0 || r.location > n)
		r = (CFRange){ 0, 0 };
	if (r.length > n - r.location)
		r.length = n - r.location;
	for (CFIndex i = r.location, end = r.location + r.length; u && i < end;) {
		uint8_t buf[4];
		int m, took = 1;
		uint32_t c = u[i];
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < end && u[i + 1] >= 0xdc00 && u[i + 1] < 0xe000) {
			c = 0x10000 + ((c & 0x3ff) << 10) + (u[i + 1] & 0x3ffu);
			took = 2;
		}
		if (enc == kCFStringEncodingUTF8)
			m = put8(buf, c);
		else if (enc == kCFStringEncodingUTF16 || enc == kCFStringEncodingUTF16LE || enc == kCFStringEncodingUTF16BE) {
			m = 0;
			for (int j = 0; j < took; j++) {
				uint16_t v = enc == kCFStringEncodingUTF16BE ? __builtin_bswap16(u[i + j]) : u[i + j];
				memcpy(buf + m, &v, 2);
				m += 2;
			}
		} else if (c < (enc == kCFStringEncodingISOLatin1 ? 0x100u : 0x80u))
			buf[0] = (uint8_t)c, m = 1;
		else if (loss)
			buf[0] = loss, m = 1;
		else
			break;
		if (out && k + m > room)
			break;
		if (out)
			memcpy(out + k, buf, (size_t)m);
		k += m;
		i += took;
		done += took;
	}
	if (owned)
		free((void *)u);
	if (used)
		*used = k;
	return done;
}
Boolean CFStringGetCString(CFStringRef s, char *out, CFIndex room, CFStringEncoding enc) {
	CFIndex n = CFStringGetLength(s), used;
	if (room < 1)
		return 0;
	if (CFStringGetBytes(s, (CFRange){ 0, n }, enc, 0, 0, (uint8_t *)out, room - 1, &used) != n) {
		out[0] = 0;
		return 0;
	}
	out[used] = 0;
	return 1;
}
const char *CFStringGetCStringPtr(CFStringRef s, CFStringEncoding enc) {
	if (wide(s))
		return 0;
	return enc == kCFStringEncodingUTF8 || ascii(s->bytes, s->size) ? s->bytes : 0;
}
const uint16_t *CFStringGetCharactersPtr(CFStringRef s) { return 0; }
CFDataRef CFStringCreateExternalRepresentation(CFAllocatorRef a, CFStringRef s, CFStringEncoding enc, uint8_t loss) {
	CFIndex n = CFStringGetLength(s), used;
	if (CFStringGetBytes(s, (CFRange){ 0, n }, enc, loss, 1, 0, 0, &used) != n)
		return 0;
	uint8_t *p = malloc(used ? (size_t)used : 1);
	if (!p)
		return 0;
	CFStringGetBytes(s, (CFRange){ 0, n }, enc, loss, 1, p, used, &used);
	CFDataRef d = CFDataCreate(a, p, used);
	free(p);
	return d;
}
CFStringRef CFStringCreateFromExternalRepresentation(CFAllocatorRef a, CFDataRef d, CFStringEncoding enc) {
	return CFStringCreateWithBytes(a, CFDataGetBytePtr(d), CFDataGetLength(d), enc, 1);
}

static CFComparisonResult compare(CFStringRef a, CFStringRef b, bool fold) {
	CFIndex n, m;
	bool own_a, own_b;
	const uint16_t *u = units(a, &n, &own_a), *v = units(b, &m, &own_b);
	CFComparisonResult r = n < m ? -1 : n > m;
	for (CFIndex i = 0; u && v && i < n && i < m; i++) {
		int x = u[i], y = v[i];
		if (fold && x < 128 && y < 128)
			x = tolower(x), y = tolower(y);
		if (x != y) {
			r = x < y ? -1 : 1;
			break;
		}
	}
	if (own_a)
		free((void *)u);
	if (own_b)
		free((void *)v);
	return r;
}
CFComparisonResult CFStringCompare(CFStringRef a, CFStringRef b, CFOptionFlags flags) { return compare(a, b, flags & 1); }
Boolean _cf_string_equal(CFTypeRef a, CFTypeRef b) { return compare(a, b, false) == 0; }
CFHashCode _cf_string_hash(CFTypeRef o) {
	CFIndex n;
	bool owned;
	const uint16_t *u = units(o, &n, &owned);
	CFHashCode h = (CFHashCode)n;
	for (CFIndex i = 0; u && i < n && i < 96; i++)
		h = h * 257 + u[i];
	if (owned)
		free((void *)u);
	return h;
}
Boolean CFStringHasPrefix(CFStringRef s, CFStringRef prefix) {
	CFIndex n = CFStringGetLength(prefix);
	if (CFStringGetLength(s) < n)
		return 0;
	CFStringRef head = CFStringCreateWithSubstring(0, s, (CFRange){ 0, n });
	Boolean r = head && compare(head, prefix, false) == 0;
	if (head)
		CFRelease(head);
	return r;
}

// Mutable strings are strings whose bytes change.
struct cf_string *CFStringCreateMutable(CFAllocatorRef a, CFIndex max) { return make(malloc(1), 0); }
static void append(struct cf_string *s, const char *p, size_t n) {
	char *more = realloc(s->bytes, (size_t)s->size + n + 1);
	if (!more)
		return;
	memcpy(more + s->size, p, n);
	s->bytes = more;
	s->size += (CFIndex)n;
	more[s->size] = 0;
	free(s->chars);
	s->chars = 0;
}
void CFStringAppend(struct cf_string *s, CFStringRef t) {
	CFDataRef d = CFStringCreateExternalRepresentation(0, t, kCFStringEncodingUTF8, '?');
	if (!d)
		return;
	append(s, (const char *)CFDataGetBytePtr(d), (size_t)CFDataGetLength(d));
	CFRelease(d);
}
void CFStringAppendCString(struct cf_string *s, const char *p, CFStringEncoding enc) {
	CFStringRef t = CFStringCreateWithCString(0, p, enc);
	if (!t)
		return;
	CFStringAppend(s, t);
	CFRelease(t);
}
void CFStringAppendCharacters(struct cf_string *s, const uint16_t *u, CFIndex n) {
	CFStringRef t = from_units(u, n, false);
	if (!t)
		return;
	CFStringAppend(s, t);
	CFRelease(t);
}
struct cf_string *CFStringCreateMutableCopy(CFAllocatorRef a, CFIndex max, CFStringRef s) {
	struct cf_string *m = CFStringCreateMutable(a, max);
	if (m)
		CFStringAppend(m, s);
	return m;
}

// CFSTR in sources without compiler support.
CFStringRef __CFStringMakeConstantString(const char *s) { return CFStringCreateWithCString(0, s, kCFStringEncodingUTF8); }
