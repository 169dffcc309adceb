// The C half of the engine: everything that runs while guest code runs. Nothing
// here calls Go. Go calls bgl_run and reads the outcome in struct bgl.
#ifndef BGL_H
#define BGL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unicorn/unicorn.h>

enum { BGL_X86 = 0, BGL_ARM64 = 1 }; // as cpu.Arch

// Why bgl_run or bgl_step came back. The kinds that Go hands on unchanged come
// first and are mapped to cpu.Kind in engine.go.
enum bgl_why {
	BGL_NONE = 0,
	BGL_SYSCALL,
	BGL_INT,
	BGL_BREAKPOINT,
	BGL_STEPPED,
	BGL_FAULT, // the page table refused: addr, access
	BGL_ILLEGAL,
	BGL_DIVIDE,
	BGL_FLOAT,
	BGL_PROTECTION,
	BGL_ALIGNMENT,
	BGL_PREEMPTED,
	BGL_INTERRUPTED,
	BGL_BROKEN,
	BGL_STALE,     // a frame (paddr, size) whose translated code must go first
	BGL_SELFALIAS, // the instruction stores into its own frame by another mapping
};

// What the translation hook serves beside the guest's page table.
enum bgl_mode {
	MODE_RUN = 0,
	MODE_BOOT, // the boot page, one to one
	MODE_DROP, // the window over physical memory, for dropping code
	MODE_STEP, // fetches come from copies of the page
	MODE_ABORT, // nothing: see bgl_abort
};

// Guest physical layout. The arena is far above what a guest can address, so no
// virtual address is taken for a physical one by mistake.
#define BOOT_PA 0x100000ull
#define BOOT_SIZE 0x10000ull
#define SCRATCH_PA 0x200000ull
#define SCRATCH_SIZE 0x20000ull
#define ARENA_PA 0x10000000000ull
// Not canonical on x86-64 and above TTBR0's reach on arm64. Served in MODE_DROP
// only, and the TLB is flushed before a guest runs again.
#define WINDOW_VA 0x0001000000000000ull

// Bits of mem's page table entries and frame flags (package mem).
#define PTE_PRESENT 8ull
#define PTE_OFFSET 0x0000fffffffff000ull
#define FRAME_EXECUTED 1
#define FRAME_STALE 2

#define NUM_REGS 36

// One guest thread's state. regs mirrors cpu.Regs: the Go side has a *cpu.Regs
// pointing at it.
typedef struct bgl_ctx {
	uint64_t r[NUM_REGS];
	uint64_t dirty;
	uc_context *blob;
} bgl_ctx;

typedef struct bgl {
	uc_engine *uc;
	int arch;
	unsigned shift; // page size is 1<<shift
	int mode;

	const uint64_t *root; // the space's page table
	uint8_t *flags;       // one byte a frame
	uint8_t *arena;
	uint64_t arena_size;

	bgl_ctx *cur; // whose state the engine holds; NULL: nobody's
	uc_context *pristine;
	uc_context *scratch_ctx, *abort_ctx;
	size_t ctx_size;

	// The outcome.
	int why;
	uint32_t num;
	int access; // 0 load, 1 store, 2 fetch
	uint64_t addr;
	uint64_t paddr, size;
	int err; // uc_err for BGL_BROKEN
	const char *what;

	// What the translation hook refused last; valid when the run ended by it.
	int refuse_why;
	int refuse_access;
	uint64_t refuse_page, refuse_paddr;

	// Blocks.
	bool preempt;
	bool skip; // the next block reported is the rest of one already counted
	uint64_t blocks, left;
	uint8_t *edges;
	uint64_t edge_mask, edge_prev;

	_Atomic uint32_t interrupt;
	_Atomic uint32_t running;

	// The TLB.
	bool need_flush;
	uint64_t fills, tlb_guess, flushes;
	uint64_t written[64]; // which frames (hashed) may have a writable translation
	uint64_t code_seen;   // the process-wide generation of executed frames

	// Stepping.
	uint8_t *boot, *scratch;
	int step_count;
	uint64_t step_page[2];
	bool step_used[2];
	bool step_dummy; // slot 1 stands for a page that may not be fetched
	uc_hook step_hook;

	// The clock.
	bool clock_virtual;
	int64_t clock_base;
	uint64_t clock_blocks, clock_pace;

	// CPUID.
	unsigned cpus;
	uint32_t native[8][4]; // what the engine itself says, see x86.c

	// Places in Unicorn's own structures, found by experiment (see probe.c).
	size_t off_old_exception, off_is_int, off_vaddr; // in a context
	size_t off_tail;                      // in uc_engine, of struct tail

	// The engine's own registers: general ones and PC in a row, then GS and FS
	// base or TPIDRRO_EL0 and TPIDR_EL0. NULL if not found (see env.c).
	uint64_t *env_regs, *env_extra[2];
	uint64_t *exclusive; // arm64: the address of the exclusive monitor, or NULL

	uc_hook hooks[16];
	int nhooks;
} bgl;

