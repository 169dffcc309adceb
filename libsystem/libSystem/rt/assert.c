// What the builtins call when an overflow is to end the program. The C library's
// own function lies above this library.
__attribute__((__visibility__("hidden"), __noreturn__)) void __assert_rtn(const char *func, const char *file, int line, const char *what) { __builtin_trap(); }
