#ifndef _BEAGLE_XLOCALE_H_
#define _BEAGLE_XLOCALE_H_

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

__BEGIN_DECLS

struct lconv *localeconv_l(locale_t);
const char *querylocale(int, locale_t);
int ___mb_cur_max_l(locale_t);
#define MB_CUR_MAX_L(l) (___mb_cur_max_l(l))
double strtod_l(const char *, char **, locale_t);
float strtof_l(const char *, char **, locale_t);
long double strtold_l(const char *, char **, locale_t);
long strtol_l(const char *, char **, int, locale_t);
long long strtoll_l(const char *, char **, int, locale_t);
unsigned long strtoul_l(const char *, char **, int, locale_t);
unsigned long long strtoull_l(const char *, char **, int, locale_t);
int snprintf_l(char *, size_t, locale_t, const char *, ...);
int vsnprintf_l(char *, size_t, locale_t, const char *, va_list);
int sprintf_l(char *, locale_t, const char *, ...);
int fprintf_l(FILE *, locale_t, const char *, ...);
int vfprintf_l(FILE *, locale_t, const char *, va_list);
int asprintf_l(char **, locale_t, const char *, ...);
int vasprintf_l(char **, locale_t, const char *, va_list);
int sscanf_l(const char *, locale_t, const char *, ...);
int vsscanf_l(const char *, locale_t, const char *, va_list);
int strcoll_l(const char *, const char *, locale_t);
size_t strxfrm_l(char *, const char *, size_t, locale_t);
int strcasecmp_l(const char *, const char *, locale_t);
int strncasecmp_l(const char *, const char *, size_t, locale_t);
size_t strftime_l(char *, size_t, const char *, const struct tm *, locale_t);
size_t mbrtowc_l(wchar_t *, const char *, size_t, mbstate_t *, locale_t);
size_t mbrlen_l(const char *, size_t, mbstate_t *, locale_t);
size_t mbsrtowcs_l(wchar_t *, const char **, size_t, mbstate_t *, locale_t);
size_t mbsnrtowcs_l(wchar_t *, const char **, size_t, size_t, mbstate_t *, locale_t);
size_t mbstowcs_l(wchar_t *, const char *, size_t, locale_t);
int mbtowc_l(wchar_t *, const char *, size_t, locale_t);
size_t wcrtomb_l(char *, wchar_t, mbstate_t *, locale_t);
size_t wcsnrtombs_l(char *, const wchar_t **, size_t, size_t, mbstate_t *, locale_t);
size_t wcstombs_l(char *, const wchar_t *, size_t, locale_t);
wint_t btowc_l(int, locale_t);
int wctob_l(wint_t, locale_t);
int wcscoll_l(const wchar_t *, const wchar_t *, locale_t);
size_t wcsxfrm_l(wchar_t *, const wchar_t *, size_t, locale_t);

__END_DECLS

#endif
