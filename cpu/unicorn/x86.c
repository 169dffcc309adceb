// x86-64: boot to CPL 3, traps, CPUID, the time stamp counter, FXSAVE state.
#include "bgl.h"

#include <string.h>

const int bgl_x86_regs[NUM_REGS] = {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP,
	UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15, UC_X86_REG_RIP, UC_X86_REG_RFLAGS,
	UC_X86_REG_GS_BASE, UC_X86_REG_FS_BASE};

static void on_syscall(uc_engine *uc, void *p) { bgl_stop(p, BGL_SYSCALL); }

// Whether the exception that is being reported came from INT n. The engine forgets
// to say so, but it knows.
static bool by_int(bgl *b)
{
	uint32_t is_int;
	uc_context_save(b->uc, b->scratch_ctx);
	memcpy(&is_int, (char *)b->scratch_ctx + b->off_is_int, 4);
	return is_int == 1;
}

static void on_interrupt(uc_engine *uc, uint32_t n, void *p)
{
	bgl *b = p;
	if (n == 3) {
		bgl_stop(b, BGL_BREAKPOINT);
		return;
	}
	if (n >= 32 || (b->off_is_int && by_int(b))) {
		b->num = n;
		bgl_stop(b, BGL_INT);
		return;
	}
	int why;
	switch (n) {
	case 0: why = BGL_DIVIDE; break;
	case 1: why = BGL_STEPPED; break;
	case 4: case 5: case 10: case 11: case 12: case 13: why = BGL_PROTECTION; break;
	case 6: case 7: why = BGL_ILLEGAL; break;
	case 16: case 19: why = BGL_FLOAT; break;
	case 17: why = BGL_ALIGNMENT; b->addr = 0; b->access = 0; break;
	default: why = BGL_BROKEN; b->what = "unexpected exception"; b->err = n; break;
	}
	bgl_stop(b, why);
	if (b->off_old_exception) {
		// Without this the engine takes the exception to be still in progress.
		uc_context_save(b->uc, b->scratch_ctx);
		memset((char *)b->scratch_ctx + b->off_old_exception, 0xff, 4);
		uc_context_restore(b->uc, b->scratch_ctx);
	}
}

// #UD, and also INT 6, for which nobody has moved RIP on.
static bool on_invalid(uc_engine *uc, void *p)
{
	bgl *b = p;
	if (!b->off_is_int || !by_int(b)) {
		bgl_stop(b, BGL_ILLEGAL);
		return true;
	}
	uint64_t next;
	memcpy(&next, (char *)b->scratch_ctx + b->off_is_int + 4, 8);
	uc_reg_write(uc, UC_X86_REG_RIP, &next);
	b->num = 6;
	bgl_stop(b, BGL_INT);
	return true;
}

// The engine lets user programs do I/O, and has SYSENTER do nothing.
static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *p)
{
	bgl_abort(p, BGL_PROTECTION);
	return 0;
}
static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *p) { bgl_abort(p, BGL_PROTECTION); }
static void on_sysenter(uc_engine *uc, void *p) { bgl_abort(p, BGL_PROTECTION); }

static int set4(uc_engine *uc, const uint32_t v[4])
{
	static const int id[4] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
	uint64_t w[4] = {v[0], v[1], v[2], v[3]};
	void *ptr[4] = {&w[0], &w[1], &w[2], &w[3]};
	uc_reg_write_batch(uc, id, ptr, 4);
	return 1;
}

// Features as leaf 1 and leaf 7 have them, of those that the engine has.
#define ECX1_OSXSAVE (1u << 27)
#define ECX1_HAVE                                                                                                              \
	(1u << 0 /* SSE3 */ | 1u << 1 /* PCLMUL */ | 1u << 9 /* SSSE3 */ | 1u << 13 /* CX16 */ | 1u << 19 /* SSE4.1 */ |        \
		1u << 20 /* SSE4.2 */ | 1u << 22 /* MOVBE */ | 1u << 23 /* POPCNT */ | 1u << 25 /* AES */ | 1u << 26 /* XSAVE */)
#define EBX7_HAVE (1u << 0 /* FSGSBASE */ | 1u << 3 /* BMI1 */ | 1u << 8 /* BMI2 */ | 1u << 9 /* ERMS */)

