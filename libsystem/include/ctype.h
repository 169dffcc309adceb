#ifndef _BEAGLE_CTYPE_H_
#define _BEAGLE_CTYPE_H_

#include <sys/cdefs.h>
#include <runetype.h>

__BEGIN_DECLS

int isalnum(int);
int isalpha(int);
int isascii(int);
int isblank(int);
int iscntrl(int);
int isdigit(int);
int isgraph(int);
int islower(int);
int isprint(int);
int ispunct(int);
int isspace(int);
int isupper(int);
int isxdigit(int);
int toascii(int);
int tolower(int);
int toupper(int);
int digittoint(int);
int ishexnumber(int);
int isnumber(int);
int __maskrune(int, unsigned long);
int __tolower(int);
int __toupper(int);
#define toascii(c) ((c) & 0x7f)

__END_DECLS

#endif
