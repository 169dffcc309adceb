// What a program begins with and ends with: arguments, atexit, exit, abort.

#include <crt_externs.h>
#include <errno.h>
#include <os/lock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../kernel/private.h"
#include "../../dyld/api.h"
#include "../tsd.h"

extern const struct beagle_dyld_api *_beagle_dyld_api;

int NXArgc;
char **NXArgv;
extern char *__progname;
static const struct mach_header_64 *main_header;
static int *argc_at = &NXArgc;
static char ***argv_at = &NXArgv, ***environ_at = &environ;
static char **progname_at = &__progname;

char ***_NSGetArgv(void) { return argv_at; }
int *_NSGetArgc(void) { return argc_at; }
char ***_NSGetEnviron(void) { return environ_at; }
char **_NSGetProgname(void) { return progname_at; }
struct mach_header_64 *_NSGetMachExecuteHeader(void) { return (struct mach_header_64 *)main_header; }
const char *getprogname(void) { return *progname_at; }
void setprogname(const char *name) {
	const char *slash = strrchr(name, '/');
	*progname_at = (char *)(slash ? slash + 1 : name);
}

static void libc_init(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars) {
	NXArgc = argc;
	NXArgv = (char **)argv;
	environ = (char **)envp;
	if (argc > 0 && argv[0]) {
		const char *slash = strrchr(argv[0], '/');
		__progname = (char *)(slash ? slash + 1 : argv[0]);
	}
	// Programs made for old systems keep these themselves.
	if (vars) {
		main_header = vars->mh;
		if (vars->NXArgcPtr)
			argc_at = vars->NXArgcPtr;
		if (vars->NXArgvPtr)
			argv_at = (char ***)vars->NXArgvPtr;
		if (vars->environPtr)
			environ_at = (char ***)vars->environPtr;
		if (vars->__prognamePtr)
			progname_at = (char **)vars->__prognamePtr;
	}
	*argc_at = argc;
	*argv_at = (char **)argv;
	*environ_at = environ;
	*progname_at = __progname;
}

unsigned _beagle_thread_port(void) { return (unsigned)(uintptr_t)tsd_get(TSD_MACH_SELF); }
int _beagle_word_wait(volatile int *word, int value) { return __ulock_wait(1 | 0x1000000, (void *)word, (uint32_t)value, 0); }
void _beagle_word_wake(volatile int *word) { __ulock_wake(1 | 0x1000000, (void *)word, 0); }

// Functions for the end, last registered first. The first 64 need no memory.
struct ending {
	void (*fun)(void *);
	void *arg, *image;
};
static struct ending first[64], *endings = first;
static size_t n_endings, room = 64;
static os_unfair_lock ending_lock;

int __cxa_atexit(void (*fun)(void *), void *arg, void *image) {
	os_unfair_lock_lock(&ending_lock);
	if (n_endings == room) {
		struct ending *more = malloc(2 * room * sizeof *more);
		if (!more) {
			os_unfair_lock_unlock(&ending_lock);
			return -1;
		}
		memcpy(more, endings, n_endings * sizeof *more);
		if (endings != first)
			free(endings);
		endings = more;
		room *= 2;
	}
	endings[n_endings++] = (struct ending){ fun, arg, image };
	os_unfair_lock_unlock(&ending_lock);
	return 0;
}

static void call(void *fun) { ((void (*)(void))fun)(); }
int atexit(void (*fun)(void)) { return __cxa_atexit(call, (void *)fun, 0); }
int atexit_b(void *block) {
	extern void *_Block_copy(const void *);
	void *b = _Block_copy(block);
	return b ? __cxa_atexit(*(void (**)(void *))((char *)b + 16), b, 0) : -1;
}

// image NULL: all. A function may register more while it runs.
void __cxa_finalize(const void *image) {
	os_unfair_lock_lock(&ending_lock);
	for (size_t i = n_endings; i-- > 0;) {
		struct ending e = endings[i];
		if (!e.fun || (image && e.image != image))
			continue;
		endings[i].fun = 0;
		if (!image)
			n_endings = i;
		size_t before = n_endings;
		os_unfair_lock_unlock(&ending_lock);
		e.fun(e.arg);
		os_unfair_lock_lock(&ending_lock);
		if (n_endings > before)
			i = n_endings;
	}
	os_unfair_lock_unlock(&ending_lock);
}

