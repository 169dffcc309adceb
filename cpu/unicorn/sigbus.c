// A host file that is mapped into the arena can shrink under a running guest; the
// host then answers an access with SIGBUS. Guest code cannot take that as a Go
// panic, so the page becomes a page of zeros and the access is made again.
// Accesses from Go, and every other SIGBUS, go to whoever was there before (the
// Go runtime), where package mem deals with them.
#define _GNU_SOURCE
#include "bgl.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_ARENAS 64

__thread volatile int bgl_in_guest;

static struct {
	_Atomic uintptr_t base;
	_Atomic uint64_t size;
	int users;
} arenas[MAX_ARENAS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;
static bool installed;

static void on_sigbus(int sig, siginfo_t *info, void *ctx)
{
	uintptr_t a = (uintptr_t)info->si_addr;
	if (bgl_in_guest) {
		for (int i = 0; i < MAX_ARENAS; i++) {
			uintptr_t base = atomic_load(&arenas[i].base);
			if (!base || a - base >= atomic_load(&arenas[i].size))
				continue;
			int saved = errno;
			void *m = mmap((void *)(a & ~(uintptr_t)4095), 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			errno = saved;
			if (m != MAP_FAILED)
				return;
			break;
		}
	}
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, ctx);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(sig);
	} else {
		// Returning makes the access again, now with the default action.
		sigaction(SIGBUS, &before, NULL);
	}
}

int bgl_sigbus(void *arena, uint64_t size)
{
	int r = -1;
	pthread_mutex_lock(&lock);
	int slot = -1;
	for (int i = 0; i < MAX_ARENAS; i++) {
		if (arenas[i].base == (uintptr_t)arena) {
			slot = i;
			break;
		}
		if (slot < 0 && !arenas[i].base)
			slot = i;
	}
	if (slot >= 0) {
		arenas[slot].users++;
		atomic_store(&arenas[slot].size, size);
		atomic_store(&arenas[slot].base, (uintptr_t)arena);
		r = 0;
	}
	if (r == 0 && !installed) {
		struct sigaction sa;
		memset(&sa, 0, sizeof sa);
		sa.sa_sigaction = on_sigbus;
		sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
		sigfillset(&sa.sa_mask);
		r = sigaction(SIGBUS, &sa, &before);
		installed = r == 0;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

void bgl_sigbus_forget(void *arena)
{
	pthread_mutex_lock(&lock);
	for (int i = 0; i < MAX_ARENAS; i++)
		if (arenas[i].base == (uintptr_t)arena && --arenas[i].users == 0)
			atomic_store(&arenas[i].base, 0);
	pthread_mutex_unlock(&lock);
}
