// Unicorn keeps four things to itself that an engine for user programs needs:
// the exact address of a refused access, that of an unaligned one, whether an exception came from INT n, and
// the exception it thinks is still being handled (which turns the second divide
// error into a double fault and the third into a silent stop). And it checks after
// every single load and store whether it has been asked to stop, which is slow,
// and wrong for a stop from another thread: the instruction is then executed
// again though its store is done.
//
// All of these are plain fields of its structures. Where they are is found by
// experiment at start-up, and what is found must be unmistakable, so another
// version of the library either works or is refused.
#define _GNU_SOURCE
#include "bgl.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

// The fields of uc_struct from invalid_addr on, as in Unicorn 2.1.x. Everything
// whose value is known is compared before anything is believed.
struct tail {
	uint64_t invalid_addr;
	int32_t invalid_error;
	int32_t use_exits;
	uint64_t exits[64];
	void *ctl_exits;
	int32_t thumb;
	void **mapped_blocks;
	uint32_t mapped_block_count;
	uint32_t mapped_block_cache_index;
	void *qemu_thread_data;
	uint32_t target_page_size;
	uint32_t target_page_align;
	uint64_t host_page_size;
	uint64_t real_host_page_size;
	int32_t icache_linesize;
	uint32_t context_content;
	int32_t cpu_context_size;
	uint64_t next_pc;
	bool hook_insert;
	bool first_tb;
	bool no_exit_request;
	bool init_done;
};

static struct tail *tail(bgl *b) { return (struct tail *)((char *)b->uc + b->off_tail); }

void bgl_exit_checks(bgl *b, bool on) { tail(b)->no_exit_request = !on; }

// The exact address, if the engine's note fits the page that the hook was asked
// about; a refused page is better than a wrong byte.
uint64_t bgl_fault_addr(bgl *b)
{
	uint64_t a = b->off_tail ? tail(b)->invalid_addr : 0;
	return a >> b->shift << b->shift == b->refuse_page ? a : b->refuse_page;
}

static bool tail_fits(bgl *b, size_t off)
{
	size_t have = malloc_usable_size(b->uc);
	if (off + sizeof(struct tail) > have)
		return false;
	const struct tail *t = (const struct tail *)((char *)b->uc + off);
	uint64_t host = getpagesize(), guest = 1u << b->shift;
	return t->use_exits == 1 && t->mapped_block_count == 3 && t->target_page_size == guest &&
		t->host_page_size == (host > guest ? host : guest) && t->real_host_page_size == host &&
		t->context_content == UC_CTL_CONTEXT_CPU && t->cpu_context_size > 0 &&
		(size_t)t->cpu_context_size < b->ctx_size && b->ctx_size - t->cpu_context_size < 128 && !t->hook_insert &&
		!t->no_exit_request && *(const uint8_t *)&t->init_done == 1;
}

// A load from an address that nobody has, twice, by code at the boot page that
// takes the address from a register.
static bool find_tail(bgl *b, uint64_t pc, int addr_reg)
{
	static const uint64_t where[2] = {0x5a5b12345678, 0x3c3d0fedcba8};
	size_t n = malloc_usable_size(b->uc) / 8, found = 0;
	static __thread uint8_t match[1 << 15];
	if (n > sizeof match)
		n = sizeof match;
	memset(match, 0, n);
	for (int i = 0; i < 2; i++) {
		uc_context_restore(b->uc, b->pristine);
		uc_reg_write(b->uc, addr_reg, &where[i]);
		uc_err e;
		bgl_start(b, pc, &e);
		if (e != UC_ERR_EXCEPTION || b->why != BGL_FAULT)
			return false;
		for (size_t k = 0; k < n; k++)
			match[k] += ((uint64_t *)b->uc)[k] == where[i];
	}
	for (size_t k = 0; k < n; k++)
		if (match[k] == 2 && tail_fits(b, k * 8)) {
			b->off_tail = k * 8;
			found++;
		}
	return found == 1;
}

// The address of an unaligned exclusive load: LDXR from where x0 points. The value
// appears twice in a context, once as x0, which was there before.
static bool find_vaddr(bgl *b, uint64_t pc)
{
	uint64_t where = BOOT_PA + 0x5a5, v;
	static __thread uint8_t start[1 << 15];
	if (b->ctx_size > sizeof start)
		return false;
	uc_context_restore(b->uc, b->pristine);
	uc_reg_write(b->uc, UC_ARM64_REG_X0, &where);
	uc_context_save(b->uc, b->scratch_ctx);
	memcpy(start, b->scratch_ctx, b->ctx_size);
	uc_err e;
	if (!bgl_start(b, pc, &e) || b->why != BGL_ALIGNMENT)
		return false;
	uc_context_save(b->uc, b->scratch_ctx);
	int found = 0;
	for (size_t o = 0; o + 8 <= b->ctx_size; o += 8) {
		memcpy(&v, (char *)b->scratch_ctx + o, 8);
		if (v == where && memcmp(start + o, &where, 8) != 0) {
			b->off_vaddr = o;
			found++;
		}
	}
	return found == 1;
}

bool bgl_probe(bgl *b)
{
	uint64_t pc = BOOT_PA + 0x200;
	if (b->arch == BGL_ARM64)
		return find_tail(b, pc, UC_ARM64_REG_X0) && find_vaddr(b, pc + 4);
	if (!find_tail(b, pc, UC_X86_REG_RCX))
		return false;

	// The code there: mov rax,[rcx]; int 0x55; div ecx; hlt. Run the last three.
	uint64_t at[3] = {pc + 3, pc + 5, pc + 7};
	static __thread uint8_t state[3][1 << 14], start[1 << 14];
	if (b->ctx_size > sizeof start)
		return false;
	memcpy(start, b->pristine, b->ctx_size);
	static const int why[3] = {BGL_INT, BGL_DIVIDE, BGL_PROTECTION};
	for (int i = 0; i < 3; i++) {
		uc_context_restore(b->uc, b->pristine);
		uc_err e;
		// Until the fields are known an exception cannot be told from INT n;
		// only the number counts here.
		bgl_start(b, at[i], &e);
		if (e != UC_ERR_OK || b->why != why[i])
			return false;
		uc_context_save(b->uc, b->scratch_ctx);
		memcpy(state[i], b->scratch_ctx, b->ctx_size);
	}
	int nold = 0, nint = 0;
	for (size_t o = 0; o + 16 <= b->ctx_size; o += 4) {
		uint32_t p, s0, s1, s2;
		memcpy(&p, start + o, 4);
		memcpy(&s0, state[0] + o, 4);
		memcpy(&s1, state[1] + o, 4);
		memcpy(&s2, state[2] + o, 4);
		if (p == 0xffffffff && s0 == 0xffffffff && s1 == 0 && s2 == 13) {
			b->off_old_exception = o;
			nold++;
		}
		// int exception_is_int; target_ulong exception_next_eip
		uint64_t n0, n1;
		memcpy(&n0, state[0] + o + 4, 8);
		memcpy(&n1, state[1] + o + 4, 8);
		if (s0 == 1 && s1 == 0 && s2 == 0 && n0 == at[0] + 2 && n1 == at[1]) {
			b->off_is_int = o;
			nint++;
		}
	}
	uc_context_restore(b->uc, b->pristine);
	return nold == 1 && nint == 1;
}
