//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// group gives the process a group of its own, and end kills what is left of it: tests start
// processes that write until they are killed.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { end(cmd); return nil }
}

func end(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
