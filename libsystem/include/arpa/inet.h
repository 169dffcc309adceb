#ifndef _BEAGLE_ARPA_INET_H_
#define _BEAGLE_ARPA_INET_H_

#include <netinet/in.h>

__BEGIN_DECLS

in_addr_t inet_addr(const char *);
char *inet_ntoa(struct in_addr);
int inet_aton(const char *, struct in_addr *);
const char *inet_ntop(int, const void *, char *, socklen_t);
int inet_pton(int, const char *, void *);
int inet_net_pton(int, const char *, void *, size_t);

__END_DECLS

#endif
