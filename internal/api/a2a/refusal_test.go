package a2a_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// foreign matches names that only a client of MCP knows: tools and arguments.
var foreign = regexp.MustCompile(`[a-z]+_[a-z_]+|cursor|\btoken\b`)

// refused fails unless a call is refused with a code and a sentence that begins so, in words of A2A.
func refused(t *testing.T, what string, got reply, code int, says string) {
	t.Helper()
	switch {
	case got.Error == nil:
		t.Errorf("%s: %+v", what, got.last())
	case got.Error.Code != code || !strings.HasPrefix(got.Error.Message, says):
		t.Errorf("%s: %d %q", what, got.Error.Code, got.Error.Message)
	case foreign.MatchString(got.Error.Message):
		t.Errorf("%s: %q is in words of MCP", what, got.Error.Message)
	}
}

// TestRefusals_speakToAClientOfA2A provokes each refusal that such a client can get. A refused first message leaves
// no new agent in the room.
func TestRefusals_speakToAClientOfA2A(t *testing.T) {
	yes := true
	one := 1
	seated := func(w *world) *agent { return w.seated("Bob") }
	says := func(text string) func(*agent) reply {
		return func(a *agent) reply { return a.says("m1", text) }
	}
	hello := says("Hello?")
	with := func(parts ...part) func(*agent) reply {
		return func(a *agent) reply {
			m := a.message("m1", "")
			m["parts"] = parts
			return a.calls(send, map[string]any{"message": m})
		}
	}
	update := func(w *world, req chat.UpdateRequest) {
		req.Token = w.ann.Token
		if _, err := w.rooms.UpdateRoom(w.t.Context(), req); err != nil {
			w.t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		set
		who  func(w *world) *agent // nil: a newcomer named Bob
		do   func(*agent) reply    // nil: says hello
		code int
		says string
	}{
		"a name of the server": {code: -32602, says: "The NAME in this address (…/as/NAME/) cannot be that",
			who: func(w *world) *agent { return w.named("system") }},
		"a name that is no name": {code: -32602, says: "The NAME in this address (…/as/NAME/) cannot be that of an " +
			"agent",
			who: func(w *world) *agent { return w.named("a:b") }},
		"a name that is taken": {code: -32602, says: "Another agent here has this name, or one that looks like it. " +
			"Nothing was said. If it is you, send the contextId", who: func(w *world) *agent { return w.named("Ann") }},
		"a name that looks like another": {code: -32602, says: "Another agent here has this name, or one that looks " +
			"like it.",
			who: func(w *world) *agent { return w.named("Аnn") }},
		"a banned name": {code: -32602, says: "An admin has banned the NAME", who: func(w *world) *agent {
			w.seated("Bob")
			w.manages("Bob", room.BanName)
			made, err := w.rooms.RoomInfo(w.t.Context(), chat.InfoRequest{Token: w.ann.Token})
			if err != nil {
				w.t.Fatal(err)
			}
			w.base = strings.TrimSuffix(w.base, "/")
			w.base = w.base[:strings.LastIndex(w.base, "/")+1] + made.Invite.Code + "/"
			return w.named("Bob")
		}},
		"a full room": {code: -32602, says: "All seats of this room are taken. Nothing was said.",
			who: func(w *world) *agent {
				w.seated("Bob")
				update(w, chat.UpdateRequest{Capacity: 2})
				return w.named("")
			}},
		"an invite that is used up": {set: set{capacity: 2}, code: -32602, says: "This invite gives no more seats",
			who: func(w *world) *agent {
				bob := w.seated("Bob")
				bob.calls("CancelTask", map[string]any{"id": bob.task})
				return w.named("")
			}},
		"an invite that has ended": {code: -32602, says: "This invite gives no more seats", who: func(w *world) *agent {
			w.clock.Advance(room.InviteLife)
			w.says("I am still here.")
			return w.named("")
		}},
		"an invite that was renewed": {code: -32602, says: "This invite gives no more seats",
			who: func(w *world) *agent {
				update(w, chat.UpdateRequest{NewInvite: true})
				return w.named("")
			}},
		"a channel": {set: set{kind: room.Channel}, code: -32602, says: "Only admins speak in this room. Nothing " +
			"was said."},
		"a name that is muted": {code: -32602, says: "An admin has muted you", who: func(w *world) *agent {
			bob := w.seated("Bob")
			w.manages("Bob", room.Mute)
			bob.calls("CancelTask", map[string]any{"id": bob.task})
			return w.named("Bob")
		}},
		"too long": {do: says(strings.Repeat("x", 32769)), code: -32602, says: "The text is too long"},
		"blank": {do: says("\u200b"), code: -32602, says: "The message has no text that anybody could " +
			"see."},
		"a control character": {do: says("a\x01b"), code: -32602, says: "The text holds control characters"},
		"a secret": {do: func(a *agent) reply {
			return a.w.named("Eve").says("m1", "I am "+a.context)
		}, who: seated, code: -32602, says: "The text holds a secret of this server"},
		"more than a minute allows": {set: set{Options: chat.Options{Limits: ratelimit.Limits{Bytes: 9}}},
			do: says("Nineteen characters"), code: -32602, says: "The text is too long"},
		"too many messages": {set: set{Options: chat.Options{Limits: ratelimit.Limits{Messages: 1}}}, code: -32000,
			says: "Too many requests from your key or address, or in this room. Nothing was said. Try again in 60 " +
				"seconds. Call less often", who: seated},
		"a muted agent": {code: -32602, says: "An admin has muted you in this room. Nothing was said.",
			do: says("But!"),
			who: func(w *world) *agent {
				bob := w.seated("Bob")
				w.manages("Bob", room.Mute)
				bob.says("m0", "What?") // held back by the mute
				return bob
			}},
		"as many messages as agents may send": {code: -32602, says: "Agents have sent as many messages as they may",
			who: func(w *world) *agent {
				bob := w.seated("Bob")
				update(w, chat.UpdateRequest{AgentMessages: &one})
				bob.says("m0", "What?")
				bob.says("m0", "What?")
				return bob
			}},
		"as many drafts as may be": {code: -32602, says: "As many of your messages wait for your user as can.",
			who: func(w *world) *agent {
				bob := w.seated("Bob")
				w.supervises(bob, chat.SuperviseRequest{Approve: &yes})
				for n := range core.MaxDrafts {
					bob.says(fmt.Sprint("draft ", n), fmt.Sprint("Draft ", n))
				}
				return bob
			}},
		"other words with a messageId": {code: -32602, says: "You have said something with this messageId already, " +
			"and it was another message. Nothing was said. To repeat that message,", who: func(w *world) *agent {
			bob := w.seated("Bob")
			bob.says("m1", "Good day.")
			return bob
		}},
		"a file with the messageId of words": {code: -32602, says: "You have said something with this messageId " +
			"already, and it was another message. Nothing was said.",
			who: func(w *world) *agent {
				bob := w.seated("Bob")
				bob.says("m1", "Good day.")
				return bob
			}, do: with(part{Text: "Good day."}, part{Raw: []byte("x")})},
		"held by its person": {code: -32002, says: "Your user holds you in this room, so you do not leave by " +
			"yourself. You have not left.", who: func(w *world) *agent {
			bob := w.seated("Bob")
			w.supervises(bob, chat.SuperviseRequest{Paused: &yes})
			return bob
		}, do: func(a *agent) reply { return a.calls("CancelTask", map[string]any{"id": a.task}) }},
		"two files": {do: with(part{Raw: []byte("x")}, part{Raw: []byte("y")}), code: -32005,
			says: "A message carries one file at most"},
		"an address": {do: with(part{URL: "https://example.org/x"}), code: -32005, says: "This server fetches nothing"},
		"a file with an unseen name": {do: with(part{Raw: []byte("x"), Filename: "a\u202eb"}), code: -32602,
			says: "The raw part cannot be a file"},
		"a file of a muted agent": {do: with(part{Raw: []byte("x")}), code: -32602, set: set{kind: room.Channel},
			says: "Only admins speak in this room."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.set)
			bob := w.named("Bob")
			if c.who != nil {
				bob = c.who(w)
			}
			if c.do == nil {
				c.do = hello
			}
			before := w.names()
			refused(t, name, c.do(bob), c.code, c.says)
			if after := w.names(); !slices.Equal(after, before) {
				t.Errorf("the room had %q, and has %q", before, after)
			}
		})
	}
}

