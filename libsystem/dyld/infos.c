// struct dyld_all_image_infos of <mach-o/dyld_images.h>: where debuggers, and
// task_info(TASK_DYLD_INFO), find what is loaded.

#include "dyld.h"

struct dyld_image_info {
	const struct mach_header_64 *imageLoadAddress;
	const char *imageFilePath;
	uintptr_t imageFileModDate;
};

typedef void notifier(uint32_t mode, uint32_t count, const struct dyld_image_info info[]);

struct dyld_all_image_infos {
	uint32_t version;
	uint32_t infoArrayCount;
	const struct dyld_image_info *infoArray;
	notifier *notification;
	bool processDetachedFromSharedRegion, libSystemInitialized;
	const struct mach_header_64 *dyldImageLoadAddress;
	void *jitInfo;
	const char *dyldVersion, *errorMessage;
	uintptr_t terminationFlags;
	void *coreSymbolicationShmPage;
	uintptr_t systemOrderFlag, uuidArrayCount;
	const void *uuidArray;
	struct dyld_all_image_infos *dyldAllImageInfosAddress;
	uintptr_t initialImageCount, errorKind;
	const char *errorClientOfDylibPath, *errorTargetDylibPath, *errorSymbol;
	uintptr_t sharedCacheSlide;
	uint8_t sharedCacheUUID[16];
	uintptr_t sharedCacheBaseAddress;
	uint64_t infoArrayChangeTimestamp;
	const char *dyldPath;
	uint32_t notifyPorts[8];
	uintptr_t reserved[7];
	uint64_t sharedCacheFSID, sharedCacheFSObjID;
	uintptr_t compact_dyld_image_info_addr;
	size_t compact_dyld_image_info_size;
	uint32_t platform;
	uint32_t aotInfoCount;
	const void *aotInfoArray;
	uint64_t aotInfoArrayChangeTimestamp;
	uintptr_t aotSharedCacheBaseAddress;
	uint8_t aotSharedCacheUUID[16];
};

// Debuggers set a breakpoint here.
__attribute__((noinline)) static void image_notifier(uint32_t mode, uint32_t count, const struct dyld_image_info info[])
{
	__asm__ volatile("" : : "r"(mode), "r"(count), "r"(info) : "memory");
}

struct dyld_all_image_infos dyld_all_image_infos __attribute__((section("__DATA,__all_image_info"), used)) = {
	.version = 17,
	.platform = 1, // PLATFORM_MACOS
};

void update_image_infos(void)
{
	struct dyld_all_image_infos *all = &dyld_all_image_infos;
	uint32_t n = 0, before = all->infoArrayCount;
	for (struct image *im = dyld.images; im; im = im->next)
		n++;
	struct dyld_image_info *list = mem_alloc(n * sizeof *list), *old = (void *)all->infoArray;
	n = 0;
	for (struct image *im = dyld.images; im; im = im->next) {
		list[n].imageLoadAddress = im->mh;
		list[n].imageFilePath = im->path;
		list[n++].imageFileModDate = (uintptr_t)im->mtime;
	}
	// infoArray is NULL while it changes: so a debugger that looks in knows.
	__atomic_store_n(&all->infoArray, NULL, __ATOMIC_SEQ_CST);
	all->infoArrayCount = n;
	all->infoArrayChangeTimestamp++;
	__atomic_store_n(&all->infoArray, list, __ATOMIC_SEQ_CST);
	mem_free(old);
	if (!all->dyldImageLoadAddress) {
		all->dyldImageLoadAddress = dyld.self;
		all->dyldAllImageInfosAddress = all;
		all->dyldPath = "/usr/lib/dyld";
		all->dyldVersion = "Beagle";
		all->notification = image_notifier;
		all->initialImageCount = n;
		all->libSystemInitialized = dyld.libsystem != NULL;
	}
	if (n > before)
		all->notification(0, n - before, list + before); // dyld_image_adding
	else
		all->notification(1, 0, NULL); // dyld_image_removing
}
