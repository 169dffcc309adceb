// Locales. There are two, C and UTF-8; Darwin's numbers of categories and items
// are turned into musl's here, and a thread's locale is in its TSD.

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
#include "locale_impl.h"
#include "libc.h"
#include "../tsd.h"

int __mb_cur_max = 1;

static locale_t global(void) {
	libc.global_locale.cat[LC_CTYPE] = libc.global_locale.cat[LC_CTYPE];
	return &libc.global_locale;
}
#if defined(__x86_64__)
static void **tsd_base(void) {
	void **self; // slot 0 holds the thread, whose TSD is 224 bytes in
	__asm__ volatile("movq %%gs:0, %0" : "=r"(self));
	return (void **)((char *)self + 224);
}
#else
static void **tsd_base(void) {
	uintptr_t base;
	__asm__ volatile("mrs %0, TPIDRRO_EL0" : "=r"(base));
	return (void **)(base & ~(uintptr_t)7);
}
#endif
locale_t *_beagle_locale(void) {
	locale_t *l = (locale_t *)(tsd_base() + TSD_LOCALE);
	if (!*l)
		*l = global();
	return l;
}

// The locale of an _l function: Darwin's -1 is the global one and NULL is C.
static locale_t meant(locale_t l) { return l == (locale_t)-1 ? global() : l ? l : C_LOCALE; }

static const signed char category[] = { LC_ALL, LC_COLLATE, LC_CTYPE, LC_MONETARY, LC_NUMERIC, LC_TIME, LC_MESSAGES };
// Bits of newlocale(3) are in another order than the numbers.
static const signed char mask_category[] = { LC_COLLATE, LC_CTYPE, LC_MESSAGES, LC_MONETARY, LC_NUMERIC, LC_TIME };

char *_beagle_setlocale(int, const char *);
locale_t _beagle_newlocale(int, const char *, locale_t);
locale_t _beagle_duplocale(locale_t);
void _beagle_freelocale(locale_t);
char *_beagle_nl_langinfo_l(nl_item, locale_t);

// Names that Darwin knows: C, POSIX, and language_COUNTRY.CODESET.
static int known(const char *name) {
	if (!*name || !strcmp(name, "C") || !strcmp(name, "POSIX") || strstr(name, ".UTF-8") || strstr(name, ".utf8") || !strcmp(name, "UTF-8"))
		return 1;
	size_t n = strlen(name);
	return (n == 5 && name[2] == '_') || strstr(name, ".US-ASCII") || strstr(name, ".ISO8859-");
}

#undef setlocale
char *setlocale(int cat, const char *name) {
	if (cat < 0 || cat > 6 || (name && !known(name)))
		return 0;
	char *r = _beagle_setlocale(category[cat], name);
	if (r && name)
		__mb_cur_max = libc.global_locale.cat[LC_CTYPE] ? 4 : 1;
	return r;
}
#undef newlocale
locale_t newlocale(int mask, const char *name, locale_t base) {
	int m = 0;
	if (mask & ~0x3f)
		return 0;
	if (!name)
		name = "C";
	if (!known(name))
		return 0;
	for (int i = 0; i < 6; i++)
		if (mask & 1 << i)
			m |= 1 << mask_category[i];
	return _beagle_newlocale(m, name, base ? meant(base) : 0);
}
#undef duplocale
locale_t duplocale(locale_t l) { return _beagle_duplocale(meant(l)); }

int darwin_freelocale(locale_t) __asm("_freelocale");
int darwin_freelocale(locale_t l) {
	if (!l || l == (locale_t)-1)
		return -1;
	_beagle_freelocale(l);
	return 0;
}
#undef uselocale
locale_t uselocale(locale_t new) {
	locale_t *at = _beagle_locale(), old = *at;
	if (new)
		*at = meant(new);
	return old == global() ? (locale_t)-1 : old;
}
const char *querylocale(int mask, locale_t l) { return meant(l)->cat[LC_CTYPE] ? "en_US.UTF-8" : "C"; }
int ___mb_cur_max_l(locale_t l) { return meant(l)->cat[LC_CTYPE] ? 4 : 1; }
int ___mb_cur_max(void) { return (*_beagle_locale())->cat[LC_CTYPE] ? 4 : 1; }
struct lconv *localeconv_l(locale_t l) { return localeconv(); }

