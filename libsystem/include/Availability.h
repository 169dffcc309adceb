#ifndef _BEAGLE_AVAILABILITY_H_
#define _BEAGLE_AVAILABILITY_H_

#define __OSX_AVAILABLE(v)
#define __API_AVAILABLE(...)
#define __OSX_AVAILABLE_STARTING(a, b)

#endif
