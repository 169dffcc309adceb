package kern

import (
	"errors"
	"strings"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/loader"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// ExecArgs is what execve and posix_spawn ask for.
type ExecArgs struct {
	// At names the program; Path is the same as the caller spelled it.
	At        hostfs.At
	Path      string
	Argv, Env []string
	// Prefer lists architectures in the order wanted; nil means the kernel's
	// own order.
	Prefer []cpu.Arch
	// Slide false asks for no address space randomisation (_POSIX_SPAWN_DISABLE_ASLR).
	NoSlide bool
}

// HostProgram is the error of [Machine.Prepare] for a file that the host can run
// and the guest cannot: an ELF program, or a script whose interpreter is one.
type HostProgram struct {
	Path string // host path
	Argv []string
}

func (h *HostProgram) Error() string { return h.Path + " is a program of the host" }

// Loaded is a program ready to take over a process.
type Loaded struct {
	Space *mem.Space
	Arch  cpu.Arch
	Image *loader.Image
	SP    uint64
	Info  ExecInfo
	Path  string
	Name  string
}

// maxShebang is how much of a script's first line counts (IMG_SHSIZE).
const maxShebang = 512

// slidePages bounds the random slide, as vm_map_get_max_aslr_slide_pages does:
// 2^16 pages of x86-64, 2^14 of arm64's larger ones.
func slidePages(a cpu.Arch) uint64 {
	if a == cpu.ARM64 {
		return 1 << 14
	}
	return 1 << 16
}

// Prepare loads the program that a names into a fresh address space, for the
// process p, whose own image it leaves alone: an exec that fails costs nothing.
func (m *Machine) Prepare(p *Process, a ExecArgs) (*Loaded, error) {
	argv, path, at := a.Argv, a.Path, a.At
	for depth := 0; ; depth++ {
		f, err := m.openProgram(p, at)
		if err != nil {
			return nil, err
		}
		l, interp, err := m.prepareFile(p, f, path, argv, a)
		f.Close()
		if interp == "" || err != nil {
			var hp *HostProgram
			if errors.As(err, &hp) {
				hp.Argv = argv
				if hp.Path, _ = m.Host.FS().HostPath(at); hp.Path == "" || m.Host.Procs() == nil {
					return nil, abi.EBADARCH
				}
			}
			return l, err
		}
		// XNU lets an interpreter be a binary only (ENOEXEC on the second #!).
		if depth > 0 {
			return nil, abi.ENOEXEC
		}
		words := strings.Fields(interp)
		if len(words) == 0 {
			return nil, abi.ENOEXEC
		}
		script := path
		args := append([]string{}, words...)
		args = append(args, script)
		if len(argv) > 1 {
			args = append(args, argv[1:]...)
		}
		argv, path = args, words[0]
		at = hostfs.At{Dir: p.dirFile(), Path: path}
	}
}

func (p *Process) dirFile() hostfs.File {
	if p.Cwd == nil {
		return nil
	}
	return p.Cwd.File
}

// openProgram opens a file for execution: it must be regular and executable.
func (m *Machine) openProgram(p *Process, at hostfs.At) (hostfs.File, error) {
	fs := m.Host.FS()
	st, err := fs.Stat(at)
	if err != nil {
		return nil, err
	}
	if st.Kind() != hostfs.Regular || st.Mode&0o111 == 0 {
		return nil, abi.EACCES
	}
	if err := fs.Access(at, 1, true); err != nil {
		return nil, err
	}
	return fs.Open(at, hostfs.O_RDONLY, 0)
}

// prepareFile loads an opened file; a script gives its interpreter line instead.
func (m *Machine) prepareFile(p *Process, f hostfs.File, path string, argv []string, a ExecArgs) (*Loaded, string, error) {
	var head [maxShebang]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil {
		return nil, "", err
	}
	h := string(head[:n])
	if strings.HasPrefix(h, "#!") {
		line, _, found := strings.Cut(h[2:], "\n")
		if !found && n == maxShebang {
			return nil, "", abi.ENOEXEC
		}
		if line = strings.TrimSpace(line); line == "" {
			return nil, "", abi.ENOEXEC
		}
		return nil, line, nil
	}
	if strings.HasPrefix(h, "\x7fELF") {
		return nil, "", &HostProgram{}
	}
	l, err := m.load(p, f, path, argv, a)
	return l, "", err
}

func (m *Machine) load(p *Process, f hostfs.File, path string, argv []string, a ExecArgs) (*Loaded, error) {
	b, err := NewBacking(f)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	prefer := a.Prefer
	if len(prefer) == 0 {
		prefer = []cpu.Arch{cpu.ARM64, cpu.X86_64}
		if p != nil && p.Space != nil {
			prefer = []cpu.Arch{p.Arch, cpu.ARM64 - p.Arch}
		}
	}
	file, err := loader.Open(b, prefer)
	if err != nil {
		return nil, err
	}
	arch := file.Arch()
	if _, err := m.Engine(arch); err != nil {
		return nil, err
	}
	sp := m.Phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Min: 0, Max: spaceMax})
	ok := false
	defer func() {
		if !ok {
			sp.Release()
		}
	}()
	slide, dslide := uint64(0), uint64(0)
	if !a.NoSlide {
		slide = m.Random64() % slidePages(arch) * arch.PageSize()
		dslide = m.Random64() % slidePages(arch) * arch.PageSize()
	}
	im, err := file.Load(sp, b, slide)
	if err != nil {
		return nil, err
	}
	ap := loader.Apple{Path: path, StackGuard: m.Random64(), PtrMunge: m.Random64(), PFZ: 0}
	ap.MallocEntropy = [2]uint64{m.Random64(), m.Random64()}
	ap.CDHash = file.CDHash()
	if st, err := f.Stat(); err == nil {
		ap.Executable = loader.FileID{FSID: st.Dev, FileID: st.Ino}
	}
	if im.Dylinker != "" {
		if err := m.loadDyld(sp, im, dslide, &ap); err != nil {
			return nil, err
		}
	}
	limit := uint64(8 << 20)
	if p != nil && p.Limits[abi.RLIMIT_STACK].Cur != 0 {
		limit = p.Limits[abi.RLIMIT_STACK].Cur
	}
	st, err := im.MapStack(sp, limit)
	if err != nil {
		return nil, err
	}
	ap.Stack = st
	// The first thread's port is always the first name of a fresh space.
	ap.ThreadPort = FirstThreadPort
	ba := loader.Args{Argv: argv, Envv: a.Env, Apple: ap.Strings(), HasDyld: im.HasDyld, MachHeader: im.Header}
	top, fr, err := loader.BuildStack(sp, st.Top, st.Size, ba)
	if err != nil {
		return nil, err
	}
	l := &Loaded{Space: sp, Arch: arch, Image: im, SP: top, Path: path, Name: baseName(path)}
	l.Info = ExecInfo{Argv: argv, Env: a.Env, ArgsAddr: fr.Strings, ArgsSize: fr.Top - fr.Strings, StackTop: st.Top,
		Header: im.Header, DyldHeader: im.DyldHeader, AllImageInfo: im.AllImageInfoAddr, AllImageInfoSize: im.AllImageInfoSize,
		CDHash: ap.CDHash, StackSize: st.AllocSize}
	l.Info.UUID, _ = file.UUID()
	if full := f.Path(); full != "" {
		l.Path = full
	}
	ok = true
	return l, nil
}

