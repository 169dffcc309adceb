// Initializers run after those of what an image needs, terminators the other way.
#include "test.h"
#define STR(x) #x
#define NAME(x) STR(x)
__attribute__((constructor)) static void init(int argc, const char **argv)
{
	CHECK(argc == 1 && argv[0]);
	say("init " NAME(WHO) "\n");
}
__attribute__((constructor)) static void init_again(void)
{
	say("init again " NAME(WHO) "\n");
}
__attribute__((destructor)) static void fini(void)
{
	say("fini " NAME(WHO) "\n");
}
#ifdef MAIN
extern int sym_a, sym_b;
int main(void)
{
	say("main\n");
	return sym_a + sym_b - 2;
}
#else
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
int CAT(sym_, WHO) = 1;
#ifdef NEEDS
extern int CAT(sym_, NEEDS);
int *CAT(need_, WHO) = &CAT(sym_, NEEDS);
#endif
#endif
