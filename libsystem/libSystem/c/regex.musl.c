// regex(3), glob(3) and qsort_r(3) with Darwin's structures, flags and argument
// orders, over musl's.

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

// Darwin's regex_t holds a pointer to musl's.
struct darwin_regex {
	int magic;
	size_t nsub;
	const char *endp;
	regex_t *g;
};
int _beagle_regcomp(regex_t *, const char *, int);
int _beagle_regexec(const regex_t *, const char *, size_t, regmatch_t[], int);
size_t _beagle_regerror(int, const regex_t *, char *, size_t);
void _beagle_regfree(regex_t *);

#define MAGIC (('r' ^ 0200) << 8 | 'e')

int darwin_regcomp(struct darwin_regex *, const char *, int) __asm("_regcomp");
int darwin_regcomp(struct darwin_regex *r, const char *pattern, int flags) {
	int f = (flags & 1 ? REG_EXTENDED : 0) | (flags & 2 ? REG_ICASE : 0) | (flags & 4 ? REG_NOSUB : 0) | (flags & 8 ? REG_NEWLINE : 0);
	char *literal = 0;
	if (flags & 020) { // REG_NOSPEC: nothing is special
		if (!(literal = malloc(2 * strlen(pattern) + 1)))
			return REG_ESPACE;
		char *o = literal;
		for (const char *p = pattern; *p; p++) {
			if (strchr("\\^$.[*", *p))
				*o++ = '\\';
			*o++ = *p;
		}
		*o = 0;
		pattern = literal;
		f &= ~REG_EXTENDED;
	}
	regex_t *g = malloc(sizeof *g);
	int error = g ? _beagle_regcomp(g, pattern, f) : REG_ESPACE;
	free(literal);
	if (error) {
		free(g);
		return error;
	}
	*r = (struct darwin_regex){ MAGIC, g->re_nsub, 0, g };
	return 0;
}
int darwin_regexec(const struct darwin_regex *, const char *, size_t, regmatch_t[], int) __asm("_regexec");
int darwin_regexec(const struct darwin_regex *r, const char *s, size_t n, regmatch_t m[], int flags) {
	if (r->magic != MAGIC)
		return REG_BADPAT;
	int f = (flags & 1 ? REG_NOTBOL : 0) | (flags & 2 ? REG_NOTEOL : 0);
	if (!(flags & 4))
		return _beagle_regexec(r->g, s, n, m, f);
	// REG_STARTEND: the text is the part that m[0] tells.
	regoff_t start = m[0].rm_so, end = m[0].rm_eo;
	if (start < 0 || end < start)
		return REG_NOMATCH;
	char *part = strndup(s + start, (size_t)(end - start));
	if (!part)
		return REG_ESPACE;
	int error = _beagle_regexec(r->g, part, n, m, f);
	free(part);
	for (size_t i = 0; !error && i < n; i++)
		if (m[i].rm_so >= 0) {
			m[i].rm_so += start;
			m[i].rm_eo += start;
		}
	return error;
}
size_t darwin_regerror(int, const struct darwin_regex *, char *, size_t) __asm("_regerror");
size_t darwin_regerror(int error, const struct darwin_regex *r, char *buf, size_t n) { return _beagle_regerror(error, 0, buf, n); }
void darwin_regfree(struct darwin_regex *) __asm("_regfree");
void darwin_regfree(struct darwin_regex *r) {
	if (r->magic != MAGIC)
		return;
	_beagle_regfree(r->g);
	free(r->g);
	r->magic = 0;
	r->g = 0;
}

// qsort_r has the argument first on Darwin, and so has the comparison.
void _beagle_qsort_impl(void *, size_t, size_t, int (*)(const void *, const void *, void *), void *);
struct with {
	int (*compare)(void *, const void *, const void *);
	void *arg;
};
static int swapped(const void *a, const void *b, void *w) { return ((struct with *)w)->compare(((struct with *)w)->arg, a, b); }
void qsort_r(void *base, size_t n, size_t size, void *arg, int (*compare)(void *, const void *, const void *)) {
	struct with w = { compare, arg };
	_beagle_qsort_impl(base, n, size, swapped, &w);
}
static int plain(const void *a, const void *b, void *f) { return ((int (*)(const void *, const void *))f)(a, b); }
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *)) { _beagle_qsort_impl(base, n, size, plain, (void *)compare); }
int heapsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *)) {
	qsort(base, n, size, compare);
	return 0;
}
// Stable: merged from halves.
int mergesort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *)) {
	if (n < 2)
		return 0;
	size_t half = n / 2;
	char *a = base, *b = a + half * size, *end = a + n * size, *tmp;
	if (mergesort(a, half, size, compare) || mergesort(b, n - half, size, compare) || !(tmp = malloc(half * size)))
		return -1;
	memcpy(tmp, a, half * size);
	char *l = tmp, *lend = tmp + half * size, *o = base;
	while (l < lend) {
		char **from = b < end && compare(b, l) < 0 ? &b : &l;
		memcpy(o, *from, size);
		*from += size;
		o += size;
	}
	free(tmp);
	return 0;
}
