#ifndef _BEAGLE_IFADDRS_H_
#define _BEAGLE_IFADDRS_H_

#include <sys/socket.h>

__BEGIN_DECLS

struct ifaddrs {
	struct ifaddrs *ifa_next;
	char *ifa_name;
	unsigned int ifa_flags;
	struct sockaddr *ifa_addr;
	struct sockaddr *ifa_netmask;
	struct sockaddr *ifa_dstaddr;
	void *ifa_data;
};
int getifaddrs(struct ifaddrs **);
void freeifaddrs(struct ifaddrs *);

__END_DECLS

#endif
