package password

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
)

// line is a queue with one place, occupied until leave, and the callers that got the place in order.
type line struct {
	*queue
	leave  func()
	t      *testing.T
	served []string
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{queue: newQueue(1, clockwork.NewFakeClock().Now), t: t}
	leave, err := l.enter(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	l.leave = leave
	return l
}

// come has a caller wait for a turn, after the earlier callers.
func (l *line) come(caller string, known bool) {
	go func() {
		if leave, err := l.enter(ident.WithAddress(l.t.Context(), caller), known); err == nil {
			l.served = append(l.served, caller)
			leave()
		}
	}()
	synctest.Wait()
}

func TestQueue_callerThatCameLast_isNotBehindThoseWithMoreTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		for range 3 {
			l.come("guesser", false)
		}
		for _, stranger := range []string{"a", "b"} {
			l.come(stranger, false)
		}
		l.had.Add(ident.Groups("address agent"), headStart-1)
		l.come("agent", true)
		l.come("agent", true)
		l.leave()
		synctest.Wait()
		if got := fmt.Sprint(l.served); got != "[agent guesser a b agent guesser guesser]" {
			t.Error(got)
		}
	})
}

func TestQueue_networksOfOneHost_areNotBeforeOneElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		for n := range 12 {
			l.come(fmt.Sprintf("2001:db8:1:%x::/64", n<<8), false)
		}
		l.come("2001:db8:2:1::/64", false)
		l.leave()
		synctest.Wait()
		if got := slices.Index(l.served, "2001:db8:2:1::/64"); got != 4 {
			t.Errorf("it has turn %d of %v", got, l.served)
		}
	})
}
