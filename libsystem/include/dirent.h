#ifndef _BEAGLE_DIRENT_H_
#define _BEAGLE_DIRENT_H_

#include <sys/types.h>

__BEGIN_DECLS

#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define DT_WHT 14
#define MAXNAMLEN 1023
struct dirent {
	u_int64_t d_ino;
	u_int64_t d_seekoff;
	u_int16_t d_reclen;
	u_int16_t d_namlen;
	u_int8_t d_type;
	char d_name[1024];
};
#define d_fileno d_ino
typedef struct _dirdesc DIR;
int closedir(DIR *);
int dirfd(DIR *);
DIR *opendir(const char *) __DARWIN_INODE64(opendir);
DIR *fdopendir(int) __DARWIN_INODE64(fdopendir);
struct dirent *readdir(DIR *) __DARWIN_INODE64(readdir);
int readdir_r(DIR *, struct dirent *, struct dirent **) __DARWIN_INODE64(readdir_r);
void rewinddir(DIR *) __DARWIN_INODE64(rewinddir);
void seekdir(DIR *, long) __DARWIN_INODE64(seekdir);
long telldir(DIR *) __DARWIN_INODE64(telldir);
int scandir(const char *, struct dirent ***, int (*)(const struct dirent *), int (*)(const struct dirent **, const struct dirent **)) __DARWIN_INODE64(scandir);
int alphasort(const struct dirent **, const struct dirent **) __DARWIN_INODE64(alphasort);

__END_DECLS

#endif
