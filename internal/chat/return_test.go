package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
)

func TestReturn_token_returnsItsSeat(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	got := w.elsewhere().enter(chat.JoinRequest{Token: " " + strings.ToUpper(p.bob.Token) + "\n"})
	if got.Status != chat.StatusReturned || got.Name != "Bob" || got.Token != p.bob.Token {
		t.Fatalf("Bob got %+v", got)
	}
	same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Bob (member)"})
	if !got.Room.Agents[1].You {
		t.Error("Bob is not marked as You")
	}
}

func TestReturn_messages_areAllAfterTheAcknowledgedCursor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "first")
	seen := w.look(p.bob.Token, p.bob.Cursor)
	w.look(p.bob.Token, seen.Cursor) // passing the cursor acknowledges it
	w.say(p.bob.Token, "second")
	w.say(p.ann.Token, "third")
	for range 2 { // returning acknowledges nothing
		got := w.enter(chat.JoinRequest{Token: p.bob.Token})
		same(t, "messages", lines(got.Messages), []string{"Bob: second", "Ann: third"})
		if got.HasMore || got.Earlier != 1 {
			t.Fatalf("more %v, %d earlier; want one message earlier", got.HasMore, got.Earlier)
		}
		if next := w.look(p.bob.Token, got.Cursor); next.Status != chat.StatusQuiet {
			t.Fatalf("after it came %+v", next)
		}
		w = w.elsewhere() // the same in another process
	}
}

func TestReturn_manyMessages_comeInBatchesWithoutGaps(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want []string
	for i := range 30 {
		text := fmt.Sprintf("message number %d of many", i)
		w.say(p.ann.Token, text)
		want = append(want, text)
	}
	got := w.enter(chat.JoinRequest{Token: p.bob.Token})
	if len(got.Messages) != 20 || !got.HasMore {
		t.Fatalf("%d messages, more %v", len(got.Messages), got.HasMore)
	}
	rest := w.look(p.bob.Token, got.Cursor)
	same(t, "all", append(texts(got.Messages), texts(rest.Messages)...), want)
}

func TestReturn_unacknowledgedMessages_areMarkedRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "maybe lost")
	w.look(p.bob.Token, "") // delivered without a cursor, so not acknowledged
	w.say(p.ann.Token, "new")
	for i := range 2 { // to return acknowledges nothing
		got := w.enter(chat.JoinRequest{Token: p.bob.Token})
		same(t, "messages", texts(got.Messages), []string{"maybe lost", "new"})
		if !got.Messages[0].Repeated || got.Messages[1].Repeated != (i > 0) {
			t.Errorf("repeated: %v, %v", got.Messages[0].Repeated, got.Messages[1].Repeated)
		}
	}
}

func TestReturn_roomOrNameOfAnother_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for what, c := range map[string]struct {
		req  chat.JoinRequest
		code fault.Code
	}{
		"own room and name": {chat.JoinRequest{Room: "PLANS", AgentName: "bob"}, ""},
		"another room":      {chat.JoinRequest{Room: "plots"}, fault.InvalidArgument},
		"no room's name":    {chat.JoinRequest{Room: "###"}, fault.InvalidArgument},
		"another name":      {chat.JoinRequest{AgentName: "Bobby"}, fault.InvalidArgument},
		"no agent's name":   {chat.JoinRequest{AgentName: "system"}, fault.InvalidArgument},
		"two passwords":     {chat.JoinRequest{Room: "plans:a", Password: "b"}, fault.InvalidArgument},
	} {
		c.req.Token = p.bob.Token
		_, err := w.JoinRoom(t.Context(), c.req)
		if got := fault.CodeOf(err); got != c.code {
			t.Errorf("%s: got %q (%v), want %q", what, got, err, c.code)
		}
	}
}

func TestLeave_freesSeatAndName_andMayBeRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	for _, w := range []*world{w, w.elsewhere()} {
		if got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
			got.Status != chat.StatusAlreadyLeft {
			t.Fatalf("again: %+v, %v", got, err)
		}
	}
	same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (left)"})
	presence := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "SEEN#", Limit: 10}
	if page, err := w.table.Query(t.Context(), presence); err != nil || len(page.Items) != 1 {
		t.Fatalf("%d stored presences, %v", len(page.Items), err)
	}
	if got := w.join("plans", "Bob"); got.Token == p.bob.Token {
		t.Fatal("the new Bob has the old one's token")
	}
}
