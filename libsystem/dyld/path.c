// Which files the name of a library can mean: dyld(1), "SEARCHING" and the
// environment variables there.

#include "dyld.h"

typedef struct image *attempt(const char *path, void *arg);

const char *leaf_name(const char *path)
{
	const char *slash = str_rchr(path, '/');
	return slash ? slash + 1 : path;
}

// The part of the path of a framework's library from the framework's own folder:
// "Foo.framework/Versions/A/Foo" of "/x/Foo.framework/Versions/A/Foo". NULL if it is
// none.
static const char *framework_part(const char *path)
{
	const char *leaf = leaf_name(path);
	size_t n = str_len(leaf);
	const char *found = NULL;
	for (const char *p = path; p < leaf; p++)
		if ((p == path || p[-1] == '/') && memcmp(p, leaf, n) == 0 && str_has_prefix(p + n, ".framework/"))
			found = p;
	return found;
}

// each_dir tries dir/rest for each folder of a list separated by colons.
static struct image *each_dir(const char *list, const char *rest, attempt *try, void *arg)
{
	while (list && *list) {
		size_t n = 0;
		while (list[n] && list[n] != ':')
			n++;
		struct path p;
		if (n && path_join(&p, list, n, rest)) {
			struct image *im = try(p.s, arg);
			if (im)
				return im;
		}
		list += n + (list[n] == ':');
	}
	return NULL;
}

static struct image *relative(const char *base, const char *rest, attempt *try, void *arg)
{
	const char *slash = str_rchr(base, '/');
	struct path p;
	if (!slash || !path_join(&p, base, (size_t)(slash - base) + 1, rest))
		return NULL;
	return try(p.s, arg);
}

// expand replaces @executable_path and @loader_path; base is the image that the
// latter means.
static struct image *expand(const char *name, struct image *base, attempt *try, void *arg)
{
	if (str_has_prefix(name, "@executable_path/"))
		return relative(dyld.main->path, name + 17, try, arg);
	if (str_has_prefix(name, "@loader_path/"))
		return relative(base->path, name + 13, try, arg);
	return try(name, arg);
}

// at_rpath tries name below each LC_RPATH of the images that led here, from the
// one that needs the library up to the main program.
static struct image *at_rpath(const char *rest, struct image *from, attempt *try, void *arg)
{
	bool main_seen = false;
	for (struct image *im = from; im || !main_seen; im = im->parent) {
		if (!im)
			im = dyld.main; // dlopen: what was opened has no parent
		main_seen |= im == dyld.main;
		const struct load_command *c = im->cmds;
		for (uint32_t i = 0; i < im->ncmds; i++, c = (const struct load_command *)((const char *)c + c->cmdsize)) {
			if (c->cmd != LC_RPATH)
				continue;
			const char *dir = (const char *)c + ((const struct lc_str_command *)c)->name;
			const char *end = (const char *)c + c->cmdsize;
			size_t n = 0;
			while (dir + n < end && dir[n])
				n++;
			if (dir + n >= end || !n)
				continue;
			struct path p;
			if (!path_join(&p, dir, n, rest))
				continue;
			struct image *got = expand(p.s, im, try, arg);
			if (got)
				return got;
		}
	}
	return NULL;
}

struct image *each_candidate(const char *name, struct image *from, attempt *try, void *arg)
{
	const char *leaf = leaf_name(name), *framework = framework_part(name);
	struct image *im;
	if (framework && (im = each_dir(dyld.framework_path, framework, try, arg)))
		return im;
	if ((im = each_dir(dyld.library_path, leaf, try, arg)))
		return im;
	if (str_has_prefix(name, "@rpath/"))
		im = at_rpath(name + 7, from, try, arg);
	else
		im = expand(name, from, try, arg);
	if (im)
		return im;
	if (framework)
		return each_dir(dyld.fallback_framework_path, framework, try, arg);
	return each_dir(dyld.fallback_library_path, leaf, try, arg);
}
