package hostfs

import "golang.org/x/sys/unix"

// ControlRights makes the control message that passes descriptors.
func ControlRights(fds ...int) []byte { return unix.UnixRights(fds...) }

// ParseRights returns the descriptors that control messages pass.
func ParseRights(control []byte) ([]int, error) {
	msgs, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil, err
	}
	var fds []int
	for i := range msgs {
		if msgs[i].Header.Level != unix.SOL_SOCKET || msgs[i].Header.Type != unix.SCM_RIGHTS {
			continue
		}
		f, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			return fds, err
		}
		fds = append(fds, f...)
	}
	return fds, nil
}
