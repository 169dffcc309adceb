package abi

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"reflect"
	"testing"
)

// putter and getter are the methods of structures on hot paths.
type putter interface{ Put([]byte) }
type getter interface{ Get([]byte) }

// TestPutGet checks the hand-laid Put and Get against the encoding that the
// structure itself states, which the layout tests pin to Darwin's.
func TestPutGet(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, v := range []putter{
		&KernSigaction{}, &Sigaction{}, &Siginfo{}, &Sigaltstack{}, &Ucontext64{},
		&Timespec{}, &Timeval{}, &Timezone{}, &Itimerval{}, &Rusage{}, &Rlimit{}, &IopolParam{},
		&Stat64{}, &StatIno32{}, &Flock{}, &FlockTimeout{}, &Radvisory{}, &Fstore{}, &Fpunchhole{},
		&Termios{}, &Winsize{}, &Kevent{}, &Kevent64{}, &KeventQos{}, &Pollfd{},
		&Iovec{}, &Msghdr{}, &Cmsghdr{}, &Linger{}, &Attrlist{}, &AttributeSet{}, &Attrreference{},
		&MachMsgHeader{}, &X86ExceptionState64{}, &X86ThreadState64{}, &X86FloatState64{}, &X86Mcontext64{},
		&ARMExceptionState64{}, &ARMThreadState64{}, &ARMNeonState64{}, &ARMMcontext64{},
	} {
		name := reflect.TypeOf(v).Elem().Name()
		size := binary.Size(v)
		for range 20 {
			raw := make([]byte, size)
			rng.Read(raw)
			if !Unmarshal(raw, v) {
				t.Fatalf("%s: cannot decode %d bytes", name, size)
			}
			want := Marshal(v) // raw with its padding zeroed
			got := make([]byte, size+1)
			rng.Read(got)
			end := got[size]
			v.Put(got)
			if !bytes.Equal(got[:size], want) {
				t.Errorf("%s.Put: % x, want % x", name, got[:size], want)
				break
			}
			if got[size] != end {
				t.Errorf("%s.Put writes beyond its size", name)
			}
			g, ok := v.(getter)
			if !ok {
				continue
			}
			reflect.ValueOf(v).Elem().SetZero()
			g.Get(raw)
			if again := Marshal(v); !bytes.Equal(again, want) {
				t.Errorf("%s.Get: % x, want % x", name, again, want)
				break
			}
		}
	}
}

func TestUnmarshalShort(t *testing.T) {
	var s Stat64
	if Unmarshal(make([]byte, 143), &s) {
		t.Error("143 bytes were taken for a stat64")
	}
}

func TestSockaddr(t *testing.T) {
	for _, a := range []Sockaddr{
		SockaddrIn{Port: 80, Addr: [4]byte{127, 0, 0, 1}},
		SockaddrIn6{Port: 443, Flowinfo: 7, Addr: [16]byte{15: 1}, ScopeID: 3},
		SockaddrUn{Path: "/tmp/s"},
		SockaddrUn{},
	} {
		b := a.Append(nil)
		if int(b[0]) != len(b) {
			t.Errorf("%+v: sa_len %d of %d bytes", a, b[0], len(b))
		}
		got, err := ParseSockaddr(b)
		if err != nil || got != a {
			t.Errorf("%+v: back as %+v, %v", a, got, err)
		}
	}
	if b := (SockaddrIn{Port: 0x1234}).Append(nil); !bytes.Equal(b[:4], []byte{16, 2, 0x12, 0x34}) {
		t.Errorf("sockaddr_in starts % x", b[:4])
	}
	for _, c := range []struct {
		b    []byte
		want Errno
	}{
		{nil, EINVAL},
		{[]byte{16}, EINVAL},
		{[]byte{16, AF_INET, 0, 0}, EINVAL},
		{make([]byte, 16), EAFNOSUPPORT},
		{append([]byte{0, AF_UNIX}, bytes.Repeat([]byte{'a'}, 105)...), EINVAL},
		{append([]byte{28, AF_INET6}, make([]byte, 20)...), EINVAL},
	} {
		if _, err := ParseSockaddr(c.b); err != c.want {
			t.Errorf("% x: %v, want %v", c.b, err, c.want)
		}
	}
}

