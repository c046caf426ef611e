//go:build !windows

package wake

import (
	"errors"
	"syscall"
)

// Apart makes a process the leader of a new session, which no terminal ends.
func Apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// running reports whether a process with this id exists and has not ended. A process that has ended keeps its id until
// its parent asks for its status, and the first process of many containers never asks.
func running(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	fields := stat(pid)
	return len(fields) == 0 || fields[0] != "Z"
}
