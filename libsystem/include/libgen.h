#ifndef _BEAGLE_LIBGEN_H_
#define _BEAGLE_LIBGEN_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

char *basename(char *);
char *dirname(char *);

__END_DECLS

#endif
