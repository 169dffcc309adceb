#ifndef _BEAGLE_SYS_CLONEFILE_H_
#define _BEAGLE_SYS_CLONEFILE_H_

#include <sys/types.h>
#include <stdint.h>

__BEGIN_DECLS

#define CLONE_NOFOLLOW 1
#define CLONE_NOOWNERCOPY 2
int clonefile(const char *, const char *, uint32_t);
int clonefileat(int, const char *, int, const char *, uint32_t);
int fclonefileat(int, int, const char *, uint32_t);

__END_DECLS

#endif
