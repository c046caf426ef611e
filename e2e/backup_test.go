//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// backupRounds is how many backups a crew goes on from.
const backupRounds = 3

// A copy of the file and its log is whole if nothing writes while it is made: while
// the program is held (SIGSTOP), at any moment. After the program has ended there
// is no log. What was acknowledged until then goes on in the copy.
func TestBackup_copyOfTheFile_holdsAllThatWasAcknowledged(t *testing.T) {
	for name, c := range map[string]struct {
		hold  func(p *program)
		parts []string // of what is copied: what follows the name of the file
	}{
		"of a program that has ended": {func(p *program) { p.terminate() }, []string{""}},
		"of a program that is held":   {stopped, []string{"", "-wal"}},
	} {
		t.Run(name, func(t *testing.T) {
			at := aFile(t)
			p := startOn(t, at.args, nil)
			crew := newCrew(talk{t, openGo(t, p.url, modernProtocol)})
			for range backupRounds {
				backup := aFile(t)
				crew.work(t, p.url, func() {
					c.hold(p)
					for _, part := range c.parts {
						if err := parts.CopyFile(at.name+part, backup.name+part); err != nil {
							t.Error(err)
						}
					}
					if p.cmd != nil {
						p.kill() // what it would still do is not in the copy
					}
				})
				at, p = backup, startOn(t, backup.args, nil)
			}
			crew.finish(talk{t, openGo(t, p.url, modernProtocol)})
			if crew.compare(t) < backupRounds {
				t.Error("hardly anything was said: the copies show nothing")
			}
		})
	}
}

// stopped holds the program.
func stopped(p *program) {
	p.t.Helper()
	var now syscall.WaitStatus
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		p.t.Error(err)
	}
	// Its threads stop one after the other; this returns after the last.
	if _, err := syscall.Wait4(p.cmd.Process.Pid, &now, syscall.WUNTRACED, nil); err != nil || !now.Stopped() {
		p.t.Errorf("the program is not held: %v, %v", now, err)
	}
}

// The crew talks on while the backup is made. A last word before that comes after all
// that was acknowledged until then.
func TestBackup_byTheProgramWhileAgentsTalk_holdsOneMomentAfterAllThatWasAcknowledged(t *testing.T) {
	at := aFile(t)
	p := startOn(t, at.args, nil)
	crew := newCrew(talk{t, openGo(t, p.url, modernProtocol)})
	doors := []seat{crew.readers[0].seat, crew.readers[1].seat}
	forgotten := 0
	for n := range backupRounds {
		c := talk{t, openGo(t, p.url, modernProtocol)}
		backup := aFile(t)
		var before answer
		var settled seat
		crew.work(t, p.url, func() {
			settled = c.join(fmt.Sprintf("the last camp before backup %d", n), "Witness")
			before = c.ok("send_message", args{"agent_token": crew.readers[1].token,
				"text": fmt.Sprintf("Now comes backup %d.", n)})
			backUp(t, at, backup)
			p.kill()
		})
		at, p = backup, startOn(t, backup.args, nil)
		c = talk{t, openGo(t, p.url, modernProtocol)}
		forgotten += crew.goBack(c, doors, before.ID)
		c.ok("room_info", args{"agent_token": settled.token})
	}
	crew.finish(talk{t, openGo(t, p.url, modernProtocol)})
	if crew.compare(t) < backupRounds || forgotten == 0 {
		t.Error("hardly anything was said, or nothing since a backup: the backups show nothing")
	}
}

// backUp runs parley backup.
func backUp(t *testing.T, from, to tableArgs) {
	t.Helper()
	out, code := parley(t, "backup", "--data", from.name, to.name)
	if code != 0 || !strings.Contains(out, to.name) {
		t.Fatalf("parley backup ended with code %d and said %q, want 0 and the name of the backup", code, out)
	}
	if info, err := os.Stat(to.name); err != nil || info.Mode() != 0o600 {
		t.Errorf("the backup is %v, %v, want a file for its owner alone", info, err)
	}
	if all, err := filepath.Glob(to.name + "*"); err != nil || len(all) != 1 {
		t.Errorf("the backup left %q, %v, want one file", all, err)
	}
}

// goBack has the crew forget what came after a backup, and returns how much that
// was. The backup must hold everything from the doors, where the readers came in,
// to one moment not before message least.
func (w *crew) goBack(c talk, doors []seat, least string) (forgotten int) {
	c.t.Helper()
	for i, r := range w.readers {
		before := r.heard
		r.seat, r.heard = doors[i], nil
		r.readUntilQuiet(c)
		sameStart(c.t, before, r.heard)
	}
	there, _ := w.readers[0].sorted(c.t) // the other one does not hear its own words
	if there[least] == "" {
		c.t.Fatalf("the backup lacks message %s, which was acknowledged before it began", least)
	}
	for _, s := range w.senders {
		for id := range s.acknowledged {
			if there[id] == "" {
				delete(s.acknowledged, id)
				forgotten++
			}
		}
	}
	w.settler.goBack(c)
	return forgotten
}

// sameStart fails unless one agent heard the same before and after a backup, as far
// as both go.
func sameStart(t *testing.T, before, after []message) {
	t.Helper()
	for i := range min(len(before), len(after)) {
		if before[i].ID != after[i].ID {
			t.Fatalf("event %d was %+v, and is %+v in the backup", i, before[i], after[i])
		}
	}
}

// goBack has the settler forget the rooms that are not in a backup. All of them
// came after those that are.
func (s *settler) goBack(c talk) {
	c.t.Helper()
	kept := 0
	for n, token := range s.tokens {
		if a := c.tool("room_info", args{"agent_token": token}); a.Code != "" {
			continue
		}
		if n != kept {
			c.t.Errorf("the backup has room %d of the settler, and lacks room %d", n, kept)
		}
		kept = n + 1
	}
	s.tokens = s.tokens[:kept]
}

// SQLite would read what is left of another file's log into the backup.
func TestBackup_nextToALogThatWasLeft_isRefusedOrWhole(t *testing.T) {
	left, at, backup := aFile(t), aFile(t), aFile(t)
	p := startOn(t, left.args, nil)
	talk{t, openGo(t, p.url, modernProtocol)}.meet("the other file")
	p.kill()
	if err := parts.CopyFile(left.name+"-wal", backup.name+"-wal"); err != nil {
		t.Fatal(err)
	}
	p = startOn(t, at.args, nil)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, _ := c.meet("the file")
	c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	if out, code := parley(t, "backup", "--data", at.name, backup.name); code == 1 &&
		strings.Contains(out, backup.name) {
		return
	}
	if out, code := parley(t, "check", backup.name); code != 0 || !strings.Contains(out, "1 room with 1 message.") {
		t.Errorf("of the backup parley check says %q, %d, want 1 room with 1 message", out, code)
	}
}

func TestBackup_served_hasALogLikeTheOriginal(t *testing.T) {
	at, backup := aFile(t), aFile(t)
	p := startOn(t, at.args, nil)
	talk{t, openGo(t, p.url, modernProtocol)}.meet("the original")
	backUp(t, at, backup)
	p = startOn(t, backup.args, nil)
	talk{t, openGo(t, p.url, modernProtocol)}.meet("the backup")
	for _, at := range []tableArgs{at, backup} {
		if _, err := os.Stat(at.name + "-wal"); err != nil {
			t.Errorf("a file that is served has no log: %v", err)
		}
	}
}
