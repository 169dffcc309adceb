package hostfs

import (
	"encoding/binary"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var hostBigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// epollWait waits with nanosecond precision where the host can.
func (p *poller) epollWait(buf []unix.EpollEvent, timeout time.Duration) (int, error) {
	if timeout > 0 && !p.noPwait2 {
		ts := unix.NsecToTimespec(int64(timeout))
		n, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.epfd), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), uintptr(unsafe.Pointer(&ts)), 0, 0)
		switch e {
		case 0:
			return int(n), nil
		case unix.ENOSYS, unix.EPERM:
			p.noPwait2 = true
		default:
			return 0, e
		}
	}
	ms := -1
	if timeout >= 0 {
		ms = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	return count(unix.EpollWait(p.epfd, buf, ms))
}