// The processor is a Core i7-4750HQ, that of the MacBook Pro of late 2013 with a
// 2.0 GHz clock, which is the rate of the time stamp counter (cpu.Clock), less the
// features that the engine does not have, or that would read the host's randomness.
static int on_cpuid(uc_engine *uc, void *p)
{
	bgl *b = p;
	uint64_t rax = 0, rcx = 0;
	uc_reg_read(uc, UC_X86_REG_RAX, &rax);
	uc_reg_read(uc, UC_X86_REG_RCX, &rcx);
	uint32_t leaf = rax, sub = rcx, n = b->cpus;
	uint32_t v[4] = {0, 0, 0, 0};
	static const char brand[48] = "Intel(R) Core(TM) i7-4750HQ CPU @ 2.00GHz";
	// Intel answers leaves beyond the last one as the last basic one.
	if ((leaf > 0xd && leaf < 0x80000000) || leaf > 0x80000008)
		leaf = 0xd;
	unsigned bits = 0;
	while (1u << bits < n)
		bits++;
	switch (leaf) {
	case 0:
		v[0] = 0xd;
		memcpy(&v[1], "Genu", 4), memcpy(&v[3], "ineI", 4), memcpy(&v[2], "ntel", 4);
		break;
	case 1:
		v[0] = 0x00040661;
		v[1] = (1u << bits) << 16 | 8 << 8; // logical processors, 64-byte CLFLUSH
		v[2] = (b->native[1][2] & ECX1_HAVE) | ECX1_OSXSAVE;
		v[3] = b->native[1][3] & 0x178bfbff; // FPU..SSE2, HTT by count
		if (n > 1)
			v[3] |= 1u << 28;
		else
			v[3] &= ~(1u << 28);
		break;
	case 2:
		v[0] = 0x76036301, v[1] = 0x00f0b5ff, v[3] = 0x00c30000;
		break;
	case 4:
		// L1d, L1i 32 KiB 8 ways; L2 256 KiB 8 ways; L3 6 MiB 12 ways, shared.
		if (sub < 4) {
			static const uint32_t kind[4] = {0x121, 0x122, 0x143, 0x163};
			static const uint32_t ways[4] = {8, 8, 8, 12}, sets[4] = {64, 64, 512, 8192};
			v[0] = kind[sub] | ((1u << bits) - 1) << 26 | (sub == 3 ? (1u << bits) - 1 : 0) << 14;
			v[1] = (ways[sub] - 1) << 22 | 63;
			v[2] = sets[sub] - 1;
			v[3] = sub == 3 ? 6 : 0;
		}
		break;
	case 5:
		v[0] = v[1] = 64;
		break;
	case 6:
		v[0] = 4; // the APIC timer runs always
		break;
	case 7:
		if (sub == 0)
			v[1] = b->native[2][1] & EBX7_HAVE;
		break;
	case 0xb:
		v[2] = sub & 0xff;
		if (sub == 0) {
			v[1] = 1, v[2] |= 1 << 8; // one thread a core
		} else if (sub == 1) {
			v[0] = bits, v[1] = n, v[2] |= 2 << 8;
		}
		break;
	case 0xd:
		// x87 and SSE only: the size of the FXSAVE area and the XSAVE header.
		if (sub == 0)
			v[0] = 3, v[1] = v[2] = 576;
		else if (sub == 1)
			v[0] = b->native[3][0] & 1; // XSAVEOPT
		break;
	case 0x80000000:
		v[0] = 0x80000008;
		break;
	case 0x80000001:
		v[2] = b->native[4][2] & (1u << 0 | 1u << 5); // LAHF in 64-bit mode, LZCNT
		v[3] = 1u << 11 | 1u << 20 | 1u << 26 | 1u << 27 | 1u << 29; // SYSCALL NX 1GB RDTSCP LM
		break;
	case 0x80000002: case 0x80000003: case 0x80000004:
		memcpy(v, brand + 16 * (leaf - 0x80000002), 16);
		break;
	case 0x80000006:
		v[2] = 0x01006040; // L2: 256 KiB, 8 ways, 64-byte lines
		break;
	case 0x80000007:
		v[3] = 1u << 8; // the TSC is invariant
		break;
	case 0x80000008:
		v[0] = 0x3027; // 39 physical, 48 virtual address bits
		break;
	}
	return set4(uc, v);
}

static int put_tsc(uc_engine *uc, bgl *b)
{
	uint64_t t = bgl_ticks(b) * 2, lo = (uint32_t)t, hi = t >> 32;
	uc_reg_write(uc, UC_X86_REG_RAX, &lo);
	uc_reg_write(uc, UC_X86_REG_RDX, &hi);
	return 1;
}

static int on_rdtsc(uc_engine *uc, void *p) { return put_tsc(uc, p); }

static int on_rdtscp(uc_engine *uc, void *p)
{
	uint64_t aux = 0; // TSC_AUX: XNU leaves the processor's number there; there is one
	uc_reg_write(uc, UC_X86_REG_RCX, &aux);
	return put_tsc(uc, p);
}

static uint64_t descriptor(unsigned access, unsigned flags)
{
	return 0xffffull | (uint64_t)access << 40 | (uint64_t)(0xf | flags << 4) << 48;
}

