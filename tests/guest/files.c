// Files and directories, in the scratch directory the test starts in.
// expect: write, seek, read
// expect: stat
// expect: directory
// expect: links
// expect: errors
// expect: descriptors
#include "beagle.h"

static char buf[4096];

static int find(int fd, const char *name) {
	i64 base = 0;
	int seen = 0;
	CHECK_EQ(sys(SYS_lseek, fd, 0, 0), 0);
	for (;;) {
		static u8 d[4096] __attribute__((aligned(8)));
		long n = sys(SYS_getdirentries64, fd, d, sizeof d, &base);
		CHECK(n >= 0);
		if (n <= 0) return seen;
		for (long o = 0; o < n;) {
			struct dirent64 *e = (void *)(d + o);
			CHECK(e->reclen % 4 == 0 && e->reclen > 21);
			CHECK_EQ(strlen(e->name), e->namlen);
			if (!strcmp(e->name, name)) seen += e->type;
			o += e->reclen;
		}
	}
}

int main(int argc, char **argv, char **envp, char **apple) {
	struct stat64 st;
	long fd = sys(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
	CHECK(fd >= 0);
	CHECK_EQ(sys(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0640), -EEXIST);
	CHECK_EQ(sys(SYS_write, fd, "hello, file", 11), 11);
	CHECK_EQ(sys(SYS_lseek, fd, -4, 1), 7);
	CHECK_EQ(sys(SYS_read, fd, buf, 100), 4);
	CHECK(!memcmp(buf, "file", 4));
	CHECK_EQ(sys(SYS_read, fd, buf, 100), 0);
	CHECK_EQ(sys(SYS_pwrite, fd, "HE", 2, 0ul), 2);
	CHECK_EQ(sys(SYS_pread, fd, buf, 5, 0ul), 5);
	CHECK(!memcmp(buf, "HEllo", 5));
	struct iovec v[3] = {{"ab", 2}, {0, 0}, {"cde", 3}};
	CHECK_EQ(sys(SYS_writev, fd, v, 3), 5);
	CHECK_EQ(sys(SYS_lseek, fd, 0, 2), 16);
	CHECK_EQ(sys(SYS_lseek, fd, 0x100000000l, 0), 0x100000000l); // more than 32 bits come back
	CHECK_EQ(sys(SYS_lseek, fd, -1, 0), -EINVAL);
	say("write, seek, read\n");

	CHECK_EQ(sys(SYS_fstat64, fd, &st), 0);
	CHECK_EQ(st.size, 16);
	CHECK_EQ(st.mode & S_IFMT, S_IFREG);
	CHECK_EQ(st.nlink, 1);
	CHECK_EQ(sys(SYS_ftruncate, fd, 5ul), 0);
	CHECK_EQ(sys(SYS_stat64, "f", &st), 0);
	CHECK_EQ(st.size, 5);
	CHECK_EQ(sys(SYS_chmod, "f", 0600), 0);
	CHECK_EQ(sys(SYS_fstatat64, AT_FDCWD, "f", &st, 0), 0);
	CHECK_EQ(st.mode & 07777, 0600);
	struct timeval t[2] = {{1000000000, 500000, 0}, {1000000001, 250000, 0}};
	CHECK_EQ(sys(SYS_utimes, "f", t), 0);
	CHECK_EQ(sys(SYS_stat64, "f", &st), 0);
	CHECK_EQ(st.mtime.sec, 1000000001);
	CHECK_EQ(st.mtime.nsec, 250000000);
	CHECK_EQ(sys(SYS_fsync, fd), 0);
	CHECK_EQ(sys(SYS_access, "f", 6), 0);
	say("stat\n");

	CHECK_EQ(sys(SYS_mkdir, "d", 0755), 0);
	CHECK_EQ(sys(SYS_mkdir, "d", 0755), -EEXIST);
	CHECK_EQ(sys(SYS_rename, "f", "d/g"), 0);
	long dir = sys(SYS_open, "d", O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0);
	CHECK_EQ(find(dir, "g"), 8);     // DT_REG
	CHECK_EQ(find(dir, "."), 4);     // DT_DIR
	CHECK_EQ(find(dir, "nothing"), 0);
	CHECK_EQ(sys(SYS_rmdir, "d"), -ENOTEMPTY);
	long at = sys(SYS_openat, dir, "g", O_RDONLY);
	CHECK(at >= 0);
	CHECK_EQ(sys(SYS_write, at, "x", 1), -EBADF);
	CHECK_EQ(sys(SYS_fcntl, at, F_GETPATH, buf), 0);
	CHECK(strlen(buf) > 4 && !strcmp(buf + strlen(buf) - 4, "/d/g"));
	CHECK_EQ(sys(SYS_close, at), 0);
	say("directory\n");

	CHECK_EQ(sys(SYS_link, "d/g", "hard"), 0);
	CHECK_EQ(sys(SYS_stat64, "hard", &st), 0);
	CHECK_EQ(st.nlink, 2);
	CHECK_EQ(sys(SYS_symlink, "d/g", "soft"), 0);
	CHECK_EQ(sys(SYS_lstat64, "soft", &st), 0);
	CHECK_EQ(st.mode & S_IFMT, S_IFLNK);
	CHECK_EQ(sys(SYS_stat64, "soft", &st), 0);
	CHECK_EQ(st.mode & S_IFMT, S_IFREG);
	CHECK_EQ(sys(SYS_readlink, "soft", buf, sizeof buf), 3);
	CHECK(!memcmp(buf, "d/g", 3));
	CHECK_EQ(sys(SYS_readlink, "hard", buf, sizeof buf), -EINVAL);
	CHECK_EQ(sys(SYS_symlink, "loop", "loop"), 0);
	CHECK_EQ(sys(SYS_open, "loop", O_RDONLY), -ELOOP);
	CHECK_EQ(sys(SYS_unlink, "loop"), 0);
	CHECK_EQ(sys(SYS_unlink, "soft"), 0);
	CHECK_EQ(sys(SYS_unlink, "hard"), 0);
	say("links\n");

	CHECK_EQ(sys(SYS_open, "missing", O_RDONLY), -ENOENT);
	CHECK_EQ(sys(SYS_open, "d/g/x", O_RDONLY), -ENOTDIR);
	CHECK_EQ(sys(SYS_open, "d", O_RDWR), -EISDIR);
	CHECK_EQ(sys(SYS_read, dir, buf, 10), -EISDIR);
	CHECK_EQ(sys(SYS_read, 1000, buf, 10), -EBADF);
	CHECK_EQ(sys(SYS_read, fd, 8, 10), 0); // at end of file nothing is copied
	CHECK_EQ(sys(SYS_lseek, fd, 0, 0), 0);
	CHECK_EQ(sys(SYS_read, fd, 8, 10), -EFAULT);
	CHECK_EQ(sys(SYS_open, 8, O_RDONLY), -EFAULT);
	// Apple refuses to unlink a directory with EPERM, not EISDIR.
	CHECK_EQ(sys(SYS_unlink, "d"), -EPERM);
	CHECK_EQ(sys(SYS_unlink, "d/g"), 0);
	CHECK_EQ(sys(SYS_rmdir, "d"), 0);
	CHECK_EQ(sys(SYS_chdir, "/nonexistent"), -ENOENT);
	say("errors\n");

	long du = sys(SYS_dup, fd);
	CHECK(du > fd);
	CHECK_EQ(sys(SYS_lseek, du, 3, 0), 3);
	CHECK_EQ(sys(SYS_lseek, fd, 0, 1), 3); // one offset for both
	CHECK_EQ(sys(SYS_dup2, fd, 77), 77);
	CHECK_EQ(sys(SYS_fcntl, 77, F_GETFD), 0);
	CHECK_EQ(sys(SYS_fcntl, 77, F_SETFD, 1), 0);
	CHECK_EQ(sys(SYS_fcntl, 77, F_GETFD), 1);
	CHECK_EQ(sys(SYS_fcntl, fd, F_DUPFD, 50), 50);
	CHECK_EQ(sys(SYS_fcntl, fd, F_GETFL) & 3, O_RDWR);
	CHECK_EQ(sys(SYS_close, 77), 0);
	CHECK_EQ(sys(SYS_close, 77), -EBADF);
	long null = sys(SYS_open, "/dev/null", O_RDWR), zero = sys(SYS_open, "/dev/zero", O_RDONLY);
	CHECK(null >= 0 && zero >= 0);
	CHECK_EQ(sys(SYS_write, null, buf, 100), 100);
	CHECK_EQ(sys(SYS_read, null, buf, 100), 0);
	buf[5] = 1;
	CHECK_EQ(sys(SYS_read, zero, buf, 100), 100);
	CHECK_EQ(buf[5], 0);
	say("descriptors\n");
	return 0;
}
