package abi

// Flavours of thread_get_state on x86-64 (osfmk/mach/i386/thread_status.h).
const (
	X86_THREAD_STATE32      = 1
	X86_FLOAT_STATE32       = 2
	X86_EXCEPTION_STATE32   = 3
	X86_THREAD_STATE64      = 4
	X86_FLOAT_STATE64       = 5
	X86_EXCEPTION_STATE64   = 6
	X86_THREAD_STATE        = 7
	X86_FLOAT_STATE         = 8
	X86_EXCEPTION_STATE     = 9
	X86_DEBUG_STATE64       = 11
	X86_DEBUG_STATE         = 12
	X86_AVX_STATE64         = 17
	X86_AVX512_STATE64      = 20
	X86_THREAD_FULL_STATE64 = 23
)

// Flavours of thread_get_state on arm64 (osfmk/mach/arm/thread_status.h).
const (
	ARM_THREAD_STATE         = 1
	ARM_EXCEPTION_STATE      = 3
	ARM_THREAD_STATE64       = 6
	ARM_EXCEPTION_STATE64    = 7
	ARM_EXCEPTION_STATE64_V2 = 10
	ARM_DEBUG_STATE64        = 15
	ARM_NEON_STATE64         = 17
	ARM_PAGEIN_STATE         = 27

	THREAD_STATE_NONE_X86 = 13
	THREAD_STATE_NONE_ARM = 5
)

// Sizes of thread states in 32-bit words, as the messages count them.
const (
	X86_THREAD_STATE64_COUNT       = 42
	X86_FLOAT_STATE64_COUNT        = 131
	X86_EXCEPTION_STATE64_COUNT    = 4
	X86_DEBUG_STATE64_COUNT        = 16
	X86_THREAD_STATE_COUNT         = 44
	X86_FLOAT_STATE_COUNT          = 133
	X86_EXCEPTION_STATE_COUNT      = 6
	ARM_THREAD_STATE64_COUNT       = 68
	ARM_EXCEPTION_STATE64_COUNT    = 4
	ARM_EXCEPTION_STATE64_V2_COUNT = 4
	ARM_NEON_STATE64_COUNT         = 132
	ARM_DEBUG_STATE64_COUNT        = 130
	ARM_UNIFIED_THREAD_STATE_COUNT = 70
)

// X86StateHeader is x86_state_hdr_t, in front of the flavours without a width:
// the flavour that follows it and its size in 32-bit words.
type X86StateHeader struct {
	Flavor int32
	Count  int32
}

// X86ExceptionState64 is struct __darwin_x86_exception_state64
// (osfmk/mach/i386/_structs.h).
type X86ExceptionState64 struct {
	Trapno     uint16
	Cpu        uint16
	Err        uint32
	Faultvaddr uint64
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *X86ExceptionState64) Put(b []byte) {
	_ = b[15]
	le.PutUint16(b, s.Trapno)
	le.PutUint16(b[2:], s.Cpu)
	le.PutUint32(b[4:], s.Err)
	le.PutUint64(b[8:], s.Faultvaddr)
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *X86ExceptionState64) Get(b []byte) {
	_ = b[15]
	s.Trapno = le.Uint16(b)
	s.Cpu = le.Uint16(b[2:])
	s.Err = le.Uint32(b[4:])
	s.Faultvaddr = le.Uint64(b[8:])
}

// X86ThreadState64 is struct __darwin_x86_thread_state64
// (osfmk/mach/i386/_structs.h).
type X86ThreadState64 struct {
	Rax    uint64
	Rbx    uint64
	Rcx    uint64
	Rdx    uint64
	Rdi    uint64
	Rsi    uint64
	Rbp    uint64
	Rsp    uint64
	R8     uint64
	R9     uint64
	R10    uint64
	R11    uint64
	R12    uint64
	R13    uint64
	R14    uint64
	R15    uint64
	Rip    uint64
	Rflags uint64
	Cs     uint64
	Fs     uint64
	Gs     uint64
}

// Put writes the structure to b, which holds at least its 168 bytes.
func (s *X86ThreadState64) Put(b []byte) {
	_ = b[167]
	le.PutUint64(b, s.Rax)
	le.PutUint64(b[8:], s.Rbx)
	le.PutUint64(b[16:], s.Rcx)
	le.PutUint64(b[24:], s.Rdx)
	le.PutUint64(b[32:], s.Rdi)
	le.PutUint64(b[40:], s.Rsi)
	le.PutUint64(b[48:], s.Rbp)
	le.PutUint64(b[56:], s.Rsp)
	le.PutUint64(b[64:], s.R8)
	le.PutUint64(b[72:], s.R9)
	le.PutUint64(b[80:], s.R10)
	le.PutUint64(b[88:], s.R11)
	le.PutUint64(b[96:], s.R12)
	le.PutUint64(b[104:], s.R13)
	le.PutUint64(b[112:], s.R14)
	le.PutUint64(b[120:], s.R15)
	le.PutUint64(b[128:], s.Rip)
	le.PutUint64(b[136:], s.Rflags)
	le.PutUint64(b[144:], s.Cs)
	le.PutUint64(b[152:], s.Fs)
	le.PutUint64(b[160:], s.Gs)
}

