//go:build !linux && !windows

package shell

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped drops what was typed at a terminal and not yet read.
func dropTyped(terminal *os.File) error {
	const input = 1 // FREAD of sys/fcntl.h
	return unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCFLUSH, input)
}
