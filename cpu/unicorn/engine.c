// Making an engine, switching contexts, running and stepping.
#define _GNU_SOURCE
#include "bgl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static void unmap_pages(bgl *b)
{
	if (b->boot)
		munmap(b->boot, BOOT_SIZE);
	if (b->scratch)
		munmap(b->scratch, SCRATCH_SIZE);
}

static uint8_t *map_pages(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

bool bgl_add_hook(bgl *b, int type, void *f, int insn)
{
	uc_err e = insn ? uc_hook_add(b->uc, &b->hooks[b->nhooks], type, f, b, 1, 0, insn)
			: uc_hook_add(b->uc, &b->hooks[b->nhooks], type, f, b, 1, 0);
	if (e == UC_ERR_OK)
		b->nhooks++;
	else if (!b->err)
		b->err = e;
	return e == UC_ERR_OK;
}

void bgl_stop(bgl *b, int why)
{
	b->why = why;
	uc_emu_stop(b->uc);
}

// Ends the run at the instruction that the calling hook is about, as if it had
// never begun. Only for hooks called inside a block, at which the engine does not
// stop: the rest of the block still runs, so it is cut off from memory, and the
// registers are put back afterwards.
void bgl_abort(bgl *b, int why)
{
	uc_context_save(b->uc, b->abort_ctx);
	b->mode = MODE_ABORT;
	bgl_flush(b);
	bgl_stop(b, why);
}

bgl *bgl_new(int arch, void *arena, uint64_t arena_size, void *flags, bool preempt, unsigned cpus, uint32_t code_buffer,
	const char **what, int *err)
{
	bgl *b = calloc(1, sizeof *b);
	if (!b) {
		*what = "no memory", *err = UC_ERR_NOMEM;
		return NULL;
	}
	b->arch = arch;
	b->shift = arch == BGL_ARM64 ? 14 : 12;
	b->arena = arena;
	b->arena_size = arena_size & ~((1ull << b->shift) - 1);
	b->flags = flags;
	b->preempt = preempt;
	b->cpus = cpus;
	b->tlb_guess = 256;

#define TRY(e, name)                                                                                                           \
	if ((b->err = (e)) != UC_ERR_OK) {                                                                                     \
		b->what = name;                                                                                                \
		goto fail;                                                                                                     \
	}
	TRY(uc_open(arch == BGL_ARM64 ? UC_ARCH_ARM64 : UC_ARCH_X86, arch == BGL_ARM64 ? UC_MODE_ARM : UC_MODE_64, &b->uc),
		"uc_open")
	TRY(uc_ctl_set_cpu_model(b->uc, arch == BGL_ARM64 ? (int)UC_CPU_ARM64_MAX : (int)UC_CPU_X86_HASWELL), "set_cpu_model")
	if (arch == BGL_ARM64)
		TRY(uc_ctl_set_page_size(b->uc, 1u << b->shift), "set_page_size")
	TRY(uc_ctl_set_tcg_buffer_size(b->uc, code_buffer), "set_tcg_buffer_size")
	TRY(uc_ctl_tlb_mode(b->uc, UC_TLB_VIRTUAL), "tlb_mode")
	TRY(uc_ctl_exits_enable(b->uc), "exits_enable")
	b->boot = map_pages(BOOT_SIZE);
	b->scratch = map_pages(SCRATCH_SIZE);
	TRY(b->boot && b->scratch ? UC_ERR_OK : UC_ERR_NOMEM, "mmap")
	// The largest first: the engine gives a region that is larger than an earlier
	// one the same internal addresses, and takes code of one for code of the other.
	TRY(uc_mem_map_ptr(b->uc, ARENA_PA, b->arena_size, UC_PROT_ALL, arena), "map arena")
	TRY(uc_mem_map_ptr(b->uc, SCRATCH_PA, SCRATCH_SIZE, UC_PROT_ALL, b->scratch), "map scratch pages")
	TRY(uc_mem_map_ptr(b->uc, BOOT_PA, BOOT_SIZE, UC_PROT_ALL, b->boot), "map boot page")
	b->ctx_size = uc_context_size(b->uc);
	TRY(uc_context_alloc(b->uc, &b->pristine), "context_alloc")
	TRY(uc_context_alloc(b->uc, &b->scratch_ctx), "context_alloc")
	TRY(uc_context_alloc(b->uc, &b->abort_ctx), "context_alloc")
	b->what = "hook_add";
	if (!bgl_add_hook(b, UC_HOOK_TLB_FILL, bgl_fill, 0))
		goto fail;
	if (preempt && !bgl_add_hook(b, UC_HOOK_BLOCK, bgl_block, 0))
		goto fail;
	b->mode = MODE_BOOT;
	b->what = "boot";
	if (!(arch == BGL_ARM64 ? bgl_arm64_boot(b) : bgl_x86_boot(b)))
		goto fail;
	b->what = "sigbus";
	if (bgl_sigbus(arena, arena_size) != 0)
		goto fail;
	// The boot page's translations must not outlive the boot.
	b->mode = MODE_RUN;
	bgl_flush(b);
	b->code_seen = bgl_code_generation();
	b->what = NULL;
	return b;
fail:
	*what = b->what;
	*err = b->err;
	if (b->pristine)
		uc_context_free(b->pristine);
	if (b->scratch_ctx)
		uc_context_free(b->scratch_ctx);
	if (b->abort_ctx)
		uc_context_free(b->abort_ctx);
	if (b->uc)
		uc_close(b->uc);
	unmap_pages(b);
	free(b);
	return NULL;
}

void bgl_close(bgl *b)
{
	bgl_sigbus_forget(b->arena);
	uc_context_free(b->pristine);
	uc_context_free(b->scratch_ctx);
	uc_context_free(b->abort_ctx);
	uc_close(b->uc);
	unmap_pages(b);
	free(b->edges);
	free(b);
}

// Contexts.

bgl_ctx *bgl_ctx_new(bgl *b)
{
	bgl_ctx *c = calloc(1, sizeof *c);
	if (c && uc_context_alloc(b->uc, &c->blob) != UC_ERR_OK) {
		free(c);
		c = NULL;
	}
	if (c)
		bgl_ctx_reset(b, c);
	return c;
}

void bgl_ctx_free(bgl *b, bgl_ctx *c)
{
	if (b && b->cur == c)
		b->cur = NULL;
	uc_context_free(c->blob);
	free(c);
}

// A context of one engine is plain bytes: no pointer in it is the context's own.
static void copy_blob(bgl *b, uc_context *dst, const uc_context *src) { memcpy(dst, src, b->ctx_size); }

void bgl_ctx_copy(bgl *b, bgl_ctx *dst, bgl_ctx *src)
{
	if (dst == src)
		return;
	if (b->cur == src)
		uc_context_save(b->uc, src->blob);
	if (b->cur == dst)
		b->cur = NULL;
	copy_blob(b, dst->blob, src->blob);
	memcpy(dst->r, src->r, sizeof dst->r);
	dst->dirty = src->dirty;
}

void bgl_ctx_reset(bgl *b, bgl_ctx *c)
{
	if (b->cur == c)
		b->cur = NULL;
	copy_blob(b, c->blob, b->pristine);
	memset(c->r, 0, sizeof c->r);
	if (b->arch == BGL_X86)
		c->r[17] = 0x202;
	c->dirty = 0;
}

void bgl_switch(bgl *b, bgl_ctx *c)
{
	if (b->cur == c)
		return;
	if (b->cur)
		uc_context_save(b->uc, b->cur->blob);
	uc_context_restore(b->uc, c->blob);
	b->cur = c;
	// As ERET does. Not when one context goes on after it was merely preempted:
	// with a small quantum it might never get from the load to the store.
	if (b->exclusive)
		*b->exclusive = ~0ull;
}

static const int *reg_ids(const bgl *b) { return b->arch == BGL_ARM64 ? bgl_arm64_regs : bgl_x86_regs; }
static int reg_count(const bgl *b) { return b->arch == BGL_ARM64 ? 36 : 20; }
static int pc_index(const bgl *b) { return b->arch == BGL_ARM64 ? 32 : 16; }

// What of RFLAGS belongs to a user program: CF PF AF ZF SF TF DF OF RF AC ID. The
// rest is as the kernel set it: interrupts on, no I/O privilege.
#define USER_RFLAGS 0x250dd5ull

static void store_regs(bgl *b, bgl_ctx *c)
{
	uint64_t d = c->dirty & ~(1ull << pc_index(b)) & ((1ull << reg_count(b)) - 1);
	c->dirty = 0;
	if (!d)
		return;
	if (b->arch == BGL_X86 && d & 1 << 17)
		c->r[17] = (c->r[17] & USER_RFLAGS) | 0x202;
	if (b->arch == BGL_ARM64 && d & 1ull << 33)
		c->r[33] &= 0xf0000000;
	const int *ids = reg_ids(b);
	if (b->env_regs) {
		int pc = pc_index(b);
		for (; d; d &= d - 1) {
			int i = __builtin_ctzll(d);
			if (i < pc)
				b->env_regs[i] = c->r[i];
			else if (i == pc + 1)
				uc_reg_write(b->uc, ids[i], &c->r[i]);
			else
				*b->env_extra[i - pc - 2] = c->r[i];
		}
		return;
	}
	int id[NUM_REGS];
	void *val[NUM_REGS];
	int n = 0;
	for (; d; d &= d - 1) {
		int i = __builtin_ctzll(d);
		id[n] = ids[i];
		val[n++] = &c->r[i];
	}
	uc_reg_write_batch(b->uc, id, val, n);
}

// memcpy of so few words, and of a size that varies, becomes a string instruction
// whose start-up takes longer than this.
static inline void copy_words(uint64_t *to, const uint64_t *from, int n)
{
	typedef uint64_t pair __attribute__((vector_size(16), aligned(8), may_alias));
	for (; n >= 4; n -= 4, to += 4, from += 4) {
		pair a = ((const pair *)from)[0], c = ((const pair *)from)[1];
		((pair *)to)[0] = a;
		((pair *)to)[1] = c;
	}
	for (; n > 0; n--)
		*to++ = *from++;
}

void bgl_load_regs(bgl *b, bgl_ctx *c)
{
	if (b->env_regs) {
		int pc = pc_index(b);
		copy_words(c->r, b->env_regs, pc + 1);
		uc_reg_read(b->uc, reg_ids(b)[pc + 1], &c->r[pc + 1]);
		c->r[pc + 2] = *b->env_extra[0];
		c->r[pc + 3] = *b->env_extra[1];
		return;
	}
	void *val[NUM_REGS];
	int n = reg_count(b);
	for (int i = 0; i < n; i++)
		val[i] = &c->r[i];
	uc_reg_read_batch(b->uc, reg_ids(b), val, n);
}

uint64_t bgl_ticks(bgl *b)
{
	if (b->clock_virtual)
		return b->clock_base + (b->blocks - b->clock_blocks) * b->clock_pace;
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec - b->clock_base;
}

// Runs from pc until a hook stops the engine, or the translation hook refuses.
// Sets b->why; BGL_NONE means it stopped without a reason of ours. Returns false
// when the engine gave an error nobody asked for.
bool bgl_start(bgl *b, uint64_t pc, uc_err *err)
{
	int mode = b->mode;
	b->why = BGL_NONE;
	b->num = 0;
	bgl_in_guest = 1;
	uc_err e = uc_emu_start(b->uc, pc, 0, 0, 0);
	bgl_in_guest = 0;
	*err = e;
	if (b->mode == MODE_ABORT) {
		b->mode = mode;
		uc_context_restore(b->uc, b->abort_ctx);
		bgl_flush(b);
		return e == UC_ERR_OK || e == UC_ERR_EXCEPTION;
	}
	if (e == UC_ERR_EXCEPTION) {
		b->why = b->refuse_why;
		b->access = b->refuse_access;
		b->paddr = b->refuse_paddr;
		b->size = 1ull << b->shift;
		b->addr = bgl_fault_addr(b);
		return true;
	}
	return e == UC_ERR_OK;
}

static void broken(bgl *b, const char *what, int err)
{
	b->why = BGL_BROKEN;
	b->what = what;
	b->err = err;
}

static void enter(bgl *b, bgl_ctx *c)
{
	bgl_switch(b, c);
	store_regs(b, c);
	if (b->code_seen != bgl_code_generation()) {
		b->code_seen = bgl_code_generation();
		b->need_flush = true;
	}
	if (b->need_flush)
		bgl_flush(b);
}

// More stops without a reason than any guest instruction can cause.
#define MAX_IDLE_STOPS 1000000

void bgl_run(uintptr_t bp, uintptr_t cp)
{
	bgl *b = (bgl *)bp;
	bgl_ctx *c = (bgl_ctx *)cp;
	enter(b, c);
	uint64_t pc = c->r[pc_index(b)];
	// Only bgl_kick asks, and it is not needed where blocks are counted.
	if (!b->preempt)
		atomic_store(&b->running, 1);
	for (int idle = 0;;) {
		// In the middle of a counted block only the block hook may stop.
		if (!(b->skip && b->preempt) && atomic_load(&b->interrupt)) {
			atomic_store(&b->interrupt, 0);
			b->why = BGL_INTERRUPTED;
			uc_reg_write(b->uc, reg_ids(b)[pc_index(b)], &pc);
			break;
		}
		uc_err e;
		if (!bgl_start(b, pc, &e)) {
			broken(b, uc_strerror(e), e);
			break;
		}
		if (b->why != BGL_NONE)
			break;
		// WFI and WFE of arm64 end here, as does a stop from bgl_kick that came
		// late. Neither is anything to a guest.
		uint64_t was = pc;
		uc_reg_read(b->uc, reg_ids(b)[pc_index(b)], &pc);
		idle = pc == was ? idle + 1 : 0;
		if (idle > MAX_IDLE_STOPS) {
			broken(b, "stops without a reason", 0);
			break;
		}
	}
	if (!b->preempt)
		atomic_store(&b->running, 0);
	bgl_load_regs(b, c);
	if (b->exclusive && b->why < BGL_PREEMPTED && b->why != BGL_FAULT)
		*b->exclusive = ~0ull;
	// A store or load that is made again after the page came is in the middle of
	// a block that has been counted; a fetch is not.
	if (b->why == BGL_FAULT || b->why == BGL_STALE || b->why == BGL_SELFALIAS) {
		if (b->access != 2)
			b->skip = true;
	} else {
		b->skip = false;
	}
}

void bgl_drop(bgl *b, uint64_t paddr, uint64_t size)
{
	if (paddr >= b->arena_size)
		return;
	if (size > b->arena_size - paddr)
		size = b->arena_size - paddr;
	int mode = b->mode;
	b->mode = MODE_DROP;
	uint64_t va = WINDOW_VA + ARENA_PA + paddr;
	uc_ctl_remove_cache(b->uc, va, va + size);
	b->mode = mode;
	b->need_flush = true;
}

// One instruction. Every translation made here comes from the scratch pages and
// is dropped before the next step.
void bgl_step(bgl *b, bgl_ctx *c)
{
	bgl_switch(b, c);
	store_regs(b, c);
	uint64_t pc = c->r[pc_index(b)];
	b->mode = MODE_DROP;
	uint64_t va = WINDOW_VA + SCRATCH_PA;
	uc_ctl_remove_cache(b->uc, va, va + (2ull << b->shift));
	bgl_flush(b);
	b->mode = MODE_STEP;
	b->step_count = 0;
	b->step_used[0] = b->step_used[1] = b->step_dummy = false;
	uc_err e = uc_hook_add(b->uc, &b->step_hook, UC_HOOK_CODE, bgl_step_insn, b, 1, 0);
	if (e != UC_ERR_OK) {
		b->mode = MODE_RUN;
		broken(b, "hook_add", e);
		return;
	}
	bgl_exit_checks(b, true);
	for (;;) {
		uint64_t was = pc;
		if (!bgl_start(b, pc, &e)) {
			broken(b, uc_strerror(e), e);
			break;
		}
		if (b->why != BGL_NONE)
			break;
		uc_reg_read(b->uc, reg_ids(b)[pc_index(b)], &pc);
		if (pc != was || b->step_count) { // WFI: done, and nothing came after it
			b->why = BGL_STEPPED;
			break;
		}
	}
	bgl_exit_checks(b, false);
	uc_hook_del(b->uc, b->step_hook);
	b->mode = MODE_RUN;
	b->need_flush = true;
	b->skip = false;
	bgl_load_regs(b, c);
}

// Stops the run in progress, from another thread. uc_emu_stop is lost when it
// comes before uc_emu_start has begun, so it is repeated until the run has taken
// the interrupt.
void bgl_kick(bgl *b)
{
	struct timespec t = {0, 50000};
	while (atomic_load(&b->interrupt) && atomic_load(&b->running)) {
		uc_emu_stop(b->uc);
		nanosleep(&t, NULL);
	}
}

// n empty round trips: what stopping and resuming costs without us. For the
// benchmark that BenchmarkTrap is compared with.
double bgl_bare(bgl *b, bgl_ctx *c, int n)
{
	enter(b, c);
	uint64_t pc = c->r[pc_index(b)];
	struct timespec t0, t1;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
	for (int i = 0; i < n; i++) {
		uc_err e;
		b->left = UINT64_MAX;
		if (!bgl_start(b, pc, &e) || b->why != BGL_SYSCALL)
			return -1;
		uc_reg_read(b->uc, reg_ids(b)[pc_index(b)], &pc);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
	bgl_load_regs(b, c);
	return (t1.tv_sec - t0.tv_sec) * 1e9 + (t1.tv_nsec - t0.tv_nsec);
}
