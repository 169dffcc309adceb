package abi

// Termios is struct termios of an LP64 program (bsd/sys/termios.h): flag words
// and speeds are 64 bits wide.
type Termios struct {
	Iflag  uint64
	Oflag  uint64
	Cflag  uint64
	Lflag  uint64
	Cc     [NCCS]byte
	_      [4]byte
	Ispeed uint64 // bits a second
	Ospeed uint64 // bits a second
}

// Put writes the structure to b, which holds at least its 72 bytes.
func (t *Termios) Put(b []byte) {
	clear(b[:72])
	le.PutUint64(b, t.Iflag)
	le.PutUint64(b[8:], t.Oflag)
	le.PutUint64(b[16:], t.Cflag)
	le.PutUint64(b[24:], t.Lflag)
	copy(b[32:52], t.Cc[:])
	le.PutUint64(b[56:], t.Ispeed)
	le.PutUint64(b[64:], t.Ospeed)
}

// Get reads the structure from b, which holds at least its 72 bytes.
func (t *Termios) Get(b []byte) {
	_ = b[71]
	t.Iflag = le.Uint64(b)
	t.Oflag = le.Uint64(b[8:])
	t.Cflag = le.Uint64(b[16:])
	t.Lflag = le.Uint64(b[24:])
	copy(t.Cc[:], b[32:52])
	t.Ispeed = le.Uint64(b[56:])
	t.Ospeed = le.Uint64(b[64:])
}

// Winsize is struct winsize (bsd/sys/ttycom.h): rows and columns in characters,
// the other two in pixels.
type Winsize struct {
	Row    uint16
	Col    uint16
	Xpixel uint16
	Ypixel uint16
}

// Put writes the structure to b, which holds at least its 8 bytes.
func (s *Winsize) Put(b []byte) {
	_ = b[7]
	le.PutUint16(b, s.Row)
	le.PutUint16(b[2:], s.Col)
	le.PutUint16(b[4:], s.Xpixel)
	le.PutUint16(b[6:], s.Ypixel)
}

// Get reads the structure from b, which holds at least its 8 bytes.
func (s *Winsize) Get(b []byte) {
	_ = b[7]
	s.Row = le.Uint16(b)
	s.Col = le.Uint16(b[2:])
	s.Xpixel = le.Uint16(b[4:])
	s.Ypixel = le.Uint16(b[6:])
}

// Indexes of control characters in Termios.Cc.
const (
	VEOF     = 0
	VEOL     = 1
	VEOL2    = 2
	VERASE   = 3
	VWERASE  = 4
	VKILL    = 5
	VREPRINT = 6
	VINTR    = 8
	VQUIT    = 9
	VSUSP    = 10
	VDSUSP   = 11
	VSTART   = 12
	VSTOP    = 13
	VLNEXT   = 14
	VDISCARD = 15
	VMIN     = 16
	VTIME    = 17
	VSTATUS  = 18
	NCCS     = 20

	POSIX_VDISABLE = 0xff // a control character that is switched off
)

// Input flags, Termios.Iflag.
const (
	IGNBRK  = 0x1
	BRKINT  = 0x2
	IGNPAR  = 0x4
	PARMRK  = 0x8
	INPCK   = 0x10
	ISTRIP  = 0x20
	INLCR   = 0x40
	IGNCR   = 0x80
	ICRNL   = 0x100
	IXON    = 0x200
	IXOFF   = 0x400
	IXANY   = 0x800
	IMAXBEL = 0x2000
	IUTF8   = 0x4000
)

// Output flags, Termios.Oflag.
const (
	OPOST  = 0x1
	ONLCR  = 0x2
	OXTABS = 0x4
	ONOEOT = 0x8
	OCRNL  = 0x10
	ONOCR  = 0x20
	ONLRET = 0x40
	OFILL  = 0x80
	NLDLY  = 0x300
	TABDLY = 0xc04
	CRDLY  = 0x3000
	FFDLY  = 0x4000
	BSDLY  = 0x8000
	VTDLY  = 0x10000
	OFDEL  = 0x20000
)

// Control flags, Termios.Cflag.
const (
	CIGNORE    = 0x1
	CSIZE      = 0x300
	CS5        = 0x0
	CS6        = 0x100
	CS7        = 0x200
	CS8        = 0x300
	CSTOPB     = 0x400
	CREAD      = 0x800
	PARENB     = 0x1000
	PARODD     = 0x2000
	HUPCL      = 0x4000
	CLOCAL     = 0x8000
	CCTS_OFLOW = 0x10000
	CRTS_IFLOW = 0x20000
	CDTR_IFLOW = 0x40000
	CDSR_OFLOW = 0x80000
	CCAR_OFLOW = 0x100000
	CRTSCTS    = 0x30000
)

