// Two libraries that re-export each other and need each other.
#include "test.h"
#ifdef PART_first
int in_first(void) { return 1; }
#elif defined PART_second
int in_second(void) { return 2; }
#else
extern int in_first(void), in_second(void), in_neither(void) __attribute__((weak_import));
int main(void)
{
	CHECK(in_first() == 1 && in_second() == 2);
	CHECK(dlsym(RTLD_DEFAULT, "in_neither") == 0);
	CHECK(dlsym(dlopen("./liba.dylib", RTLD_NOW), "in_second") != 0);
	say("ok\n");
	return 0;
}
#endif
