#ifndef _BEAGLE_SYS_FILE_H_
#define _BEAGLE_SYS_FILE_H_

#include <sys/fcntl.h>


#endif