// TestSend_storeDoesNotAnswer has the store fail while Bob says something. A message that may have been said is said
// once, by the same messageId and in the same seat.
func TestSend_storeDoesNotAnswer(t *testing.T) {
	clock := newTimers()
	fails, lost := false, false
	tab := &tabletest.Hooks{Table: sqlitetest.Open(t, clock), After: func(_ context.Context, c *tabletest.Call) {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, "SENT#") && fails {
				fails, lost = false, true
				c.Err = fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
			}
		}
	}}
	tab.Before = func(_ context.Context, c tabletest.Call) error {
		if lost {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}
	w := onTable(t, clock, tab, set{})
	bob := w.named("Bob")
	fails = true
	got := bob.says("m1", "Said once.")
	lost = false
	refused(t, "the first message", got, -32000, "The store of this server did not answer in time, so it is not known "+
		"whether your message was said. Send it again with the same messageId and the contextId context-")
	bob.context = got.Error.info()["contextId"]
	if !strings.Contains(got.Error.Message, bob.context) || bob.context == "" {
		t.Fatalf("%q with %v", got.Error.Message, got.Error.info())
	}
	if got := bob.says("m1", "Said once."); got.Error != nil || !slices.Equal(w.hears(), []string{"Bob: Said once."}) {
		t.Errorf("again: %+v", got)
	}
	if names := w.names(); !slices.Equal(names, []string{"Ann", "Bob"}) {
		t.Errorf("in the room are %q", names)
	}
}

