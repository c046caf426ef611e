//go:build !windows

package wake

import (
	"errors"
	"syscall"
)

// apart makes a process the first of a session of its own, which no terminal ends.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// running reports whether a process with this id exists.
func running(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
