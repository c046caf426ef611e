package nudge

import (
	"errors"
	"syscall"
)

// Of OpenProcess and GetExitCodeProcess.
const (
	queryLimitedInformation = 0x1000
	stillActive             = 259
)

// running reports whether a process with this id exists.
func running(pid int) bool {
	h, err := syscall.OpenProcess(queryLimitedInformation, false, uint32(pid))
	if err != nil {
		return errors.Is(err, syscall.ERROR_ACCESS_DENIED)
	}
	defer func() { _ = syscall.CloseHandle(h) }()
	var code uint32
	return syscall.GetExitCodeProcess(h, &code) == nil && code == stillActive
}
