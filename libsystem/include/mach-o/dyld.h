#ifndef _BEAGLE_MACH_O_DYLD_H_
#define _BEAGLE_MACH_O_DYLD_H_

#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

struct mach_header;
uint32_t _dyld_image_count(void);
const struct mach_header *_dyld_get_image_header(uint32_t);
intptr_t _dyld_get_image_vmaddr_slide(uint32_t);
const char *_dyld_get_image_name(uint32_t);
void _dyld_register_func_for_add_image(void (*)(const struct mach_header *, intptr_t));
void _dyld_register_func_for_remove_image(void (*)(const struct mach_header *, intptr_t));
int _NSGetExecutablePath(char *, uint32_t *);

__END_DECLS

#endif