// engine.c
bgl *bgl_new(int arch, void *arena, uint64_t arena_size, void *flags, bool preempt, unsigned cpus, uint32_t code_buffer,
	const char **what, int *err);
void bgl_close(bgl *b);
bgl_ctx *bgl_ctx_new(bgl *b);
void bgl_ctx_free(bgl *b, bgl_ctx *c);
void bgl_ctx_copy(bgl *b, bgl_ctx *dst, bgl_ctx *src);
void bgl_ctx_reset(bgl *b, bgl_ctx *c);
void bgl_run(uintptr_t b, uintptr_t c); // pointers; Go would look at them first
void bgl_step(bgl *b, bgl_ctx *c);
void bgl_drop(bgl *b, uint64_t paddr, uint64_t size);
void bgl_kick(bgl *b);
void bgl_switch(bgl *b, bgl_ctx *c);
void bgl_load_regs(bgl *b, bgl_ctx *c);
double bgl_bare(bgl *b, bgl_ctx *c, int n);
uint64_t bgl_ticks(bgl *b);
bool bgl_start(bgl *b, uint64_t pc, uc_err *err);
bool bgl_add_hook(bgl *b, int type, void *f, int insn);
void bgl_stop(bgl *b, int why);
void bgl_abort(bgl *b, int why);

// hooks.c
bool bgl_fill(uc_engine *uc, uint64_t va, uc_mem_type t, uc_tlb_entry *out, void *p);
void bgl_block(uc_engine *uc, uint64_t pc, uint32_t size, void *p);
void bgl_flush(bgl *b);
void bgl_step_insn(uc_engine *uc, uint64_t pc, uint32_t size, void *p);
void bgl_code_changed(bgl *b);
bool bgl_peek(bgl *b, uint64_t va, void *to, unsigned n);
uint64_t bgl_code_generation(void);

// x86.c, arm64.c
bool bgl_x86_boot(bgl *b);
bool bgl_arm64_boot(bgl *b);
void bgl_x86_vector(bgl *b, bgl_ctx *c, uint8_t *buf);
void bgl_x86_set_vector(bgl *b, bgl_ctx *c, const uint8_t *buf);
void bgl_arm64_vector(bgl *b, bgl_ctx *c, uint8_t *buf);
void bgl_arm64_set_vector(bgl *b, bgl_ctx *c, const uint8_t *buf);
extern const int bgl_x86_regs[NUM_REGS], bgl_arm64_regs[NUM_REGS];

// probe.c
bool bgl_probe(bgl *b);
uint64_t bgl_fault_addr(bgl *b);
void bgl_exit_checks(bgl *b, bool on);

// env.c
void bgl_find_env(bgl *b);

// sigbus.c
int bgl_sigbus(void *arena, uint64_t size);
void bgl_sigbus_forget(void *arena);
extern __thread volatile int bgl_in_guest;

#endif
