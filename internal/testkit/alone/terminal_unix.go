//go:build unix

package alone

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// leaveTerminal gives up the controlling terminal, if there is one. A session of its own would do so, too, but Ctrl-C
// would not reach the tests in it.
func leaveTerminal() error {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil // there is none
	}
	defer tty.Close()
	// The first process of a session gets it then. If it were ignored, the programs that tests start would ignore it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	return os.NewSyscallError("leave the terminal", unix.IoctlSetInt(int(tty.Fd()), unix.TIOCNOTTY, 0))
}
