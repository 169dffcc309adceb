// From a file to a mapped image, and from an image to all that it needs.

#include "dyld.h"

// The slice of a file that fits this processor.
struct slice {
	uint64_t off, size;
	uint32_t subtype;
};

static bool read_at(int fd, void *buf, size_t size, uint64_t off)
{
	char *p = buf;
	while (size) {
		long n = sys4(SYS_pread, fd, p, size, off);
		if (n <= 0)
			return false;
		p += n;
		off += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static uint32_t be32(uint32_t v)
{
	return __builtin_bswap32(v);
}

static bool ours(uint32_t cputype, uint32_t subtype)
{
	subtype &= CPU_SUBTYPE_MASK;
#ifdef __arm64__
	return cputype == CPU_TYPE_ARM64 && subtype != CPU_SUBTYPE_ARM64E;
#else
	return cputype == CPU_TYPE_X86_64 && subtype == CPU_SUBTYPE_X86_64_ALL;
#endif
}

// find_slice chooses of a fat file, or takes a thin one whole.
static bool find_slice(int fd, const char *path, uint64_t size, struct slice *out)
{
	uint32_t head[2];
	out->off = 0;
	out->size = size;
	if (size < sizeof(struct mach_header_64) || !read_at(fd, head, sizeof head, 0))
		return fail("%s: not a Mach-O file", path);
	uint32_t magic = be32(head[0]);
	if (magic != FAT_MAGIC && magic != FAT_MAGIC_64)
		return true;
	uint32_t n = be32(head[1]);
	if (n > 64)
		return fail("%s: a fat file with %u slices", path, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t off, len;
		uint32_t type, subtype;
		if (magic == FAT_MAGIC) {
			struct fat_arch a;
			if (!read_at(fd, &a, sizeof a, 8 + i * sizeof a))
				return fail("%s: the fat header is cut off", path);
			type = be32(a.cputype), subtype = be32(a.cpusubtype), off = be32(a.offset), len = be32(a.size);
		} else {
			struct fat_arch_64 a;
			if (!read_at(fd, &a, sizeof a, 8 + i * sizeof a))
				return fail("%s: the fat header is cut off", path);
			type = be32(a.cputype), subtype = be32(a.cpusubtype);
			off = __builtin_bswap64(a.offset), len = __builtin_bswap64(a.size);
		}
		if (!ours(type, subtype))
			continue;
		if (off > size || len > size - off || len < sizeof(struct mach_header_64))
			return fail("%s: the " ARCH_NAME " slice lies outside the file", path);
		out->off = off;
		out->size = len;
		return true;
	}
	return fail("%s: a fat file without " ARCH_NAME " code", path);
}

static int map_prot(uint32_t prot)
{
	return (int)prot & 7; // VM_PROT_ and PROT_ are the same bits
}

// map_segments reserves one range for the whole image and puts its segments there.
static bool map_segments(struct image *im, int fd, struct slice *slice)
{
	uint64_t low = UINT64_MAX, high = 0, header = UINT64_MAX;
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		if (!s->vmsize)
			continue;
		if (s->vmaddr % PAGE_SIZE)
			return fail("%s: segment %s is not at a page of %u bytes", im->path, s->name, (unsigned)PAGE_SIZE);
		if (s->filesize && (slice->off + s->fileoff) % PAGE_SIZE)
			return fail("%s: segment %s lies at no page of the file", im->path, s->name);
		if (s->fileoff > slice->size || s->filesize > slice->size - s->fileoff)
			return fail("%s: segment %s lies outside the file", im->path, s->name);
		if (s->fileoff == 0 && s->filesize)
			header = s->vmaddr;
		low = s->vmaddr < low ? s->vmaddr : low;
		high = s->vmaddr + s->vmsize > high ? s->vmaddr + s->vmsize : high;
	}
	if (low > high || high > UINT64_MAX - PAGE_SIZE || high - low > MAX_IMAGE_SIZE)
		return fail("%s: the segments span too much", im->path);
	if (header == UINT64_MAX)
		return fail("%s: no segment holds the header", im->path);
	uint64_t size = PAGE_ROUND(high - low);
	long base = sys6(SYS_mmap, 0, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (sys_failed(base))
		return fail("%s: no room for %x bytes", im->path, size);
	im->slide = (intptr_t)((uint64_t)base - low);
	im->low = (uintptr_t)base;
	im->high = (uintptr_t)base + size;
	im->mh = (const void *)(header + (uint64_t)im->slide);
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		uint64_t at = s->vmaddr + (uint64_t)im->slide, file = PAGE_ROUND(s->filesize), mem = PAGE_ROUND(s->vmsize);
		if (!s->vmsize || !s->prot)
			continue;
		long r = 0;
		if (s->filesize)
			r = sys6(SYS_mmap, at, file, map_prot(s->prot), MAP_PRIVATE | MAP_FIXED, fd, slice->off + s->fileoff);
		if (!sys_failed(r) && mem > file)
			r = sys6(SYS_mmap, at + file, mem - file, map_prot(s->prot), MAP_PRIVATE | MAP_FIXED | MAP_ANON, -1, 0);
		if (sys_failed(r))
			return fail("%s: cannot map segment %s (errno %d)", im->path, s->name, (int)-r);
		// What follows the segment in its last file page is not part of it.
		if (s->filesize < s->vmsize && s->filesize % PAGE_SIZE && (s->prot & VM_PROT_WRITE)) {
			uint64_t tail = file < s->vmsize ? file : s->vmsize;
			memset((void *)(at + s->filesize), 0, tail - s->filesize);
		}
	}
	return true;
}

void unmap_image(struct image *im)
{
	if (im->low)
		sys2(SYS_munmap, im->low, im->high - im->low);
}

static void append(struct image *im)
{
	if (!dyld.tail)
		dyld.tail = &dyld.images;
	__atomic_store_n(dyld.tail, im, __ATOMIC_RELEASE);
	dyld.tail = &im->next;
}

static void free_image(struct image *im)
{
	mem_free((void *)im->cmds);
	mem_free(im->segs);
	mem_free(im->deps);
	mem_free((void *)im->path);
	mem_free((void *)im->unreal);
	mem_free(im);
}

// Readers of the list hold no lock (lock.c): an image that has left it stays as it is
// until this many others have left after it.
enum { RETIRED = 64 };
static struct image *retired[RETIRED];
static unsigned next_retired;

void remove_image(struct image *im)
{
	struct image **p = &dyld.images;
	while (*p != im)
		p = &(*p)->next;
	__atomic_store_n(p, im->next, __ATOMIC_RELEASE);
	if (dyld.tail == &im->next)
		dyld.tail = p;
	for (struct image *o = dyld.images; o; o = o->next)
		if (o->parent == im)
			o->parent = im->parent;
	unmap_image(im);
	struct image *old = retired[next_retired];
	retired[next_retired] = im;
	next_retired = (next_retired + 1) % RETIRED;
	if (old)
		free_image(old);
}

void drop_images(struct image *last)
{
	while (last->next)
		remove_image(last->next);
}

static struct image *map_file(int fd, const char *path, struct file_id *st)
{
	struct slice slice;
	struct mach_header_64 mh;
	if (!find_slice(fd, path, (uint64_t)st->size, &slice))
		return NULL;
	if (!read_at(fd, &mh, sizeof mh, slice.off) || mh.magic != MH_MAGIC_64) {
		fail("%s: not a 64-bit Mach-O file", path);
		return NULL;
	}
	if (!ours((uint32_t)mh.cputype, mh.cpusubtype)) {
		fail("%s: made for another processor, " ARCH_NAME " is needed", path);
		return NULL;
	}
	if (mh.filetype != MH_DYLIB && mh.filetype != MH_BUNDLE) {
		fail("%s: neither a dynamic library nor a bundle (file type %u)", path, mh.filetype);
		return NULL;
	}
	if (mh.sizeofcmds > MAX_COMMANDS || mh.sizeofcmds > slice.size - sizeof mh) {
		fail("%s: %u bytes of load commands", path, mh.sizeofcmds);
		return NULL;
	}
	struct image *im = mem_alloc(sizeof *im);
	struct load_command *cmds = mem_alloc(mh.sizeofcmds + 8);
	im->path = str_dup(path);
	im->unreal = str_dup(path);
	im->cmds = cmds;
	struct path real;
	if (!sys_failed(sys3(SYS_fcntl, fd, F_GETPATH, real.s)) && real.s[0] == '/') {
		real.s[sizeof real.s - 1] = 0;
		mem_free((void *)im->path);
		im->path = str_dup(real.s);
	}
	im->dev = st->dev;
	im->ino = st->ino;
	im->mtime = st->mtime;
	im->flags = mh.flags;
	if (!read_at(fd, cmds, mh.sizeofcmds, slice.off + sizeof mh))
		fail("%s: cannot read the load commands", path);
	else if (parse_commands(im, cmds, mh.ncmds, mh.sizeofcmds) && map_segments(im, fd, &slice) && parse_linkedit(im) && tlv_find(im))
		return im;
	unmap_image(im);
	free_image(im);
	return NULL;
}

static struct image *known_path(const char *path)
{
	for (struct image *im = dyld.images; im; im = im->next)
		if (str_eq(im->path, path) || str_eq(im->unreal, path))
			return im;
	return NULL;
}

struct attempt {
	bool exists;     // a candidate is there and does not fit
	bool known_only; // of what is loaded already
	bool check_only; // give back what cannot be used
};

// open_image is one attempt of each_candidate. The reason of the first file that is
// there and does not fit is the one to report.
static struct image *open_image(const char *path, void *arg)
{
	struct attempt *a = arg;
	struct image *im = known_path(path);
	if (im)
		return im;
	long fd = sys3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
	if (sys_failed(fd)) {
		if (!a->exists && fd != -ENOENT && fd != -ENOTDIR) {
			a->exists = true;
			fail("%s: cannot be opened (errno %d)", path, (int)-fd);
		}
		return NULL;
	}
	struct file_id st;
	int err = sys_fstat((int)fd, &st);
	if (!err)
		for (im = dyld.images; im; im = im->next)
			if (im->ino == st.ino && im->dev == st.dev && im->mtime == st.mtime)
				break;
	if (!im && !a->known_only) {
		char before[sizeof error_text];
		memcpy(before, error_text, sizeof before);
		if (err)
			fail("%s: cannot be examined (errno %d)", path, -err);
		else
			im = map_file((int)fd, path, &st);
		if (!im && a->exists)
			memcpy(error_text, before, sizeof before);
		a->exists = true;
		if (im && !a->check_only) {
			append(im);
			if (dyld.print_libraries)
				print("%s", im->path);
		}
	}
	sys1(SYS_close, fd);
	return im;
}

struct image *load_library(const char *name, struct image *from, bool known_only)
{
	struct attempt a = {.known_only = known_only};
	fail("%s: %s", name, known_only ? "not loaded" : "no such file");
	struct image *im = each_candidate(name, from, open_image, &a);
	// A library is also known by the name that it gives itself.
	for (struct image *o = dyld.images; !im && o; o = o->next)
		if (o->install && str_eq(o->install, name))
			im = o;
	return im;
}

bool check_library(const char *name, struct image *from)
{
	if (load_library(name, from, true))
		return true;
	struct attempt a = {.check_only = true};
	fail("%s: no such file", name);
	struct image *im = each_candidate(name, from, open_image, &a);
	if (!im)
		return false;
	unmap_image(im);
	free_image(im);
	return true;
}

bool load_dependents(struct image *im)
{
	// Breadth first, so that a long chain costs no stack.
	for (; im; im = im->next)
		for (uint32_t i = 0; i < im->ndeps; i++) {
			struct dep *d = &im->deps[i];
			if (d->image)
				continue;
			d->image = load_library(d->name, im, false);
			if (!d->image && !d->weak)
				return fail("library %s, which %s needs, was not loaded: %s", d->name, im->path, error_text);
			if (d->image && !d->image->parent && d->image != dyld.main && d->image != im)
				d->image->parent = im;
		}
	return true;
}

// main_path makes the path that the kernel was given absolute.
static const char *main_path(void)
{
	const char *path = dyld.apple[0] ? dyld.apple[0] : "";
	if (str_has_prefix(path, "executable_path="))
		path += 16;
	if (*path == '/')
		return str_dup(path);
	struct path cwd, p;
	long fd = sys3(SYS_open, ".", O_RDONLY | O_CLOEXEC, 0);
	if (!sys_failed(fd)) {
		bool ok = !sys_failed(sys3(SYS_fcntl, fd, F_GETPATH, cwd.s));
		sys1(SYS_close, fd);
		cwd.s[sizeof cwd.s - 1] = 0;
		if (ok && path_join(&p, cwd.s, str_len(cwd.s), path))
			return str_dup(p.s);
	}
	return str_dup(path);
}

struct image *load_main(const struct mach_header_64 *mh)
{
	struct image *im = mem_alloc(sizeof *im);
	im->mh = mh;
	im->flags = mh->flags;
	im->pinned = true;
	im->unreal = im->path = main_path();
	if (mh->magic != MH_MAGIC_64 || mh->cputype != CPU_TYPE_OURS || mh->filetype != MH_EXECUTE)
		die("%s: not an " ARCH_NAME " program", im->path);
	if (!parse_commands(im, (const void *)(mh + 1), mh->ncmds, mh->sizeofcmds))
		die_error();
	im->low = UINTPTR_MAX;
	bool found = false;
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		if (s->fileoff == 0 && s->filesize && s->vmsize >= sizeof *mh + mh->sizeofcmds) {
			im->slide = (intptr_t)((uint64_t)mh - s->vmaddr);
			found = true;
		}
	}
	if (!found)
		die("%s: the load commands lie outside the first segment", im->path);
	for (uint32_t i = 0; i < im->nsegs; i++) {
		struct segment *s = &im->segs[i];
		uintptr_t at = s->vmaddr + (uintptr_t)im->slide;
		if (!s->prot || !s->vmsize)
			continue;
		im->low = at < im->low ? at : im->low;
		im->high = at + s->vmsize > im->high ? at + s->vmsize : im->high;
	}
	struct path real;
	long fd = sys3(SYS_open, im->path, O_RDONLY | O_CLOEXEC, 0);
	if (!sys_failed(fd)) {
		struct file_id st;
		if (!sys_fstat((int)fd, &st)) {
			im->dev = st.dev;
			im->ino = st.ino;
			im->mtime = st.mtime;
		}
		if (!sys_failed(sys3(SYS_fcntl, fd, F_GETPATH, real.s)) && real.s[0] == '/') {
			real.s[sizeof real.s - 1] = 0;
			im->path = str_dup(real.s);
		}
		sys1(SYS_close, fd);
	}
	dyld.main = im;
	append(im);
	if (!parse_linkedit(im) || !tlv_find(im))
		die_error();
	if (dyld.print_libraries)
		print("%s", im->path);
	return im;
}