static char *item(int i, locale_t l) {
	static const nl_item fixed[] = { CODESET, D_T_FMT, D_FMT, T_FMT, T_FMT_AMPM, AM_STR, PM_STR };
	nl_item m;
	if (i == 0)
		return l->cat[LC_CTYPE] ? "UTF-8" : "US-ASCII";
	if (i > 0 && i < 7)
		m = fixed[i];
	else if (i >= 7 && i < 14)
		m = DAY_1 + (i - 7);
	else if (i >= 14 && i < 21)
		m = ABDAY_1 + (i - 14);
	else if (i >= 21 && i < 33)
		m = MON_1 + (i - 21);
	else if (i >= 33 && i < 45)
		m = ABMON_1 + (i - 33);
	else
		switch (i) {
		case 50: m = RADIXCHAR; break;
		case 51: m = THOUSEP; break;
		case 52: m = YESEXPR; break;
		case 53: m = NOEXPR; break;
		case 54: return "yes";
		case 55: return "no";
		case 57: return "md";
		default: return "";
		}
	return _beagle_nl_langinfo_l(m, l);
}
#undef nl_langinfo
#undef nl_langinfo_l
char *nl_langinfo(nl_item i) { return item(i, *_beagle_locale()); }
char *nl_langinfo_l(nl_item i, locale_t l) { return item(i, meant(l)); }

// Functions with a locale of their own: it is the thread's for the while.
#define WITH(l, expr)                                   \
	do {                                            \
		locale_t *at = _beagle_locale(), was = *at; \
		*at = meant(l);                         \
		__typeof(expr) r = (expr);              \
		*at = was;                              \
		return r;                               \
	} while (0)
double strtod_l(const char *s, char **e, locale_t l) { return strtod(s, e); }
float strtof_l(const char *s, char **e, locale_t l) { return strtof(s, e); }
long double strtold_l(const char *s, char **e, locale_t l) { return strtold(s, e); }
long strtol_l(const char *s, char **e, int b, locale_t l) { return strtol(s, e, b); }
long long strtoll_l(const char *s, char **e, int b, locale_t l) { return strtoll(s, e, b); }
unsigned long strtoul_l(const char *s, char **e, int b, locale_t l) { return strtoul(s, e, b); }
unsigned long long strtoull_l(const char *s, char **e, int b, locale_t l) { return strtoull(s, e, b); }
double wcstod_l(const wchar_t *s, wchar_t **e, locale_t l) { return wcstod(s, e); }
int vsnprintf_l(char *d, size_t n, locale_t l, const char *f, va_list ap) { WITH(l, vsnprintf(d, n, f, ap)); }
int vfprintf_l(FILE *o, locale_t l, const char *f, va_list ap) { WITH(l, vfprintf(o, f, ap)); }
int vasprintf(char **, const char *, va_list);
int vasprintf_l(char **o, locale_t l, const char *f, va_list ap) { WITH(l, vasprintf(o, f, ap)); }
int vsscanf_l(const char *s, locale_t l, const char *f, va_list ap) { WITH(l, vsscanf(s, f, ap)); }
#define VARIADIC(call)              \
	va_list ap;                 \
	va_start(ap, f);            \
	int r = call;               \
	va_end(ap);                 \
	return r
