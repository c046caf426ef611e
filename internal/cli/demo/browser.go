package demo

import (
	"os"
	"os/exec"
	"runtime"

	"github.com/parley-chat/parley/internal/cli/wake"
)

// Browse starts a browser of this machine with a link, and reports whether the browser started. Ctrl-C in the terminal
// does not reach the browser.
func Browse(link string) bool {
	line := []string{"xdg-open", link}
	switch {
	case runtime.GOOS == "darwin":
		line[0] = "open"
	case runtime.GOOS == "windows":
		line = []string{"rundll32", "url.dll,FileProtocolHandler", link}
	case os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == "":
		return false // xdg-open would start a browser in this terminal
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.SysProcAttr = wake.Apart()
	if cmd.Start() != nil {
		return false
	}
	go func() { _ = cmd.Wait() }()
	return true
}
