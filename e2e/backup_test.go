//go:build unix

package e2e

import (
	"syscall"
	"testing"
)

// A copy of the file is whole if nothing writes while it is made: after the
// program has ended, or while it is held (SIGSTOP), at any moment. What was
// acknowledged until then goes on in the copy.
func TestBackup_copyOfTheFile_holdsAllThatWasAcknowledged(t *testing.T) {
	for name, hold := range map[string]func(p *program){
		"of a program that has ended": func(p *program) { p.terminate() },
		"of a program that is held": func(p *program) {
			var now syscall.WaitStatus
			if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			// Its threads stop one after the other; this returns after the last.
			if _, err := syscall.Wait4(p.cmd.Process.Pid, &now, syscall.WUNTRACED, nil); err != nil || !now.Stopped() {
				t.Errorf("the program is not held: %v, %v", now, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := aFile(t)
			p := startOn(t, at.args, nil)
			crew := newCrew(talk{t, openGo(t, p.url, modernProtocol)})
			for range 5 {
				backup := aFile(t)
				crew.work(t, p.url, func() {
					hold(p)
					if err := copyFile(at.args[1], backup.args[1]); err != nil {
						t.Error(err)
					}
					if p.cmd != nil {
						p.kill() // what it would still do is not in the copy
					}
				})
				at, p = backup, startOn(t, backup.args, nil)
			}
			c := talk{t, openGo(t, p.url, modernProtocol)}
			crew.finish(c)
			if crew.compare(t) < 5 {
				t.Error("hardly anything was said: the copies show nothing")
			}
		})
	}
}