func TestDirent(t *testing.T) {
	b := AppendDirent64(nil, Dirent64{Ino: 5, Seekoff: 9, Type: DT_DIR}, "..")
	if len(b) != 32 || le.Uint64(b) != 5 || le.Uint64(b[8:]) != 9 || le.Uint16(b[16:]) != 32 || le.Uint16(b[18:]) != 2 || b[20] != DT_DIR {
		t.Errorf("% x", b)
	}
	if CString(b[Dirent64Header:]) != ".." {
		t.Errorf("name % x", b[Dirent64Header:])
	}
	for n := range 1024 {
		if s := Dirent64Size(n); s%8 != 0 || s < Dirent64Header+n+1 {
			t.Fatalf("a name of %d bytes takes %d", n, s)
		}
	}
	b = AppendDirentIno32(nil, 5, DT_REG, "abc")
	if len(b) != 12 || le.Uint32(b) != 5 || le.Uint16(b[4:]) != 12 || b[6] != DT_REG || b[7] != 3 || CString(b[8:]) != "abc" {
		t.Errorf("% x", b)
	}
}

func TestTermiosLinux(t *testing.T) {
	start := Termios{Iflag: TTYDEF_IFLAG, Oflag: TTYDEF_OFLAG, Cflag: TTYDEF_CFLAG, Lflag: TTYDEF_LFLAG, Cc: TTYDefaultChars()}
	var l LinuxTermios
	start.ToLinux(&l)
	// Linux's numbers of the same settings, from asm-generic/termbits.h.
	if l.Iflag != 0o2|0o400|0o20000|0o2000|0o4000 || l.Oflag != 0o1|0o4 || l.Cflag != 0o200|0o60|0o2000 || l.Lflag != 0o10|0o2|0o1|0o100000|0o20|0o4000|0o1000 {
		t.Errorf("linux %#o %#o %#o %#o", l.Iflag, l.Oflag, l.Cflag, l.Lflag)
	}
	if l.Cc[0] != 3 || l.Cc[11] != 0 {
		t.Errorf("VINTR %d, VEOL %d", l.Cc[0], l.Cc[11])
	}
	back := Termios{Cc: start.Cc}
	back.FromLinux(&l)
	if back != start {
		t.Errorf("back as %+v, want %+v", back, start)
	}
	raw := start
	raw.Lflag &^= ICANON | ECHO
	raw.Cflag = raw.Cflag&^CSIZE | CS7 | CRTSCTS
	raw.ToLinux(&l)
	if l.Lflag&0o12 != 0 || l.Cflag&0o60 != 0o40 || l.Cflag&0o20000000000 == 0 {
		t.Errorf("raw mode became %#o %#o", l.Lflag, l.Cflag)
	}
	raw.Cflag &^= CRTSCTS
	raw.ToLinux(&l)
	if l.Cflag&0o20000000000 != 0 {
		t.Error("CRTSCTS stays set")
	}
}

func TestPsfaAction(t *testing.T) {
	b := make([]byte, PsfaActionSize)
	le.PutUint32(b, PSFA_OPEN)
	le.PutUint32(b[4:], 7)
	le.PutUint32(b[8:], O_CREAT|O_WRONLY)
	le.PutUint16(b[12:], 0o644)
	PutCString(b[14:14+PATH_MAX], "/tmp/out")
	var a PsfaAction
	a.Get(b)
	if a != (PsfaAction{Type: PSFA_OPEN, FD: 7, Oflag: O_CREAT | O_WRONLY, Mode: 0o644, Path: "/tmp/out"}) {
		t.Errorf("%+v", a)
	}
	for i := range b {
		b[i] = 'x'
	}
	le.PutUint32(b, PSFA_CHDIR)
	if a.Get(b); len(a.Path) != PATH_MAX {
		t.Errorf("an unterminated path has %d bytes", len(a.Path))
	}
}

func TestWaitStatus(t *testing.T) {
	for _, c := range []struct{ got, want int32 }{
		{ExitStatus(0), 0}, {ExitStatus(3), 0x300}, {ExitStatus(-1), 0xff00},
		{WaitSignaled(SIGKILL, false), 9}, {WaitSignaled(SIGSEGV, true), 0x8b},
		{WaitStopped(SIGSTOP), 0x117f}, {WaitContinued(), 0x137f},
	} {
		if c.got != c.want {
			t.Errorf("%#x, want %#x", c.got, c.want)
		}
	}
}
