// Where libraries are looked for: each copy says who it is.
#include "test.h"
#ifdef PART_lib
const char *who = WHO;
#else
extern const char *who;
int main(void)
{
	say(who);
	say("\n");
	return 0;
}
#endif