// Get reads the structure from b, which holds at least its 168 bytes.
func (s *X86ThreadState64) Get(b []byte) {
	_ = b[167]
	s.Rax = le.Uint64(b)
	s.Rbx = le.Uint64(b[8:])
	s.Rcx = le.Uint64(b[16:])
	s.Rdx = le.Uint64(b[24:])
	s.Rdi = le.Uint64(b[32:])
	s.Rsi = le.Uint64(b[40:])
	s.Rbp = le.Uint64(b[48:])
	s.Rsp = le.Uint64(b[56:])
	s.R8 = le.Uint64(b[64:])
	s.R9 = le.Uint64(b[72:])
	s.R10 = le.Uint64(b[80:])
	s.R11 = le.Uint64(b[88:])
	s.R12 = le.Uint64(b[96:])
	s.R13 = le.Uint64(b[104:])
	s.R14 = le.Uint64(b[112:])
	s.R15 = le.Uint64(b[120:])
	s.Rip = le.Uint64(b[128:])
	s.Rflags = le.Uint64(b[136:])
	s.Cs = le.Uint64(b[144:])
	s.Fs = le.Uint64(b[152:])
	s.Gs = le.Uint64(b[160:])
}

// X86FloatState64 is struct __darwin_x86_float_state64
// (osfmk/mach/i386/_structs.h): from Fcw on, what FXSAVE stores.
type X86FloatState64 struct {
	_         [2]int32
	Fcw       uint16 // control word
	Fsw       uint16 // status word
	Ftw       uint8  // one bit a register: whether it is in use
	_         uint8
	Fop       uint16 // last opcode
	IP        uint32 // offset of the last instruction
	CS        uint16
	_         uint16
	DP        uint32 // offset of the last operand
	DS        uint16
	_         uint16
	Mxcsr     uint32
	Mxcsrmask uint32
	Stmm      [8]X87Register
	Xmm       [16][16]byte
	_         [96]byte
	_         int32
}

// X87Register is struct __darwin_mmst_reg: 80 bits and padding.
type X87Register struct {
	Value [10]byte
	_     [6]byte
}

// Put writes the structure to b, which holds at least its 524 bytes.
func (s *X86FloatState64) Put(b []byte) {
	clear(b[:524])
	le.PutUint16(b[8:], s.Fcw)
	le.PutUint16(b[10:], s.Fsw)
	b[12] = s.Ftw
	le.PutUint16(b[14:], s.Fop)
	le.PutUint32(b[16:], s.IP)
	le.PutUint16(b[20:], s.CS)
	le.PutUint32(b[24:], s.DP)
	le.PutUint16(b[28:], s.DS)
	le.PutUint32(b[32:], s.Mxcsr)
	le.PutUint32(b[36:], s.Mxcsrmask)
	for i := range s.Stmm {
		copy(b[40+16*i:], s.Stmm[i].Value[:])
	}
	for i := range s.Xmm {
		copy(b[168+16*i:], s.Xmm[i][:])
	}
}

// Get reads the structure from b, which holds at least its 524 bytes.
func (s *X86FloatState64) Get(b []byte) {
	_ = b[523]
	s.Fcw = le.Uint16(b[8:])
	s.Fsw = le.Uint16(b[10:])
	s.Ftw = b[12]
	s.Fop = le.Uint16(b[14:])
	s.IP = le.Uint32(b[16:])
	s.CS = le.Uint16(b[20:])
	s.DP = le.Uint32(b[24:])
	s.DS = le.Uint16(b[28:])
	s.Mxcsr = le.Uint32(b[32:])
	s.Mxcsrmask = le.Uint32(b[36:])
	for i := range s.Stmm {
		copy(s.Stmm[i].Value[:], b[40+16*i:])
	}
	for i := range s.Xmm {
		copy(s.Xmm[i][:], b[168+16*i:])
	}
}

// X86Mcontext64 is struct __darwin_mcontext64 (bsd/i386/_mcontext.h), what XNU
// puts in a signal frame on a processor without AVX.
type X86Mcontext64 struct {
	ES X86ExceptionState64
	SS X86ThreadState64
	FS X86FloatState64
	_  [4]byte
}

