#include "../../../include/sys/cdefs.h"
