package xnu

import (
	"encoding/binary"
	"strings"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// What a hostile guest asks for.

var le = binary.LittleEndian

// Numbers of BSD calls that the guest makes on purpose.
const (
	sysOpen, sysPipe, sysSocket, sysSocketpair, sysKqueue = 5, 42, 97, 135, 362
	sysShmOpen, sysSemOpen, sysMmap, sysSigaction         = 266, 268, 197, 46
	sysSendmsg, sysRecvmsg, sysKevent64, sysSpawn         = 28, 27, 369, 244
	sysSysctl, sysSysctlByName, sysListen, sysBind        = 202, 274, 106, 104
	trapMsg, trapAllocate, trapReplyPort                  = 31, 16, 26
)

// prelude opens one descriptor of each kind, so that small numbers name
// something.
func (g *hostile) prelude() []op {
	call := func(num int, path string, a ...uint64) op {
		o := op{class: kern.Unix, num: num}
		if path == "" {
			copy(o.args[:], a)
			return o
		}
		o.args[0] = arena + 0x8000
		copy(o.args[1:], a)
		o.prep = func() { _ = g.space.CopyOut(arena+0x8000, append([]byte(path), 0)) }
		return o
	}
	list := []op{
		call(sysOpen, "/tmp/f", abi.O_RDWR), call(sysOpen, "/tmp", abi.O_RDONLY), call(sysPipe, ""), call(sysKqueue, ""),
		{class: kern.Unix, num: sysSocketpair, args: [8]uint64{abi.AF_UNIX, abi.SOCK_STREAM, 0, arena}},
		{class: kern.Unix, num: sysSocketpair, args: [8]uint64{abi.AF_UNIX, abi.SOCK_DGRAM, 0, arena}},
		call(sysSocket, "", abi.AF_UNIX, abi.SOCK_STREAM), call(sysOpen, "/dev/null", abi.O_RDWR),
		call(sysOpen, "/dev/random", abi.O_RDONLY), call(sysOpen, "/dev/ptmx", abi.O_RDWR),
		call(sysShmOpen, "/shm", abi.O_CREAT|abi.O_RDWR, 0o600), call(sysSemOpen, "/sem", abi.O_CREAT, 0o600, 1),
		{class: kern.Mach, num: trapReplyPort}, {class: kern.Mach, num: 28}, {class: kern.Mach, num: 27}, {class: kern.Mach, num: 29},
		{class: kern.Mach, num: trapAllocate, args: [8]uint64{0x203, 1, arena}},
		{class: kern.Mach, num: trapAllocate, args: [8]uint64{0x203, 3, arena}},
		{class: kern.Mach, num: 91, args: [8]uint64{1}},
	}
	for s := abi.Signal(1); s < 32; s++ {
		// Ignored, most signals do not end the guest early.
		o := op{class: kern.Unix, num: sysSigaction, args: [8]uint64{uint64(s), arena + 0x8000}}
		o.prep = func() { _ = g.space.CopyOut(arena+0x8000, []byte{1, 23: 0}) }
		list = append(list, o)
	}
	return list
}

// quiet are the calls that end the guest or wait for nothing: rarely made.
func quiet(r *kern.Row) bool {
	switch r.Name {
	case "exit", "kill", "bsdthread_terminate", "terminate_with_payload", "abort_with_payload", "reboot", "pause", "__sigsuspend",
		"sigsuspend", "sigreturn", "exc_guard_behavior", "thread_switch", "swtch", "__pthread_kill", "vfork", "fork", "execve",
		"__mac_execve", "nosys", "sigaction", "posix_spawn", "workq_kernreturn", "setrlimit", "chroot", "fchroot", "pivot_root":
		return true
	}
	return false
}

// choose makes the next calls.
func (g *hostile) choose() []op {
	in, tab := g.in, g.m.Tables
	switch in.n(12) {
	case 0, 1:
		return g.messages()
	case 2:
		return g.special()
	case 3, 4:
		num := in.n(len(tab.Mach))
		if tab.Mach[num].Status == kern.Absent && in.n(20) != 0 {
			return g.choose() // EXC_SYSCALL ends the guest
		}
		return []op{g.call(kern.Mach, num, &tab.Mach[num])}
	case 5:
		if in.n(8) != 0 {
			break
		}
		return []op{{class: kern.Machdep, num: in.n(8), args: [8]uint64{g.word(), g.word(), g.word()}}}
	}
	num := in.n(len(tab.Unix) + 4)
	if num >= len(tab.Unix) {
		return []op{{class: kern.Unix, num: num + int(in.byte())<<8, args: [8]uint64{g.word(), g.word()}}}
	}
	r := &tab.Unix[num]
	if (quiet(r) || r.Status != kern.Full && r.Status != kern.Partial) && in.n(20) != 0 {
		return g.choose()
	}
	return []op{g.call(kern.Unix, num, r)}
}

// call makes up arguments by the types and tags of a row.
func (g *hostile) call(c kern.Class, num int, r *kern.Row) op {
	o := op{class: c, num: num}
	g.at = arena
	// Half of the calls are made in earnest but for what chance does to them:
	// the others seldom pass the first check.
	g.mild = g.in.n(2) == 0
	for i := range r.Args {
		if i >= len(o.args) {
			break
		}
		o.args[i] = g.arg(&r.Args[i])
	}
	return o
}

func (g *hostile) arg(a *kern.Arg) uint64 {
	if g.in.n(24) == 0 {
		g.mild = false
		return g.word()
	}
	switch a.Type.Name() {
	case "FD":
		return g.fd()
	case "Ptr":
		return g.pointer(a)
	case "Size":
		return g.size()
	case "Port":
		return uint64(g.port())
	case "PID":
		return g.pid()
	}
	if _, ok := a.Tag.Lookup("flags"); ok && g.in.n(3) == 0 {
		if g.mild {
			return 1 << g.in.n(12)
		}
		v := uint64(1) << g.in.n(32)
		return v | 1<<g.in.n(32)
	}
	return g.word()
}

// word is a number that somebody will get wrong.
func (g *hostile) word() uint64 {
	in := g.in
	if g.mild {
		return [...]uint64{0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 8, 0x1f4, 0x1000, 0x4000, arena, ^uint64(0)}[in.n(16)]
	}
	switch in.n(10) {
	case 0, 1, 2:
		return uint64(in.n(16))
	case 3:
		return uint64(in.n(256))
	case 4:
		return 1 << in.n(64)
	case 5:
		return 1<<in.n(64) - 1
	case 6:
		return -uint64(in.n(260))
	case 7:
		return g.addr()
	case 8:
		return g.seen[in.n(len(g.seen))]
	}
	return in.u64()
}

func (g *hostile) size() uint64 {
	in := g.in
	if g.mild {
		return [...]uint64{0, 4, 8, 16, 32, 48, 128, 144, 255, 256, 512, 1024, 4096, 8192, 0x4000, 0x8000}[in.n(16)]
	}
	switch in.n(8) {
	case 0, 1, 2:
		return uint64(in.n(300))
	case 3:
		return [...]uint64{512, 1024, 4095, 4096, 4097, 16384, 65536, 65537}[in.n(8)]
	case 4:
		return [...]uint64{1 << 20, 1<<20 + 1, 1 << 24, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1 << 40}[in.n(8)]
	case 5:
		return [...]uint64{1<<63 - 1, 1 << 63, 1<<64 - 1, 1<<64 - 4096, 1<<62 + 1, 1 << 47, 48 << 20, 1<<64 - 8}[in.n(8)]
	}
	return g.word()
}

func (g *hostile) fd() uint64 {
	switch n := g.in.n(40); {
	case n < 30 || g.mild:
		return uint64(n % 16)
	case n < 34:
		return uint64(g.in.n(256))
	case n < 36:
		return ^uint64(1) // AT_FDCWD
	}
	return g.word()
}

func (g *hostile) pid() uint64 {
	if g.in.n(3) > 0 {
		return uint64(500 + g.in.n(6))
	}
	return g.word()
}

func (g *hostile) port() abi.Port {
	if g.mild && g.in.n(3) > 0 {
		return [...]abi.Port{0x203, 0x203, 0x103, g.reply}[g.in.n(4)]
	}
	switch g.in.n(6) {
	case 0, 1, 2:
		return g.ports[g.in.n(len(g.ports))]
	case 3:
		return abi.Port(g.seen[g.in.n(len(g.seen))])
	case 4:
		return abi.Port(g.in.n(40)<<8 | 3)
	}
	return abi.Port(g.word())
}

// addr is an address that is bad in one way or another.
func (g *hostile) addr() uint64 {
	in := g.in
	edges := [...]uint64{0, 1, 8, 0xfff, 0x1000, roPage, roPage + 0x3ffc, guardPage, guardPage - 1, 1 << 47, 1<<47 - 1, 1<<47 - 0x4000,
		1<<47 - 0x4008, 1<<64 - 1, 1<<64 - 8, 1 << 63, 0x7fffffe00000, 0x7fffffe01ff8, 0xfffffc000, 0xffffff8000000000, 1 << 32, 1<<32 - 4,
		arena + arenaSize - 4, 0x100000000, 1<<48 - 1, 1 << 55}
	switch in.n(4) {
	case 0:
		return edges[in.n(len(edges))] + uint64(int8(in.byte()))
	case 1:
		return arena + uint64(in.n(arenaSize>>4))<<4
	}
	return edges[in.n(len(edges))]
}

// room is memory for a structure.
func (g *hostile) room(n int) uint64 {
	if g.at+uint64(n) > arena+arenaSize/2 {
		g.at = arena
	}
	a := g.at
	g.at += uint64(n+15) &^ 15
	return a
}

// put builds a structure and gives its address, which may be at the end of what
// may be written.
func (g *hostile) put(b []byte) uint64 {
	a := g.room(len(b))
	if g.in.n(30) == 0 {
		a = uint64(guardPage) - uint64(len(b)) - 0x4000 + uint64(g.in.n(8))
	}
	if g.space != nil {
		_ = g.space.CopyOut(a, b) // as far as there is memory
	}
	return a
}

// random is a structure of n bytes of nonsense, in words.
func (g *hostile) random(n int) []byte {
	var b []byte
	for len(b) < n {
		switch g.in.n(3) {
		case 0:
			b = le.AppendUint64(b, g.word())
		case 1:
			b = le.AppendUint32(b, uint32(g.in.n(32)))
		default:
			b = le.AppendUint32(b, uint32(g.word()))
		}
	}
	return b[:n]
}

// pointer is the address of what the argument's tag says, well made or not.
func (g *hostile) pointer(a *kern.Arg) uint64 {
	in := g.in
	switch in.n(10) {
	case 0:
		return 0
	case 1:
		if !g.mild {
			return g.addr()
		}
	}
	tag := a.Tag
	if _, ok := tag.Lookup("path"); ok {
		return g.put(append([]byte(g.path()), 0))
	}
	if _, ok := tag.Lookup("iov"); ok {
		return g.iovec(in.n(10))
	}
	if _, ok := tag.Lookup("strings"); ok {
		var b []byte
		for range in.n(5) {
			b = le.AppendUint64(b, g.put(append([]byte(g.path()), 0)))
		}
		return g.put(append(b, make([]byte, 8)...))
	}
	switch tag.Get("struct") {
	case "msghdr":
		return g.msghdr()
	case "sockaddr":
		return g.put(g.sockaddr())
	case "mach_msg":
		return g.put(g.message(g.in.n(200)))
	case "timespec", "timeval", "itimerval":
		var b []byte
		for range 4 {
			b = le.AppendUint64(b, [...]uint64{0, 0, 1, 10, 999999, 1 << 40, 1 << 63, 1<<64 - 1}[in.n(8)])
		}
		return g.put(b)
	case "_posix_spawn_args_desc":
		return g.spawnDesc()
	}
	switch in.n(6) {
	case 0:
		return g.put(append([]byte(g.path()), 0))
	case 1:
		return g.put(g.kevents(in.n(4)))
	case 2:
		return g.iovec(in.n(4))
	case 3:
		return arena + uint64(in.n(4096))<<6
	}
	return g.put(g.random(8 * in.n(40)))
}

func (g *hostile) path() string {
	list := [...]string{"/tmp/f", "/tmp/prog", "/tmp/script", "/tmp", "/", "f", "d", "d/e", "..", ".", "", "../../../../etc/passwd", "/dev/tty",
		"/dev/fd/3", "/dev/fd/999", "/dev/null", "/dev/random", "/dev/ptmx", "/dev/fd", "/dev/stdin", "/link", "/tmp/link", "/tmp/link/", "/tmp/loop", "s",
		"user.x", "com.apple.ResourceFork", "f/..namedfork/rsrc", "/.vol/1/2", "kern.osversion", "hw.ncpu", "/usr/lib/dyld", "fifo", "sock",
		"/tmp/" + strings.Repeat("n", 255), "/tmp/" + strings.Repeat("n", 256), strings.Repeat("/a", 600), strings.Repeat("../", 340) + "tmp/f",
		"\xff\xfe", "/tmp/\x01\xff", "/shm", "/sem", "/private/tmp", "/private/../tmp/./f", "//", "a b"}
	if g.mild {
		return list[g.in.n(8)]
	}
	return list[g.in.n(len(list))]
}

func (g *hostile) iovec(n int) uint64 {
	var b []byte
	for range n {
		base := uint64(arena + 0x40000)
		if g.in.n(4) == 0 && !g.mild {
			base = g.addr()
		}
		b = le.AppendUint64(b, base)
		b = le.AppendUint64(b, g.size())
	}
	return g.put(b)
}

func (g *hostile) sockaddr() []byte {
	in := g.in
	b := []byte{byte(in.n(130)), [...]byte{0, 1, 2, 30, 32, 18, 17, 255}[in.n(8)]}
	if in.n(2) == 0 {
		return append(b, append([]byte("/tmp/sock"), g.random(100)...)...)
	}
	return append(b, g.random(130)...)
}

// control is a list of control messages, of descriptors for the most part.
func (g *hostile) control() []byte {
	var b []byte
	for range g.in.n(4) {
		data := g.random(4 * g.in.n(8))
		if g.in.n(2) == 0 {
			for i := 0; i+4 <= len(data); i += 4 {
				le.PutUint32(data[i:], uint32(g.fd()))
			}
		}
		n := uint32(12 + len(data))
		if g.in.n(5) == 0 {
			n = uint32(g.size())
		}
		b = le.AppendUint32(b, n)
		b = le.AppendUint32(b, [...]uint32{0xffff, 0xffff, 0, 41, 6}[g.in.n(5)])
		b = le.AppendUint32(b, uint32(g.in.n(8)))
		b = append(b, data...)
	}
	return b
}

func (g *hostile) msghdr() uint64 {
	in := g.in
	name, ctl := g.sockaddr(), g.control()
	n := in.n(5)
	var b []byte
	b = le.AppendUint64(b, uint64(in.n(2))*g.put(name))
	b = le.AppendUint64(b, uint64(in.n(2)*len(name)))
	b = le.AppendUint64(b, g.iovec(n))
	if in.n(8) == 0 {
		n = int(int32(g.word()))
	}
	b = le.AppendUint64(b, uint64(uint32(n)))
	b = le.AppendUint64(b, g.put(ctl))
	if in.n(8) == 0 {
		b = le.AppendUint64(b, g.size()&0xffffffff)
	} else {
		b = le.AppendUint64(b, uint64(len(ctl)))
	}
	return g.put(b)
}

// kevents are n changes in the 64-bit form, which is 48 bytes each.
func (g *hostile) kevents(n int) []byte {
	var b []byte
	for range n {
		ident := g.fd()
		if g.in.n(3) == 0 {
			ident = g.word()
		}
		b = le.AppendUint64(b, ident)
		b = le.AppendUint16(b, uint16(-g.in.n(20)))
		b = le.AppendUint16(b, [...]uint16{1, 1, 2, 4, 8, 0x10, 0x11, 0x21, 0x41, 0x81, 5, 9, 0xffff, 0x1001}[g.in.n(14)])
		b = le.AppendUint32(b, uint32(g.word()))
		b = le.AppendUint64(b, g.word())
		b = append(b, g.random(24)...)
	}
	return b
}

// spawnDesc is posix_spawn's block of blocks.
func (g *hostile) spawnDesc() uint64 {
	in := g.in
	attr := g.random(300)
	le.PutUint16(attr, uint16(in.u64())&^abi.POSIX_SPAWN_SETEXEC)
	var acts []byte
	n := in.n(4)
	acts = le.AppendUint32(acts, uint32(n))
	acts = le.AppendUint32(acts, uint32(n))
	for range n {
		a := make([]byte, 1040)
		le.PutUint32(a, uint32(in.n(9)))
		le.PutUint32(a[4:], uint32(g.fd()))
		le.PutUint32(a[8:], uint32(g.fd()))
		copy(a[16:], g.path())
		acts = append(acts, a...)
	}
	ports := append(le.AppendUint32(le.AppendUint32(nil, uint32(in.n(4))), uint32(in.n(4))), g.random(80)...)
	var b []byte
	for _, x := range [][]byte{attr, acts, ports, g.random(200), g.random(120), g.random(60), g.random(100), g.random(16), g.random(32)} {
		size := uint64(len(x))
		switch n := in.n(6); {
		case n < 3 || n < 5 && g.mild:
			size = 0
		case n == 5:
			size = g.size()
		}
		b = le.AppendUint64(b, size)
		b = le.AppendUint64(b, g.put(x))
	}
	return g.put(b)
}

// message is a Mach message of about n bytes, with descriptors or without.
func (g *hostile) message(n int) []byte {
	in := g.in
	bits := uint32([...]int{0x13, 0x1513, 0x1413, 0x14, 0x15, 0x12, 0x1112, 0x1110, 0x11}[in.n(9)])
	var body []byte
	if in.n(3) == 0 {
		bits |= 1 << 31
		count := in.n(4)
		if in.n(10) == 0 {
			body = le.AppendUint32(body, uint32(g.word()))
		} else {
			body = le.AppendUint32(body, uint32(count))
		}
		for range count {
			body = append(body, g.descriptor()...)
		}
	}
	body = le.AppendUint64(body, 1<<32)
	body = append(body, g.random(n&^3)...)
	b := le.AppendUint32(nil, bits)
	b = le.AppendUint32(b, uint32(24+len(body)))
	b = le.AppendUint32(b, uint32(g.port()))
	b = le.AppendUint32(b, uint32(g.port()))
	b = le.AppendUint32(b, uint32(in.n(2))*uint32(g.port()))
	id := uint32(g.migs[in.n(len(g.migs))])
	if in.n(20) == 0 {
		id = uint32(g.word())
	}
	b = le.AppendUint32(b, id)
	return append(b, body...)
}

func (g *hostile) descriptor() []byte {
	in := g.in
	kind := byte(in.n(5))
	var b []byte
	switch kind {
	case 0:
		b = le.AppendUint32(b, uint32(g.port()))
		b = le.AppendUint32(b, 0)
		return append(b, 0, 0, byte(in.n(30)), kind)
	case 4:
		b = le.AppendUint64(b, g.word())
		b = le.AppendUint32(b, uint32(g.word()))
		return append(b, byte(in.n(4)), 0, byte(in.n(30)), kind)
	}
	addr := uint64(arena + in.n(1<<16))
	if in.n(4) == 0 {
		addr = g.addr()
	}
	b = le.AppendUint64(b, addr)
	b = append(b, byte(in.n(2)), byte(in.n(3)), byte(in.n(30)), kind)
	return le.AppendUint32(b, uint32(g.size()))
}

// messages sends to kernel objects and ports: mostly one request in a row of
// lengths, as only the right one reaches the routine.
func (g *hostile) messages() []op {
	in := g.in
	option := [...]uint64{1, 3, 3, 3, 2, 0x103, 0x113, 0x803, 0x11, 0x1ff03}[in.n(10)]
	make1 := func(msg []byte) op {
		o := op{class: kern.Mach, num: trapMsg}
		size, rcv := uint64(len(msg)), uint64(0x1000)
		if in.n(20) == 0 {
			size = g.size()
		}
		if in.n(10) == 0 {
			rcv = g.size()
		}
		o.args = [8]uint64{arena + 0x8000, option | 0x100, size, rcv, uint64(le.Uint32(msg[12:])), uint64(in.n(2)), 0}
		o.prep = func() { _ = g.space.CopyOut(arena+0x8000, msg) }
		return o
	}
	if in.n(10) > 0 {
		return []op{make1(g.message(4 * in.n(40)))}
	}
	g.mild = in.n(2) == 0
	full := g.message(160)
	head := len(full) - 160
	le.PutUint32(full[8:], uint32([...]int{0x203, 0x103, 0x203, 0x303, 0x403, 0x503}[in.n(6)]))
	le.PutUint32(full[12:], uint32(g.reply))
	le.PutUint32(full[16:], 0)
	le.PutUint32(full, 0x1513|le.Uint32(full)&(1<<31))
	var list []op
	for n := range 41 {
		msg := append([]byte(nil), full[:head+4*n]...)
		le.PutUint32(msg[4:], uint32(len(msg)))
		o := make1(msg)
		o.args = [8]uint64{o.args[0], 0x103, uint64(len(msg)), 0x2000, uint64(g.reply)}
		list = append(list, o)
	}
	return list
}

// special are calls whose arguments need more than their types tell.
func (g *hostile) special() []op {
	in := g.in
	g.mild = in.n(2) == 0
	u := func(num int, a ...uint64) []op {
		o := op{class: kern.Unix, num: num}
		copy(o.args[:], a)
		return []op{o}
	}
	switch in.n(16) {
	case 0:
		return u(sysSendmsg, g.fd(), g.msghdr(), g.word())
	case 1:
		return u(sysRecvmsg, g.fd(), g.msghdr(), g.word())
	case 2:
		n := in.n(6)
		return u(sysKevent64, g.fd(), g.put(g.kevents(n)), uint64(n), arena+0x50000, uint64(in.n(8)), uint64(in.n(2)), g.put(make([]byte, 16)))
	case 3:
		return u(sysSpawn, arena+0x7000, g.put([]byte("/tmp/prog\x00")), g.spawnDesc(), 0, 0)
	case 4: // sysctl, of small numbers
		var b []byte
		n := 1 + in.n(7)
		for range n {
			b = le.AppendUint32(b, uint32(in.n(90)))
		}
		old := g.put(le.AppendUint64(nil, g.size()))
		return u(sysSysctl, g.put(b), uint64(n), arena+0x50000, old, uint64(in.n(2))*g.put(g.random(32)), g.size())
	case 5:
		name := [...]string{"kern.proc.all", "hw", "kern.procargs2", "net.routetable", "hw.memsize", "kern.boottime", "sysctl.name"}[in.n(7)]
		return u(sysSysctlByName, g.put([]byte(name)), uint64(len(name)), arena+0x50000, g.put(le.AppendUint64(nil, g.size())), 0, g.size())
	case 6: // proc_info
		return u(336, uint64(in.n(16)), g.pid(), uint64(in.n(40)), g.word(), arena+0x50000, g.size())
	case 7: // mmap
		fd := ^uint64(0)
		if in.n(2) == 0 {
			fd = g.fd()
		}
		return u(sysMmap, g.addr()&^0xfff, g.size(), uint64(in.n(8)), uint64(in.n(4))|uint64(in.n(2))<<4|uint64(in.n(2))<<12, fd, g.word()&^0x3fff)
	case 8: // fcntl
		return u(92, g.fd(), uint64(in.n(120)), g.put(g.random(64)))
	case 9: // ioctl, of the groups that are known
		req := uint32(in.n(256)) | uint32("tfsirkpw"[in.n(8)])<<8 | uint32([...]int{0, 4, 8, 16, 32, 44, 72, 128, 8191}[in.n(9)])<<16 | uint32(in.n(8))<<29
		return u(54, g.fd(), uint64(req), g.put(g.random(128)))
	case 10: // options of sockets
		return u([...]int{105, 118}[in.n(2)], g.fd(), [...]uint64{0xffff, 0, 6, 17, 41, 255}[in.n(6)], uint64(in.n(0x1200)), g.put(g.random(64)),
			g.put(le.AppendUint32(nil, uint32(g.size()))))
	case 11: // a server and its client
		name := append([]byte{12, 1}, "/tmp/sock\x00"...)
		fd := g.fd()
		return append(u(sysBind, fd, g.put(name), 12), append(u(sysListen, fd, g.word()), u(98, g.fd(), g.put(name), 12)...)...)
	case 12: // getattrlist and its kin
		attr := append([]byte{5, 0, 0, 0}, g.random(20)...)
		return u([...]int{220, 221, 228, 461, 476}[in.n(5)], g.put([]byte("/tmp/f\x00")), g.put(attr), arena+0x50000, g.size(), g.word())
	case 13: // psynch and ulock, on addresses that are words
		return u([...]int{301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 312, 515, 516, 544}[in.n(14)], g.word(), arena+uint64(in.n(8))*8, g.word(), g.word(),
			g.word(), g.word(), g.word(), g.word())
	case 14: // descriptors that move
		return append(u([...]int{90, 41, 6}[in.n(3)], g.fd(), g.fd()), u(6, g.fd())...)
	}
	return u([...]int{199, 3, 4, 153, 154, 201, 286, 13, 344, 196}[in.n(10)], g.fd(), arena+0x50000, g.size(), g.size(), g.size())
}