int snprintf_l(char *d, size_t n, locale_t l, const char *f, ...) { VARIADIC(vsnprintf_l(d, n, l, f, ap)); }
int sprintf_l(char *d, locale_t l, const char *f, ...) { VARIADIC(vsnprintf_l(d, INT_MAX, l, f, ap)); }
int fprintf_l(FILE *o, locale_t l, const char *f, ...) { VARIADIC(vfprintf_l(o, l, f, ap)); }
int printf_l(locale_t l, const char *f, ...) { VARIADIC(vfprintf_l(stdout, l, f, ap)); }
int asprintf_l(char **o, locale_t l, const char *f, ...) { VARIADIC(vasprintf_l(o, l, f, ap)); }
int sscanf_l(const char *s, locale_t l, const char *f, ...) { VARIADIC(vsscanf_l(s, l, f, ap)); }
size_t mbrtowc_l(wchar_t *w, const char *s, size_t n, mbstate_t *st, locale_t l) { WITH(l, mbrtowc(w, s, n, st)); }
size_t mbrlen_l(const char *s, size_t n, mbstate_t *st, locale_t l) { WITH(l, mbrlen(s, n, st)); }
size_t mbsrtowcs_l(wchar_t *w, const char **s, size_t n, mbstate_t *st, locale_t l) { WITH(l, mbsrtowcs(w, s, n, st)); }
size_t mbsnrtowcs(wchar_t *, const char **, size_t, size_t, mbstate_t *);
size_t wcsnrtombs(char *, const wchar_t **, size_t, size_t, mbstate_t *);
size_t mbsnrtowcs_l(wchar_t *w, const char **s, size_t m, size_t n, mbstate_t *st, locale_t l) { WITH(l, mbsnrtowcs(w, s, m, n, st)); }
size_t mbstowcs_l(wchar_t *w, const char *s, size_t n, locale_t l) { WITH(l, mbstowcs(w, s, n)); }
int mbtowc_l(wchar_t *w, const char *s, size_t n, locale_t l) { WITH(l, mbtowc(w, s, n)); }
size_t wcrtomb_l(char *s, wchar_t w, mbstate_t *st, locale_t l) { WITH(l, wcrtomb(s, w, st)); }
size_t wcsnrtombs_l(char *s, const wchar_t **w, size_t m, size_t n, mbstate_t *st, locale_t l) { WITH(l, wcsnrtombs(s, w, m, n, st)); }
size_t wcsrtombs_l(char *s, const wchar_t **w, size_t n, mbstate_t *st, locale_t l) { WITH(l, wcsrtombs(s, w, n, st)); }
size_t wcstombs_l(char *s, const wchar_t *w, size_t n, locale_t l) { WITH(l, wcstombs(s, w, n)); }
wint_t btowc_l(int c, locale_t l) { WITH(l, btowc(c)); }
int wctob_l(wint_t c, locale_t l) { WITH(l, wctob(c)); }
int mbsinit_l(const mbstate_t *st, locale_t l) { return mbsinit(st); }

// Character classes, as programs read them: the table of the first 256 in
// _DefaultRuneLocale, and ___maskrune for the others.
#define A 0x100u
#define C 0x200u
#define D 0x400u
#define G 0x800u
#define L 0x1000u
#define P 0x2000u
#define S 0x4000u
#define U 0x8000u
#define X 0x10000u
#define B 0x20000u
#define R 0x40000u
#define CONTROL C
#define SPACE (C | S)
#define DIGIT(n) (D | G | X | R | n)
#define PUNCT (P | G | R)
#define UPPER (A | G | U | R)
#define LOWER (A | G | L | R)
#define HEX(n) (X | n)
struct rune_locale {
	char magic[8], encoding[32];
	void *get, *put;
	int invalid;
	unsigned type[256];
	int lower[256], upper[256];
	struct { int n; void *ranges; } ext[3];
	void *variable;
	int variable_len, nclasses;
	void *classes;
};
#define ROW4(a, b, c, d) a, b, c, d
#define SAME4(n) n, n + 1, n + 2, n + 3
#define SAME16(n) SAME4(n), SAME4(n + 4), SAME4(n + 8), SAME4(n + 12)
#define SAME64(n) SAME16(n), SAME16(n + 16), SAME16(n + 32), SAME16(n + 48)
#define CASE26(n) SAME16(n), SAME4(n + 16), SAME4(n + 20), n + 24, n + 25
#define TIMES4(x) x, x, x, x
#define TIMES16(x) TIMES4(x), TIMES4(x), TIMES4(x), TIMES4(x)
struct rune_locale _DefaultRuneLocale = {
	"RuneMagA", "NONE", 0, 0, 0xfffd,
	{ TIMES4(C), TIMES4(C), C, SPACE | B, SPACE, SPACE, SPACE, SPACE, C, C, TIMES16(C),
	  S | B | R, PUNCT, PUNCT, PUNCT, TIMES4(PUNCT), TIMES4(PUNCT), TIMES4(PUNCT),
	  DIGIT(0), DIGIT(1), DIGIT(2), DIGIT(3), DIGIT(4), DIGIT(5), DIGIT(6), DIGIT(7), DIGIT(8), DIGIT(9), PUNCT, PUNCT, PUNCT, PUNCT, PUNCT, PUNCT,
	  PUNCT, UPPER | HEX(10), UPPER | HEX(11), UPPER | HEX(12), UPPER | HEX(13), UPPER | HEX(14), UPPER | HEX(15), UPPER, TIMES16(UPPER), UPPER, UPPER, UPPER,
	  PUNCT, PUNCT, PUNCT, PUNCT, PUNCT,
	  PUNCT, LOWER | HEX(10), LOWER | HEX(11), LOWER | HEX(12), LOWER | HEX(13), LOWER | HEX(14), LOWER | HEX(15), LOWER, TIMES16(LOWER), LOWER, LOWER, LOWER,
	  PUNCT, PUNCT, PUNCT, PUNCT, C },
	{ SAME64(0), 64, CASE26('a'), SAME4(91), 95, SAME16(96), SAME16(112), SAME64(128), SAME64(192) },
	{ SAME64(0), SAME16(64), SAME16(80), 96, CASE26('A'), SAME4(123), 127, SAME64(128), SAME64(192) },
};
struct rune_locale *_CurrentRuneLocale = &_DefaultRuneLocale;

