#ifndef _BEAGLE_SYS_STAT_H_
#define _BEAGLE_SYS_STAT_H_

#include <sys/types.h>

__BEGIN_DECLS

#define S_IFMT 0xf000
#define S_IFIFO 0x1000
#define S_IFCHR 0x2000
#define S_IFDIR 0x4000
#define S_IFBLK 0x6000
#define S_IFREG 0x8000
#define S_IFLNK 0xa000
#define S_IFSOCK 0xc000
#define S_IFWHT 0xe000
#define S_ISUID 0x800
#define S_ISGID 0x400
#define S_ISVTX 0x200
#define S_IRWXU 0x1c0
#define S_IRUSR 0x100
#define S_IWUSR 0x80
#define S_IXUSR 0x40
#define S_IRWXG 0x38
#define S_IRGRP 0x20
#define S_IWGRP 0x10
#define S_IXGRP 0x8
#define S_IRWXO 0x7
#define S_IROTH 0x4
#define S_IWOTH 0x2
#define S_IXOTH 0x1
#define ALLPERMS 07777
#define ACCESSPERMS 0777
#define UF_SETTABLE 0xffff
#define UF_NODUMP 0x1
#define UF_IMMUTABLE 0x2
#define UF_APPEND 0x4
#define UF_OPAQUE 0x8
#define UF_COMPRESSED 0x20
#define UF_TRACKED 0x40
#define UF_DATAVAULT 0x80
#define UF_HIDDEN 0x8000
#define SF_SUPPORTED 0x9f0000
#define SF_SETTABLE 0x3fff0000
#define SF_SYNTHETIC 0xc0000000
#define SF_ARCHIVED 0x10000
#define SF_IMMUTABLE 0x20000
#define SF_APPEND 0x40000
#define SF_RESTRICTED 0x80000
#define SF_NOUNLINK 0x100000
#define SF_FIRMLINK 0x800000
#define SF_DATALESS 0x40000000
#define UTIME_NOW (-1)
#define UTIME_OMIT (-2)
#define S_ISBLK(m) (((m) & S_IFMT) == S_IFBLK)
#define S_ISCHR(m) (((m) & S_IFMT) == S_IFCHR)
#define S_ISDIR(m) (((m) & S_IFMT) == S_IFDIR)
#define S_ISFIFO(m) (((m) & S_IFMT) == S_IFIFO)
#define S_ISREG(m) (((m) & S_IFMT) == S_IFREG)
#define S_ISLNK(m) (((m) & S_IFMT) == S_IFLNK)
#define S_ISSOCK(m) (((m) & S_IFMT) == S_IFSOCK)
#define DEFFILEMODE 0666
#define S_BLKSIZE 512

struct stat {
	dev_t st_dev;
	mode_t st_mode;
	nlink_t st_nlink;
	ino_t st_ino;
	uid_t st_uid;
	gid_t st_gid;
	dev_t st_rdev;
	struct timespec st_atimespec;
	struct timespec st_mtimespec;
	struct timespec st_ctimespec;
	struct timespec st_birthtimespec;
	off_t st_size;
	blkcnt_t st_blocks;
	blksize_t st_blksize;
	u_int32_t st_flags;
	u_int32_t st_gen;
	int32_t st_lspare;
	int64_t st_qspare[2];
};
#define st_atime st_atimespec.tv_sec
#define st_mtime st_mtimespec.tv_sec
#define st_ctime st_ctimespec.tv_sec
#define st_birthtime st_birthtimespec.tv_sec
#define st_atim st_atimespec
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec

int stat(const char *, struct stat *) __DARWIN_INODE64(stat);
int fstat(int, struct stat *) __DARWIN_INODE64(fstat);
int lstat(const char *, struct stat *) __DARWIN_INODE64(lstat);
int fstatat(int, const char *, struct stat *, int) __DARWIN_INODE64(fstatat);
int chmod(const char *, mode_t);
int fchmod(int, mode_t);
int fchmodat(int, const char *, mode_t, int);
int lchmod(const char *, mode_t);
int chflags(const char *, u_int32_t);
int fchflags(int, u_int32_t);
int lchflags(const char *, u_int32_t);
int mkdir(const char *, mode_t);
int mkdirat(int, const char *, mode_t);
int mkfifo(const char *, mode_t);
int mkfifoat(int, const char *, mode_t);
int mknod(const char *, mode_t, dev_t);
int mknodat(int, const char *, mode_t, dev_t);
mode_t umask(mode_t);
int futimens(int, const struct timespec[2]);
int utimensat(int, const char *, const struct timespec[2], int);

__END_DECLS

#endif
