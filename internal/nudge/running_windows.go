package nudge

import (
	"errors"

	"golang.org/x/sys/windows"
)

// stillActive is the exit code of a process that has not ended (GetExitCodeProcess).
const stillActive = 259

// running reports whether a process with this id exists.
func running(pid int) bool {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return errors.Is(err, windows.ERROR_ACCESS_DENIED)
	}
	defer windows.CloseHandle(h)
	var code uint32
	return windows.GetExitCodeProcess(h, &code) == nil && code == stillActive
}