static unsigned long classes(int c) {
	if (c >= 0 && c < 128)
		return _DefaultRuneLocale.type[c];
	if (c < 0 || !(*_beagle_locale())->cat[LC_CTYPE])
		return 0;
	unsigned long m = 0;
	if (iswalpha(c)) m |= A;
	if (iswcntrl(c)) m |= C;
	if (iswgraph(c)) m |= G;
	if (iswlower(c)) m |= L;
	if (iswpunct(c)) m |= P;
	if (iswspace(c)) m |= S;
	if (iswupper(c)) m |= U;
	if (iswblank(c)) m |= B;
	if (iswprint(c)) m |= R;
	int w = wcwidth(c);
	return m | (w > 0 ? (unsigned long)w << 30 : 0);
}
unsigned long ___runetype(int c) { return classes(c); }
unsigned long ___runetype_l(int c, locale_t l) { WITH(l, classes(c)); }
int __maskrune(int c, unsigned long mask) { return (int)(classes(c) & mask); }
int __maskrune_l(int c, unsigned long mask, locale_t l) { WITH(l, (int)(classes(c) & mask)); }
static int to_lower(int c) { return c >= 0 && c < 128 ? _DefaultRuneLocale.lower[c] : c > 0 && (*_beagle_locale())->cat[LC_CTYPE] ? (int)towlower(c) : c; }
static int to_upper(int c) { return c >= 0 && c < 128 ? _DefaultRuneLocale.upper[c] : c > 0 && (*_beagle_locale())->cat[LC_CTYPE] ? (int)towupper(c) : c; }
int __tolower(int c) { return to_lower(c); }
int __toupper(int c) { return to_upper(c); }
int ___tolower(int c) { return to_lower(c); }
int ___toupper(int c) { return to_upper(c); }
int ___tolower_l(int c, locale_t l) { WITH(l, to_lower(c)); }
int ___toupper_l(int c, locale_t l) { WITH(l, to_upper(c)); }
int __istype(int c, unsigned long mask) { return (classes(c) & mask) != 0; }
int digittoint(int c) { return c >= 0 && c < 128 && (_DefaultRuneLocale.type[c] & X) ? (int)(_DefaultRuneLocale.type[c] & 0xf) : 0; }
int isnumber(int c) { return c >= '0' && c <= '9'; }
int ishexnumber(int c) { return c >= 0 && c < 128 && (_DefaultRuneLocale.type[c] & X) != 0; }
