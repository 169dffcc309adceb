#ifndef _BEAGLE_MACH_THREAD_STATUS_H_
#define _BEAGLE_MACH_THREAD_STATUS_H_

#include <machine/types.h>

#if defined(__x86_64__)
struct __darwin_x86_exception_state64 {
	u_int16_t __trapno;
	u_int16_t __cpu;
	u_int32_t __err;
	u_int64_t __faultvaddr;
};
struct __darwin_x86_thread_state64 {
	u_int64_t __rax, __rbx, __rcx, __rdx, __rdi, __rsi, __rbp, __rsp;
	u_int64_t __r8, __r9, __r10, __r11, __r12, __r13, __r14, __r15;
	u_int64_t __rip, __rflags, __cs, __fs, __gs;
};
struct __darwin_xmm_reg { char __xmm_reg[16]; };
struct __darwin_mmst_reg { char __mmst_reg[10]; char __mmst_rsrv[6]; };
struct __darwin_x86_float_state64 {
	int __fpu_reserved[2];
	u_int16_t __fpu_fcw;
	u_int16_t __fpu_fsw;
	u_int8_t __fpu_ftw;
	u_int8_t __fpu_rsrv1;
	u_int16_t __fpu_fop;
	u_int32_t __fpu_ip;
	u_int16_t __fpu_cs;
	u_int16_t __fpu_rsrv2;
	u_int32_t __fpu_dp;
	u_int16_t __fpu_ds;
	u_int16_t __fpu_rsrv3;
	u_int32_t __fpu_mxcsr;
	u_int32_t __fpu_mxcsrmask;
	struct __darwin_mmst_reg __fpu_stmm[8];
	struct __darwin_xmm_reg __fpu_xmm[16];
	char __fpu_rsrv4[96];
	int __fpu_reserved1;
};
typedef struct __darwin_x86_thread_state64 x86_thread_state64_t;
#define x86_THREAD_STATE64 4
#define x86_THREAD_STATE64_COUNT (sizeof(x86_thread_state64_t) / sizeof(int))
#else
struct __darwin_arm_exception_state64 {
	u_int64_t __far;
	u_int32_t __esr;
	u_int32_t __exception;
};
struct __darwin_arm_thread_state64 {
	u_int64_t __x[29];
	u_int64_t __fp, __lr, __sp, __pc;
	u_int32_t __cpsr;
	u_int32_t __pad;
};
struct __darwin_arm_neon_state64 {
	__uint128_t __v[32];
	u_int32_t __fpsr;
	u_int32_t __fpcr;
};
typedef struct __darwin_arm_thread_state64 arm_thread_state64_t;
#define ARM_THREAD_STATE64 6
#define ARM_THREAD_STATE64_COUNT (sizeof(arm_thread_state64_t) / sizeof(int))
#endif

#endif
