package loader

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// FileID is a file's identity in apple[]: file system and file number.
type FileID struct{ FSID, FileID uint64 }

// Apple is what goes into apple[]. Everything random comes from the caller.
type Apple struct {
	// Path is the program's path as execve was given it.
	Path string
	// PFZ is the address of the commpage's text (preemption-free zone).
	PFZ uint64
	// Nano asks for malloc's nano zone (_POSIX_SPAWN_NANO_ALLOCATOR).
	Nano bool
	// StackGuard, MallocEntropy and PtrMunge are random; one byte of the guard
	// is zeroed here.
	StackGuard, PtrMunge uint64
	MallocEntropy        [2]uint64
	Stack                Stack
	Executable           FileID
	// Dyld is all zero for a static program.
	Dyld FileID
	// CDHash is [File.CDHash], nil for an unsigned program. BootSalt (random)
	// and BootSession (kern.bootsessionuuid) are hashed together with it.
	CDHash      []byte
	BootSalt    uint32
	BootSession string
	// PtrauthABI adds arm64e_abi=os, as kernels of machines with pointer
	// authentication do. PtrauthDisabled says an arm64e program runs without.
	PtrauthABI, PtrauthDisabled bool
	// ThreadPort is the main thread's port name.
	ThreadPort uint32
}

// Strings returns apple[] in the order of exec_add_apple_strings (kern_exec.c).
func (a *Apple) Strings() []string {
	s := []string{"executable_path=" + a.Path, fmt.Sprintf("pfz=%#x", a.PFZ)}
	add := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	if a.Nano {
		add("MallocNanoZone=1")
	}
	// The second byte is NUL so that a string copied over the guard must end.
	add("stack_guard=0x%x", a.StackGuard&^0xff00)
	add("malloc_entropy=0x%x,0x%x", a.MallocEntropy[0], a.MallocEntropy[1])
	add("ptr_munge=0x%x", a.PtrMunge)
	add("main_stack=0x%x,0x%x,0x%x,0x%x", a.Stack.Top, a.Stack.Size, a.Stack.Alloc, a.Stack.AllocSize)
	add("executable_file=0x%x,0x%x", a.Executable.FSID, a.Executable.FileID)
	if a.Dyld != (FileID{}) {
		add("dyld_file=0x%x,0x%x", a.Dyld.FSID, a.Dyld.FileID)
	}
	if len(a.CDHash) > 0 {
		add("executable_cdhash=%s", hex.EncodeToString(a.CDHash))
		h := sha256.New()
		h.Write(le.AppendUint32(nil, a.BootSalt))
		h.Write(append([]byte(a.BootSession), 0))
		h.Write(a.CDHash)
		add("executable_boothash=%s", hex.EncodeToString(h.Sum(nil)[:20]))
	}
	if a.PtrauthDisabled {
		add("ptrauth_disabled=1")
	}
	if a.PtrauthABI {
		add("arm64e_abi=os")
	}
	add("th_port=0x%x", a.ThreadPort)
	return s
}
