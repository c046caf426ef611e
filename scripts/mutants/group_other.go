//go:build !unix

package main

import "os/exec"

// group and end know no groups here.
func group(*exec.Cmd) {}

func end(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