// Leaves of the engine's own CPUID that on_cpuid asks for.
static const uint32_t asked[8] = {0, 1, 7, 0xd, 0x80000001};
static const uint32_t asked_sub[8] = {0, 0, 0, 1, 0};

bool bgl_x86_boot(bgl *b)
{
	if (!bgl_add_hook(b, UC_HOOK_INSN, on_syscall, UC_X86_INS_SYSCALL) ||
		!bgl_add_hook(b, UC_HOOK_INTR, on_interrupt, 0) || !bgl_add_hook(b, UC_HOOK_INSN_INVALID, on_invalid, 0) ||
		!bgl_add_hook(b, UC_HOOK_INSN, on_rdtsc, UC_X86_INS_RDTSC) ||
		!bgl_add_hook(b, UC_HOOK_INSN, on_rdtscp, UC_X86_INS_RDTSCP) ||
		!bgl_add_hook(b, UC_HOOK_INSN, on_in, UC_X86_INS_IN) || !bgl_add_hook(b, UC_HOOK_INSN, on_out, UC_X86_INS_OUT) ||
		!bgl_add_hook(b, UC_HOOK_INSN, on_sysenter, UC_X86_INS_SYSENTER))
		return false;
	static const uint8_t code[] = {
		0x48, 0xcf, // iretq
		0x0f, 0xa2, // cpuid
		0x0f, 0x05, // syscall
	};
	static const uint8_t probe[] = {
		0x48, 0x8b, 0x01, // mov rax, [rcx]
		0xcd, 0x55,       // int 0x55
		0xf7, 0xf1,       // div ecx
		0xf4,             // hlt
	};
	memcpy(b->boot, code, sizeof code);
	memcpy(b->boot + 0x200, probe, sizeof probe);
	// XNU's selectors: user code 0x2b, user data 0x23.
	uint64_t gdt[6] = {0, descriptor(0x9b, 0xa), descriptor(0x93, 0xc), descriptor(0xfb, 0xc), descriptor(0xf3, 0xc),
		descriptor(0xfb, 0xa)};
	memcpy(b->boot + 0x800, gdt, sizeof gdt);
	uint64_t frame[5] = {BOOT_PA + 2, 0x2b, 0x202, 0, 0x23};
	memcpy(b->boot + 0x1000, frame, sizeof frame);
	uc_x86_mmr gdtr = {.base = BOOT_PA + 0x800, .limit = sizeof gdt - 1};
	uc_x86_msr efer = {.rid = 0xc0000080};
	uint16_t cs = 0x08, ss = 0x10;
	uint64_t rsp = BOOT_PA + 0x1000, zero = 0, cr4 = 0, cr0 = 0;
	uc_reg_write(b->uc, UC_X86_REG_GDTR, &gdtr);
	uc_reg_read(b->uc, UC_X86_REG_MSR, &efer);
	efer.value |= 1; // SCE: SYSRET in a user program is #GP, not #UD
	uc_reg_write(b->uc, UC_X86_REG_MSR, &efer);
	uc_reg_read(b->uc, UC_X86_REG_CR4, &cr4);
	cr4 |= 1 << 8; // PCE, which the engine takes the wrong way round: RDPMC is #GP
	uc_reg_write(b->uc, UC_X86_REG_CR4, &cr4);
	uc_reg_read(b->uc, UC_X86_REG_CR0, &cr0);
	cr0 |= 1 << 5 | 1 << 1; // NE and MP: x87 exceptions are exceptions
	uc_reg_write(b->uc, UC_X86_REG_CR0, &cr0);
	if (uc_reg_write(b->uc, UC_X86_REG_SS, &ss) || uc_reg_write(b->uc, UC_X86_REG_CS, &cs) ||
		uc_reg_write(b->uc, UC_X86_REG_RSP, &rsp))
		return false;

	b->left = UINT64_MAX;
	uc_err e;
	if (!bgl_start(b, BOOT_PA, &e) || b->why != BGL_SYSCALL) {
		b->err = e;
		return false;
	}
	uint64_t got = 0;
	uc_reg_read(b->uc, UC_X86_REG_CS, &got);
	if ((uint16_t)got != 0x2b)
		return false;
	for (int i = 0; i < 5; i++) {
		uint64_t a = asked[i], c = asked_sub[i], v[4];
		uc_reg_write(b->uc, UC_X86_REG_RAX, &a);
		uc_reg_write(b->uc, UC_X86_REG_RCX, &c);
		if (!bgl_start(b, BOOT_PA + 2, &e) || b->why != BGL_SYSCALL)
			return false;
		static const int id[4] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
		void *ptr[4] = {&v[0], &v[1], &v[2], &v[3]};
		uc_reg_read_batch(b->uc, id, ptr, 4);
		for (int k = 0; k < 4; k++)
			b->native[i][k] = v[k];
	}
	// From here on a program that loads a segment finds no descriptor (#GP): the
	// table is in no page of a guest.
	gdtr.limit = 0;
	uc_reg_write(b->uc, UC_X86_REG_GDTR, &gdtr);
	uint64_t fl = 0x202;
	for (int i = 0; i < 20; i++)
		if (bgl_x86_regs[i] != UC_X86_REG_RIP)
			uc_reg_write(b->uc, bgl_x86_regs[i], bgl_x86_regs[i] == UC_X86_REG_RFLAGS ? &fl : &zero);
	uint16_t fcw = 0x37f, fsw = 0, ftw = 0xffff;
	uint32_t mxcsr = 0x1f80;
	uc_reg_write(b->uc, UC_X86_REG_FPCW, &fcw);
	uc_reg_write(b->uc, UC_X86_REG_FPSW, &fsw);
	uc_reg_write(b->uc, UC_X86_REG_FPTAG, &ftw);
	uc_reg_write(b->uc, UC_X86_REG_MXCSR, &mxcsr);
	uc_context_save(b->uc, b->pristine);
	b->what = "this libunicorn keeps its state where 2.1.4 does not";
	if (!bgl_probe(b))
		return false;
	uc_context_restore(b->uc, b->pristine);
	bgl_find_env(b);
	bgl_exit_checks(b, false);
	// Everything translated so far has the checks in it.
	uc_ctl_flush_tb(b->uc);
	b->what = "hook_add";
	return bgl_add_hook(b, UC_HOOK_INSN, on_cpuid, UC_X86_INS_CPUID);
}

