package meter

import (
	"fmt"
	"sync"
	"testing"
)

// of returns the account of a request of a caller.
func (m *Meter) of(caller string) *Account {
	a := m.Open()
	a.Of(caller)
	return a
}

// begin begins a wait that does not end.
func begin(a *Account) error {
	_, err := a.BeginWait()
	return err
}

func TestLimits_concurrentRequests_areNeverExceeded(t *testing.T) {
	m := New(Options{MaxWaits: 3, MaxBodies: 5 << 14, MaxWaitsPerAddress: 2})
	var group sync.WaitGroup
	for k := range 8 {
		group.Go(func() {
			for range 200 {
				a := m.of(fmt.Sprint(k % 3))
				in := a.Arrive() == nil && a.Arrived(10) == nil
				if got := m.Totals(); in && got.BodyBytes < 1<<14 || got.BodyBytes > 5<<14 {
					t.Errorf("%v, and %+v are held", in, got)
				}
				if !in {
					a.Close(0)
					continue
				}
				if end, err := a.BeginWait(); err == nil {
					if got := m.Totals().OpenWaits; got < 1 || got > 3 {
						t.Errorf("%d waits are open", got)
					}
					end()
				}
				a.Close(0)
			}
		})
	}
	group.Wait()
	held := m.bodies.bytes.Len() + m.bodies.arriving.Len() + m.waits.taken.Len()
	if got := m.Totals(); got.OpenWaits != 0 || got.BodyBytes != 0 || held > 0 {
		t.Errorf("in the end %+v are held", got)
	}
}
