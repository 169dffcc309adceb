// A symbol that no library has ends the program when it is called, not before.
#include "test.h"
#ifdef PART_full
int implemented_nowhere(int x) { return x; }
int there;
#elif defined PART_empty
int there;
#else
extern int there, implemented_nowhere(int x);
int (*volatile pointer)(int) = implemented_nowhere;
__attribute__((noinline)) int calls_it(int x)
{
	return implemented_nowhere(x) + 1;
}
int *volatile keep = &there;
int main(int argc, char **argv)
{
	say("before\n");
	CHECK(pointer != 0);
	if (argc > 1)
		return calls_it(1);
	say("not called\n");
	return 0;
}
#endif