// Local flags, Termios.Lflag.
const (
	ECHOKE     = 0x1
	ECHOE      = 0x2
	ECHOK      = 0x4
	ECHO       = 0x8
	ECHONL     = 0x10
	ECHOPRT    = 0x20
	ECHOCTL    = 0x40
	ISIG       = 0x80
	ICANON     = 0x100
	ALTWERASE  = 0x200
	IEXTEN     = 0x400
	EXTPROC    = 0x800
	TOSTOP     = 0x400000
	FLUSHO     = 0x800000
	NOKERNINFO = 0x2000000
	PENDIN     = 0x20000000
	NOFLSH     = 0x80000000
)

// Values of a fresh terminal (bsd/sys/ttydefaults.h).
const (
	TTYDEF_IFLAG = BRKINT | ICRNL | IMAXBEL | IXON | IXANY
	TTYDEF_OFLAG = OPOST | ONLCR
	TTYDEF_LFLAG = ECHO | ICANON | ISIG | IEXTEN | ECHOE | ECHOKE | ECHOCTL
	TTYDEF_CFLAG = CREAD | CS8 | HUPCL
	TTYDEF_SPEED = 9600
)

// TTYDefaultChars are the control characters of a fresh terminal.
func TTYDefaultChars() [NCCS]byte {
	return [NCCS]byte{
		VEOF: 'D' & 0x1f, VEOL: POSIX_VDISABLE, VEOL2: POSIX_VDISABLE, VERASE: 0x7f,
		VWERASE: 'W' & 0x1f, VKILL: 'U' & 0x1f, VREPRINT: 'R' & 0x1f, 7: POSIX_VDISABLE,
		VINTR: 'C' & 0x1f, VQUIT: 0x1c, VSUSP: 'Z' & 0x1f, VDSUSP: 'Y' & 0x1f,
		VSTART: 'Q' & 0x1f, VSTOP: 'S' & 0x1f, VLNEXT: 'V' & 0x1f, VDISCARD: 'O' & 0x1f,
		VMIN: 1, VTIME: 0, VSTATUS: 'T' & 0x1f, 19: POSIX_VDISABLE,
	}
}

// TermBits pairs one flag's bits on Darwin with the same flag's on Linux. A
// field of several bits (CSIZE) has one pair for each value, with the field's
// whole mask in Mask and LinuxMask.
type TermBits struct {
	Darwin, Mask     uint64
	Linux, LinuxMask uint32
}

// LinuxTermios names Linux's four flag words and its control characters as
// asm-generic/termbits.h numbers them, which both amd64 and arm64 use.
type LinuxTermios struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Cc                         [LinuxNCCS]byte
}

// LinuxNCCS is the number of control characters in Linux's kernel termios.
const LinuxNCCS = 19

var termIflags = [...]TermBits{
	{IGNBRK, IGNBRK, 0o1, 0o1}, {BRKINT, BRKINT, 0o2, 0o2}, {IGNPAR, IGNPAR, 0o4, 0o4},
	{PARMRK, PARMRK, 0o10, 0o10}, {INPCK, INPCK, 0o20, 0o20}, {ISTRIP, ISTRIP, 0o40, 0o40},
	{INLCR, INLCR, 0o100, 0o100}, {IGNCR, IGNCR, 0o200, 0o200}, {ICRNL, ICRNL, 0o400, 0o400},
	{IXON, IXON, 0o2000, 0o2000}, {IXANY, IXANY, 0o4000, 0o4000}, {IXOFF, IXOFF, 0o10000, 0o10000},
	{IMAXBEL, IMAXBEL, 0o20000, 0o20000}, {IUTF8, IUTF8, 0o40000, 0o40000},
}

var termOflags = [...]TermBits{
	{OPOST, OPOST, 0o1, 0o1}, {ONLCR, ONLCR, 0o4, 0o4}, {OCRNL, OCRNL, 0o10, 0o10},
	{ONOCR, ONOCR, 0o20, 0o20}, {ONLRET, ONLRET, 0o40, 0o40}, {OFILL, OFILL, 0o100, 0o100},
	{OFDEL, OFDEL, 0o200, 0o200}, {OXTABS, OXTABS, 0o14000, 0o14000},
}

