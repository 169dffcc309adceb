#ifndef _BEAGLE_SYS_SOCKET_H_
#define _BEAGLE_SYS_SOCKET_H_

#include <sys/types.h>
#include <sys/uio.h>

__BEGIN_DECLS

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_APPLETALK 16
#define AF_ROUTE 17
#define AF_LINK 18
#define AF_NDRV 27
#define AF_INET6 30
#define AF_SYSTEM 32
#define AF_PPP 34
#define AF_IEEE80211 37
#define AF_UTUN 38
#define AF_MULTIPATH 39
#define AF_VSOCK 40
#define AF_MAX 41
#define AF_LOCAL AF_UNIX
#define PF_KEY 29
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_RDM 4
#define SOCK_SEQPACKET 5
#define SOCK_MAXADDRLEN 255
#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2
#define SOMAXCONN 128
#define SOL_SOCKET 0xffff
#define SOL_LOCAL 0x0
#define SO_DEBUG 0x1
#define SO_ACCEPTCONN 0x2
#define SO_REUSEADDR 0x4
#define SO_KEEPALIVE 0x8
#define SO_DONTROUTE 0x10
#define SO_BROADCAST 0x20
#define SO_USELOOPBACK 0x40
#define SO_LINGER 0x80
#define SO_LINGER_SEC 0x1080
#define SO_OOBINLINE 0x100
#define SO_REUSEPORT 0x200
#define SO_TIMESTAMP 0x400
#define SO_TIMESTAMP_MONOTONIC 0x800
#define SO_DONTTRUNC 0x2000
#define SO_WANTMORE 0x4000
#define SO_WANTOOBFLAG 0x8000
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002
#define SO_SNDLOWAT 0x1003
#define SO_RCVLOWAT 0x1004
#define SO_SNDTIMEO 0x1005
#define SO_RCVTIMEO 0x1006
#define SO_ERROR 0x1007
#define SO_TYPE 0x1008
#define SO_LABEL 0x1010
#define SO_PEERLABEL 0x1011
#define SO_NREAD 0x1020
#define SO_NKE 0x1021
#define SO_NOSIGPIPE 0x1022
#define SO_NOADDRERR 0x1023
#define SO_NWRITE 0x1024
#define SO_REUSESHAREUID 0x1025
#define SO_NOTIFYCONFLICT 0x1026
#define SO_UPCALLCLOSEWAIT 0x1027
#define SO_RESTRICTIONS 0x1081
#define SO_RANDOMPORT 0x1082
#define SO_NP_EXTENSIONS 0x1083
#define SO_EXECPATH 0x1085
#define SO_TRAFFIC_CLASS 0x1086
#define SO_RECV_TRAFFIC_CLASS 0x1087
#define SO_DEFUNCTIT 0x1091
#define SO_DEFUNCTOK 0x1100
#define SO_ISDEFUNCT 0x1101
#define SO_OPPORTUNISTIC 0x1102
#define SO_RECV_ANYIF 0x1104
#define SO_DELEGATED 0x1107
#define SO_DELEGATED_UUID 0x1108
#define SO_NUMRCVPKT 0x1112
#define SO_NET_SERVICE_TYPE 0x1116
#define SO_NETSVC_MARKING_LEVEL 0x1119
#define SO_INTCOPROC_ALLOW 0x1118
#define SO_RESOLVER_SIGNATURE 0x1131
#define SO_BINDTODEVICE 0x1134
#define MSG_OOB 0x1
#define MSG_PEEK 0x2
#define MSG_DONTROUTE 0x4
#define MSG_EOR 0x8
#define MSG_TRUNC 0x10
#define MSG_CTRUNC 0x20
#define MSG_WAITALL 0x40
#define MSG_DONTWAIT 0x80
#define MSG_EOF 0x100
#define MSG_WAITSTREAM 0x200
#define MSG_FLUSH 0x400
#define MSG_HOLD 0x800
#define MSG_SEND 0x1000
#define MSG_HAVEMORE 0x2000
#define MSG_RCVMORE 0x4000
#define MSG_COMPAT 0x8000
#define MSG_NEEDSA 0x10000
#define MSG_NBIO 0x20000
#define MSG_NOSIGNAL 0x80000
#define MSG_USEUPCALL 0x80000000
#define SCM_RIGHTS 1
#define SCM_TIMESTAMP 2
#define SCM_CREDS 3
#define SCM_TIMESTAMP_MONOTONIC 4
#define PF_UNSPEC AF_UNSPEC
#define PF_UNIX AF_UNIX
#define PF_INET AF_INET
#define PF_APPLETALK AF_APPLETALK
#define PF_ROUTE AF_ROUTE
#define PF_LINK AF_LINK
#define PF_NDRV AF_NDRV
#define PF_INET6 AF_INET6
#define PF_SYSTEM AF_SYSTEM
#define PF_PPP AF_PPP
#define PF_IEEE80211 AF_IEEE80211
#define PF_UTUN AF_UTUN
#define PF_MULTIPATH AF_MULTIPATH
#define PF_VSOCK AF_VSOCK
#define PF_MAX AF_MAX
#define PF_LOCAL AF_LOCAL

