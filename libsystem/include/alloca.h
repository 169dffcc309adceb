#ifndef _BEAGLE_ALLOCA_H_
#define _BEAGLE_ALLOCA_H_

#include <stddef.h>

#define alloca(n) __builtin_alloca(n)

#endif
