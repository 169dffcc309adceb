#ifndef _BEAGLE_NET_IF_H_
#define _BEAGLE_NET_IF_H_

#include <sys/socket.h>

__BEGIN_DECLS

#define IF_NAMESIZE 16
#define IFNAMSIZ 16
#define IFF_UP 0x1
#define IFF_BROADCAST 0x2
#define IFF_LOOPBACK 0x8
#define IFF_POINTOPOINT 0x10
#define IFF_RUNNING 0x40
#define IFF_MULTICAST 0x8000
struct if_nameindex {
	unsigned int if_index;
	char *if_name;
};
unsigned int if_nametoindex(const char *);
char *if_indextoname(unsigned int, char *);
struct if_nameindex *if_nameindex(void);
void if_freenameindex(struct if_nameindex *);

__END_DECLS

#endif
