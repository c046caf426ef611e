package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// seated lets a hook note Bob's seat, as an agent takes it.
func (a *person) seated(p *program, room string, s seat) {
	a.t.Helper()
	if said, code := a.hook(p, joined(a.t, room, s)); said != "" || code != 0 {
		a.t.Fatalf("the hook: %d, %s", code, said)
	}
	a.t.Cleanup(func() {
		if pid := a.watching(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

func TestStandbyOfAHook_isStopped_startsNoOther(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	p, c := startStandby(t)
	_, bob := c.meet("hello")
	a.seated(p, "hello", bob)
	await(t, "a standby", func() bool { return a.watching() > 0 })
	if err := syscall.Kill(a.watching(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await(t, "it has ended", func() bool { return a.watching() == 0 })
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for range 40 { // one that it left behind would show in two seconds
		<-look.C
		if pid := a.watching(); pid > 0 {
			t.Fatalf("process %d has its place", pid)
		}
	}
}

func TestStandbyCommand_forOneRoom_leavesAgentsInOthersToAProcessOfTheirOwn(t *testing.T) {
	t.Parallel()
	a := newPerson(t)
	p, c := startStandby(t)
	_, bob := c.meet("hello")
	a.shellSeats(p, map[string]seat{"hello": bob})
	a.standby(1, "--room", "hello")
	_, other := c.meet("other")
	a.seated(p, "other", other)
	await(t, "a standby for the agent", func() bool {
		return a.watching() > 0 && a.logged("other (Bob): this program waits for messages to this seat")
	})
}

// logged reports whether the standby of a hook has written that.
func (a *person) logged(text string) bool {
	log, err := os.ReadFile(a.path("standby.log"))
	return err == nil && strings.Contains(string(log), text)
}
