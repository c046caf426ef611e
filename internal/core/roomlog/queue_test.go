package roomlog

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/parley-chat/parley/internal/base/ident"
)

// However many calls of one caller wait to read a room, the first of another caller there is the
// next, and the first of another room goes in at once, or before any more of them.
func TestReadQueue_crowdOfOneCaller_goesNotAheadOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStore(nil, Options{})
		ctx, leave := context.WithCancel(t.Context())
		var begun []string
		end, crowd := make(chan struct{}), make(chan struct{})
		read := func(room, caller string, end chan struct{}) {
			l := s.Acquire(room)
			go func() {
				defer l.Release()
				if done, err := l.BeginRead(ident.WithAddress(ctx, caller)); err == nil {
					begun = append(begun, room+" "+caller)
					<-end
					done()
				}
			}()
			synctest.Wait()
		}
		next := func(want string) {
			t.Helper()
			before := len(begun)
			crowd <- struct{}{}
			synctest.Wait()
			if got := begun[before:]; !slices.Equal(got, []string{want}) {
				t.Errorf("after one of the crowd comes %q, want %q", got, want)
			}
		}
		for range 100 {
			read("plans", "mallory", crowd)
		}
		if len(begun) != readsOfRoom {
			t.Errorf("%d calls read one room, want %d", len(begun), readsOfRoom)
		}
		read("plans", "ann", end)
		next("plans ann")
		for other := range readsAtOnce - readsOfRoom {
			read(fmt.Sprint("other ", other), "bob", end)
		}
		if len(begun) != 1+readsAtOnce {
			t.Errorf("%d calls read at once, want %d", len(begun)-1, readsAtOnce)
		}
		read("late", "bob", end)
		next("late bob")
		leave()
		synctest.Wait()
		close(end)
		close(crowd)
	})
}
