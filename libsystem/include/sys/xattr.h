#ifndef _BEAGLE_SYS_XATTR_H_
#define _BEAGLE_SYS_XATTR_H_

#include <sys/types.h>
#include <stdint.h>

__BEGIN_DECLS

#define XATTR_NOFOLLOW 1
#define XATTR_CREATE 2
#define XATTR_REPLACE 4
#define XATTR_SHOWCOMPRESSION 0x20
ssize_t getxattr(const char *, const char *, void *, size_t, uint32_t, int);
ssize_t fgetxattr(int, const char *, void *, size_t, uint32_t, int);
int setxattr(const char *, const char *, const void *, size_t, uint32_t, int);
int fsetxattr(int, const char *, const void *, size_t, uint32_t, int);
int removexattr(const char *, const char *, int);
int fremovexattr(int, const char *, int);
ssize_t listxattr(const char *, char *, size_t, int);
ssize_t flistxattr(int, char *, size_t, int);

__END_DECLS

#endif
