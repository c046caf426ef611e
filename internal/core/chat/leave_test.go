package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestLeave_lastWordThatMayNotBeSaid_isRefusedAndTheSeatStays(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	err := w.changesNothing(p.bob.Token, func() error {
		_, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: "key " + p.ann.Token})
		return err
	})
	wants(t, err, fault.InvalidArgument)
	w.leave(p.bob.Token)
}

// A mute ends no stay, and neither does a channel. The agent is told that nobody hears its word.
func TestLeave_lastWordOfWhoMayOnlyListen_isNotSaid(t *testing.T) {
	for name, capacity := range map[string]chat.CreateRequest{"muted": {}, "in a channel": {Type: room.Channel}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			capacity.Room, capacity.AgentName, capacity.Capacity = "plans", "Ann", 3
			ann := w.create(capacity)
			bob := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Bob"})
			if name == "muted" {
				w.manage(ann.Token, room.Mute, "Bob", chat.StatusMuted)
			}
			ann.Cursor = w.look(ann.Token, ann.Cursor).Cursor
			w.tell(ann.Token, "Have you read it?", "Bob")
			leaves := chat.LeaveRequest{Token: bob.Token, Text: "goodbye", Reads: true}
			if got, err := w.LeaveRoom(t.Context(), leaves); err != nil || got.Status != chat.StatusUnread ||
				!got.Silent {
				t.Fatalf("first: %+v, %v", got, err)
			}
			got, err := w.LeaveRoom(t.Context(), leaves)
			if err != nil || got.Status != chat.StatusLeft || !got.Unsaid {
				t.Errorf("then: %+v, %v", got, err)
			}
			same(t, "Ann receives", lines(w.look(ann.Token, ann.Cursor).Messages), []string{"left Bob (left)"})
		})
	}
}

// A question lies among 61 unread messages. The second call leaves, wherever it arrives and whatever came since.
//
// talk: leaving.
func TestLeave_whatIsMeantForTheLeaver_holdsItBackOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		cid := p.cid.Token
		for n := range 61 {
			if n >= 40 && n < 48 {
				w.ask(p.ann.Token, fmt.Sprintf("May I delete it? %d", n-40), "Cid")
			}
			w.say([]string{p.ann.Token, p.bob.Token}[n%2], fmt.Sprintf("word %d", n))
		}
		leaves := chat.LeaveRequest{Token: cid, Text: "goodbye", Reads: true}
		before := w.head(cid).AsOf
		got, err := there.LeaveRoom(t.Context(), leaves)
		if after := w.head(cid).AsOf; err != nil || after != before || got.Status != chat.StatusUnread ||
			!got.HasMore || len(got.Messages) != 7 || got.Messages[0].Text != "May I delete it? 0" {
			t.Fatalf("first: %+v %q, %v", got.Status, texts(got.Messages), err)
		}
		w.ask(p.bob.Token, "And this one?", "Cid")
		p.ann.Cursor = w.look(p.ann.Token, "").Cursor
		got, err = w.LeaveRoom(t.Context(), leaves)
		if err != nil || got.Status != chat.StatusLeft || got.Unsaid {
			t.Fatalf("then: %+v, %v", got.Status, err)
		}
		for _, m := range got.Messages {
			if m.Repeated != (strings.HasPrefix(m.Text, "May I") && m.Text != "May I delete it? 7") {
				t.Errorf("%q comes marked %t", m.Text, m.Repeated)
			}
		}
		same(t, "Ann receives", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"Cid: goodbye",
			"left Cid (left)"})
	})
}

func TestLeave_whatHoldsNoFinishBack_holdsNoLeaveBack(t *testing.T) {
	asks := func(w *world, p company) { w.ask(p.ann.Token, "May I?", "Cid") }
	for name, c := range map[string]struct {
		happens func(w *world, p company)
		changes func(w *world, p company, req *chat.LeaveRequest)
		code    fault.Code
	}{
		"words to all": {happens: func(w *world, p company) { w.say(p.ann.Token, "hello") }},
		"what it has read": {happens: func(w *world, p company) {
			asks(w, p)
			w.look(p.cid.Token, p.cid.Cursor)
		}},
		"what its return has shown": {happens: func(w *world, p company) {
			asks(w, p)
			w.enter(chat.JoinRequest{Token: p.cid.Token})
		}},
		"a program that gives its seat back": {asks, func(_ *world, _ company, req *chat.LeaveRequest) {
			req.Reads = false
		}, ""},
		"its person": {asks, func(w *world, p company, req *chat.LeaveRequest) { req.Token = w.person(p.cid) }, ""},
		"one that its person has paused": {asks, func(w *world, p company, _ *chat.LeaveRequest) {
			w.pauses(w.person(p.cid), true)
		}, fault.Paused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			req := chat.LeaveRequest{Token: p.cid.Token, Reads: true}
			c.happens(w, p)
			if c.changes != nil {
				c.changes(w, p, &req)
			}
			got, err := w.LeaveRoom(t.Context(), req)
			if fault.CodeOf(err) != c.code || err == nil && got.Status != chat.StatusLeft {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestLeave_seatTakenOverDuringIt_returnsAlreadyLeft(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.clock.Advance(room.UnusedLease)
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.ann.Token) // caches the room with Bob
	middle.beforeWrite = func() { w.join("plans", "Cid") }
	if got, err := late.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil ||
		got.Status != chat.StatusAlreadyLeft {
		t.Fatalf("Bob leaves: %+v, %v", got, err)
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

func TestLeave_tellsHowLongTheRecordStays(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	left := func(token string) chat.Left {
		t.Helper()
		got, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := left(p.ann.Token); !got.Until.Equal(w.clock.Now().Add(room.Life)) || got.NewAdmin != "Bob" {
		t.Errorf("with Bob there: %+v", got)
	}
	if got := left(p.bob.Token); !got.Until.IsZero() {
		t.Errorf("as the last one: %+v", got)
	}
	if got := left(p.bob.Token); got.Status != chat.StatusAlreadyLeft || !got.Until.IsZero() {
		t.Errorf("again: %+v", got)
	}
	locked := w.create(chat.CreateRequest{Room: "den", AgentName: "Ann", Password: "a long password"})
	if got := left(locked.Token); got.Until.IsZero() {
		t.Errorf("of a room with a password: %+v", got)
	}
}
