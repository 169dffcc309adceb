package bsd

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Control messages: sendmsg's and recvmsg's ancillary data.

// maxControl is MCLBYTES, the most that sockargs takes, in bytes.
const maxControl = 2048

// guardExcSocketIPC is kGUARD_EXC_SOCKET_IPC.
const guardExcSocketIPC = 1 << 3

// control is the ancillary data of a message to send, as the guest wrote it.
type control struct{ raw []byte }

// copyInControl reads it (sockargs).
func copyInControl(t *kern.Thread, addr abi.Ptr, n uint32) (*control, error) {
	// The descriptors in it become pointers in XNU, hence the half.
	if n < 12 || n > (maxControl-12)/2+12 {
		return nil, abi.EINVAL
	}
	c := &control{raw: make([]byte, n)}
	if err := t.Space().CopyIn(c.raw, uint64(addr)); err != nil {
		return nil, err
	}
	return c, nil
}

// each calls f for every message. A length that does not fit is EINVAL.
func (c *control) each(f func(h abi.Cmsghdr, data []byte) error) error {
	b := c.raw
	for len(b) >= 12 {
		var h abi.Cmsghdr
		h.Get(b)
		if h.Len < 12 || int(h.Len) > len(b) {
			return abi.EINVAL
		}
		if err := f(h, b[12:h.Len]); err != nil {
			return err
		}
		b = b[min(abi.CMSG_ALIGN(int(h.Len)), len(b)):]
	}
	return nil
}

// rights takes the descriptions that an SCM_RIGHTS message names, one reference
// each (unp_internalize). It must be the only message.
func (c *control) rights(t *kern.Thread) ([]*kern.File, error) {
	if c == nil {
		return nil, nil
	}
	var h abi.Cmsghdr
	h.Get(c.raw)
	if h.Level != abi.SOL_SOCKET || h.Type != abi.SCM_RIGHTS || int(h.Len) != len(c.raw) {
		return nil, abi.EINVAL
	}
	var out []*kern.File
	for b := c.raw[12:]; len(b) >= 4; b = b[4:] {
		fd := abi.FD(le.Uint32(b))
		f, err := t.File(fd)
		if err == nil {
			_, attrs := t.Proc.FDs.Guard(fd)
			switch {
			case attrs&guardSocketIPC != 0:
				err = guardViolation(t, fd, guardExcSocketIPC)
			case f.Ops.Type() == kern.TypeKqueue:
				err = abi.EINVAL
			}
		}
		if err != nil {
			for _, f := range out {
				f.Unref()
			}
			return nil, err
		}
		out = append(out, f.Ref())
	}
	return out, nil
}

// cmsgPair is one kind of control message that both sides have with the same
// contents.
type cmsgPair struct {
	level, typ         int32
	hostLevel, hostTyp int32
	size               int
}

// cmsgTable lists them.
func cmsgTable() []cmsgPair {
	return []cmsgPair{
		{abi.IPPROTO_IP, abi.IP_PKTINFO, unix.IPPROTO_IP, unix.IP_PKTINFO, 12},
		{abi.IPPROTO_IP, abi.IP_TOS, unix.IPPROTO_IP, unix.IP_TOS, 4},
		{abi.IPPROTO_IP, abi.IP_RECVTOS, unix.IPPROTO_IP, unix.IP_TOS, 1},
		{abi.IPPROTO_IP, abi.IP_RECVTTL, unix.IPPROTO_IP, unix.IP_TTL, 4},
		{abi.IPPROTO_IPV6, abi.IPV6_3542PKTINFO, unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, 20},
		{abi.IPPROTO_IPV6, abi.IPV6_3542HOPLIMIT, unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, 4},
		{abi.IPPROTO_IPV6, abi.IPV6_TCLASS, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, 4},
	}
}

