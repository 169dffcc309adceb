#ifndef _BEAGLE_SYS_PARAM_H_
#define _BEAGLE_SYS_PARAM_H_

#include <sys/types.h>
#include <limits.h>
#include <sys/signal.h>

#define MAXPATHLEN 1024
#define MAXCOMLEN 16
#define MAXHOSTNAMELEN 256
#define MAXSYMLINKS 32
#define NGROUPS 16
#define NOFILE 256
#define DEV_BSIZE 512
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define howmany(x, y) (((x) + ((y)-1)) / (y))
#define roundup(x, y) ((((x) + ((y)-1)) / (y)) * (y))

#endif
