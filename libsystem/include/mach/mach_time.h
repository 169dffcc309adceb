#ifndef _BEAGLE_MACH_MACH_TIME_H_
#define _BEAGLE_MACH_MACH_TIME_H_

#include <mach/mach_types.h>

__BEGIN_DECLS

uint64_t mach_absolute_time(void);
uint64_t mach_approximate_time(void);
uint64_t mach_continuous_time(void);
uint64_t mach_continuous_approximate_time(void);
kern_return_t mach_timebase_info(mach_timebase_info_t);
kern_return_t mach_wait_until(uint64_t);

__END_DECLS

#endif
