package shell

import (
	"os"

	"golang.org/x/sys/windows"
)

// dropTyped drops what was typed at a terminal and not yet read.
func dropTyped(terminal *os.File) error {
	return windows.FlushConsoleInputBuffer(windows.Handle(terminal.Fd()))
}