// FirstThreadPort and FirstTaskPort are the port names that a fresh task starts
// with, as a Mac's usually are.
const (
	FirstTaskPort   = 0x203
	FirstThreadPort = 0x103
)

// spaceMax is one past the last address a program can map: the canonical half
// less its last page, so that no address arithmetic of ours wraps.
const spaceMax = 1<<47 - 1<<14

func (m *Machine) loadDyld(sp *mem.Space, im *loader.Image, slide uint64, ap *loader.Apple) error {
	path := im.Dylinker
	if m.DyldPath != "" {
		path = m.DyldPath
	}
	f, err := m.Host.FS().Open(hostfs.At{Path: path}, hostfs.O_RDONLY, 0)
	if err != nil {
		return &DyldMissing{Path: path, Err: err}
	}
	defer f.Close()
	b, err := NewBacking(f)
	if err != nil {
		return err
	}
	defer b.Release()
	file, err := loader.Open(b, []cpu.Arch{im.Arch})
	if err != nil {
		return err
	}
	if st, err := f.Stat(); err == nil {
		ap.Dyld = loader.FileID{FSID: st.Dev, FileID: st.Ino}
	}
	return im.LoadDylinker(sp, file, b, slide)
}

// DyldMissing says that a dynamic program's linker is not there.
type DyldMissing struct {
	Path string
	Err  error
}

func (d *DyldMissing) Error() string {
	return "the program needs the dynamic linker " + d.Path + ", which this root does not have"
}

func (d *DyldMissing) Unwrap() error { return d.Err }

func baseName(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		path = path[i+1:]
	}
	return path
}

// ExecErrno is the errno with which execve reports a failed Prepare.
func ExecErrno(err error) error {
	var le *loader.Error
	if errors.As(err, &le) {
		return abi.Errno(le.Reason.Errno())
	}
	return err
}

