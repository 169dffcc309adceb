#ifndef _BEAGLE_LANGINFO_H_
#define _BEAGLE_LANGINFO_H_

#include <locale.h>

__BEGIN_DECLS

typedef int nl_item;
#define CODESET 0
#define D_T_FMT 1
#define D_FMT 2
#define T_FMT 3
#define T_FMT_AMPM 4
#define AM_STR 5
#define PM_STR 6
#define DAY_1 7
#define DAY_7 13
#define ABDAY_1 14
#define MON_1 21
#define ABMON_1 33
#define ERA 45
#define ERA_D_FMT 46
#define ERA_D_T_FMT 47
#define ERA_T_FMT 48
#define ALT_DIGITS 49
#define RADIXCHAR 50
#define THOUSEP 51
#define YESEXPR 52
#define NOEXPR 53
#define YESSTR 54
#define NOSTR 55
#define CRNCYSTR 56
#define D_MD_ORDER 57
char *nl_langinfo(nl_item);
char *nl_langinfo_l(nl_item, locale_t);

__END_DECLS

#endif
