// sysctl by number and by name, as programs read it at start.
// expect: ncpu, pagesize, memsize
// expect: ostype Darwin
// expect: by name
// expect: errors
// expect: arguments read back
// args: first second
#include "beagle.h"

static long byname(const char *name, void *out, u64 *len) {
	return sys(SYS_sysctlbyname, name, strlen(name), out, len, 0, 0);
}

int main(int argc, char **argv, char **envp, char **apple) {
	static char buf[1 << 18];
	u32 v = 0;
	u64 q = 0, len = 4;
	int mib[4] = {6, 3, 0, 0}; // hw.ncpu
	CHECK_EQ(sys(SYS_sysctl, mib, 2, &v, &len, 0, 0), 0);
	CHECK_EQ(len, 4);
	CHECK(v >= 1 && v < 1024);
	mib[1] = 7; // hw.pagesize
	q = 0, len = 8;
	CHECK_EQ(sys(SYS_sysctl, mib, 2, &q, &len, 0, 0), 0);
	CHECK(q == 4096 || q == 16384);
	mib[1] = 24; // hw.memsize
	len = 8;
	CHECK_EQ(sys(SYS_sysctl, mib, 2, &q, &len, 0, 0), 0);
	CHECK(q >= 1 << 20);
	say("ncpu, pagesize, memsize\n");

	mib[0] = 1, mib[1] = 1; // kern.ostype
	len = 0;
	CHECK_EQ(sys(SYS_sysctl, mib, 2, 0, &len, 0, 0), 0); // how much is it?
	CHECK_EQ(len, 7);
	len = sizeof buf;
	CHECK_EQ(sys(SYS_sysctl, mib, 2, buf, &len, 0, 0), 0);
	say("ostype %s\n", buf);

	len = sizeof buf;
	CHECK_EQ(byname("kern.osrelease", buf, &len), 0);
	CHECK(len > 3 && buf[0] >= '1' && buf[0] <= '9');
	len = sizeof buf;
	CHECK_EQ(byname("kern.osproductversion", buf, &len), 0);
	len = sizeof buf;
	CHECK_EQ(byname("hw.machine", buf, &len), 0);
#ifdef __x86_64__
	CHECK(!strcmp(buf, "x86_64"));
#else
	CHECK(!strcmp(buf, "arm64") || !memcmp(buf, "Mac", 3));
#endif
	len = 4;
	CHECK_EQ(byname("hw.logicalcpu", &v, &len), 0);
	len = 4;
	CHECK_EQ(byname("kern.argmax", &v, &len), 0);
	CHECK_EQ(v, 1 << 20);
	say("by name\n");

	len = 4;
	CHECK_EQ(byname("no.such.name", &v, &len), -ENOENT);
	len = 2;
	mib[0] = 1, mib[1] = 1;
	CHECK_EQ(sys(SYS_sysctl, mib, 2, buf, &len, 0, 0), -ENOMEM);
	CHECK_EQ(sys(SYS_sysctl, 8, 2, buf, &len, 0, 0), -EFAULT);
	CHECK_EQ(sys(SYS_sysctl, mib, 99, buf, &len, 0, 0), -EINVAL);
	say("errors\n");

	mib[0] = 1, mib[1] = 49, mib[2] = (int)sys(SYS_getpid); // kern.procargs2
	len = sizeof buf;
	CHECK_EQ(sys(SYS_sysctl, mib, 3, buf, &len, 0, 0), 0);
	CHECK_EQ(*(int *)buf, 3);
	char *p = buf + 4;
	while (*p) p++;
	while (!*p) p++;
	for (int i = 0; i < 3; i++) {
		CHECK(!strcmp(p, argv[i]));
		p += strlen(p) + 1;
	}
	say("arguments read back\n");
	return 0;
}