void __stdio_exit(void);

void exit(int status) {
	if (_beagle_dyld_api && _beagle_dyld_api->tlv_exit)
		_beagle_dyld_api->tlv_exit();
	__cxa_finalize(0);
	__stdio_exit();
	_exit(status);
}
void _Exit(int status) { _exit(status); }

// SIGABRT, by force if it is blocked, ignored or caught and returned from.
void abort(void) {
	sigset_t only = 1u << (SIGABRT - 1), all = ~0u & ~only;
	pthread_sigmask(SIG_UNBLOCK, &only, 0);
	raise(SIGABRT);
	struct sigaction dfl = { .__sigaction_u = { SIG_DFL } };
	sigaction(SIGABRT, &dfl, 0);
	pthread_sigmask(SIG_SETMASK, &all, 0);
	raise(SIGABRT);
	for (;;)
		__builtin_trap();
}

void __assert_rtn(const char *func, const char *file, int line, const char *what) {
	if (func == (const char *)-1)
		dprintf(2, "%s failed: file %s, line %d.\n", what, file, line);
	else if (!func)
		dprintf(2, "Assertion failed: (%s), file %s, line %d.\n", what, file, line);
	else
		dprintf(2, "Assertion failed: (%s), function %s, file %s, line %d.\n", what, func, file, line);
	abort();
}
void __eprintf(const char *fmt, const char *file, unsigned line, const char *what) {
	dprintf(2, fmt, file, line, what);
	abort();
}
void abort_report_np(const char *fmt, ...) { abort(); }

// Stack protector. The guard is random but for a zero byte.
uintptr_t __stack_chk_guard;
void __stack_chk_fail(void) { _beagle_fatal("stack buffer overflow detected: the program is ended"); }

static void guard_init(const char *const apple[]) {
	const char *s = _beagle_apple(apple, "stack_guard");
	uintptr_t v = 0;
	for (s = s && s[0] == '0' && s[1] == 'x' ? s + 2 : s; s && *s; s++)
		v = v << 4 | (uintptr_t)(*s <= '9' ? *s - '0' : (*s | 32) - 'a' + 10);
	__stack_chk_guard = v ? v : 0x595e9fbd94fda700 & ~(uintptr_t)0xff00;
}

// The start of everything, from libSystem's initializer.
void _beagle_pthread_init(const char *const apple[]);
void _beagle_malloc_init(const char *const apple[]);
void _beagle_stdio_threaded(void);
extern void (*_beagle_exit)(int);
extern void (*_beagle_first_thread)(void);

void _beagle_start(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars) {
	_beagle_kernel_init(apple);
	_beagle_pthread_init(apple);
	guard_init(apple);
	_beagle_malloc_init(apple);
	libc_init(argc, argv, envp, apple, vars);
	_beagle_exit = exit;
	_beagle_first_thread = _beagle_stdio_threaded;
}

// fork(2): every library that locks is made quiet first.
void _beagle_atfork_prepare(void);
void _beagle_atfork_parent(void);
void _beagle_atfork_child(void);
void _beagle_pthread_fork_prepare(void);
void _beagle_pthread_fork_parent(void);
void _beagle_pthread_fork_child(void);
void _beagle_malloc_fork_prepare(void);
void _beagle_malloc_fork_parent(void);
void _beagle_malloc_fork_child(void);
extern void (*_beagle_dispatch_fork_child)(void);
void (*_beagle_dispatch_fork_child)(void);

pid_t fork(void) {
	const struct beagle_dyld_api *d = _beagle_dyld_api;
	_beagle_atfork_prepare();
	if (d)
		d->fork_prepare();
	_beagle_malloc_fork_prepare();
	_beagle_pthread_fork_prepare();
	pid_t pid = __fork();
	int saved = errno;
	if (pid) {
		_beagle_pthread_fork_parent();
		_beagle_malloc_fork_parent();
		if (d)
			d->fork_parent();
		_beagle_atfork_parent();
	} else {
		_beagle_kernel_fork_child();
		_beagle_pthread_fork_child();
		_beagle_malloc_fork_child();
		ending_lock = OS_UNFAIR_LOCK_INIT;
		if (d)
			d->fork_child();
		if (_beagle_dispatch_fork_child)
			_beagle_dispatch_fork_child();
		_beagle_atfork_child();
	}
	errno = saved;
	return pid;
}