var termCflags = [...]TermBits{
	{CS5, CSIZE, 0, 0o60}, {CS6, CSIZE, 0o20, 0o60}, {CS7, CSIZE, 0o40, 0o60}, {CS8, CSIZE, 0o60, 0o60},
	{CSTOPB, CSTOPB, 0o100, 0o100}, {CREAD, CREAD, 0o200, 0o200}, {PARENB, PARENB, 0o400, 0o400},
	{PARODD, PARODD, 0o1000, 0o1000}, {HUPCL, HUPCL, 0o2000, 0o2000}, {CLOCAL, CLOCAL, 0o4000, 0o4000},
	{CRTSCTS, CRTSCTS, 0o20000000000, 0o20000000000},
}

var termLflags = [...]TermBits{
	{ISIG, ISIG, 0o1, 0o1}, {ICANON, ICANON, 0o2, 0o2}, {ECHO, ECHO, 0o10, 0o10}, {ECHOE, ECHOE, 0o20, 0o20},
	{ECHOK, ECHOK, 0o40, 0o40}, {ECHONL, ECHONL, 0o100, 0o100}, {NOFLSH, NOFLSH, 0o200, 0o200},
	{TOSTOP, TOSTOP, 0o400, 0o400}, {ECHOCTL, ECHOCTL, 0o1000, 0o1000}, {ECHOPRT, ECHOPRT, 0o2000, 0o2000},
	{ECHOKE, ECHOKE, 0o4000, 0o4000}, {FLUSHO, FLUSHO, 0o10000, 0o10000}, {PENDIN, PENDIN, 0o40000, 0o40000},
	{IEXTEN, IEXTEN, 0o100000, 0o100000}, {EXTPROC, EXTPROC, 0o200000, 0o200000},
}

// termChars pairs Darwin's index of a control character with Linux's. VDSUSP
// and VSTATUS have no like there.
var termChars = [...]struct{ darwin, linux uint8 }{
	{VINTR, 0}, {VQUIT, 1}, {VERASE, 2}, {VKILL, 3}, {VEOF, 4}, {VTIME, 5}, {VMIN, 6}, {VSTART, 8}, {VSTOP, 9},
	{VSUSP, 10}, {VEOL, 11}, {VREPRINT, 12}, {VDISCARD, 13}, {VWERASE, 14}, {VLNEXT, 15}, {VEOL2, 16},
}

// ToLinux writes the settings that Linux also has to l and leaves the other bits
// and characters of l as they are. Speeds are not part of it.
func (t *Termios) ToLinux(l *LinuxTermios) {
	toLinux(termIflags[:], t.Iflag, &l.Iflag)
	toLinux(termOflags[:], t.Oflag, &l.Oflag)
	toLinux(termCflags[:], t.Cflag, &l.Cflag)
	toLinux(termLflags[:], t.Lflag, &l.Lflag)
	for _, c := range termChars {
		l.Cc[c.linux] = charOff(t.Cc[c.darwin], c.darwin, POSIX_VDISABLE, 0)
	}
}

// FromLinux takes the settings that both systems have from l and leaves the
// other bits and characters of t as they are. Speeds are not part of it.
func (t *Termios) FromLinux(l *LinuxTermios) {
	fromLinux(termIflags[:], l.Iflag, &t.Iflag)
	fromLinux(termOflags[:], l.Oflag, &t.Oflag)
	fromLinux(termCflags[:], l.Cflag, &t.Cflag)
	fromLinux(termLflags[:], l.Lflag, &t.Lflag)
	for _, c := range termChars {
		t.Cc[c.darwin] = charOff(l.Cc[c.linux], c.darwin, 0, POSIX_VDISABLE)
	}
}

// charOff translates the value that switches a control character off, 0xff on
// Darwin and 0 on Linux. VMIN and VTIME are counts, not characters.
func charOff(v byte, darwinIndex, from, to uint8) byte {
	if v == from && darwinIndex != VMIN && darwinIndex != VTIME {
		return to
	}
	return v
}

func toLinux(table []TermBits, darwin uint64, linux *uint32) {
	for _, f := range table {
		if darwin&f.Mask == f.Darwin {
			*linux = *linux&^f.LinuxMask | f.Linux
		} else if f.Mask != CSIZE {
			*linux &^= f.LinuxMask
		}
	}
}

func fromLinux(table []TermBits, linux uint32, darwin *uint64) {
	for _, f := range table {
		if linux&f.LinuxMask == f.Linux {
			*darwin = *darwin&^f.Mask | f.Darwin
		} else if f.Mask != CSIZE {
			*darwin &^= f.Mask
		}
	}
}
