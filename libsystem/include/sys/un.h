#ifndef _BEAGLE_SYS_UN_H_
#define _BEAGLE_SYS_UN_H_

#include <sys/socket.h>

struct sockaddr_un {
	unsigned char sun_len;
	sa_family_t sun_family;
	char sun_path[104];
};
#define LOCAL_PEERCRED 0x1
#define LOCAL_PEERPID 0x2
#define LOCAL_PEEREPID 0x3
#define LOCAL_PEERUUID 0x4
#define LOCAL_PEEREUUID 0x5
#define LOCAL_PEERTOKEN 0x6
#define SUN_LEN(s) (sizeof(*(s)) - sizeof((s)->sun_path) + __builtin_strlen((s)->sun_path))

#endif
