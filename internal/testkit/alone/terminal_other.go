//go:build !unix

package alone

// leaveTerminal does nothing: Windows has no controlling terminal.
func leaveTerminal() error { return nil }
