package transfer_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/roomlog"
)

// What agents agreed on, and what they owe, goes on at the destination.
func TestCopy_agreementsAndRequests_goOnAtTheDestination(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			ann, bob := at.agree("council")
			for _, next := range route[1:] {
				to := next(t)
				to.copyFrom(at.table)
				at = to
			}
			got, err := at.RoomInfo(t.Context(), chat.InfoRequest{Token: ann.token})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Agreements) != 1 || got.Agreements[0].Text != "We meet at noon." || got.Agreements[0].By != "Ann" {
				t.Errorf("on record are %+v", got.Agreements)
			}
			if len(got.Requests) != 1 || strings.Join(got.Requests[0].OwedBy, " ") != "Ann" {
				t.Fatalf("open are %+v", got.Requests)
			}
			at.send(chat.SendRequest{Token: ann.token, Text: "I do.", ReplyTo: got.Requests[0].ID})
			if got, err = at.RoomInfo(t.Context(), chat.InfoRequest{Token: bob.token}); err != nil || len(got.Requests) != 0 {
				t.Errorf("still open are %+v, %v", got.Requests, err)
			}
			id, _ := at.numberOf("council", got.Agreements[0].ID)
			if n, err := roomlog.Verify(t.Context(), at.table, id); n != 4 || err != nil {
				t.Errorf("%d messages, %v", n, err)
			}
		})
	}
}
