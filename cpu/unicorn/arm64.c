// arm64: boot to EL0, traps, counters, vector state.
#include "bgl.h"

#include <string.h>

const int bgl_arm64_regs[NUM_REGS] = {UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2, UC_ARM64_REG_X3, UC_ARM64_REG_X4,
	UC_ARM64_REG_X5, UC_ARM64_REG_X6, UC_ARM64_REG_X7, UC_ARM64_REG_X8, UC_ARM64_REG_X9, UC_ARM64_REG_X10,
	UC_ARM64_REG_X11, UC_ARM64_REG_X12, UC_ARM64_REG_X13, UC_ARM64_REG_X14, UC_ARM64_REG_X15, UC_ARM64_REG_X16,
	UC_ARM64_REG_X17, UC_ARM64_REG_X18, UC_ARM64_REG_X19, UC_ARM64_REG_X20, UC_ARM64_REG_X21, UC_ARM64_REG_X22,
	UC_ARM64_REG_X23, UC_ARM64_REG_X24, UC_ARM64_REG_X25, UC_ARM64_REG_X26, UC_ARM64_REG_X27, UC_ARM64_REG_X28,
	UC_ARM64_REG_X29, UC_ARM64_REG_X30, UC_ARM64_REG_SP, UC_ARM64_REG_PC, UC_ARM64_REG_NZCV,
	UC_ARM64_REG_TPIDRRO_EL0, UC_ARM64_REG_TPIDR_EL0};

// QEMU's exception numbers for A-profile.
enum { EXCP_UDEF = 1, EXCP_SWI, EXCP_PREFETCH_ABORT, EXCP_DATA_ABORT, EXCP_BKPT = 7, EXCP_HVC = 11, EXCP_SMC = 13 };

static uint64_t get(uc_engine *uc, int id)
{
	uint64_t v = 0;
	uc_reg_read(uc, id, &v);
	return v;
}

// PACGA is the one instruction of pointer authentication that the engine lacks.
// The result is a code over two registers in the upper half of a third, which
// only has to be the same each time: any mixing function does.
static bool pacga(bgl *b, uint64_t pc, uint32_t insn)
{
	if ((insn & 0xffe0fc00) != 0x9ac03000)
		return false;
	unsigned d = insn & 31, n = insn >> 5 & 31, m = insn >> 16 & 31;
	uint64_t x = n == 31 ? 0 : get(b->uc, bgl_arm64_regs[n]);
	uint64_t h = (x ^ 0x6a09e667f3bcc909ull) * 0x9fb21c651e98df25ull;
	h ^= get(b->uc, m == 31 ? UC_ARM64_REG_SP : bgl_arm64_regs[m]);
	h = (h ^ h >> 35) * 0x9fb21c651e98df25ull;
	h = (h ^ h >> 28) & 0xffffffff00000000ull;
	if (d != 31)
		uc_reg_write(b->uc, bgl_arm64_regs[d], &h);
	pc += 4;
	uc_reg_write(b->uc, UC_ARM64_REG_PC, &pc);
	return true;
}

static void on_interrupt(uc_engine *uc, uint32_t n, void *p)
{
	bgl *b = p;
	uint32_t insn = 0;
	uint64_t pc = get(uc, UC_ARM64_REG_PC);
	switch (n) {
	case EXCP_SWI:
		bgl_peek(b, pc - 4, &insn, 4);
		b->num = insn >> 5 & 0xffff;
		bgl_stop(b, BGL_SYSCALL);
		return;
	case EXCP_BKPT:
		bgl_peek(b, pc, &insn, 4);
		b->num = insn >> 5 & 0xffff;
		bgl_stop(b, BGL_BREAKPOINT);
		return;
	case EXCP_UDEF:
	case EXCP_PREFETCH_ABORT:
		if (pc & 3) {
			b->addr = pc;
			b->access = 2;
			bgl_stop(b, BGL_ALIGNMENT);
			return;
		}
		if (bgl_peek(b, pc, &insn, 4) && pacga(b, pc, insn)) {
			if (b->mode == MODE_STEP)
				bgl_stop(b, BGL_STEPPED);
			return;
		}
		bgl_stop(b, BGL_ILLEGAL);
		return;
	case EXCP_DATA_ABORT:
		// Every other data abort is the translation hook's.
		b->addr = 0;
		b->access = 0;
		if (b->off_vaddr) {
			uc_context_save(uc, b->scratch_ctx);
			memcpy(&b->addr, (char *)b->scratch_ctx + b->off_vaddr, 8);
		}
		bgl_stop(b, BGL_ALIGNMENT);
		return;
	case EXCP_HVC:
	case EXCP_SMC:
		bgl_stop(b, BGL_ILLEGAL);
		return;
	}
	b->what = "unexpected exception";
	b->err = n;
	bgl_stop(b, BGL_BROKEN);
}

static bool on_invalid(uc_engine *uc, void *p)
{
	bgl_stop(p, BGL_ILLEGAL);
	return true;
}

#define SYSREG(op0, op1, crn, crm, op2) ((op0) << 16 | (op1) << 12 | (crn) << 8 | (crm) << 4 | (op2))

