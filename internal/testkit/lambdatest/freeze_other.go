//go:build !unix

package lambdatest

import "syscall"

// No process can be frozen here: sending these fails the test.
const (
	freeze = syscall.Signal(0)
	thaw   = syscall.Signal(0)
)