typedef u_int8_t sa_family_t;
typedef u_int32_t socklen_t;
typedef u_int32_t sae_associd_t;
typedef u_int32_t sae_connid_t;
struct sockaddr {
	u_int8_t sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};
struct sockaddr_storage {
	u_int8_t ss_len;
	sa_family_t ss_family;
	char __ss_pad1[6];
	int64_t __ss_align;
	char __ss_pad2[112];
};
struct linger {
	int l_onoff;
	int l_linger;
};
struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};
struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};
typedef struct sa_endpoints {
	unsigned int sae_srcif;
	const struct sockaddr *sae_srcaddr;
	socklen_t sae_srcaddrlen;
	const struct sockaddr *sae_dstaddr;
	socklen_t sae_dstaddrlen;
} sa_endpoints_t;
struct sf_hdtr {
	struct iovec *headers;
	int hdr_cnt;
	struct iovec *trailers;
	int trl_cnt;
};
#define __DARWIN_ALIGN32(n) (((size_t)(n) + 3) & ~(size_t)3)
#define CMSG_DATA(c) ((unsigned char *)(c) + __DARWIN_ALIGN32(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(m) ((m)->msg_controllen >= sizeof(struct cmsghdr) ? (struct cmsghdr *)(m)->msg_control : (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c) ((char *)(c) == (char *)0 ? CMSG_FIRSTHDR(m) : \
	((unsigned char *)(c) + __DARWIN_ALIGN32((c)->cmsg_len) + __DARWIN_ALIGN32(sizeof(struct cmsghdr)) > \
	 (unsigned char *)(m)->msg_control + (m)->msg_controllen) ? (struct cmsghdr *)0 : \
	(struct cmsghdr *)((unsigned char *)(c) + __DARWIN_ALIGN32((c)->cmsg_len)))
#define CMSG_SPACE(l) (__DARWIN_ALIGN32(sizeof(struct cmsghdr)) + __DARWIN_ALIGN32(l))
#define CMSG_LEN(l) (__DARWIN_ALIGN32(sizeof(struct cmsghdr)) + (l))

int accept(int, struct sockaddr *, socklen_t *);
int bind(int, const struct sockaddr *, socklen_t);
int connect(int, const struct sockaddr *, socklen_t);
int getpeername(int, struct sockaddr *, socklen_t *);
int getsockname(int, struct sockaddr *, socklen_t *);
int getsockopt(int, int, int, void *, socklen_t *);
int listen(int, int);
ssize_t recv(int, void *, size_t, int);
ssize_t recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t recvmsg(int, struct msghdr *, int);
ssize_t send(int, const void *, size_t, int);
ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t sendmsg(int, const struct msghdr *, int);
int sendfile(int, int, off_t, off_t *, struct sf_hdtr *, int);
int setsockopt(int, int, int, const void *, socklen_t);
int shutdown(int, int);
int sockatmark(int);
int socket(int, int, int);
int socketpair(int, int, int, int *);
int connectx(int, const sa_endpoints_t *, sae_associd_t, unsigned int, const struct iovec *, unsigned int, size_t *, sae_connid_t *);
int disconnectx(int, sae_associd_t, sae_connid_t);

__END_DECLS

#endif