// toHost makes the host's form of the control messages to send. done must be
// called after the send.
func (c *control) toHost(t *kern.Thread, s *socket, h *hostSock) ([]byte, func(), error) {
	none := func() {}
	if c == nil {
		return nil, none, nil
	}
	if h.sock.Family() == unix.AF_UNIX {
		files, err := c.rights(t)
		if err != nil {
			return nil, none, err
		}
		done := func() {
			for _, f := range files {
				f.Unref()
			}
		}
		var fds []int
		for _, f := range files {
			fd := hostDescriptor(f)
			if fd < 0 {
				// What only this kernel has cannot leave it.
				done()
				return nil, none, abi.EINVAL
			}
			fds = append(fds, fd)
		}
		if len(fds) == 0 {
			return nil, done, nil
		}
		return hostfs.ControlRights(fds...), done, nil
	}
	if s.typ == abi.SOCK_STREAM {
		// tcp_usr_send: control messages are EINVAL when not empty.
		if len(c.raw) > 0 {
			return nil, none, abi.EINVAL
		}
		return nil, none, nil
	}
	var out []byte
	err := c.each(func(g abi.Cmsghdr, data []byte) error {
		for _, p := range cmsgTable() {
			if p.level != g.Level || p.typ != g.Type || p.typ == abi.IP_RECVTOS && p.level == abi.IPPROTO_IP {
				continue
			}
			if len(data) != p.size {
				return abi.EINVAL
			}
			out = appendHostCmsg(out, p.hostLevel, p.hostTyp, data)
			return nil
		}
		t.Machine().Note("control message " + strconv.Itoa(int(g.Level)) + "/" + strconv.Itoa(int(g.Type)))
		return abi.EINVAL
	})
	return out, none, err
}

// The host's messages have 8 bytes of length and 8 bytes of alignment.
const hostCmsgHeader = 16

