package transfer_test

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
)

func TestCopy_repeatedWithoutNewEvents_keepsTheSeatsOfThoseWhoWaited(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	from, to := inFileAt(t, clock), inFileAt(t, clock)
	seated := []*agent{from.join("tea", "Ann"), from.join("tea", "Bob"), from.join("tea", "Cid")} // every seat
	look := func() {
		for _, a := range seated {
			if _, err := from.Wait(t.Context(), chat.WaitRequest{Token: a.token}); err != nil {
				t.Fatal(err)
			}
		}
	}
	look()
	to.copyFrom(from.table)
	clock.Advance(14 * time.Minute)
	look()
	clock.Advance(5 * time.Minute) // the lease that was copied has ended, and the one at the source has not
	to.copyFrom(from.table)
	_, err := to.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Dan"})
	if fault.CodeOf(err) != fault.RoomFull {
		t.Errorf("a stranger joins: %v; want %s, since everybody called five minutes ago", err, fault.RoomFull)
	}
}
