// Sockets: TCP over loopback, datagrams, unix pairs, descriptors in messages.
// expect: tcp echoed
// expect: connection refused
// expect: non-blocking connect
// expect: socketpair
// expect: descriptor passed
// expect: unix path
// expect: datagram
#include "beagle.h"

#define LOOPBACK 0x0100007f

static struct sockaddr_in any(u16 port) {
	struct sockaddr_in a = {16, AF_INET, port, LOOPBACK, {0}};
	return a;
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	char b[64];
	int status, one = 1;
	u32 len;
	struct sockaddr_in a = any(0), p;
	long s = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
	CHECK(s >= 0);
	CHECK_EQ(sys(SYS_setsockopt, s, SOL_SOCKET, SO_REUSEADDR, &one, 4), 0);
	CHECK_EQ(sys(SYS_bind, s, &a, 16), 0);
	CHECK_EQ(sys(SYS_listen, s, 5), 0);
	len = 16;
	CHECK_EQ(sys(SYS_getsockname, s, &a, &len), 0);
	CHECK_EQ(len, 16);
	CHECK_EQ(a.len, 16);
	CHECK_EQ(a.family, AF_INET);
	CHECK(a.port != 0);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		long c = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
		CHECK_EQ(sys(SYS_connect, c, &a, 16), 0);
		CHECK_EQ(sys(SYS_connect, c, &a, 16), -EISCONN);
		CHECK_EQ(sys(SYS_write, c, "marco", 5), 5);
		CHECK_EQ(sys(SYS_shutdown, c, 1), 0);
		CHECK_EQ(sys(SYS_read, c, b, 64), 4);
		CHECK(!memcmp(b, "polo", 4));
		CHECK_EQ(sys(SYS_read, c, b, 64), 0);
		bg_exit(bg_failures);
	}
	len = 16;
	long c = sys(SYS_accept, s, &p, &len);
	CHECK(c >= 0);
	CHECK_EQ(p.family, AF_INET);
	CHECK_EQ(p.addr, LOOPBACK);
	CHECK_EQ(sys(SYS_read, c, b, 64), 5);
	CHECK(!memcmp(b, "marco", 5));
	CHECK_EQ(sys(SYS_read, c, b, 64), 0);
	CHECK_EQ(sys(SYS_sendto, c, "polo", 4, 0, 0, 0), 4);
	sys(SYS_close, c);
	bg_wait(out[0], &status, 0);
	CHECK_EQ(status, 0);
	sys(SYS_close, s);
	say("tcp echoed\n");

	s = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(sys(SYS_connect, s, &a, 16), -ECONNREFUSED); // nobody listens there now
	sys(SYS_close, s);
	s = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
	len = 16;
	CHECK_EQ(sys(SYS_getpeername, s, &p, &len), -ENOTCONN);
	sys(SYS_close, s);
	CHECK_EQ(sys(SYS_socket, 200, SOCK_STREAM, 0), -47); // EAFNOSUPPORT
	say("connection refused\n");

	s = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in l = any(0);
	CHECK_EQ(sys(SYS_bind, s, &l, 16), 0);
	CHECK_EQ(sys(SYS_listen, s, 1), 0);
	len = 16;
	sys(SYS_getsockname, s, &l, &len);
	long n = sys(SYS_socket, AF_INET, SOCK_STREAM, 0);
	sys(SYS_fcntl, n, F_SETFL, O_NONBLOCK);
	long r = sys(SYS_connect, n, &l, 16);
	CHECK(r == 0 || r == -EINPROGRESS);
	struct pollfd pf = {(i32)n, POLLOUT, 0};
	CHECK_EQ(sys(SYS_poll, &pf, 1, 5000), 1);
	int err = -1;
	len = 4;
	CHECK_EQ(sys(SYS_getsockopt, n, SOL_SOCKET, SO_ERROR, &err, &len), 0);
	CHECK_EQ(err, 0);
	CHECK_EQ(sys(SYS_getsockopt, n, SOL_SOCKET, SO_TYPE, &err, &len), 0);
	CHECK_EQ(err, SOCK_STREAM);
	CHECK_EQ(sys(SYS_read, n, b, 1), -EAGAIN);
	sys(SYS_close, n), sys(SYS_close, s);
	say("non-blocking connect\n");

	int sv[2];
	CHECK_EQ(sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, sv), 0);
	CHECK_EQ(sys(SYS_write, sv[0], "left", 4), 4);
	CHECK_EQ(sys(SYS_read, sv[1], b, 64), 4);
	CHECK_EQ(sys(SYS_write, sv[1], "right", 5), 5);
	CHECK_EQ(sys(SYS_recvfrom, sv[0], b, 64, 0, 0, 0), 5);
	say("socketpair\n");

	long f = sys(SYS_open, "passed", O_RDWR | O_CREAT, 0600);
	sys(SYS_write, f, "inside", 6);
	struct { struct cmsghdr h; i32 fd; } cm = {{16, SOL_SOCKET, SCM_RIGHTS}, (i32)f};
	struct iovec iv = {"x", 1}, ivr = {b, 64};
	struct msghdr m = {0, 0, 0, &iv, 1, 0, &cm, sizeof cm, 0};
	CHECK_EQ(sys(SYS_sendmsg, sv[0], &m, 0), 1);
	cm.fd = -1;
	m.iov = &ivr;
	CHECK_EQ(sys(SYS_recvmsg, sv[1], &m, 0), 1);
	CHECK_EQ(m.controllen, 16);
	CHECK_EQ(cm.h.type, SCM_RIGHTS);
	CHECK(cm.fd >= 0 && cm.fd != f);
	CHECK_EQ(sys(SYS_pread, cm.fd, b, 64, 0ul), 6);
	CHECK(!memcmp(b, "inside", 6));
	sys(SYS_close, sv[0]);
	CHECK_EQ(sys(SYS_read, sv[1], b, 64), 0);
	say("descriptor passed\n");

	struct sockaddr_un un = {0, AF_UNIX, "sock"};
	un.len = 2 + 4 + 1;
	s = sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(sys(SYS_bind, s, &un, un.len), 0);
	CHECK_EQ(sys(SYS_listen, s, 1), 0);
	struct stat64 st;
	CHECK_EQ(sys(SYS_stat64, "sock", &st), 0);
	CHECK_EQ(st.mode & S_IFMT, 0140000);
	n = sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(sys(SYS_connect, n, &un, un.len), 0);
	c = sys(SYS_accept, s, 0, 0);
	CHECK(c >= 0);
	CHECK_EQ(sys(SYS_write, n, "u", 1), 1);
	CHECK_EQ(sys(SYS_read, c, b, 64), 1);
	CHECK_EQ(sys(SYS_unlink, "sock"), 0);
	say("unix path\n");

	long d1 = sys(SYS_socket, AF_INET, SOCK_DGRAM, 0), d2 = sys(SYS_socket, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in da = any(0);
	CHECK_EQ(sys(SYS_bind, d1, &da, 16), 0);
	len = 16;
	sys(SYS_getsockname, d1, &da, &len);
	CHECK_EQ(sys(SYS_sendto, d2, "dgram", 5, 0, &da, 16), 5);
	len = 16;
	CHECK_EQ(sys(SYS_recvfrom, d1, b, 3, 0, &p, &len), 3); // the rest is dropped
	CHECK_EQ(p.family, AF_INET);
	CHECK_EQ(p.addr, LOOPBACK);
	say("datagram\n");
	return 0;
}
