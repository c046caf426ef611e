package shell

import (
	"os"

	"golang.org/x/sys/windows"
)

// showsColors asks a terminal to show colors, and reports whether the terminal does.
func showsColors(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	return windows.GetConsoleMode(console, &mode) == nil &&
		windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