// The FXSAVE64 image: FCW 0, FSW 2, FTW (abridged) 4, FOP 6, FIP 8, FDP 16, MXCSR
// 24, MXCSR_MASK 28, ST0..ST7 every 16 from 32, XMM0..XMM15 every 16 from 160.
#define MXCSR_MASK 0xffffu

// Both go through the engine, not through a context: what belongs to these
// registers, such as the rounding mode, is not all in one.
void bgl_x86_vector(bgl *b, bgl_ctx *c, uint8_t *buf)
{
	bgl_switch(b, c);
	memset(buf, 0, 528);
	uint16_t fcw = 0, fsw = 0, ftw = 0;
	uint32_t mxcsr = 0, mask = MXCSR_MASK;
	uc_reg_read(b->uc, UC_X86_REG_FPCW, &fcw);
	uc_reg_read(b->uc, UC_X86_REG_FPSW, &fsw);
	uc_reg_read(b->uc, UC_X86_REG_FPTAG, &ftw);
	uc_reg_read(b->uc, UC_X86_REG_MXCSR, &mxcsr);
	uint8_t abridged = 0;
	for (int i = 0; i < 8; i++)
		if ((ftw >> 2 * i & 3) != 3)
			abridged |= 1 << i;
	memcpy(buf, &fcw, 2);
	memcpy(buf + 2, &fsw, 2);
	buf[4] = abridged;
	memcpy(buf + 24, &mxcsr, 4);
	memcpy(buf + 28, &mask, 4);
	for (int i = 0; i < 8; i++)
		uc_reg_read(b->uc, UC_X86_REG_ST0 + i, buf + 32 + 16 * i);
	for (int i = 0; i < 16; i++)
		uc_reg_read(b->uc, UC_X86_REG_XMM0 + i, buf + 160 + 16 * i);
}

void bgl_x86_set_vector(bgl *b, bgl_ctx *c, const uint8_t *buf)
{
	bgl_switch(b, c);
	uint16_t fcw, fsw, ftw = 0;
	uint32_t mxcsr;
	memcpy(&fcw, buf, 2);
	memcpy(&fsw, buf + 2, 2);
	memcpy(&mxcsr, buf + 24, 4);
	mxcsr &= MXCSR_MASK;
	for (int i = 0; i < 8; i++)
		if (!(buf[4] >> i & 1))
			ftw |= 3 << 2 * i;
	// The status word first: it holds the top of the stack, which says where ST0 is.
	uc_reg_write(b->uc, UC_X86_REG_FPCW, &fcw);
	uc_reg_write(b->uc, UC_X86_REG_FPSW, &fsw);
	for (int i = 0; i < 8; i++)
		uc_reg_write(b->uc, UC_X86_REG_ST0 + i, buf + 32 + 16 * i);
	uc_reg_write(b->uc, UC_X86_REG_FPTAG, &ftw);
	uc_reg_write(b->uc, UC_X86_REG_MXCSR, &mxcsr);
	for (int i = 0; i < 16; i++)
		uc_reg_write(b->uc, UC_X86_REG_XMM0 + i, buf + 160 + 16 * i);
}
