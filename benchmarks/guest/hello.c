// The smallest program there is.
#include "sys.h"

int run(int argc, char **argv)
{
	char c;
	sys_write(1, "hello\n", 6);
	if (argc > 1)
		sys_read(0, &c, 1); // so that somebody can look at the process
	return 0;
}
