// The two hooks that run all the time: translation of addresses, and blocks.
#include "bgl.h"

#include <string.h>

// Counts the times that a frame began to hold translated code, in any engine of
// this process. An engine that finds it changed by another one flushes its TLB,
// which may hold writable translations of those frames.
static _Atomic uint64_t code_generation;

uint64_t bgl_code_generation(void) { return atomic_load_explicit(&code_generation, memory_order_relaxed); }

void bgl_flush(bgl *b)
{
	uc_ctl_flush_tlb(b->uc);
	memset(b->written, 0, sizeof b->written);
	b->fills = 0;
	b->need_flush = false;
	b->flushes++;
}

static inline unsigned hash(uint64_t paddr) { return (paddr >> 12) * 0x9e3779b97f4a7c15ull >> 52; }
static inline void note_writable(bgl *b, uint64_t paddr)
{
	unsigned h = hash(paddr);
	b->written[h >> 6] |= 1ull << (h & 63);
}
static inline bool maybe_writable(const bgl *b, uint64_t paddr)
{
	unsigned h = hash(paddr);
	return b->written[h >> 6] >> (h & 63) & 1;
}

// The flags of all frames of the page at paddr.
static inline uint8_t frame_flags(const bgl *b, uint64_t paddr)
{
	const uint8_t *f = b->flags + (paddr >> 12);
	uint8_t v = __atomic_load_n(f, __ATOMIC_RELAXED);
	for (unsigned i = 1; i < 1u << (b->shift - 12); i++)
		v |= __atomic_load_n(f + i, __ATOMIC_RELAXED);
	return v;
}

static inline void set_frame_flags(const bgl *b, uint64_t paddr, uint8_t bits)
{
	uint8_t *f = b->flags + (paddr >> 12);
	for (unsigned i = 0; i < 1u << (b->shift - 12); i++)
		__atomic_fetch_or(f + i, bits, __ATOMIC_RELAXED);
}

static inline uint64_t lookup(const bgl *b, uint64_t va)
{
	uint64_t pn = va >> b->shift;
	if (va >> 47)
		return 0;
	const uint64_t *t = b->root;
	t = (const uint64_t *)__atomic_load_n(&t[pn >> 23 & 4095], __ATOMIC_RELAXED);
	if (!t)
		return 0;
	t = (const uint64_t *)__atomic_load_n(&t[pn >> 11 & 4095], __ATOMIC_RELAXED);
	if (!t)
		return 0;
	uint64_t pte = __atomic_load_n(&t[pn & 2047], __ATOMIC_RELAXED);
	return pte & PTE_PRESENT ? pte : 0;
}

// Copies n bytes (within a page) of what runs at va. For hooks only: a page of a
// file that shrank is dealt with as for the guest.
bool bgl_peek(bgl *b, uint64_t va, void *to, unsigned n)
{
	const uint8_t *from;
	if (b->mode == MODE_BOOT) {
		if (va - BOOT_PA > BOOT_SIZE - n)
			return false;
		from = b->boot + (va - BOOT_PA);
	} else {
		uint64_t pte = lookup(b, va);
		if (!pte || (pte & PTE_OFFSET) + (1ull << b->shift) > b->arena_size)
			return false;
		from = b->arena + (pte & PTE_OFFSET) + (va & ((1ull << b->shift) - 1));
	}
	memcpy(to, from, n);
	return true;
}

static bool refuse(bgl *b, int why, int access, uint64_t va, uint64_t paddr)
{
	b->refuse_why = why;
	b->refuse_access = access;
	b->refuse_page = va;
	b->refuse_paddr = paddr;
	return false;
}

static uint64_t current_pc(const bgl *b)
{
	uint64_t pc = 0;
	uc_reg_read(b->uc, b->arch == BGL_ARM64 ? UC_ARM64_REG_PC : UC_X86_REG_RIP, &pc);
	return pc;
}

// Reports whether the running instruction may lie in the frame at paddr.
static bool runs_in(const bgl *b, uint64_t paddr)
{
	uint64_t pc = current_pc(b);
	for (int i = 0; i < 2; i++, pc += 15) {
		uint64_t pte = lookup(b, pc);
		if (pte && (pte & PTE_OFFSET) == paddr)
			return true;
	}
	return false;
}

