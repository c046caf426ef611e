package wake

import (
	"errors"
	"os"
	"os/exec"
	"strconv"

	"github.com/gofrs/flock"

	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Role is whose seats a process watches. A person has at most one process of each role.
type Role string

// The roles.
const (
	ForAgents Role = "standby"
	ForShell  Role = "standby-shell"
)

// TakeRole takes the role until this process ends or release is called. taken is false if another process has the role;
// the file of the lock has the id of that process.
func TakeRole(r Role) (release func() error, taken bool, err error) {
	path, err := client.StatePath(string(r) + ".lock")
	if err == nil {
		err = client.MakeFolder(path)
	}
	if err != nil {
		return nil, false, err
	}
	lock := flock.New(path, flock.SetPermissions(0o600))
	taken, err = lock.TryLock()
	if err != nil || !taken {
		return nil, false, client.Cannot("lock", path, err)
	}
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600) // Windows locks the content, too
	return func() error { return errors.Join(os.Truncate(path, 0), lock.Close()) }, true, nil
}

// LogName is the file in the state folder to which a process without a terminal writes its log.
const LogName = "standby.log"

// StartStandby starts a process that watches the seats of agents, unless such a process runs. The process outlives the
// caller. args are its command line.
func StartStandby(program string, args ...string) (err error) {
	release, taken, err := TakeRole(ForAgents)
	if err != nil || !taken {
		return err
	}
	if err := release(); err != nil { // of two processes that start now the second ends at once
		return err
	}
	path, err := client.StatePath(LogName)
	if err != nil {
		return err
	}
	mode := os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > cli.MaxLog {
		mode = os.O_TRUNC
	}
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|mode, 0o600)
	if err != nil {
		return client.Cannot("write", path, err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	cmd := exec.Command(program, args...)
	cmd.Dir, err = client.StateDir() // not the folder of a project that may be removed
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = log, log, Apart()
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