// TestSend_asManyWaitAsMay_takesNoSeat refuses before anything is done, and serves a client that does not wait.
func TestSend_asManyWaitAsMay_takesNoSeat(t *testing.T) {
	w := newWorld(t, set{waits: 1})
	bob := w.seated("Bob")
	follows := bob.opens("SubscribeToTask", map[string]any{"id": bob.task})
	w.next(follows)
	carol := w.named("Carol")
	for _, method := range []string{send, stream} {
		refused(t, method, carol.calls(method, map[string]any{"message": carol.message("m1", "Hello.")}), -32000,
			"This server cannot do this now: its store does not answer, or as many calls wait as it can hold. Nothing "+
				"was said. Try again in 10 seconds. Keep the messageId")
	}
	if names := w.names(); !slices.Equal(names, []string{"Ann", "Bob"}) {
		t.Errorf("in the room are %q", names)
	}
	if got := carol.says("m1", "Hello."); got.Error != nil {
		t.Errorf("without waiting: %+v", got.Error)
	}
}

// TestSend_clientLeavesWhileItsFirstMessageWaits_leavesNobody: a client without its contextId cannot go on, and comes
// back under its name.
func TestSend_clientLeavesWhileItsFirstMessageWaits_leavesNobody(t *testing.T) {
	w := newWorld(t, set{})
	bob := w.named("Bob")
	leave := bob.leaves()
	_, waits := bob.sends(send, "m1", "Is anybody there?")
	waits()
	news := make(chan []string)
	go func() {
		got, _ := w.rooms.Wait(t.Context(), chat.WaitRequest{Token: w.ann.Token, Cursor: w.ann.Cursor, Wait: longest})
		for got.Status == chat.StatusMessages && got.Messages[len(got.Messages)-1].Type != chat.EventLeft {
			got, _ = w.rooms.Wait(t.Context(), chat.WaitRequest{Token: w.ann.Token, Cursor: got.Cursor, Wait: longest})
		}
		close(news)
	}()
	leave()
	select {
	case <-news:
	case <-time.After(patience):
		t.Fatal("Bob does not leave")
	}
	if got := w.named("Bob").says("m1", "Is anybody there?"); got.Error != nil {
		t.Errorf("again: %+v", got.Error)
	}
}
