// The network's names: getaddrinfo(3) over musl's resolver, interfaces, errors.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <unistd.h>

#undef h_errno
int h_errno;
int *__h_errno_location(void) { return &h_errno; }

// socket(2) with musl's flags.
int _beagle_socket(int domain, int type, int protocol) {
	int fd = socket(domain, type & 0xf, protocol);
	if (fd < 0)
		return -1;
	if (type & 0x10000000)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (type & 0x20000000)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

// musl's cancellation frames: none of the resolver's waits is cancelled.
void _pthread_cleanup_push(void *record, void (*fun)(void *), void *arg) {}
void _pthread_cleanup_pop(void *record, int run) {}

int _beagle_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
	struct addrinfo h;
	if (hints) {
		h = *hints;
		// "As configured" is what a Mac's default means: mapped addresses for who
		// asked for IPv6 only.
		if (h.ai_flags & AI_V4MAPPED_CFG)
			h.ai_flags &= ~AI_V4MAPPED_CFG;
		hints = &h;
	}
	int error = _beagle_getaddrinfo(host, service, hints, out);
	if (error)
		return error;
	for (struct addrinfo *a = *out; a; a = a->ai_next)
		a->ai_addr->sa_len = (unsigned char)a->ai_addrlen;
	return 0;
}

const char *gai_strerror(int error) {
	static const char *const text[] = { "No error", "Address family for nodename not supported", "Temporary failure in name resolution",
		"Invalid value for ai_flags", "Non-recoverable failure in name resolution", "ai_family not supported", "Memory allocation failure",
		"No address associated with nodename", "nodename nor servname provided, or not known", "servname not supported for ai_socktype",
		"ai_socktype not supported", "System error returned in errno", "Invalid value for hints", "Resolved protocol is unknown",
		"Argument buffer overflow" };
	return error >= 0 && error < (int)(sizeof text / sizeof *text) ? text[error] : "Unknown error";
}

// Interfaces, from the routing socket's list (sysctl NET_RT_IFLIST).
struct if_msghdr {
	u_short msglen;
	u_char version, type;
	int addrs, flags;
	u_short index;
	char data[112 - 14];
};
struct ifa_msghdr {
	u_short msglen;
	u_char version, type;
	int addrs, flags;
	u_short index;
	int metric;
};
#define RTM_NEWADDR 0xc
#define RTM_IFINFO 0xe
struct sockaddr_dl {
	u_char len, family;
	u_short index;
	u_char type, nlen, alen, slen;
	char data[12];
};

static char *list(size_t *n) {
	int mib[6] = { 4, AF_ROUTE, 0, 0, 3, 0 }; // CTL_NET, PF_ROUTE, NET_RT_IFLIST
	for (int tries = 0; tries < 8; tries++) {
		if (sysctl(mib, 6, 0, n, 0, 0) < 0)
			return 0;
		char *buf = malloc(*n ? *n : 1);
		if (!buf)
			return 0;
		if (sysctl(mib, 6, buf, n, 0, 0) == 0)
			return buf;
		free(buf);
		if (errno != ENOMEM)
			return 0;
	}
	return 0;
}

// Addresses are padded to 4 bytes; bit i of addrs says whether the i-th is there.
#define ROUND(n) ((n) ? (((size_t)(n) + 3) & ~(size_t)3) : 4)
static void addresses(int addrs, char *p, char *end, struct sockaddr *out[8]) {
	for (int i = 0; i < 8; i++) {
		out[i] = 0;
		if (!(addrs & 1 << i) || p >= end)
			continue;
		struct sockaddr *sa = (struct sockaddr *)p;
		if (p + sa->sa_len <= end)
			out[i] = sa;
		p += ROUND(sa->sa_len);
	}
}

static void *keep(const void *p, size_t n, size_t room) {
	void *q = calloc(1, room > n ? room : n);
	if (q)
		memcpy(q, p, n);
	return q;
}

