#ifndef _BEAGLE_LOCALE_H_
#define _BEAGLE_LOCALE_H_

#include <sys/cdefs.h>
#include <stddef.h>

__BEGIN_DECLS

#define LC_ALL 0
#define LC_COLLATE 1
#define LC_CTYPE 2
#define LC_MONETARY 3
#define LC_NUMERIC 4
#define LC_TIME 5
#define LC_MESSAGES 6
#define _LC_LAST 7
struct lconv {
	char *decimal_point, *thousands_sep, *grouping, *int_curr_symbol, *currency_symbol;
	char *mon_decimal_point, *mon_thousands_sep, *mon_grouping, *positive_sign, *negative_sign;
	char int_frac_digits, frac_digits, p_cs_precedes, p_sep_by_space, n_cs_precedes, n_sep_by_space;
	char p_sign_posn, n_sign_posn, int_p_cs_precedes, int_n_cs_precedes, int_p_sep_by_space;
	char int_n_sep_by_space, int_p_sign_posn, int_n_sign_posn;
};
#define LC_COLLATE_MASK (1 << 0)
#define LC_CTYPE_MASK (1 << 1)
#define LC_MESSAGES_MASK (1 << 2)
#define LC_MONETARY_MASK (1 << 3)
#define LC_NUMERIC_MASK (1 << 4)
#define LC_TIME_MASK (1 << 5)
#define LC_ALL_MASK 0x3f
#define LC_GLOBAL_LOCALE ((locale_t)-1)
#define LC_C_LOCALE ((locale_t)0)
typedef struct _xlocale *locale_t;
struct lconv *localeconv(void);
char *setlocale(int, const char *);
locale_t newlocale(int, const char *, locale_t);
locale_t duplocale(locale_t);
int freelocale(locale_t);
locale_t uselocale(locale_t);

__END_DECLS

#endif
