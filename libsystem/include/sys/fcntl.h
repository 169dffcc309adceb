#ifndef _BEAGLE_SYS_FCNTL_H_
#define _BEAGLE_SYS_FCNTL_H_

#include <sys/types.h>

__BEGIN_DECLS

#define O_RDONLY 0x0
#define O_WRONLY 0x1
#define O_RDWR 0x2
#define O_ACCMODE 0x3
#define O_NONBLOCK 0x4
#define O_APPEND 0x8
#define O_SHLOCK 0x10
#define O_EXLOCK 0x20
#define O_ASYNC 0x40
#define O_SYNC 0x80
#define O_NOFOLLOW 0x100
#define O_CREAT 0x200
#define O_TRUNC 0x400
#define O_EXCL 0x800
#define O_RESOLVE_BENEATH 0x1000
#define O_EVTONLY 0x8000
#define O_NOCTTY 0x20000
#define O_DIRECTORY 0x100000
#define O_SYMLINK 0x200000
#define O_DSYNC 0x400000
#define O_CLOEXEC 0x1000000
#define O_CLOFORK 0x8000000
#define O_NOFOLLOW_ANY 0x20000000
#define O_EXEC 0x40000000
#define O_SEARCH 0x40100000
#define O_ALERT 0x20000000
#define O_POPUP 0x80000000
#define O_NDELAY O_NONBLOCK
#define O_FSYNC O_SYNC
#define FREAD 0x1
#define FWRITE 0x2
#define AT_FDCWD (-2)
#define AT_EACCESS 0x10
#define AT_SYMLINK_NOFOLLOW 0x20
#define AT_SYMLINK_FOLLOW 0x40
#define AT_REMOVEDIR 0x80
#define AT_REMOVEDIR_DATALESS 0x100
#define AT_REALDEV 0x200
#define AT_FDONLY 0x400
#define AT_SYMLINK_NOFOLLOW_ANY 0x800
#define AT_SYSTEM_DISCARDED 0x1000
#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
#define F_GETOWN 5
#define F_SETOWN 6
#define F_GETLK 7
#define F_SETLK 8
#define F_SETLKW 9
#define F_SETLKWTIMEOUT 10
#define F_FLUSH_DATA 40
#define F_CHKCLEAN 41
#define F_PREALLOCATE 42
#define F_SETSIZE 43
#define F_RDADVISE 44
#define F_RDAHEAD 45
#define F_NOCACHE 48
#define F_LOG2PHYS 49
#define F_GETPATH 50
#define F_FULLFSYNC 51
#define F_PATHPKG_CHECK 52
#define F_FREEZE_FS 53
#define F_THAW_FS 54
#define F_GLOBAL_NOCACHE 55
#define F_OPENFROM 56
#define F_UNLINKFROM 57
#define F_CHECK_OPENEVT 58
#define F_ADDSIGS 59
#define F_MARKDEPENDENCY 60
#define F_ADDFILESIGS 61
#define F_NODIRECT 62
#define F_GETPROTECTIONCLASS 63
#define F_SETPROTECTIONCLASS 64
#define F_LOG2PHYS_EXT 65
#define F_GETLKPID 66
#define F_DUPFD_CLOEXEC 67
#define F_SETSTATICCONTENT 68
#define F_MOVEDATAEXTENTS 69
#define F_SETBACKINGSTORE 70
#define F_GETPATH_MTMINFO 71
#define F_GETCODEDIR 72
#define F_SETNOSIGPIPE 73
#define F_GETNOSIGPIPE 74
#define F_TRANSCODEKEY 75
#define F_SINGLE_WRITER 76
#define F_GETPROTECTIONLEVEL 77
#define F_FINDSIGS 78
#define F_GETDEFAULTPROTLEVEL 79
#define F_MAKECOMPRESSED 80
#define F_SET_GREEDY_MODE 81
#define F_SETIOTYPE 82
#define F_ADDFILESIGS_FOR_DYLD_SIM 83
#define F_RECYCLE 84
#define F_BARRIERFSYNC 85
#define F_OFD_SETLK 90
#define F_OFD_SETLKW 91
#define F_OFD_GETLK 92
#define F_OFD_SETLKWTIMEOUT 93
#define F_OFD_GETLKPID 94
#define F_SETCONFINED 95
#define F_GETCONFINED 96
#define F_ADDFILESIGS_RETURN 97
#define F_CHECK_LV 98
#define F_PUNCHHOLE 99
#define F_TRIM_ACTIVE_FILE 100
#define F_SPECULATIVE_READ 101
#define F_GETPATH_NOFIRMLINK 102
#define F_ADDFILESIGS_INFO 103
#define F_ADDFILESUPPL 104
#define F_GETSIGSINFO 105
#define F_SETLEASE 106
#define F_GETLEASE 107
#define F_ASSERT_BG_ACCESS 108
#define F_RELEASE_BG_ACCESS 109
#define F_TRANSFEREXTENTS 110
#define F_ATTRIBUTION_TAG 111
#define F_NOCACHE_EXT 112
#define F_ADDSIGS_MAIN_BINARY 113
#define FD_CLOEXEC 1
#define FD_CLOFORK 2
#define F_RDLCK 1
#define F_UNLCK 2
#define F_WRLCK 3
#define F_ALLOCATECONTIG 0x2
#define F_ALLOCATEALL 0x4
#define F_ALLOCATEPERSIST 0x8
#define F_PEOFPOSMODE 0x3
#define F_VOLPOSMODE 0x4
#define FAPPEND O_APPEND
#define FASYNC O_ASYNC
#define FNDELAY O_NONBLOCK
#define FNONBLOCK O_NONBLOCK
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
#define SEEK_HOLE 3
#define SEEK_DATA 4

struct flock {
	off_t l_start;
	off_t l_len;
	pid_t l_pid;
	short l_type;
	short l_whence;
};
struct radvisory {
	off_t ra_offset;
	int ra_count;
};
typedef struct fstore {
	unsigned int fst_flags;
	int fst_posmode;
	off_t fst_offset;
	off_t fst_length;
	off_t fst_bytesalloc;
} fstore_t;
typedef struct fpunchhole {
	unsigned int fp_flags;
	unsigned int reserved;
	off_t fp_offset;
	off_t fp_length;
} fpunchhole_t;
struct log2phys {
	unsigned int l2p_flags;
	off_t l2p_contigbytes;
	off_t l2p_devoffset;
} __attribute__((__packed__));
int open(const char *, int, ...);
int openat(int, const char *, int, ...);
int creat(const char *, mode_t);
int fcntl(int, int, ...);
int flock(int, int);

__END_DECLS

#endif
