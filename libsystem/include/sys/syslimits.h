#ifndef _BEAGLE_SYS_SYSLIMITS_H_
#define _BEAGLE_SYS_SYSLIMITS_H_

#include <limits.h>


#endif
