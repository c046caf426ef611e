package prove

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// group is a job object: all that a process of the job starts is in the job.
type group struct{ job windows.Handle }

// startGroup starts a command in a job of its own. The command does not run before it is in the job.
func startGroup(cmd *exec.Cmd) (*group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return nil, errors.Join(err, windows.CloseHandle(job))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CreationFlags: windows.CREATE_SUSPENDED | windows.CREATE_NEW_PROCESS_GROUP}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, windows.CloseHandle(job))
	}
	id := uint32(cmd.Process.Pid)
	err = enter(job, id)
	if err == nil {
		err = resume(id)
	}
	if err != nil {
		err = errors.Join(err, cmd.Process.Kill(), windows.CloseHandle(job))
		_ = cmd.Wait() // it was killed
		return nil, err
	}
	return &group{job}, nil
}

// enter puts a process into the job.
func enter(job windows.Handle, process uint32) error {
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, process)
	if err != nil {
		return err
	}
	return errors.Join(windows.AssignProcessToJobObject(job, h), windows.CloseHandle(h))
}

// resume lets the threads of a process run that was started suspended.
func resume(process uint32) error {
	all, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(all) }() // it was only read
	entry := windows.ThreadEntry32{}
	entry.Size = uint32(unsafe.Sizeof(entry))
	for err = windows.Thread32First(all, &entry); err == nil; err = windows.Thread32Next(all, &entry) {
		if entry.OwnerProcessID != process {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return err
		}
		_, err = windows.ResumeThread(thread)
		return errors.Join(err, windows.CloseHandle(thread)) // a process that has not run has one thread
	}
	return err
}

// ask ends all processes of the job: nothing asks them.
func (g *group) ask() { g.end() }

// end ends all processes of the job.
func (g *group) end() {
	if g.job == 0 {
		return
	}
	_ = windows.TerminateJobObject(g.job, 1) // all may have ended
	_ = windows.CloseHandle(g.job)
	g.job = 0
}

// exitOf returns the exit code of a command that has ended.
func exitOf(state *os.ProcessState) int { return byteOf(state.ExitCode()) }
