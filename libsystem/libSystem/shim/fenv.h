#ifndef BEAGLE_SHIM_FENV_H
#define BEAGLE_SHIM_FENV_H
#include "../../include/fenv.h"
int __flt_rounds(void);
#endif
