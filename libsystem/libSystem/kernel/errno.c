// errno of each thread, and what system call stubs do with an error.

#include <errno.h>
#include <stdint.h>
#include "../tsd.h"
#include "private.h"

#undef errno
// The main thread's, whose address is also in its TSD.
int errno;

void (*_beagle_cancel_point)(int);

int *__error(void) {
	int *e = tsd_get(TSD_ERRNO);
	return e ? e : &errno;
}

int64_t cerror_nocancel(int error) {
	*__error() = error;
	return -1;
}

int64_t cerror(int error) {
	if (error == EINTR && _beagle_cancel_point)
		_beagle_cancel_point(error);
	return cerror_nocancel(error);
}
