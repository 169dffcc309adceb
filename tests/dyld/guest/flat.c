// Flat name space: the first definition in load order, the main program's before all.
#include "test.h"
extern int dynamic(void), dynamic_data, from_main(void);
#ifdef PART_user
int use(void) { return dynamic() + dynamic_data; }
int use_main(void) { return from_main(); }
#elif defined PART_first
int dynamic(void) { return 100; }
int dynamic_data = 5;
#elif defined PART_second
int dynamic(void) { return 200; }
int dynamic_data = 6;
#else
extern int use(void), use_main(void);
int from_main(void) { return 9; }
int main(void)
{
	CHECK(use() == 105);
	CHECK(use_main() == 9);
	say("ok\n");
	return 0;
}
#endif
