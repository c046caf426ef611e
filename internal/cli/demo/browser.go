package demo

import (
	"os"
	"os/exec"
	"runtime"

	"github.com/parley-chat/parley/internal/cli/wake"
)

// Browse opens a link in the browser of this machine, if there is one. Where it cannot, it says nothing: the person
// has the link. Ctrl-C in the terminal does not reach the browser.
func Browse(link string) {
	line := []string{"xdg-open", link}
	switch {
	case runtime.GOOS == "darwin":
		line[0] = "open"
	case runtime.GOOS == "windows":
		line = []string{"rundll32", "url.dll,FileProtocolHandler", link}
	case os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == "":
		return // xdg-open would take a browser in this terminal
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.SysProcAttr = wake.Apart()
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
