// Copying, filling and comparing memory, 16 bytes at a time: vector moves are what
// the engine translates best.

#include <stddef.h>
#include <stdint.h>

typedef uint8_t v16 __attribute__((__vector_size__(16), __aligned__(1), __may_alias__));
typedef uint64_t u64 __attribute__((__aligned__(1), __may_alias__));
typedef uint32_t u32 __attribute__((__aligned__(1), __may_alias__));
typedef uint16_t u16 __attribute__((__aligned__(1), __may_alias__));

// Up to 32 bytes: all is read before anything is written, so overlap is no matter.
static inline void copy_small(uint8_t *d, const uint8_t *s, size_t n) {
	if (n >= 16) {
		v16 a = *(const v16 *)s, b = *(const v16 *)(s + n - 16);
		*(v16 *)d = a;
		*(v16 *)(d + n - 16) = b;
	} else if (n >= 8) {
		uint64_t a = *(const u64 *)s, b = *(const u64 *)(s + n - 8);
		*(u64 *)d = a;
		*(u64 *)(d + n - 8) = b;
	} else if (n >= 4) {
		uint32_t a = *(const u32 *)s, b = *(const u32 *)(s + n - 4);
		*(u32 *)d = a;
		*(u32 *)(d + n - 4) = b;
	} else if (n >= 2) {
		uint16_t a = *(const u16 *)s, b = *(const u16 *)(s + n - 2);
		*(u16 *)d = a;
		*(u16 *)(d + n - 2) = b;
	} else if (n)
		*d = *s;
}

void *memmove(void *dst, const void *src, size_t n) {
	uint8_t *d = dst;
	const uint8_t *s = src;
	if (n <= 32) {
		copy_small(d, s, n);
		return dst;
	}
	if ((uintptr_t)d - (uintptr_t)s >= n) {
		// Upwards; the end is read first, for it may be written over.
		v16 end = *(const v16 *)(s + n - 16), end2 = *(const v16 *)(s + n - 32);
		uint8_t *last = d + n;
		while (n > 64) {
			v16 a = ((const v16 *)s)[0], b = ((const v16 *)s)[1], c = ((const v16 *)s)[2], e = ((const v16 *)s)[3];
			((v16 *)d)[0] = a;
			((v16 *)d)[1] = b;
			((v16 *)d)[2] = c;
			((v16 *)d)[3] = e;
			s += 64;
			d += 64;
			n -= 64;
		}
		if (n > 32) {
			v16 a = ((const v16 *)s)[0], b = ((const v16 *)s)[1];
			((v16 *)d)[0] = a;
			((v16 *)d)[1] = b;
		}
		*(v16 *)(last - 32) = end2;
		*(v16 *)(last - 16) = end;
		return dst;
	}
	v16 start = *(const v16 *)s, start2 = *(const v16 *)(s + 16);
	while (n > 64) {
		v16 a = *(const v16 *)(s + n - 16), b = *(const v16 *)(s + n - 32), c = *(const v16 *)(s + n - 48), e = *(const v16 *)(s + n - 64);
		*(v16 *)(d + n - 16) = a;
		*(v16 *)(d + n - 32) = b;
		*(v16 *)(d + n - 48) = c;
		*(v16 *)(d + n - 64) = e;
		n -= 64;
	}
	if (n > 32) {
		v16 a = *(const v16 *)(s + n - 16), b = *(const v16 *)(s + n - 32);
		*(v16 *)(d + n - 16) = a;
		*(v16 *)(d + n - 32) = b;
	}
	((v16 *)d)[0] = start;
	((v16 *)d)[1] = start2;
	return dst;
}
// Programs get away with overlap on Darwin.
void *memcpy(void *dst, const void *src, size_t n) { return memmove(dst, src, n); }
void bcopy(const void *src, void *dst, size_t n) { memmove(dst, src, n); }

void *memset(void *dst, int c, size_t n) {
	uint8_t *d = dst;
	uint64_t w = (uint8_t)c * 0x0101010101010101ull;
	if (n >= 16) {
		uint64_t pair[2] = { w, w };
		v16 v = *(v16 *)pair;
		uint8_t *end = d + n - 16;
		while (end - d >= 48) {
			((v16 *)d)[0] = v;
			((v16 *)d)[1] = v;
			((v16 *)d)[2] = v;
			((v16 *)d)[3] = v;
			d += 64;
		}
		for (; d < end; d += 16)
			*(v16 *)d = v;
		*(v16 *)end = v;
	} else if (n >= 8) {
		*(u64 *)d = w;
		*(u64 *)(d + n - 8) = w;
	} else if (n >= 4) {
		*(u32 *)d = (uint32_t)w;
		*(u32 *)(d + n - 4) = (uint32_t)w;
	} else {
		for (; n; n--)
			*d++ = (uint8_t)c;
	}
	return dst;
}
void bzero(void *dst, size_t n) { memset(dst, 0, n); }
void __bzero(void *dst, size_t n) { memset(dst, 0, n); }

static void pattern(uint8_t *d, const uint8_t *p, size_t size, size_t n) {
	for (; n >= size; n -= size, d += size)
		copy_small(d, p, size);
	copy_small(d, p, n);
}
void memset_pattern4(void *d, const void *p, size_t n) { pattern(d, p, 4, n); }
void memset_pattern8(void *d, const void *p, size_t n) { pattern(d, p, 8, n); }
void memset_pattern16(void *d, const void *p, size_t n) { pattern(d, p, 16, n); }

int memcmp(const void *x, const void *y, size_t n) {
	const uint8_t *a = x, *b = y;
	for (; n >= 8; n -= 8, a += 8, b += 8) {
		uint64_t p = *(const u64 *)a, q = *(const u64 *)b;
		if (p != q) {
			p = __builtin_bswap64(p);
			q = __builtin_bswap64(q);
			return p < q ? -1 : 1;
		}
	}
	for (; n; n--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}
int bcmp(const void *x, const void *y, size_t n) { return memcmp(x, y, n); }
int timingsafe_bcmp(const void *x, const void *y, size_t n) {
	const volatile uint8_t *a = x, *b = y;
	uint8_t diff = 0;
	while (n--)
		diff |= *a++ ^ *b++;
	return diff != 0;
}

// A word has a zero byte if this is not 0. Reads are aligned, so they never reach
// into a page that the string does not.
#define ZERO_IN(w) (((w) - 0x0101010101010101ull) & ~(w) & 0x8080808080808080ull)

size_t strlen(const char *s) {
	const char *p = s;
	for (; (uintptr_t)p & 7; p++)
		if (!*p)
			return (size_t)(p - s);
	uint64_t w = *(const u64 *)p;
	while (!ZERO_IN(w))
		w = *(const u64 *)(p += 8);
	return (size_t)(p - s) + (size_t)(__builtin_ctzll(ZERO_IN(w)) >> 3);
}