func appendHostCmsg(b []byte, level, typ int32, data []byte) []byte {
	b = binary.NativeEndian.AppendUint64(b, uint64(hostCmsgHeader+len(data)))
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	b = binary.NativeEndian.AppendUint32(b, uint32(typ))
	b = append(b, data...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

// fromHost translates the control messages that came with a host's message.
func fromHost(t *kern.Thread, s *socket, h *hostSock, hc []byte, r *received, want bool) {
	if len(hc) == 0 {
		return
	}
	if fds, err := hostfs.ParseRights(hc); err == nil {
		for _, fd := range fds {
			if f := adopt(t.Machine(), fd); f != nil {
				r.rights = append(r.rights, f)
			}
		}
	}
	if !want {
		r.drop()
		return
	}
	for b := hc; len(b) >= hostCmsgHeader; {
		n := binary.NativeEndian.Uint64(b)
		if n < hostCmsgHeader || n > uint64(len(b)) {
			return
		}
		level, typ := int32(binary.NativeEndian.Uint32(b[8:])), int32(binary.NativeEndian.Uint32(b[12:]))
		r.control = appendFromHost(r.control, s, level, typ, b[hostCmsgHeader:n])
		b = b[min((n+7)&^7, uint64(len(b))):]
	}
}

func appendFromHost(out []byte, s *socket, level, typ int32, data []byte) []byte {
	switch {
	case level == unix.SOL_SOCKET && typ == unix.SO_TIMESTAMP && len(data) == 16:
		// struct timeval: 8 bytes of seconds, 4 of microseconds, 4 of padding.
		sec, usec := binary.NativeEndian.Uint64(data), binary.NativeEndian.Uint64(data[8:])
		tv := le.AppendUint32(le.AppendUint64(nil, sec), uint32(usec))
		return appendCmsg(out, abi.SOL_SOCKET, abi.SCM_TIMESTAMP, append(tv, 0, 0, 0, 0))
	case level == unix.IPPROTO_IP && typ == unix.IP_PKTINFO && len(data) == 12:
		if s.kept[optKey{abi.IPPROTO_IP, abi.IP_PKTINFO}] != 0 {
			out = appendCmsg(out, abi.IPPROTO_IP, abi.IP_PKTINFO, data)
		}
		if s.kept[optKey{abi.IPPROTO_IP, abi.IP_RECVDSTADDR}] != 0 {
			out = appendCmsg(out, abi.IPPROTO_IP, abi.IP_RECVDSTADDR, data[8:12])
		}
		if s.kept[optKey{abi.IPPROTO_IP, abi.IP_RECVIF}] != 0 {
			out = appendCmsg(out, abi.IPPROTO_IP, abi.IP_RECVIF, linkAddr(uint16(binary.NativeEndian.Uint32(data)), "", 0, nil))
		}
		return out
	case level == unix.IPPROTO_IP && typ == unix.IP_TTL && len(data) == 4:
		return appendCmsg(out, abi.IPPROTO_IP, abi.IP_RECVTTL, data[:1])
	case level == unix.IPPROTO_IP && typ == unix.IP_TOS && len(data) >= 1:
		return appendCmsg(out, abi.IPPROTO_IP, abi.IP_RECVTOS, data[:1])
	case level == unix.IPPROTO_IPV6:
		for _, p := range cmsgTable() {
			if p.level == abi.IPPROTO_IPV6 && p.hostTyp == typ && len(data) == p.size {
				return appendCmsg(out, p.level, p.typ, data)
			}
		}
	}
	return out
}

// appendCmsg appends one message, padded to the guest's alignment.
func appendCmsg(b []byte, level, typ int32, data []byte) []byte {
	h := abi.Cmsghdr{Len: uint32(abi.CMSG_LEN(len(data))), Level: level, Type: typ}
	var hb [12]byte
	h.Put(hb[:])
	b = append(append(b, hb[:]...), data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// adopt makes an open file of a descriptor that a host program sent; nil when it
// is of a kind that guests cannot have.
func adopt(m *kern.Machine, fd int) *kern.File {
	net := m.Host.Net()
	if net != nil {
		if sock, err := net.Adopt(fd); err == nil {
			return kern.NewFile(adoptSocket(m, sock), kern.FREAD|kern.FWRITE)
		}
	}
	h, err := m.Host.Adopt(fd)
	if err != nil {
		return nil
	}
	flags := uint32(kern.FREAD | kern.FWRITE)
	switch h.Flags() & hostfs.O_ACCMODE {
	case hostfs.O_RDONLY:
		flags = kern.FREAD
	case hostfs.O_WRONLY:
		flags = kern.FWRITE
	}
	v := newVnode(m, h)
	if v.kind == hostfs.Pipe {
		v.typ = kern.TypePipe
	}
	return kern.NewFile(v, flags)
}

// externalize gives the receiver its control messages, at most room bytes:
// descriptors are made only if all of them fit (unp_externalize; MSG_CTRUNC
// else).
func (r *received) externalize(t *kern.Thread, room int, flags *int32) []byte {
	out := r.control
	if len(r.rights) > 0 {
		need := len(out) + abi.CMSG_SPACE(4*len(r.rights))
		data := make([]byte, 0, 4*len(r.rights))
		if need <= room {
			var made []abi.FD
			for _, f := range r.rights {
				fd, err := t.Proc.AllocFD(f.Ref(), 0, false)
				if err != nil {
					f.Unref()
					break
				}
				made = append(made, fd)
				data = le.AppendUint32(data, uint32(fd))
			}
			if len(made) < len(r.rights) {
				for _, fd := range made {
					t.Proc.CloseFD(fd)
				}
				data = nil
			}
		}
		r.drop()
		if len(data) > 0 {
			out = appendCmsg(out, abi.SOL_SOCKET, abi.SCM_RIGHTS, data)
		} else {
			*flags |= abi.MSG_CTRUNC
		}
	}
	if len(out) > room {
		out = out[:max(room, 0)]
		*flags |= abi.MSG_CTRUNC
	}
	return out
}
