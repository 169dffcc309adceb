// The registers themselves. Reading them one by one through Unicorn's interface
// takes longer than the rest of a system call, so they are looked for in its
// processor object: a row of values that cannot be there by chance. Without them
// everything still works, through the interface.
#define _GNU_SOURCE
#include "bgl.h"

#include <string.h>
#include <unistd.h>

// Copies n bytes from an address that may not be one, without a signal.
static bool try_read(int fd[2], const void *from, void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		size_t k = n - done < 4096 ? n - done : 4096;
		ssize_t w = write(fd[1], (const char *)from + done, k);
		if (w <= 0 || read(fd[0], (char *)to + done, w) != w)
			return false;
		done += w;
	}
	return true;
}

static uint64_t magic(int i) { return 0x5bd1e995c0de0000ull + (uint64_t)i * 0x101; }

// The only place in [from, from+n) that holds v, or NULL.
static uint64_t *only(char *from, size_t n, uint64_t v)
{
	uint64_t *at = NULL;
	for (size_t o = 0; o + 8 <= n; o += 8)
		if (*(uint64_t *)(from + o) == v) {
			if (at)
				return NULL;
			at = (uint64_t *)(from + o);
		}
	return at;
}

static void find_in(bgl *b, char *obj, size_t n)
{
	int count = b->arch == BGL_ARM64 ? 32 : 16;
	for (size_t o = 0; o + 8 * (count + 1) <= n; o += 8) {
		uint64_t *r = (uint64_t *)(obj + o);
		int i = 0;
		while (i < count && r[i] == magic(i))
			i++;
		if (i == count)
			b->env_regs = b->env_regs ? NULL : r;
	}
	uint64_t pc = 0;
	uc_reg_read(b->uc, b->arch == BGL_ARM64 ? UC_ARM64_REG_PC : UC_X86_REG_RIP, &pc);
	if (!b->env_regs)
		return;
	if (b->env_regs[count] != pc) {
		b->env_regs = NULL;
		return;
	}
	int first = b->arch == BGL_ARM64 ? 34 : 18;
	for (int i = 0; i < 2; i++) {
		b->env_extra[i] = only(obj, n, magic(first + i));
		if (!b->env_extra[i])
			b->env_regs = NULL;
	}
}

// RDRAND reads the host's randomness, so the engine's processor is made one that
// lacks it. Its feature words 1.EDX and 1.ECX are neighbours.
static void no_rdrand(bgl *b, char *obj, size_t n)
{
	uint64_t edx = b->native[1][3], ecx = b->native[1][2] & ~(1u << 27), *at = NULL;
	if (!(ecx >> 30 & 1))
		return;
	for (size_t o = 0; o + 16 <= n; o += 8) {
		uint64_t *w = (uint64_t *)(obj + o);
		if ((w[0] & ~0x200ull) == (edx & ~0x200ull) && (w[1] & ~(1ull << 27)) == ecx) {
			if (at)
				return;
			at = w;
		}
	}
	if (at)
		at[1] &= ~(1ull << 30);
}

// Where the address of an exclusive load is kept until the store: it is the one
// place that has it once x0 is overwritten.
static void find_exclusive(bgl *b, char *obj, size_t n)
{
	uint64_t where = BOOT_PA + 0x5a8, zero = 0;
	uc_context_restore(b->uc, b->pristine);
	uc_reg_write(b->uc, UC_ARM64_REG_X0, &where);
	uc_err e;
	if (!bgl_start(b, BOOT_PA + 0x204, &e) || b->why != BGL_SYSCALL)
		return;
	uc_reg_write(b->uc, UC_ARM64_REG_X0, &zero);
	b->exclusive = only(obj, n, where);
}

void bgl_find_env(bgl *b)
{
	int fd[2];
	if (pipe(fd) != 0)
		return;
	const int *ids = b->arch == BGL_ARM64 ? bgl_arm64_regs : bgl_x86_regs;
	int pc = b->arch == BGL_ARM64 ? 32 : 16;
	int last = b->arch == BGL_ARM64 ? 36 : 20;
	for (int i = 0; i < last; i++)
		if (i != pc && i != pc + 1) {
			uint64_t v = magic(i);
			uc_reg_write(b->uc, ids[i], &v);
		}
	// The object is one of the larger heap blocks that uc_struct points to. In
	// front of a block the allocator keeps its size.
	for (size_t o = 0; o < b->off_tail && !b->env_regs; o += 8) {
		char *p = *(char **)((char *)b->uc + o);
		size_t size;
		if ((uintptr_t)p & 15 || (uintptr_t)p < 4096 || !try_read(fd, p - 8, &size, 8))
			continue;
		size &= ~(size_t)7;
		if (size < 0x2000 || size > 0x100000)
			continue;
		char ends;
		bool all = true;
		for (size_t k = 0; k < size - 8 && all; k += 4096)
			all = try_read(fd, p + k, &ends, 1);
		if (!all || !try_read(fd, p + size - 9, &ends, 1))
			continue;
		find_in(b, p, size - 8);
		if (b->env_regs && b->arch == BGL_X86)
			no_rdrand(b, p, size - 8);
		if (b->env_regs && b->arch == BGL_ARM64)
			find_exclusive(b, p, size - 8);
	}
	close(fd[0]);
	close(fd[1]);
	uc_context_restore(b->uc, b->pristine);
}
