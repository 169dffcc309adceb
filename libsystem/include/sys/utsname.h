#ifndef _BEAGLE_SYS_UTSNAME_H_
#define _BEAGLE_SYS_UTSNAME_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

#define _SYS_NAMELEN 256
struct utsname {
	char sysname[256], nodename[256], release[256], version[256], machine[256];
};
int uname(struct utsname *);

__END_DECLS

#endif
