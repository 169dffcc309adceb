// The start of libSystem, which dyld calls before any other initializer.

#include <stddef.h>
#include "../../dyld/api.h"

void _beagle_kernel_init(const char *const apple[]);
void _beagle_guard_init(const char *const apple[]);
void _beagle_pthread_init(const char *const apple[]);
void _beagle_malloc_init(const char *const apple[]);
void _beagle_libc_init(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars);
void _beagle_stdio_threaded(void);
void exit(int);
extern void (*_beagle_exit)(int);
extern void (*_beagle_first_thread)(void);

__attribute__((constructor)) static void initialize(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars) {
	_beagle_kernel_init(apple);
	_beagle_pthread_init(apple);
	_beagle_guard_init(apple);
	_beagle_malloc_init(apple);
	_beagle_libc_init(argc, argv, envp, apple, vars);
	_beagle_exit = exit;
	_beagle_first_thread = _beagle_stdio_threaded;
}