// A fetch while stepping: from a copy of the page, whose translations are thrown
// away before the next step. So a step needs no hook in, and no flush of, code
// that is translated already.
static bool step_fetch(bgl *b, uint64_t va, uint64_t pte, uc_tlb_entry *out)
{
	if (b->step_count)
		// The instruction is done and the next one is somewhere else.
		return refuse(b, BGL_STEPPED, 2, va, 0);
	uint64_t page = 1ull << b->shift;
	int i = 0;
	while (i < 2 && b->step_used[i] && b->step_page[i] != va)
		i++;
	if (i == 2)
		return refuse(b, BGL_BROKEN, 2, va, 0);
	uint8_t *copy = b->scratch + i * page;
	if (!b->step_used[i]) {
		if (!(pte & 4)) {
			if (i == 0)
				return refuse(b, BGL_FAULT, 2, va, 0);
			// Translation reads ahead of execution. Only the hook before the
			// instruction knows whether it needs this page.
			b->step_dummy = true;
			memset(copy, 0, page);
		} else {
			memcpy(copy, b->arena + (pte & PTE_OFFSET), page);
		}
		b->step_used[i] = true;
		b->step_page[i] = va;
	}
	out->paddr = SCRATCH_PA + i * page;
	out->perms = UC_PROT_EXEC;
	return true;
}

static bool special_fill(bgl *b, uint64_t va, uc_tlb_entry *out)
{
	if (b->mode == MODE_BOOT) {
		if (va - BOOT_PA >= BOOT_SIZE)
			return refuse(b, BGL_FAULT, 0, va, 0);
		out->paddr = va;
	} else {
		if (va - WINDOW_VA >= b->arena_size && va - WINDOW_VA - ARENA_PA >= b->arena_size &&
			va - WINDOW_VA - SCRATCH_PA >= SCRATCH_SIZE)
			return refuse(b, BGL_FAULT, 0, va, 0);
		out->paddr = va - WINDOW_VA;
	}
	out->perms = UC_PROT_ALL;
	return true;
}

// The translation hook. Everything about permissions is in the page table; what
// this adds is that translated code and writable translations of one frame never
// live side by side unseen:
//
//   - a page that is writable and executable at once is handed out so, and the
//     engine itself then watches every store to it;
//   - else a frame is marked executed when it is first handed out for fetching,
//     and a store to an executed frame comes here (its writable translations were
//     flushed) and is refused until the code is dropped;
//   - a store by an instruction to its own frame through another mapping would be
//     refused for ever, as fetching marks the frame again: that one is stepped.
bool bgl_fill(uc_engine *uc, uint64_t va, uc_mem_type t, uc_tlb_entry *out, void *p)
{
	bgl *b = p;
	int access = t == UC_MEM_FETCH ? 2 : t == UC_MEM_WRITE ? 1 : 0;
	if (__builtin_expect(b->mode == MODE_BOOT || b->mode == MODE_DROP, 0))
		return special_fill(b, va, out);
	if (__builtin_expect(b->mode == MODE_ABORT, 0))
		return refuse(b, BGL_NONE, access, va, 0);

	uint64_t tagged = va;
	if (b->arch == BGL_ARM64 && access != 2 && !(va >> 55 & 1))
		va &= 0x00ffffffffffffffull; // TBI: data pointers' top byte is ignored
	uint64_t pte = lookup(b, va), paddr = pte & PTE_OFFSET;
	if (b->mode == MODE_STEP && access == 2)
		return step_fetch(b, va, pte, out);
	if (!(pte >> access & 1))
		return refuse(b, BGL_FAULT, access, tagged, 0);
	if (paddr + (1ull << b->shift) > b->arena_size)
		return refuse(b, BGL_BROKEN, access, tagged, paddr);

	unsigned perms = pte & 7;
	uint8_t fl = frame_flags(b, paddr);
	bool step = b->mode == MODE_STEP;
	if ((perms & 6) == 6 && !step) {
		if (fl & FRAME_STALE) {
			if (access == 2)
				return refuse(b, BGL_STALE, access, tagged, paddr);
			perms &= ~UC_PROT_EXEC;
		}
	} else if (access != 2) {
		perms &= ~UC_PROT_EXEC; // a store to it would be slow for nothing
	} else if (fl & FRAME_STALE) {
		return refuse(b, BGL_STALE, access, tagged, paddr);
	}
	if (access == 1 && !(perms & UC_PROT_EXEC) && (fl & (FRAME_EXECUTED | FRAME_STALE)) == FRAME_EXECUTED) {
		if (step)
			set_frame_flags(b, paddr, FRAME_STALE);
		else
			return refuse(b, runs_in(b, paddr) ? BGL_SELFALIAS : BGL_STALE, access, tagged, paddr);
	}
	if (access == 0 && (fl & FRAME_EXECUTED) && !(perms & UC_PROT_EXEC))
		perms &= ~UC_PROT_WRITE; // a store must come here

	// The TLB starts small and grows only at a flush that finds it well used.
	// Flushing here is safe: the entry is made after this returns. Past the
	// largest size it is worth asking again from time to time, as the engine
	// shrinks it behind our back.
	if (++b->fills > b->tlb_guess - b->tlb_guess / 4) {
		b->tlb_guess = b->tlb_guess >= 1 << 17 ? 256 : b->tlb_guess * 2;
		bgl_flush(b);
	}
	if (perms & UC_PROT_EXEC) {
		if (!(fl & FRAME_EXECUTED)) {
			set_frame_flags(b, paddr, FRAME_EXECUTED);
			bgl_code_changed(b);
			if (maybe_writable(b, paddr))
				bgl_flush(b);
		}
	} else if (perms & UC_PROT_WRITE) {
		note_writable(b, paddr);
	}
	out->paddr = ARENA_PA + paddr;
	out->perms = perms;
	return true;
}

