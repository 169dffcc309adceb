#ifndef _BEAGLE_LIBKERN_OSCACHECONTROL_H_
#define _BEAGLE_LIBKERN_OSCACHECONTROL_H_

#include <stddef.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
void sys_dcache_flush(void *, size_t);
void sys_icache_invalidate(void *, size_t);
__END_DECLS

#endif
