//go:build !windows

package prove

import (
	"os"
	"os/exec"
	"syscall"
)

// group is a process group.
type group struct{ leader int }

// startGroup starts a command as the leader of a session: it has no terminal to ask, and all that it starts is in its
// group, unless that leaves the group.
func startGroup(cmd *exec.Cmd) (*group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &group{cmd.Process.Pid}, nil
}

// ask asks all processes of the group to end.
func (g *group) ask() { _ = syscall.Kill(-g.leader, syscall.SIGTERM) } // none may be left

// end ends all processes of the group.
func (g *group) end() { _ = syscall.Kill(-g.leader, syscall.SIGKILL) }

// exitOf returns the exit code of a command that has ended, as a shell says it.
func exitOf(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return byteOf(state.ExitCode())
}
