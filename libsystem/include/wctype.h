#ifndef _BEAGLE_WCTYPE_H_
#define _BEAGLE_WCTYPE_H_

#include <sys/types.h>

__BEGIN_DECLS

typedef int wint_t;
typedef u_int32_t wctype_t;
typedef int wctrans_t;
#ifndef WEOF
#define WEOF ((wint_t)-1)
#endif
int iswalnum(wint_t);
int iswalpha(wint_t);
int iswblank(wint_t);
int iswcntrl(wint_t);
int iswdigit(wint_t);
int iswgraph(wint_t);
int iswlower(wint_t);
int iswprint(wint_t);
int iswpunct(wint_t);
int iswspace(wint_t);
int iswupper(wint_t);
int iswxdigit(wint_t);
int iswctype(wint_t, wctype_t);
wint_t towlower(wint_t);
wint_t towupper(wint_t);
wint_t towctrans(wint_t, wctrans_t);
wctype_t wctype(const char *);
wctrans_t wctrans(const char *);

__END_DECLS

#endif