// MRS. Most registers are the engine's business; ours are the counters, whose time
// comes from cpu.Clock, and the random numbers, which Apple's processors lack.
static uint32_t on_mrs(uc_engine *uc, uc_arm64_reg reg, const uc_arm64_cp_reg *cp, void *p)
{
	bgl *b = p;
	uint64_t v, pc;
	switch (SYSREG(cp->op0, cp->op1, cp->crn, cp->crm, cp->op2)) {
	case SYSREG(3, 3, 14, 0, 0): // CNTFRQ_EL0
		v = 24000000;
		break;
	case SYSREG(3, 3, 14, 0, 1): // CNTPCT_EL0
	case SYSREG(3, 3, 14, 0, 2): // CNTVCT_EL0
		v = (unsigned __int128)bgl_ticks(b) * 3 / 125;
		break;
	case SYSREG(3, 4, 15, 10, 6): // ACNTVCT_EL0: Apple's, self-synchronizing
		v = (unsigned __int128)bgl_ticks(b) * 3 / 125;
		// The engine does not know the register and has ended the block.
		pc = get(uc, UC_ARM64_REG_PC) + 4;
		uc_reg_write(uc, UC_ARM64_REG_PC, &pc);
		break;
	case SYSREG(3, 3, 2, 4, 0): // RNDR
	case SYSREG(3, 3, 2, 4, 1): // RNDRRS
		bgl_abort(b, BGL_ILLEGAL);
		return 1;
	default:
		return 0;
	}
	uc_reg_write(uc, reg, &v);
	return 1;
}

bool bgl_arm64_boot(bgl *b)
{
	if (!bgl_add_hook(b, UC_HOOK_INTR, on_interrupt, 0) || !bgl_add_hook(b, UC_HOOK_INSN_INVALID, on_invalid, 0) ||
		!bgl_add_hook(b, UC_HOOK_INSN, on_mrs, UC_ARM64_INS_MRS))
		return false;
	static const uint32_t code[] = {
		0xd5381001, // mrs x1, sctlr_el1
		0xd2980002, // mov x2, #0xc000       UCT, DZE: CTR_EL0 and DC ZVA
		0xf2a08002, // movk x2, #0x400, lsl #16  UCI: cache maintenance
		0xaa020021, // orr x1, x1, x2
		0xd5181001, // msr sctlr_el1, x1
		0xd2800061, // mov x1, #3
		0xd518e101, // msr cntkctl_el1, x1   both counters
		0xd2800221, // mov x1, #17           T0SZ: 47-bit addresses
		0xf2c00401, // movk x1, #0x20, lsl #32   TBI0: the top byte is ignored,
		0xf2e00101, // movk x1, #0x8, lsl #48    TBID0: but not of code addresses
		0xd5182041, // msr tcr_el1, x1
		0xd2a00601, // mov x1, #0x300000
		0xd5181041, // msr cpacr_el1, x1     floating point
		0xd518401f, // msr spsr_el1, xzr     EL0t
		0xd518402a, // msr elr_el1, x10
		0xaa1f03e1, // mov x1, xzr
		0x9100003f, // mov sp, x1
		0xd518411f, // msr sp_el0, xzr
		0xaa1f03e2, // mov x2, xzr
		0xd5033fdf, // isb
		0xd69f03e0, // eret
		0xd4000001, // svc #0
	};
	static const uint32_t probe[] = {
		0xf9400001, // ldr x1, [x0]
		0xc85f7c01, // ldxr x1, [x0]
		0xd4000001, // svc #0
	};
	memcpy(b->boot, code, sizeof code);
	memcpy(b->boot + 0x200, probe, sizeof probe);
	uint64_t elr = BOOT_PA + sizeof code - 4, zero = 0;
	uc_reg_write(b->uc, UC_ARM64_REG_X10, &elr);
	b->left = UINT64_MAX;
	uc_err e;
	if (!bgl_start(b, BOOT_PA, &e) || b->why != BGL_SYSCALL) {
		b->err = e;
		return false;
	}
	uint32_t pstate = 0;
	uc_reg_read(b->uc, UC_ARM64_REG_PSTATE, &pstate);
	if (pstate & 0xf)
		return false; // not EL0
	for (int i = 0; i < 36; i++)
		if (bgl_arm64_regs[i] != UC_ARM64_REG_PC)
			uc_reg_write(b->uc, bgl_arm64_regs[i], &zero);
	uc_context_save(b->uc, b->pristine);
	b->what = "this libunicorn keeps its state where 2.1.4 does not";
	if (!bgl_probe(b))
		return false;
	uc_context_restore(b->uc, b->pristine);
	bgl_find_env(b);
	bgl_exit_checks(b, false);
	// Everything translated so far has the checks in it.
	uc_ctl_flush_tb(b->uc);
	return true;
}

void bgl_arm64_vector(bgl *b, bgl_ctx *c, uint8_t *buf)
{
	bgl_switch(b, c);
	memset(buf, 0, 528);
	for (int i = 0; i < 32; i++)
		uc_reg_read(b->uc, UC_ARM64_REG_Q0 + i, buf + 16 * i);
	uc_reg_read(b->uc, UC_ARM64_REG_FPSR, buf + 512);
	uc_reg_read(b->uc, UC_ARM64_REG_FPCR, buf + 516);
}

// The bits that exist, as Apple's processors have them: FPSR's flags QC and IDC
// IXC UFC OFC DZC IOC; FPCR's AHP, DN, FZ, RMode, FZ16 and trap enables.
#define FPSR_BITS 0x0800009fu
#define FPCR_BITS 0x07c89f00u

void bgl_arm64_set_vector(bgl *b, bgl_ctx *c, const uint8_t *buf)
{
	uint32_t fpsr, fpcr;
	bgl_switch(b, c);
	for (int i = 0; i < 32; i++)
		uc_reg_write(b->uc, UC_ARM64_REG_Q0 + i, buf + 16 * i);
	memcpy(&fpsr, buf + 512, 4);
	memcpy(&fpcr, buf + 516, 4);
	fpsr &= FPSR_BITS;
	fpcr &= FPCR_BITS;
	uc_reg_write(b->uc, UC_ARM64_REG_FPSR, &fpsr);
	uc_reg_write(b->uc, UC_ARM64_REG_FPCR, &fpcr);
}
