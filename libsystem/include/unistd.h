#ifndef _BEAGLE_UNISTD_H_
#define _BEAGLE_UNISTD_H_

#include <sys/types.h>
#include <sys/unistd.h>
#include <sys/select.h>

__BEGIN_DECLS

#define STDIN_FILENO 0
#define STDOUT_FILENO 1
#define STDERR_FILENO 2
#define _POSIX_VERSION 200112L
#define _POSIX_THREADS 200112L
#define _POSIX_TIMERS (-1)
#define _POSIX_MAPPED_FILES 200112L
#define _POSIX_MONOTONIC_CLOCK 200112L
#define _POSIX_BARRIERS (-1)
#define _POSIX_SPIN_LOCKS (-1)
#define _XOPEN_VERSION 600
extern char **environ;
extern char *optarg;
extern int optind, opterr, optopt, optreset;
void _exit(int) __dead2;
int access(const char *, int);
int faccessat(int, const char *, int, int);
unsigned int alarm(unsigned int);
int chdir(const char *);
int fchdir(int);
int chown(const char *, uid_t, gid_t);
int fchown(int, uid_t, gid_t);
int lchown(const char *, uid_t, gid_t);
int fchownat(int, const char *, uid_t, gid_t, int);
int chroot(const char *);
int close(int);
size_t confstr(int, char *, size_t);
char *crypt(const char *, const char *);
int dup(int);
int dup2(int, int);
int execl(const char *, const char *, ...);
int execle(const char *, const char *, ...);
int execlp(const char *, const char *, ...);
int execv(const char *, char *const *);
int execve(const char *, char *const *, char *const *);
int execvp(const char *, char *const *);
int execvP(const char *, const char *, char *const *);
pid_t fork(void);
pid_t vfork(void) __attribute__((__returns_twice__));
long fpathconf(int, int);
long pathconf(const char *, int);
int fsync(int);
int fdatasync(int);
int ftruncate(int, off_t);
int truncate(const char *, off_t);
char *getcwd(char *, size_t);
char *getwd(char *);
int getdomainname(char *, int);
int getdtablesize(void);
int getentropy(void *, size_t);
gid_t getegid(void);
uid_t geteuid(void);
gid_t getgid(void);
uid_t getuid(void);
int getgroups(int, gid_t[]);
int setgroups(int, const gid_t *);
int initgroups(const char *, int);
int getgrouplist(const char *, int, int *, int *);
int gethostname(char *, size_t);
int sethostname(const char *, int);
char *getlogin(void);
int getlogin_r(char *, size_t);
int setlogin(const char *);
int getopt(int, char *const[], const char *);
int getpagesize(void);
char *getpass(const char *);
int getpeereid(int, uid_t *, gid_t *);
pid_t getpgid(pid_t);
pid_t getpgrp(void);
pid_t getpid(void);
pid_t getppid(void);
pid_t getsid(pid_t);
int isatty(int);
int issetugid(void);
int link(const char *, const char *);
int linkat(int, const char *, int, const char *, int);
int lockf(int, int, off_t);
off_t lseek(int, off_t, int);
int nice(int);
int pause(void);
int pipe(int[2]);
ssize_t pread(int, void *, size_t, off_t);
ssize_t pwrite(int, const void *, size_t, off_t);
ssize_t read(int, void *, size_t);
ssize_t readlink(const char *, char *, size_t);
ssize_t readlinkat(int, const char *, char *, size_t);
int rmdir(const char *);
int setegid(gid_t);
int seteuid(uid_t);
int setgid(gid_t);
int setpgid(pid_t, pid_t);
pid_t setpgrp(void);
int setregid(gid_t, gid_t);
int setreuid(uid_t, uid_t);
pid_t setsid(void);
int setuid(uid_t);
unsigned int sleep(unsigned int);
int symlink(const char *, const char *);
int symlinkat(const char *, int, const char *);
void sync(void);
long sysconf(int);
int syscall(int, ...);
pid_t tcgetpgrp(int);
int tcsetpgrp(int, pid_t);
char *ttyname(int);
int ttyname_r(int, char *, size_t);
unsigned int ualarm(unsigned int, unsigned int);
int unlink(const char *);
int unlinkat(int, const char *, int);
int usleep(useconds_t);
ssize_t write(int, const void *, size_t);
void swab(const void *, void *, ssize_t);
int mkstemp(char *);
char *mkdtemp(char *);

__END_DECLS

#endif
