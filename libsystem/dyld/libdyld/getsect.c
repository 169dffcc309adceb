// getsectiondata(3), getsectbyname(3) and their family.

#include <stdbool.h>

#include "../api.h"
#include "../macho.h"

extern const struct beagle_dyld_api *volatile _beagle_dyld_api;

// Names in load commands have 16 bytes and end in a NUL only when shorter.
static bool same_name(const char fixed[16], const char *name)
{
	for (int i = 0; i < 16; i++) {
		if (fixed[i] != name[i])
			return false;
		if (!name[i])
			return true;
	}
	return !name[16];
}

static const struct segment_command_64 *segment(const struct mach_header_64 *mh, const char *name)
{
	const struct load_command *c = (const void *)(mh + 1);
	for (uint32_t i = 0; i < mh->ncmds; i++, c = (const void *)((const char *)c + c->cmdsize)) {
		const struct segment_command_64 *s = (const void *)c;
		if (c->cmd == LC_SEGMENT_64 && (name ? same_name(s->segname, name) : s->fileoff == 0 && s->filesize != 0))
			return s;
	}
	return NULL;
}

static const struct section_64 *section(const struct mach_header_64 *mh, const char *seg, const char *sect)
{
	const struct load_command *c = (const void *)(mh + 1);
	for (uint32_t i = 0; i < mh->ncmds; i++, c = (const void *)((const char *)c + c->cmdsize)) {
		const struct segment_command_64 *g = (const void *)c;
		if (c->cmd != LC_SEGMENT_64)
			continue;
		const struct section_64 *s = (const void *)(g + 1);
		for (uint32_t k = 0; k < g->nsects; k++, s++)
			if (same_name(s->segname, seg) && same_name(s->sectname, sect))
				return s;
	}
	return NULL;
}

// The slide follows from where the header should be and is; any mapped image will do.
static uintptr_t slide(const struct mach_header_64 *mh)
{
	const struct segment_command_64 *text = segment(mh, NULL);
	return text ? (uintptr_t)mh - text->vmaddr : 0;
}

uint8_t *getsectiondata(const struct mach_header_64 *mh, const char *seg, const char *sect, unsigned long *size);
uint8_t *getsectiondata(const struct mach_header_64 *mh, const char *seg, const char *sect, unsigned long *size)
{
	const struct section_64 *s = section(mh, seg, sect);
	*size = s ? s->size : 0;
	return s ? (uint8_t *)(s->addr + slide(mh)) : NULL;
}

uint8_t *getsegmentdata(const struct mach_header_64 *mh, const char *seg, unsigned long *size);
uint8_t *getsegmentdata(const struct mach_header_64 *mh, const char *seg, unsigned long *size)
{
	const struct segment_command_64 *s = segment(mh, seg);
	*size = s ? s->vmsize : 0;
	return s ? (uint8_t *)(s->vmaddr + slide(mh)) : NULL;
}

const struct section_64 *getsectbynamefromheader_64(const struct mach_header_64 *mh, const char *seg, const char *sect);
const struct section_64 *getsectbynamefromheader_64(const struct mach_header_64 *mh, const char *seg, const char *sect)
{
	return section(mh, seg, sect);
}

const struct section_64 *getsectbyname(const char *seg, const char *sect);
const struct section_64 *getsectbyname(const char *seg, const char *sect)
{
	return section(_beagle_dyld_api->image_header(0), seg, sect);
}

const struct segment_command_64 *getsegbyname(const char *seg);
const struct segment_command_64 *getsegbyname(const char *seg)
{
	return segment(_beagle_dyld_api->image_header(0), seg);
}

// These two give addresses without the slide: getsectbyname(3), "BUGS".
char *getsectdatafromheader_64(const struct mach_header_64 *mh, const char *seg, const char *sect, uint64_t *size);
char *getsectdatafromheader_64(const struct mach_header_64 *mh, const char *seg, const char *sect, uint64_t *size)
{
	const struct section_64 *s = section(mh, seg, sect);
	*size = s ? s->size : 0;
	return s ? (char *)s->addr : NULL;
}

char *getsectdata(const char *seg, const char *sect, unsigned long *size);
char *getsectdata(const char *seg, const char *sect, unsigned long *size)
{
	const struct section_64 *s = getsectbyname(seg, sect);
	*size = s ? s->size : 0;
	return s ? (char *)s->addr : NULL;
}

unsigned long get_end(void);
unsigned long get_end(void)
{
	const struct segment_command_64 *s = getsegbyname("__LINKEDIT");
	return s ? s->vmaddr : 0;
}
