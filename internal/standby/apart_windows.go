package standby

import "syscall"

// detachedProcess is DETACHED_PROCESS of CreateProcess: no console.
const detachedProcess = 0x8

// apart makes a process independent of the console of its parent.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: detachedProcess | syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}