// SizeofX86Mcontext64 is the size of [X86Mcontext64] in bytes.
const SizeofX86Mcontext64 = 712

// Put writes the structure to b, which holds at least its 712 bytes.
func (m *X86Mcontext64) Put(b []byte) {
	m.ES.Put(b)
	m.SS.Put(b[16:])
	m.FS.Put(b[184:])
	clear(b[708:712])
}

// Get reads the structure from b, which holds at least its 712 bytes.
func (m *X86Mcontext64) Get(b []byte) {
	m.ES.Get(b)
	m.SS.Get(b[16:])
	m.FS.Get(b[184:])
}

// ARMExceptionState64 is struct __darwin_arm_exception_state64
// (osfmk/mach/arm/_structs.h).
type ARMExceptionState64 struct {
	Far       uint64 // faulting address
	Esr       uint32 // syndrome
	Exception uint32 // number of the exception taken
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *ARMExceptionState64) Put(b []byte) {
	_ = b[15]
	le.PutUint64(b, s.Far)
	le.PutUint32(b[8:], s.Esr)
	le.PutUint32(b[12:], s.Exception)
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *ARMExceptionState64) Get(b []byte) {
	_ = b[15]
	s.Far = le.Uint64(b)
	s.Esr = le.Uint32(b[8:])
	s.Exception = le.Uint32(b[12:])
}

// ARMThreadState64 is struct __darwin_arm_thread_state64 (osfmk/mach/arm/_structs.h).
type ARMThreadState64 struct {
	X     [29]uint64
	Fp    uint64
	Lr    uint64
	Sp    uint64
	Pc    uint64
	Cpsr  uint32
	Flags uint32
}

// Put writes the structure to b, which holds at least its 272 bytes.
func (s *ARMThreadState64) Put(b []byte) {
	_ = b[271]
	for i, v := range s.X {
		le.PutUint64(b[0+8*i:], v)
	}
	le.PutUint64(b[232:], s.Fp)
	le.PutUint64(b[240:], s.Lr)
	le.PutUint64(b[248:], s.Sp)
	le.PutUint64(b[256:], s.Pc)
	le.PutUint32(b[264:], s.Cpsr)
	le.PutUint32(b[268:], s.Flags)
}

// Get reads the structure from b, which holds at least its 272 bytes.
func (s *ARMThreadState64) Get(b []byte) {
	_ = b[271]
	for i := range s.X {
		s.X[i] = le.Uint64(b[0+8*i:])
	}
	s.Fp = le.Uint64(b[232:])
	s.Lr = le.Uint64(b[240:])
	s.Sp = le.Uint64(b[248:])
	s.Pc = le.Uint64(b[256:])
	s.Cpsr = le.Uint32(b[264:])
	s.Flags = le.Uint32(b[268:])
}

// ARMNeonState64 is struct __darwin_arm_neon_state64 (osfmk/mach/arm/_structs.h).
type ARMNeonState64 struct {
	V    [32][16]byte
	Fpsr uint32
	Fpcr uint32
	_    [8]byte
}

// Put writes the structure to b, which holds at least its 528 bytes.
func (s *ARMNeonState64) Put(b []byte) {
	_ = b[527]
	for i := range s.V {
		copy(b[16*i:], s.V[i][:])
	}
	le.PutUint32(b[512:], s.Fpsr)
	le.PutUint32(b[516:], s.Fpcr)
	clear(b[520:528])
}

// Get reads the structure from b, which holds at least its 528 bytes.
func (s *ARMNeonState64) Get(b []byte) {
	_ = b[527]
	for i := range s.V {
		copy(s.V[i][:], b[16*i:])
	}
	s.Fpsr = le.Uint32(b[512:])
	s.Fpcr = le.Uint32(b[516:])
}

// ARMMcontext64 is struct __darwin_mcontext64 of arm64 (bsd/arm/_mcontext.h).
type ARMMcontext64 struct {
	ES ARMExceptionState64
	SS ARMThreadState64
	NS ARMNeonState64
}

// SizeofARMMcontext64 is the size of [ARMMcontext64] in bytes.
const SizeofARMMcontext64 = 816

// Put writes the structure to b, which holds at least its 816 bytes.
func (m *ARMMcontext64) Put(b []byte) {
	m.ES.Put(b)
	m.SS.Put(b[16:])
	m.NS.Put(b[288:])
}

// Get reads the structure from b, which holds at least its 816 bytes.
func (m *ARMMcontext64) Get(b []byte) {
	m.ES.Get(b)
	m.SS.Get(b[16:])
	m.NS.Get(b[288:])
}
