#ifndef BEAGLE_SHIM_NET_IF_H
#define BEAGLE_SHIM_NET_IF_H
#define IF_NAMESIZE 16
unsigned if_nametoindex(const char *);
char *if_indextoname(unsigned, char *);
#endif
