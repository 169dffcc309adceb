package abi

// An ioctl request packs a direction, the size of its argument and a command
// (bsd/sys/ioccom.h). 64-bit programs may pass it sign-extended: the kernel
// looks at the low 32 bits only.
const (
	IOCPARM_MASK uint32 = 0x1fff // largest argument, bytes
	IOC_VOID     uint32 = 0x20000000
	IOC_OUT      uint32 = 0x40000000
	IOC_IN       uint32 = 0x80000000
	IOC_INOUT    uint32 = 0xc0000000
	IOC_DIRMASK  uint32 = 0xe0000000
)

// IOC returns the request number of direction inout, group, command num and an
// argument of size bytes.
func IOC(inout uint32, group byte, num uint8, size uint32) uint32 {
	return inout | size&IOCPARM_MASK<<16 | uint32(group)<<8 | uint32(num)
}

// IOCPARM_LEN returns the size of a request's argument in bytes.
func IOCPARM_LEN(req uint32) int { return int(req >> 16 & IOCPARM_MASK) }

// Requests of terminals (bsd/sys/ttycom.h). TIOCGETA and its three kin carry
// the 72-byte struct termios.
const (
	TIOCMODG         uint32 = 0x40047403
	TIOCMODS         uint32 = 0x80047404
	TIOCEXCL         uint32 = 0x2000740d
	TIOCNXCL         uint32 = 0x2000740e
	TIOCFLUSH        uint32 = 0x80047410
	TIOCGETA         uint32 = 0x40487413
	TIOCSETA         uint32 = 0x80487414
	TIOCSETAW        uint32 = 0x80487415
	TIOCSETAF        uint32 = 0x80487416
	TIOCGETD         uint32 = 0x4004741a
	TIOCSETD         uint32 = 0x8004741b
	TIOCIXON         uint32 = 0x20007481
	TIOCIXOFF        uint32 = 0x20007480
	TIOCSBRK         uint32 = 0x2000747b
	TIOCCBRK         uint32 = 0x2000747a
	TIOCSDTR         uint32 = 0x20007479
	TIOCCDTR         uint32 = 0x20007478
	TIOCGPGRP        uint32 = 0x40047477
	TIOCSPGRP        uint32 = 0x80047476
	TIOCOUTQ         uint32 = 0x40047473
	TIOCSTI          uint32 = 0x80017472
	TIOCNOTTY        uint32 = 0x20007471
	TIOCPKT          uint32 = 0x80047470
	TIOCSTOP         uint32 = 0x2000746f
	TIOCSTART        uint32 = 0x2000746e
	TIOCMSET         uint32 = 0x8004746d
	TIOCMBIS         uint32 = 0x8004746c
	TIOCMBIC         uint32 = 0x8004746b
	TIOCMGET         uint32 = 0x4004746a
	TIOCGWINSZ       uint32 = 0x40087468
	TIOCSWINSZ       uint32 = 0x80087467
	TIOCUCNTL        uint32 = 0x80047466
	TIOCSTAT         uint32 = 0x20007465
	TIOCSCONS        uint32 = 0x20007463
	TIOCCONS         uint32 = 0x80047462
	TIOCSCTTY        uint32 = 0x20007461
	TIOCEXT          uint32 = 0x80047460
	TIOCSIG          uint32 = 0x2000745f
	TIOCDRAIN        uint32 = 0x2000745e
	TIOCMSDTRWAIT    uint32 = 0x8004745b
	TIOCMGDTRWAIT    uint32 = 0x4004745a
	TIOCTIMESTAMP    uint32 = 0x40107459
	TIOCDCDTIMESTAMP uint32 = 0x40107458
	TIOCSDRAINWAIT   uint32 = 0x80047457
	TIOCGDRAINWAIT   uint32 = 0x40047456
	TIOCDSIMICROCODE uint32 = 0x20007455
	TIOCPTYGRANT     uint32 = 0x20007454
	TIOCPTYGNAME     uint32 = 0x40807453
	TIOCPTYUNLK      uint32 = 0x20007452
	TIOCGSID         uint32 = 0x40047463
)

// Arguments of TIOCFLUSH are FREAD and FWRITE; of TIOCMSET and its kin these.
const (
	TIOCM_LE  = 0x1
	TIOCM_DTR = 0x2
	TIOCM_RTS = 0x4
	TIOCM_ST  = 0x8
	TIOCM_SR  = 0x10
	TIOCM_CTS = 0x20
	TIOCM_CAR = 0x40
	TIOCM_RNG = 0x80
	TIOCM_DSR = 0x100
)

// Requests of any file (bsd/sys/filio.h).
const (
	FIOCLEX   uint32 = 0x20006601
	FIONCLEX  uint32 = 0x20006602
	FIONREAD  uint32 = 0x4004667f
	FIONBIO   uint32 = 0x8004667e
	FIOASYNC  uint32 = 0x8004667d
	FIOSETOWN uint32 = 0x8004667c
	FIOGETOWN uint32 = 0x4004667b
	FIODTYPE  uint32 = 0x4004667a
)

// Kinds of device that FIODTYPE tells (bsd/sys/conf.h).
const (
	D_TAPE = 1
	D_DISK = 2
	D_TTY  = 3
)

// Requests of sockets and network interfaces (bsd/sys/sockio.h).
const (
	SIOCSHIWAT            uint32 = 0x80047300
	SIOCGHIWAT            uint32 = 0x40047301
	SIOCSLOWAT            uint32 = 0x80047302
	SIOCGLOWAT            uint32 = 0x40047303
	SIOCATMARK            uint32 = 0x40047307
	SIOCSPGRP             uint32 = 0x80047308
	SIOCGPGRP             uint32 = 0x40047309
	SIOCSIFADDR           uint32 = 0x8020690c
	SIOCSIFFLAGS          uint32 = 0x80206910
	SIOCGIFFLAGS          uint32 = 0xc0206911
	SIOCGIFMETRIC         uint32 = 0xc0206917
	SIOCGIFADDR           uint32 = 0xc0206921
	SIOCGIFDSTADDR        uint32 = 0xc0206922
	SIOCGIFBRDADDR        uint32 = 0xc0206923
	SIOCGIFCONF           uint32 = 0xc00c6924
	SIOCGIFNETMASK        uint32 = 0xc0206925
	SIOCGIFMTU            uint32 = 0xc0206933
	SIOCSIFMTU            uint32 = 0x80206934
	SIOCGIFMEDIA          uint32 = 0xc02c6938
	SIOCGIFFUNCTIONALTYPE uint32 = 0xc02069ad
)

// Requests of disks (bsd/sys/disk.h).
const (
	DKIOCGETBLOCKSIZE         uint32 = 0x40046418
	DKIOCGETBLOCKCOUNT        uint32 = 0x40086419
	DKIOCISWRITABLE           uint32 = 0x4004641d
	DKIOCSYNCHRONIZECACHE     uint32 = 0x20006416
	DKIOCGETPHYSICALBLOCKSIZE uint32 = 0x4004644d
)

// Ifreq is struct ifreq (bsd/net/if.h): an interface name and 16 bytes whose
// meaning is the request's.
type Ifreq struct {
	Name [16]byte
	Data [16]byte
}

// Ifconf is struct ifconf of SIOCGIFCONF (bsd/net/if.h), packed to 4 bytes.
type Ifconf struct {
	Len int32 // bytes of Buf, in and out
	Buf Ptr
}
