package kern

import "github.com/beagle-emu/beagle/cpu"

// The arm64 register convention of osfmk/arm64/sleh.c and
// bsd/dev/arm/systemcalls.c.

const (
	nzcvC   = 1 << 29
	insnSVC = 4
	// platformCall in w16 is the machine-dependent gate; its code is in x3.
	platformCall = -0x80000000
)

func (t *Thread) enterARM64() {
	r := t.Regs()
	t.call.resume = r.R[cpu.PC]
	num := int(int32(r.R[16]))
	g := &t.call.gate
	g.insn = insnSVC
	tab := t.Machine().Tables
	raw := &t.call.raw
	switch {
	case num == platformCall:
		g.class = Machdep
		code := r.R[3]
		if code >= uint64(len(tab.MachdepARM)) || tab.MachdepARM[code].invoke == nil {
			// Codes that XNU does not know are ignored: registers stay.
			return
		}
		copy(raw[:], r.R[:3])
		t.begin(&tab.MachdepARM[code])
	case num < 0:
		num = -num
		g.class = Mach
		if num >= len(tab.Mach) || tab.Mach[num].Status == Absent || tab.Mach[num].invoke == nil {
			t.badCall(uint64(int64(-num)))
			return
		}
		copy(raw[:], r.R[:9])
		t.begin(&tab.Mach[num])
	default:
		g.class = Unix
		num = int(uint16(num))
		regs := r.R[:9]
		if num == 0 {
			num = int(uint16(r.R[0]))
			regs = r.R[1:9]
			if num == 0 {
				num = len(tab.Unix)
			}
		}
		if r.R[cpu.NZCV]&nzcvC != 0 {
			r.Set(cpu.NZCV, r.R[cpu.NZCV]&^nzcvC)
		}
		if num >= len(tab.Unix) {
			t.invalidUnix(num)
			return
		}
		copy(raw[:], regs)
		t.begin(&tab.Unix[num])
	}
}

func (t *Thread) leaveARM64(row *Row, res *Result) {
	r, g := t.Regs(), &t.call.gate
	switch {
	case res.JustReturn:
		return
	case res.Restart:
		r.Set(cpu.PC, t.call.resume-g.insn)
		return
	}
	switch g.class {
	case Unix:
		if res.Errno != 0 {
			r.Set(0, uint64(res.Errno))
			r.Set(1, 0)
			r.Set(cpu.NZCV, r.R[cpu.NZCV]|nzcvC)
			return
		}
		switch row.Ret {
		case RetInt:
			r.Set(0, uint64(int64(int32(res.Value))))
			r.Set(1, uint64(int64(int32(res.Second))))
		case RetUint:
			r.Set(0, uint64(uint32(res.Value)))
			r.Set(1, uint64(uint32(res.Second)))
		case RetVoid:
		default:
			r.Set(0, res.Value)
			r.Set(1, 0)
		}
	case Mach:
		r.Set(0, machValue(row, res))
	case Machdep:
		if row.Ret != RetVoid {
			r.Set(0, res.Value)
		}
	}
}
