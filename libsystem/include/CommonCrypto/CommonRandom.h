#ifndef _BEAGLE_COMMONCRYPTO_COMMONRANDOM_H_
#define _BEAGLE_COMMONCRYPTO_COMMONRANDOM_H_

#include <stddef.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
int CCRandomGenerateBytes(void *, size_t);
__END_DECLS

#endif
