// Two-level and re-exported symbols, pointers in data, weak imports.
#include "test.h"

#ifdef PART_one
int same(void) { return 1; }
int table[4] = {10, 11, 12, 13};
int only_one(void) { return 111; }
#elif defined PART_two
int same(void) { return 2; }
extern int only_one(void);
int (*via_two)(void) = only_one; // bound in a dylib to another
static int target;
struct { int *a; long b; int *c; long d[2]; int *e; long f[3]; int *g; long h[9]; int *i; } pointers =
	{&target, 1, &target, {1, 2}, &target, {1, 2, 3}, &target, {1}, &target}; // rebases apart
#ifndef WITHOUT_GONE
int gone(void) { return 1; }
#endif
#elif defined PART_optional
int optional(void) { return 5; }
int optional_data = 6;
#elif defined PART_umbrella
int umbrella_own(void) { return 33; }
#elif defined PART_part
int part_of_umbrella(void) { return 44; }
#else
extern int same(void), only_one(void), umbrella_own(void), part_of_umbrella(void);
extern int table[4];
extern int (*via_two)(void);
extern int optional(void) __attribute__((weak_import));
extern int optional_data __attribute__((weak_import));
extern int gone(void) __attribute__((weak_import));

static int local(int x) { return x + 1; }
static int (*const functions[])(int) = {local, local};
static int *inside = &table[2];                  // an addend
static const char *const words[] = {"a", "bc", "def"};
static int (*imported)(void) = only_one;
static int (*maybe)(void) = optional;
static int *maybe_data = &optional_data;
int exported_by_main = 77;
static int *volatile own = &exported_by_main;

int main(void)
{
	CHECK(same() == SAME);
	CHECK(only_one() == 111 && imported() == 111 && via_two() == 111);
	CHECK(*inside == 12 && inside == &table[2]);
	CHECK(functions[1](4) == 5 && !strcmp(words[2], "def"));
	CHECK(umbrella_own() == 33 && part_of_umbrella() == 44);
	CHECK(*own == 77);
	if (getenv("MISSING")) {
		CHECK(!optional && !maybe && !maybe_data && !gone);
	} else {
		CHECK(optional() == 5 && maybe() == 5 && *maybe_data == 6 && gone() == 1);
	}
	say("ok\n");
	return 0;
}
#endif
