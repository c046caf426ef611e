package outcall

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/outbound"
)

// However many calls wait for a host that hangs, they keep no place from calls to others. A call waits no longer than
// it may, for its host or for all.
func TestPlaces_hostsThatHang_leaveTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Together: 2 * outbound.MaxCallsToHost})
		var ends []func()
		enter := func(host string) {
			t.Helper()
			end, err := c.enter(t.Context(), host, time.Minute)
			if err != nil {
				t.Fatalf("%s: %v", host, err)
			}
			ends = append(ends, end)
		}
		full := func(host string) {
			t.Helper()
			began := time.Now()
			_, err := c.enter(t.Context(), host, 10*time.Second)
			if err != errNoPlace || time.Since(began) != 10*time.Second {
				t.Errorf("%s: %v after %v", host, err, time.Since(began))
			}
		}
		for range outbound.MaxCallsToHost {
			enter("slow")
		}
		for range outbound.MaxCallsToHost {
			go full("slow")
		}
		synctest.Wait()
		for n := range outbound.MaxCallsToHost {
			enter(fmt.Sprint("other ", n))
		}
		full("one more")
		synctest.Wait()
		ends[0]()
		enter("one more")
		for _, end := range ends[1:] {
			end()
		}
	})
}
