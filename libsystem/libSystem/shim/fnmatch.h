#include "../../include/fnmatch.h"
