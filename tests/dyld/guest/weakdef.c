// One definition for all images: weak symbols are coalesced, a strong one wins.
#include "test.h"

#define WEAK __attribute__((weak))

#ifdef PART_strong
int chosen(void) { return 3; } // linked last, and not weak
int marker_strong;
#else
WEAK int shared_value = NUMBER;
WEAK int *address(void) { return &shared_value; }
WEAK int chosen(void) { return NUMBER; }
#if NUMBER == 1
extern int *address_two(void);
extern int chosen_two(void);
extern int marker_strong;
int *volatile keep = &marker_strong;
int main(void)
{
	CHECK(&shared_value == address_two());
	CHECK(shared_value == 1 && *address_two() == 1);
	CHECK(address() == &shared_value);
	CHECK(chosen_two() == CHOSEN);
	say("ok\n");
	return 0;
}
#else
int *address_two(void) { return &shared_value; }
int chosen_two(void) { return chosen(); }
#endif
#endif
