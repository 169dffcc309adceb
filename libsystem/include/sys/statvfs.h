#ifndef _BEAGLE_SYS_STATVFS_H_
#define _BEAGLE_SYS_STATVFS_H_

#include <sys/types.h>

__BEGIN_DECLS

struct statvfs {
	unsigned long f_bsize, f_frsize;
	fsblkcnt_t f_blocks, f_bfree, f_bavail;
	fsfilcnt_t f_files, f_ffree, f_favail;
	unsigned long f_fsid, f_flag, f_namemax;
};
#define ST_RDONLY 1
#define ST_NOSUID 2
int statvfs(const char *, struct statvfs *);
int fstatvfs(int, struct statvfs *);

__END_DECLS

#endif