void bgl_code_changed(bgl *b)
{
	uint64_t was = atomic_fetch_add_explicit(&code_generation, 1, memory_order_relaxed);
	if (was == b->code_seen)
		b->code_seen = was + 1;
}

// The block hook's less frequent cases, apart so that the frequent one saves no
// registers.
static __attribute__((noinline)) void block_special(bgl *b, uint64_t pc)
{
	if (b->mode != MODE_RUN)
		return;
	if (b->skip) {
		b->skip = false;
		return;
	}
	if (atomic_load_explicit(&b->interrupt, memory_order_relaxed)) {
		atomic_store(&b->interrupt, 0);
		bgl_stop(b, BGL_INTERRUPTED);
		return;
	}
	if (b->left == 0) {
		bgl_stop(b, BGL_PREEMPTED);
		return;
	}
	b->left--;
	b->blocks++;
	if (b->edges) {
		uint64_t c = (pc >> 4 ^ pc << 8) & b->edge_mask;
		uint8_t *e = &b->edges[c ^ b->edge_prev];
		uint8_t n = *e + 1;
		*e = n ? n : 1; // never back to "not seen"
		b->edge_prev = c >> 1;
	}
}

// The block hook, installed with Options.Preempt. It stops before a block is
// counted, so that the block is counted once, when it is resumed.
void bgl_block(uc_engine *uc, uint64_t pc, uint32_t size, void *p)
{
	bgl *b = p;
	unsigned special = (unsigned)b->mode | b->skip | atomic_load_explicit(&b->interrupt, memory_order_relaxed);
	if (__builtin_expect(special != 0 || b->left == 0 || b->edges, 0)) {
		block_special(b, pc);
		return;
	}
	b->left--;
	b->blocks++;
}

// The hook before every instruction of stepped code.
void bgl_step_insn(uc_engine *uc, uint64_t pc, uint32_t size, void *p)
{
	bgl *b = p;
	if (b->mode != MODE_STEP)
		return;
	if (b->step_count++ == 0) {
		uint64_t last = (pc + size - 1) >> b->shift << b->shift;
		if (b->step_dummy && last == b->step_page[1]) {
			b->refuse_access = 2;
			b->addr = last;
			bgl_stop(b, BGL_FAULT);
			b->access = 2;
		}
		return;
	}
	bgl_stop(b, BGL_STEPPED);
}
