//go:build !windows

package standby

import "syscall"

// apart makes a process the first of a session of its own, which no terminal ends.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
