//go:build unix

package lambdatest

import "syscall"

// The signals that freeze a process and thaw it.
const (
	freeze = syscall.SIGSTOP
	thaw   = syscall.SIGCONT
)
