#ifndef _BEAGLE_SYS_MOUNT_H_
#define _BEAGLE_SYS_MOUNT_H_

#include <sys/types.h>

__BEGIN_DECLS

#define MFSTYPENAMELEN 16
#define MNT_WAIT 1
#define MNT_NOWAIT 2
#define MNT_RDONLY 1
struct statfs {
	u_int32_t f_bsize;
	int32_t f_iosize;
	u_int64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	fsid_t f_fsid;
	uid_t f_owner;
	u_int32_t f_type, f_flags, f_fssubtype;
	char f_fstypename[16];
	char f_mntonname[1024];
	char f_mntfromname[1024];
	u_int32_t f_flags_ext;
	u_int32_t f_reserved[7];
};
int statfs(const char *, struct statfs *) __DARWIN_INODE64(statfs);
int fstatfs(int, struct statfs *) __DARWIN_INODE64(fstatfs);
int getfsstat(struct statfs *, int, int) __DARWIN_INODE64(getfsstat);
int getmntinfo(struct statfs **, int) __DARWIN_INODE64(getmntinfo);

__END_DECLS

#endif
