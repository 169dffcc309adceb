#ifndef _BEAGLE_RUNETYPE_H_
#define _BEAGLE_RUNETYPE_H_

#include <sys/types.h>

__BEGIN_DECLS

#define _CTYPE_A 0x00000100
#define _CTYPE_C 0x00000200
#define _CTYPE_D 0x00000400
#define _CTYPE_G 0x00000800
#define _CTYPE_L 0x00001000
#define _CTYPE_P 0x00002000
#define _CTYPE_S 0x00004000
#define _CTYPE_U 0x00008000
#define _CTYPE_X 0x00010000
#define _CTYPE_B 0x00020000
#define _CTYPE_R 0x00040000
#define _CTYPE_I 0x00080000
#define _CTYPE_T 0x00100000
#define _CTYPE_Q 0x00200000
#define _CTYPE_SW1 0x20000000
#define _CACHED_RUNES 256
typedef int rune_t;
typedef struct {
	rune_t __min, __max, __map;
	u_int32_t *__types;
} _RuneEntry;
typedef struct {
	int __nranges;
	_RuneEntry *__ranges;
} _RuneRange;
typedef struct {
	char __name[14];
	u_int32_t __mask;
} _RuneCharClass;
typedef struct {
	char __magic[8];
	char __encoding[32];
	rune_t (*__sgetrune)(const char *, size_t, char const **);
	int (*__sputrune)(rune_t, char *, size_t, char **);
	rune_t __invalid_rune;
	u_int32_t __runetype[256];
	rune_t __maplower[256];
	rune_t __mapupper[256];
	_RuneRange __runetype_ext, __maplower_ext, __mapupper_ext;
	void *__variable;
	int __variable_len;
	int __ncharclasses;
	_RuneCharClass *__charclasses;
} _RuneLocale;
extern _RuneLocale _DefaultRuneLocale;
extern _RuneLocale *_CurrentRuneLocale;

__END_DECLS

#endif
