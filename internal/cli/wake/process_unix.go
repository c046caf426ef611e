//go:build !windows

package wake

import (
	"errors"
	"syscall"
)

// Apart makes a process the first of a session of its own, which no terminal ends.
func Apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// running reports whether a process with this id exists and has not ended. One that has ended keeps its id until its
// parent asks for its status, which the first process of many containers never does.
func running(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	fields := stat(pid)
	return len(fields) == 0 || fields[0] != "Z"
}