int getifaddrs(struct ifaddrs **out) {
	size_t n;
	struct ifaddrs *first = 0, **at = &first;
	char *buf = list(&n), name[IF_NAMESIZE] = "";
	unsigned flags = 0;
	if (!buf)
		return -1;
	for (char *p = buf; p + 16 <= buf + n;) {
		struct if_msghdr *m = (struct if_msghdr *)p;
		if (m->msglen < 16 || p + m->msglen > buf + n)
			break;
		struct sockaddr *sa[8] = { 0 };
		struct ifaddrs *a = 0;
		if (m->type == RTM_IFINFO) {
			addresses(m->addrs, p + 112, p + m->msglen, sa);
			struct sockaddr_dl *dl = (struct sockaddr_dl *)sa[4];
			flags = (unsigned)m->flags;
			name[0] = 0;
			if (dl && dl->nlen < IF_NAMESIZE) {
				memcpy(name, dl->data, dl->nlen);
				name[dl->nlen] = 0;
			}
			if (dl && (a = calloc(1, sizeof *a)))
				a->ifa_addr = keep(dl, dl->len, sizeof *dl);
		} else if (m->type == RTM_NEWADDR) {
			addresses(m->addrs, p + 20, p + m->msglen, sa);
			if (sa[5] && (a = calloc(1, sizeof *a))) {
				a->ifa_addr = keep(sa[5], sa[5]->sa_len, sizeof(struct sockaddr_storage));
				if (sa[2]) {
					a->ifa_netmask = keep(sa[2], sa[2]->sa_len, sizeof(struct sockaddr_storage));
					if (a->ifa_netmask)
						a->ifa_netmask->sa_family = sa[5]->sa_family;
				}
				if (sa[7])
					a->ifa_dstaddr = keep(sa[7], sa[7]->sa_len, sizeof(struct sockaddr_storage));
			}
		}
		if (a) {
			a->ifa_name = strdup(name);
			a->ifa_flags = flags;
			*at = a;
			at = &a->ifa_next;
		}
		p += m->msglen;
	}
	free(buf);
	*out = first;
	return 0;
}
void freeifaddrs(struct ifaddrs *a) {
	while (a) {
		struct ifaddrs *next = a->ifa_next;
		free(a->ifa_name);
		free(a->ifa_addr);
		free(a->ifa_netmask);
		free(a->ifa_dstaddr);
		free(a);
		a = next;
	}
}

struct if_nameindex *if_nameindex(void) {
	struct ifaddrs *all, *a;
	if (getifaddrs(&all) < 0)
		return 0;
	size_t n = 0, i = 0;
	for (a = all; a; a = a->ifa_next)
		n += a->ifa_addr && a->ifa_addr->sa_family == AF_LINK;
	struct if_nameindex *r = calloc(n + 1, sizeof *r + IF_NAMESIZE);
	if (r) {
		char *names = (char *)(r + n + 1);
		for (a = all; a; a = a->ifa_next)
			if (a->ifa_addr && a->ifa_addr->sa_family == AF_LINK) {
				r[i].if_index = ((struct sockaddr_dl *)a->ifa_addr)->index;
				r[i].if_name = names + i * IF_NAMESIZE;
				strlcpy(r[i++].if_name, a->ifa_name, IF_NAMESIZE);
			}
	}
	freeifaddrs(all);
	return r;
}
void if_freenameindex(struct if_nameindex *p) { free(p); }
unsigned if_nametoindex(const char *name) {
	unsigned index = 0;
	struct if_nameindex *all = if_nameindex();
	for (struct if_nameindex *p = all; p && p->if_index; p++)
		if (!strcmp(p->if_name, name))
			index = p->if_index;
	free(all);
	if (!index)
		errno = ENXIO;
	return index;
}
char *if_indextoname(unsigned index, char *name) {
	char *r = 0;
	struct if_nameindex *all = if_nameindex();
	for (struct if_nameindex *p = all; p && p->if_index; p++)
		if (p->if_index == index)
			r = strcpy(name, p->if_name);
	free(all);
	if (!r)
		errno = ENXIO;
	return r;
}
int inet_net_pton(int af, const char *src, void *dst, size_t size) {
	char buf[64], *slash;
	if (af != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (strlcpy(buf, src, sizeof buf) >= sizeof buf || size < 4) {
		errno = EMSGSIZE;
		return -1;
	}
	int bits = 32;
	if ((slash = strchr(buf, '/'))) {
		*slash = 0;
		bits = atoi(slash + 1);
	}
	if (inet_pton(AF_INET, buf, dst) != 1 || bits < 0 || bits > 32) {
		errno = ENOENT;
		return -1;
	}
	return bits;
}

// notify(3) and XPC, as far as programs call them when they begin. There is no
// notifyd: no token is valid, and registering fails as it does without one.
#define NOTIFY_STATUS_OK 0
#define NOTIFY_STATUS_FAILED 1000000
int notify_is_valid_token(int token) { return 0; }
uint32_t notify_register_file_descriptor(const char *name, int *fd, int flags, int *token) { return NOTIFY_STATUS_FAILED; }
uint32_t notify_register_check(const char *name, int *token) { return NOTIFY_STATUS_FAILED; }
uint32_t notify_check(int token, int *check) { return NOTIFY_STATUS_FAILED; }
uint32_t notify_cancel(int token) { return NOTIFY_STATUS_FAILED; }
uint32_t notify_post(const char *name) { return NOTIFY_STATUS_FAILED; }
