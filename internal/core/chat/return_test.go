package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
)

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

// Bob's answers are lost, and he returns where another process may have handed them out. The words that came after his
// last call are new.
func TestReturn_marksWhatMayHaveArrived_eachTime(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.pair()
		w.say(p.ann.Token, "lost")
		w.look(p.bob.Token, p.bob.Cursor)
		w.clock.Advance(presence.SendLag + time.Minute)
		w.say(p.ann.Token, "new")
		for n, want := range []string{"lost true, new false, ", "lost true, new true, "} {
			got := ""
			for _, m := range there.enter(chat.JoinRequest{Token: p.bob.Token}).Messages {
				got += fmt.Sprintf("%s %t, ", m.Text, m.Repeated)
			}
			if got != want {
				t.Errorf("return %d: %s; want %s", n+1, got, want)
			}
		}
	})
}

func TestReturn_roomOrNameOfAnother_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, c := range map[string]struct {
		req  chat.JoinRequest
		says string // of the refusal; "" if there is none
	}{
		"own room and name": {chat.JoinRequest{Room: "PLANS", AgentName: "bob"}, ""},
		"another room":      {chat.JoinRequest{Room: "plots"}, "another room"},
		"no room's name":    {chat.JoinRequest{Room: "###"}, "another room"},
		"another name":      {chat.JoinRequest{AgentName: "Bobby"}, "another name"},
		"no agent's name":   {chat.JoinRequest{AgentName: "system"}, "another name"},
		"two passwords":     {chat.JoinRequest{Room: "plans:a", Password: "b"}, "password is another one"},
	} {
		c.req.Token = p.bob.Token
		_, err := w.JoinRoom(t.Context(), c.req)
		if c.says == "" && err != nil || c.says != "" &&
			(fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// A server that asked for no keys gets its first key. What a seat was given for stays as it is.
func TestReturn_withTheSeatsTokenAndAKey_admitsASeatThatNothingHasAdmitted(t *testing.T) {
	key := ident.Principal{ID: ident.KeyPrincipal("a1"), Owner: "Bob's key"}
	account := ident.Principal{ID: ident.KeyPrincipal("a2"), Owner: "bob@acme.example", SignIn: "s1"}
	other := ident.Principal{ID: ident.KeyPrincipal("a3"), Owner: "Eve's key"}
	for what, c := range map[string]struct {
		took, calls ident.Principal
		person      bool // the person beside the agent calls
		alone       bool // a person without an agent has the seat
		admits      bool
	}{
		"unknown":                {calls: key, admits: true},
		"local":                  {took: ident.Principal{ID: ident.Local}, calls: key, admits: true},
		"by an account":          {took: ident.Principal{ID: ident.Local}, calls: account, admits: true},
		"a person alone":         {calls: key, alone: true, admits: true},
		"the person beside it":   {calls: key, person: true},
		"of another key":         {took: other, calls: key},
		"by the token alone":     {calls: ident.Principal{ID: key.ID, Seat: 2}},
		"on a server of no keys": {calls: ident.Principal{ID: ident.Local}},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
			bob, err := w.JoinRoom(asking(t, c.took),
				chat.JoinRequest{Room: "plans", AgentName: "Bob", Person: c.alone})
			if err != nil {
				t.Fatal(err)
			}
			token := bob.Token
			if c.person {
				token = w.person(bob)
			}
			if c.calls.Seat != 0 {
				c.calls.Room = w.token(bob).Room
			}
			ctx := asking(t, c.calls)
			before := w.head(ann.Token)
			waits := w.waiting(ctx, chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: chat.Patience})
			for range 2 { // the second time, nothing is left to do
				if _, err := w.RoomInfo(ctx, chat.InfoRequest{Token: token}); err != nil {
					t.Fatal(err)
				}
				got, err := w.JoinRoom(ctx, chat.JoinRequest{Token: token})
				if err != nil || got.Status != chat.StatusReturned || got.Token != token {
					t.Fatalf("%+v, %v", got, err)
				}
			}
			want, wrote := c.took, int64(0)
			if c.admits {
				want, wrote = c.calls, 1
			}
			after := w.head(ann.Token)
			a, _ := after.Seated(w.token(bob).Seat)
			is := ident.Principal{ID: a.Principal, Owner: a.Owner, SignIn: a.SignIn}
			if n := after.AsOf - before.AsOf; n != wrote || is != (ident.Principal{ID: want.ID, Owner: want.Owner,
				SignIn: want.SignIn}) {
				t.Errorf("after %d events the seat is of %+v", n, is)
			}
			last := w.look(ann.Token, ann.Cursor).Messages
			if c.admits && last[len(last)-1].Reason != room.ReasonReturned {
				t.Errorf("Ann hears %v", lines(last))
			}
			w.stillWaits("Bob", waits) // its token is the same
			w.say(ann.Token, "tea?")
			if got := take(t, waits); texts(got.Messages)[0] != "tea?" {
				t.Errorf("Bob hears %v", lines(got.Messages))
			}
		})
	}
}

// A program of the person may return, to show the key. What the program sees stays new to the agent.
func TestReturn_thatAdmitsTheSeat_handsNothingOut(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "tea?")
	key := asking(t, ident.Principal{ID: ident.KeyPrincipal("a1")})
	for i, want := range []string{"tea?", "tea?", ""} { // the second return admits nothing, and reads
		unread, err := w.Wait(key, chat.WaitRequest{Token: p.bob.Token, Standby: true, Peek: true})
		if got := strings.Join(texts(unread.Messages), " "); err != nil || got != want {
			t.Fatalf("before return %d Bob's program sees %q, %v", i+1, got, err)
		}
		got, err := w.JoinRoom(key, chat.JoinRequest{Token: p.bob.Token})
		if err != nil || !strings.Contains(strings.Join(texts(got.Messages), " "), "tea?") {
			t.Fatalf("return %d: %q, %v", i+1, texts(got.Messages), err)
		}
	}
}

func TestReturn_ofAGuestWithAKey_leavesTheSeatToItsInvite(t *testing.T) {
	w := newWorld(t)
	gil, err := w.arrives(guest(t, w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann"}).Invite), "Gil")
	if err != nil {
		t.Fatal(err)
	}
	key := asking(t, ident.Principal{ID: ident.KeyPrincipal("a1")})
	if got, err := w.JoinRoom(key, chat.JoinRequest{Token: gil.Token}); err != nil || got.Name != "Gil" {
		t.Fatalf("%+v, %v", got, err)
	}
	if a, _, err := w.SeatOf(t.Context(), w.token(gil)); err != nil || !a.IsGuest() || a.Principal != "" {
		t.Errorf("the seat is %+v, %v", a, err)
	}
}

// The key that comes second returns, as it would a minute later.
func TestRace_twoKeysForASeatThatNothingHasAdmitted_oneAdmitsIt(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		for round := range 5 {
			room := fmt.Sprintf("plans %d", round)
			services[0].join(room, "Ann")
			bob := services[0].join(room, "Bob")
			before := services[0].head(bob.Token).AsOf
			out := atOnce(2, func(i int) (chat.Seated, error) {
				key := asking(t, ident.Principal{ID: ident.KeyPrincipal(fmt.Sprint("a", i))})
				return services[i%len(services)].JoinRoom(key, chat.JoinRequest{Token: bob.Token})
			})
			expect(t, out, map[fault.Code]int{"": 2})
			if head := services[0].head(bob.Token); head.AsOf != before+1 {
				t.Errorf("%d events, want one", head.AsOf-before)
			}
		}
	})
}