// Become makes l the image of process p, running on thread t alone, which starts
// at the program's entry. Descriptors, signals and names change as
// exec_mach_imgact has them. t may be new (posix_spawn) or calling (execve).
func (p *Process) Become(t *Thread, l *Loaded) error {
	m := p.Machine
	e, err := m.Engine(l.Arch)
	if err != nil {
		l.Space.Release()
		return err
	}
	ctx := t.Ctx
	if p.Arch != l.Arch || p.Space == nil {
		if ctx, err = e.NewContext(); err != nil {
			l.Space.Release()
			return err
		}
		t.Ctx.Release()
		t.Ctx = ctx
	}
	for _, o := range append([]*Thread(nil), p.Threads...) {
		if o != t {
			o.retire()
			o.kill()
		}
	}
	p.Threads = append(p.Threads[:0], t)
	had := p.Space != nil
	p.DropSpace()
	p.Space, p.Arch = l.Space, l.Arch
	p.EndVfork()
	p.FDs.CloseOnExec(p)
	p.Name, p.ExecPath, p.Exec = l.Name, l.Path, l.Info
	if len(p.Name) > 16 {
		p.Name = p.Name[:16]
	}
	t.First = true
	t.execReset()
	p.Sig.execReset()
	// The real-time timer goes on; those of processor time end.
	p.stopTimers(ITIMER_VIRTUAL)
	clearExec(p)
	if m.Hooks.Commpage != nil {
		if err := m.Hooks.Commpage(p); err != nil {
			return err
		}
	}
	if m.Hooks.ProcExec != nil {
		m.Hooks.ProcExec(p)
	}
	ctx.Reset()
	r := ctx.Regs()
	for i, v := range l.Image.Regs {
		if v != 0 {
			r.Set(i, v)
		}
	}
	r.Set(l.Arch.PCIndex(), l.Image.Entry)
	r.Set(l.Arch.SPIndex(), l.SP)
	if had && m.Hooks.ProcNote != nil {
		m.Hooks.ProcNote(p, noteExec, 0)
	}
	p.ExecedOnce = true
	return nil
}

// clearExec drops what subsystems keep about the old image.
func clearExec(p *Process) {
	for k, v := range p.Ext {
		if x, ok := v.(interface{ ExecReset() bool }); ok {
			if !x.ExecReset() {
				continue
			}
		}
		delete(p.Ext, k)
	}
}

func (t *Thread) execReset() {
	t.AltStack, t.OnStack, t.sigNested = AltStack{}, false, 0
	t.Self, t.TSD, t.PthreadState, t.Name = 0, 0, nil, ""
	t.CancelPending, t.CancelDisabled = false, false
	t.fault = Exception{}
	t.restore = false
	t.SigWait = 0
}

// execReset sets caught signals back to the default; ignored ones stay.
func (s *SigState) execReset() {
	for i := range s.Actions {
		if s.Actions[i].Handler > abi.SIG_IGN {
			s.Actions[i] = SigAction{}
		}
	}
	s.Validation = ValidateDefault
	s.NoChildStop = false
}

// Spawn starts the machine's first process: path with argv and env, descriptors
// 0 to 2 from the host.
func (m *Machine) Spawn(a ExecArgs, cwd hostfs.File) (*Process, error) {
	info := m.Host.Info()
	p, err := m.NewProcess(nil)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Process, error) {
		p.destroy()
		return nil, err
	}
	p.Cred = &Cred{RUID: info.RUID, EUID: info.UID, SVUID: info.UID, RGID: info.RGID, EGID: info.GID, SVGID: info.GID, Groups: info.Groups}
	p.Umask = info.Umask
	p.Cwd = NewDir(cwd)
	p.FDs = NewFDTable()
	p.Limits = defaultLimits(m)
	s := &Session{ID: p.PID, Leader: p, FGGroup: p.PID, TTY: true}
	p.SetGroup(p.PID, s)
	a.At.Dir = cwd
	l, err := m.Prepare(p, a)
	if err != nil {
		return fail(err)
	}
	p.Arch = l.Arch
	if m.Hooks.ProcStart != nil {
		m.Hooks.ProcStart(p, nil)
	}
	for fd := range 3 {
		if f := m.Hooks.Stdio(m, fd); f != nil {
			if err := p.InstallFD(f, abi.FD(fd), false); err != nil {
				return fail(err)
			}
		}
	}
	t, err := p.NewThread()
	if err != nil {
		return fail(err)
	}
	if err := p.Become(t, l); err != nil {
		return fail(err)
	}
	m.Init = p
	t.Start()
	return p, nil
}

// defaultLimits are those of a shell on macOS.
func defaultLimits(m *Machine) [NumLimits]Limit {
	var l [NumLimits]Limit
	for i := range l {
		l[i] = Limit{Infinity, Infinity}
	}
	l[abi.RLIMIT_STACK] = Limit{8 << 20, 64 << 20}
	l[abi.RLIMIT_CORE] = Limit{0, Infinity}
	l[abi.RLIMIT_NPROC] = Limit{uint64(m.MaxProcs), uint64(m.MaxProcs)}
	l[abi.RLIMIT_NOFILE] = Limit{256, Infinity}
	return l
}
