// Stands before musl's own: Mach-O has no aliases of undefined symbols, so an
// alias is a jump, or with ALIAS_DATA a second name, or with ALIAS_ZERO a word.
#ifndef BEAGLE_SHIM_FEATURES_H
#define BEAGLE_SHIM_FEATURES_H
#include_next <features.h>
#undef weak
#undef hidden
#undef weak_alias
#define weak __attribute__((__weak__))
#define hidden __attribute__((__visibility__("hidden")))
#ifdef __x86_64__
#define ALIAS_JUMP "jmp"
#else
#define ALIAS_JUMP "b"
#endif
// In two steps, for names that -D changes.
#define weak_alias(old, new) weak_alias_(old, new)
#if defined(ALIAS_DATA)
#define weak_alias_(old, new) extern __typeof(old) new; static const void *const __keep_##new __attribute__((used)) = (const void *)&old; \
	__asm__(".globl _" #new "\n.set _" #new ", _" #old)
#elif defined(ALIAS_ZERO)
#define weak_alias_(old, new) extern __typeof(old) new; \
	__asm__(".section __DATA,__data\n.globl _" #new "\n.weak_definition _" #new "\n.p2align 3\n_" #new ":\n.quad 0\n.text\n")
#else
#define weak_alias_(old, new) extern __typeof(old) new; static void *const __keep_##new __attribute__((used)) = (void *)&old; \
	__asm__(".text\n.globl _" #new "\n.weak_definition _" #new "\n.p2align 2\n_" #new ":\n" ALIAS_JUMP " _" #old "\n")
#endif
#endif
