// Memory, strings, messages and the lock: what a library would do elsewhere.

#include <stdarg.h>

#include "dyld.h"

struct state dyld;
char error_text[2048];

// Compiled with -fno-builtin, so that these are not made calls of themselves.
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict d, const void *restrict s, size_t n)
{
	char *p = d;
	const char *q = s;
	for (; n >= 8; n -= 8, p += 8, q += 8)
		*(word *)p = *(const word *)q;
	while (n--)
		*p++ = *q++;
	return d;
}

void *memmove(void *d, const void *s, size_t n)
{
	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(d, s, n);
	for (char *p = d; n--;)
		p[n] = ((const char *)s)[n];
	return d;
}

void *memset(void *d, int c, size_t n)
{
	for (char *p = d; n--;)
		*p++ = (char)c;
	return d;
}

void bzero(void *d, size_t n);
void bzero(void *d, size_t n)
{
	memset(d, 0, n);
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *p = a, *q = b;
	for (; n--; p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}

size_t str_len(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

bool str_eq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

bool str_has_prefix(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

const char *str_rchr(const char *s, char c)
{
	const char *r = NULL;
	for (; *s; s++)
		if (*s == c)
			r = s;
	return r;
}

char *str_dup(const char *s)
{
	size_t n = str_len(s) + 1;
	return memcpy(mem_alloc(n), s, n);
}

bool path_join(struct path *out, const char *a, size_t alen, const char *b)
{
	size_t blen = str_len(b);
	bool slash = alen && a[alen - 1] != '/';
	if (alen + slash + blen >= sizeof out->s)
		return false;
	memmove(out->s, a, alen);
	if (slash)
		out->s[alen++] = '/';
	memcpy(out->s + alen, b, blen + 1);
	return true;
}

// Blocks of 2^5 to 2^15 bytes from lists by size; larger ones are mappings of
// their own. Each is preceded by 16 bytes that hold its size.
enum { MIN_SHIFT = 5, MAX_SHIFT = 15, CHUNK = 256 << 10 };

struct block {
	uint64_t size;
	struct block *next;
};

static struct block *free_blocks[MAX_SHIFT + 1];
static char *chunk, *chunk_end;

static void *map_memory(size_t size)
{
	long r = sys6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, VM_MAKE_TAG(VM_MEMORY_DYLD), 0);
	if (sys_failed(r))
		die("out of memory (%u bytes)", (unsigned)size);
	return (void *)r;
}

void *mem_alloc(size_t size)
{
	size_t need = size + sizeof(struct block);
	if (need < size || need > MAX_IMAGE_SIZE)
		die("out of memory");
	if (need > 1u << MAX_SHIFT) {
		struct block *b = map_memory(PAGE_ROUND(need));
		b->size = PAGE_ROUND(need);
		return b + 1;
	}
	unsigned shift = MIN_SHIFT;
	while (need > 1u << shift)
		shift++;
	struct block *b = free_blocks[shift];
	if (b) {
		free_blocks[shift] = b->next;
		memset(b + 1, 0, (1u << shift) - sizeof *b);
	} else {
		if ((size_t)(chunk_end - chunk) < 1u << shift) {
			chunk = map_memory(CHUNK);
			chunk_end = chunk + CHUNK;
		}
		b = (struct block *)chunk;
		chunk += 1u << shift;
	}
	b->size = 1u << shift;
	b->next = NULL;
	return b + 1;
}

void mem_free(void *p)
{
	if (!p)
		return;
	struct block *b = (struct block *)p - 1;
	if (b->size > 1u << MAX_SHIFT) {
		sys2(SYS_munmap, b, b->size);
		return;
	}
	unsigned shift = MIN_SHIFT;
	while (b->size > 1u << shift)
		shift++;
	b->next = free_blocks[shift];
	free_blocks[shift] = b;
}

static size_t vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	size_t n = 0;
	for (; *fmt; fmt++) {
		char digits[24], *d = digits + sizeof digits;
		const char *s = d;
		*--d = 0;
		if (*fmt != '%') {
			if (n + 1 < size)
				buf[n++] = *fmt;
			continue;
		}
		switch (*++fmt) {
		case 's':
			s = va_arg(ap, const char *);
			if (!s)
				s = "?";
			break;
		case 'u':
		case 'd': {
			int v = va_arg(ap, int);
			bool neg = *fmt == 'd' && v < 0;
			unsigned u = neg ? 0u - (unsigned)v : (unsigned)v;
			do
				*--d = (char)('0' + u % 10);
			while (u /= 10);
			if (neg)
				*--d = '-';
			s = d;
			break;
		}
		case 'x': {
			uint64_t u = va_arg(ap, uint64_t);
			do
				*--d = "0123456789abcdef"[u & 15];
			while (u >>= 4);
			*--d = 'x';
			*--d = '0';
			s = d;
			break;
		}
		}
		// Names come from files: what would spoil the line or the terminal
		// is shown as a question mark.
		for (; *s && n + 1 < size; s++)
			buf[n++] = (uint8_t)*s < ' ' || *s == 0x7f ? '?' : *s;
	}
	if (size)
		buf[n] = 0;
	return n;
}

size_t format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	size_t n = vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

bool fail(const char *fmt, ...)
{
	// The arguments may point into error_text.
	char text[sizeof error_text];
	va_list ap;
	va_start(ap, fmt);
	size_t n = vformat(text, sizeof text, fmt, ap);
	va_end(ap);
	memcpy(error_text, text, n + 1);
	return false;
}

void print(const char *fmt, ...)
{
	char line[sizeof error_text + 64];
	va_list ap;
	va_start(ap, fmt);
	size_t n = format(line, sizeof line, "dyld[%d]: ", (int)dyld.pid);
	n += vformat(line + n, sizeof line - 1 - n, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	sys3(SYS_write, 2, line, n);
}

// abort_line writes a line and ends the program as Darwin's dyld does: SIGABRT
// that cannot be caught.
static _Noreturn void abort_line(char *line, size_t n)
{
	line[n] = '\n';
	bool written = sys3(SYS_write, 2, line, n + 1) > 0;
	line[n] = 0;
	// The reason is for whoever reports the end; one report is enough.
	sys6(SYS_abort_with_payload, OS_REASON_DYLD, 0, 0, 0, written ? NULL : line, 0);
	sys3(SYS_kill, sys0(SYS_getpid), SIGABRT, 1);
	for (;;)
		sys1(SYS_exit, 134);
}

void die(const char *fmt, ...)
{
	char line[sizeof error_text + 64];
	va_list ap;
	va_start(ap, fmt);
	size_t n = format(line, sizeof line, "dyld: ");
	n += vformat(line + n, sizeof line - 1 - n, fmt, ap);
	va_end(ap);
	abort_line(line, n);
}

void die_error(void)
{
	die("%s", error_text);
}

int sys_fstat(int fd, struct file_id *out)
{
	uint64_t st[18];
	long r = sys2(SYS_fstat64, fd, st);
	if (sys_failed(r))
		return (int)r;
	out->dev = (int32_t)st[0];
	out->mode = (uint16_t)(st[0] >> 32);
	out->ino = st[1];
	out->mtime = (int64_t)st[6];
	out->size = (int64_t)st[12];
	return 0;
}
