// __interpose: replacements for the whole program but the library that brings them.
#include "test.h"
extern int victim(int x);
#ifdef PART_victim
int victim(int x) { return x; }
#elif defined PART_user
int use_victim(int x) { return victim(x); }
int (*pointer_to_victim)(int) = victim;
#elif defined PART_inter
static int replacement(int x) { return 1000 + victim(x); }
__attribute__((used, section("__DATA,__interpose"))) static struct {
	int (*to)(int), (*from)(int);
} tuple = {replacement, victim};
#else
extern int use_victim(int x);
extern int (*pointer_to_victim)(int);
int main(void)
{
	int add = getenv("ADD") ? 1000 : 0;
	CHECK(victim(1) == 1 + add);
	CHECK(use_victim(2) == 2 + add);
	CHECK(pointer_to_victim(3) == 3 + add);
	CHECK(((int (*)(int))dlsym(RTLD_DEFAULT, "victim"))(4) == 4 + add);
	say("ok\n");
	return 0;
}
#endif
