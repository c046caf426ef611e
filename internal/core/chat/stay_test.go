package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// staying is Bob, who speaks A2A in Ann's room, and came by its first invite.
type staying struct {
	ann, bob chat.Seated
	ctx      context.Context // of Bob's calls
}

func (w *world) staying() staying {
	w.t.Helper()
	s := staying{ann: w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4})}
	s.ctx = guest(w.t, s.ann.Invite)
	var err error
	s.bob, err = w.JoinRoom(s.ctx, chat.JoinRequest{AgentName: "Bob", Stay: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// callsOfStay returns the calls of A2A.
func callsOfStay(ctx context.Context, w *world, token string) map[string]func() error {
	calls := callsOf(ctx, w, token)
	calls["look"] = func() error { _, err := w.Service.Stay(ctx, token, 50); return err }
	calls["say"] = func() error {
		_, err := w.Send(ctx, chat.SendRequest{Token: token, Text: "hello", Key: "1", Stay: true})
		return err
	}
	calls["follow"] = func() error { _, err := w.Wait(ctx, chat.WaitRequest{Token: token, Stay: true}); return err }
	return calls
}

func TestStay_isGoodWithTheInviteThatGaveItsSeat_orANewerOne(t *testing.T) {
	w := newWorld(t)
	s := w.staying()
	h := w.head(s.ann.Token)
	first, second := s.ann.Invite, w.renew(s.ann.Token)
	eve, err := w.JoinRoom(guest(t, second), chat.JoinRequest{AgentName: "Eve", Stay: true})
	if err != nil {
		t.Fatal(err)
	}
	other := w.create(chat.CreateRequest{Room: "plots", AgentName: "Ann"})
	bob, forged := w.token(s.bob), w.token(s.bob)
	forged.Secret = ident.NewSecret()
	hers := ident.NewStay(h.LogKey, h.ID, w.seatOf(s.ann), 1)
	bearer := asking(t, ident.Principal{Room: bob.Room, Seat: bob.Seat})
	key := asking(t, ident.Principal{ID: ident.KeyPrincipal("a1")})
	for name, c := range map[string]struct {
		ctx   context.Context
		token string
		code  fault.Code
	}{
		"caller on this machine":               {t.Context(), s.bob.Token, fault.NotAllowed},
		"caller with a key":                    {key, s.bob.Token, fault.NotAllowed},
		"caller that bears the stay":           {bearer, s.bob.Token, fault.NotAllowed},
		"invite of another room":               {guest(t, other.Invite), s.bob.Token, fault.TokenInvalid},
		"old invite for a stay of a newer one": {guest(t, first), eve.Token, fault.TokenInvalid},
		"stay of a seat that no invite gave":   {s.ctx, hers.String(), fault.TokenInvalid},
		"secret that is made up":               {s.ctx, forged.String(), fault.TokenInvalid},
	} {
		for _, there := range []*world{w, w.elsewhere()} {
			for call, do := range callsOfStay(c.ctx, there, c.token) {
				err := w.changesNothing(s.ann.Token, do)
				if fault.CodeOf(err) != c.code {
					t.Errorf("%s, %s: %v", name, call, err)
				}
				if c.code == fault.TokenInvalid && !strings.Contains(err.Error(), ": contextId is not one ") {
					t.Errorf("%s, %s: more than that nobody has it: %v", name, call, err)
				}
			}
			if _, ok, err := there.Service.SeatOf(t.Context(), bob); ok || err != nil {
				t.Errorf("it admits who bears it: %v", err)
			}
		}
	}
	for i, ctx := range []context.Context{s.ctx, guest(t, second)} {
		if got, err := w.elsewhere().Send(ctx, chat.SendRequest{Token: s.bob.Token, Text: fmt.Sprint("hello ", i),
			Stay: true}); err != nil || !got.Sent {
			t.Errorf("with invite %d: %+v, %v", i+1, got, err)
		}
	}
}

// Bob's stay ends, and is asked for where that happened and where nothing is known of it.
func TestStay_thatIsOver_saysWhy(t *testing.T) {
	manages := func(a room.Action) func(*world, staying) {
		return func(w *world, s staying) {
			_, err := w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: s.ann.Token, Agents: []string{"Bob"},
				Action: a})
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	leaves := func(w *world, s staying) {
		if _, err := w.LeaveRoom(s.ctx, chat.LeaveRequest{Token: s.bob.Token}); err != nil {
			w.t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		ends func(w *world, s staying)
		why  room.Reason
		code fault.Code // of a look, where nothing tells more
	}{
		"left": {leaves, room.ReasonLeft, ""},
		"left while a person watches": {func(w *world, s staying) {
			w.person(s.bob)
			leaves(w, s)
		}, room.ReasonLeft, ""},
		"left by its person": {func(w *world, s staying) { w.leave(w.person(s.bob)) }, room.ReasonLeft, ""},
		"kicked":             {manages(room.Kick), room.ReasonKicked, ""},
		"banned":             {manages(room.BanName), room.ReasonBanned, ""},
		"timed out": {func(w *world, s staying) {
			w.clock.Advance(time.Hour)
			w.joinAs(s.ctx, "", "Bob")
		}, room.ReasonTimeout, ""},
		"kicked, and another has its name": {func(w *world, s staying) {
			manages(room.Kick)(w, s)
			w.joinAs(s.ctx, "", "Bob")
		}, room.ReasonKicked, ""},
		"closed": {func(w *world, s staying) {
			w.update(chat.UpdateRequest{Token: s.ann.Token, Close: true})
		}, room.ReasonClosed, ""},
		"begun anew": {func(w *world, s staying) {
			w.joinAs(s.ctx, "", "Cid")
			w.joinAs(s.ctx, "", "Dora")
			w.clock.Advance(25 * time.Hour)
			if dan := w.join("plans", "Dan"); roomOf(dan.Token) == roomOf(s.ann.Token) {
				w.t.Error("the room goes on")
			}
		}, room.ReasonBegunAnew, ""},
		"expired": {func(w *world, _ staying) { w.clock.Advance(31 * day) }, "", fault.RoomNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			onFiles(t, func(t *testing.T, services ...*world) {
				w, there := services[0], services[len(services)-1]
				w.t, there.t = t, t
				s := w.staying()
				w.hasStay(there, s)
				c.ends(w, s)
				for _, at := range []*world{w, there, w.elsewhere()} {
					got, err := at.Service.Stay(s.ctx, s.bob.Token, 0)
					if got.Ended != c.why || fault.CodeOf(err) != c.code {
						t.Errorf("it ended by %q, %v", got.Ended, err)
					}
					_, err = at.Send(s.ctx, chat.SendRequest{Token: s.bob.Token, Text: "hello", Key: "1", Stay: true})
					if code := fault.CodeOf(err); code != fault.Removed && code != fault.RoomClosed && code != c.code {
						t.Errorf("Bob speaks: %v", err)
					}
				}
			})
		})
	}
}

// hasStay has another service know the room while the stay lasts.
func (w *world) hasStay(there *world, s staying) {
	w.t.Helper()
	if got, err := there.Service.Stay(s.ctx, s.bob.Token, 0); err != nil || got.Ended != "" {
		w.t.Fatalf("%+v, %v", got, err)
	}
}

// says has Bob say the key, and look for what comes with the answer.
func (s staying) says(w *world, key string) (chat.Sent, error) {
	return w.Send(s.ctx, chat.SendRequest{Token: s.bob.Token, Text: "I say " + key, Key: key, Stay: true})
}

// Bob's calls go to the services in turn. A single process is started again before one of them, each in turn. What is
// repeated under its key passes over nothing.
func TestStay_eachCall_isHandedWhatHasNotArrived(t *testing.T) {
	calls := []struct {
		ann, key string // what she says to him before; what Bob says: else he waits
		sent     bool
		gets     string
	}{
		{"", "one", true, ""},
		{"a", "two", false, "a"}, // and the answer is lost
		{"", "two", false, "a"},
		{"", "three", true, ""},
		{"b", "three", true, "b"}, // and again
		{"", "three", true, "b"},
		{"", "four", true, ""},
		{"c", "", false, "c"},
		{"", "four", true, "c"}, // which was said before it came
		{"", "", false, ""},
		{"d", "five", false, "d"},
		{"", "six", true, ""},
		{"e", "seven", false, "e"},
		{"f", "seven", false, "e f"},
		{"", "", false, ""},
	}
	run := func(t *testing.T, restart int, services ...*world) {
		s := services[0].staying()
		for i, c := range calls {
			if i == restart {
				services[0] = onTable(t, services[0].clock, services[0].table,
					chat.Options{SingleProcess: true, MinBatch: 1})
			}
			w := services[i%len(services)]
			if c.ann != "" {
				services[0].tell(s.ann.Token, c.ann, "Bob")
			}
			var got chat.Sent
			var err error
			if c.key == "" {
				got.Waited, err = w.Wait(s.ctx, chat.WaitRequest{Token: s.bob.Token, Stay: true})
			} else {
				got, err = s.says(w, c.key)
			}
			if gets := strings.Join(texts(got.Waited.Messages), " "); err != nil || got.Sent != c.sent ||
				gets != c.gets {
				t.Errorf("call %d, %+v: sent %t, %q, %v", i+1, c, got.Sent, gets, err)
			}
		}
		same(t, "the room", texts(services[0].history(s.ann.Token, chat.HistoryRequest{Limit: 50}).Messages),
			[]string{"I say one", "a", "I say three", "b", "I say four", "c", "d", "I say six", "e", "f"})
	}
	onFiles(t, func(t *testing.T, services ...*world) { run(t, -1, services...) })
	for i := range calls {
		t.Run(fmt.Sprint("started again before call ", i+1), func(t *testing.T) {
			run(t, i, newWorld(t))
		})
	}
}

// The client of a stay repeats a message with its key where the answer may be lost: that is held back again. What its
// own person says holds it back each time.
func TestStay_questionsOfOthers_holdBackOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		s := w.staying()
		n := 0
		says := func(key string, sent bool) {
			t.Helper()
			n++
			w.ask(s.ann.Token, fmt.Sprintf("question %d", n), "Bob")
			got, err := there.Send(s.ctx, chat.SendRequest{Token: s.bob.Token, Text: "words of " + key, Key: key,
				Stay: true})
			if err != nil || got.Sent != sent {
				t.Fatalf("%s after question %d: %+v, %v", key, n, got, err)
			}
		}
		for _, round := range []string{"a", "b"} {
			says(round+"1", false)
			says(round+"1", false)
			says(round+"2", true)
		}
	})
}

// Bob's calls overlap, and Ann speaks meanwhile. One call follows all that is said.
func TestRace_callsOfOneStay_loseNothingAndSayNothingTwice(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		s := services[0].staying()
		var mu sync.Mutex
		heard, ids := map[string]bool{}, map[string]string{}
		hear := func(what string, ms []chat.Message, err error) {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, text := range texts(ms) {
				heard[text] = true
			}
		}
		said := 0
		var followed []string
		const words = 17
		begun, over := make(chan struct{}), make(chan error, 1)
		go func() {
			over <- services[len(services)-1].Follow(s.ctx, s.bob.Token, func(got chat.Waited) bool {
				followed = append(followed, texts(got.Messages)...)
				if len(followed) == 1 {
					close(begun)
				}
				return len(followed) < words
			})
		}()
		services[0].say(s.ann.Token, "let us begin")
		<-begun
		for round := range 8 {
			atOnce(6, func(i int) (chat.Seated, error) {
				w := services[i%len(services)]
				switch i {
				case 0, 1:
					// The clock hurries past a minute, so a call without a key would count as one that hung.
					word := fmt.Sprintf("word %d of round %d", i, round)
					w.sends(chat.SendRequest{Token: s.ann.Token, Text: word, Key: word})
				case 2:
					got, err := w.Wait(s.ctx, chat.WaitRequest{Token: s.bob.Token, Wait: 10 * time.Second, Stay: true})
					hear("the stream", got.Messages, err)
				default: // two of them say the same
					key := fmt.Sprintf("key %d of round %d", i/4, round)
					got, err := s.says(w, key)
					hear(key, got.Waited.Messages, err)
					mu.Lock()
					defer mu.Unlock()
					if first := ids[key]; got.Sent && first != "" && first != got.ID {
						t.Errorf("%s is two messages", key)
					}
					if got.Sent && ids[key] == "" {
						ids[key], said = got.ID, said+1
					}
				}
				return chat.Seated{}, nil
			})
		}
		for more := true; more; {
			got, err := services[len(services)-1].Wait(s.ctx, chat.WaitRequest{Token: s.bob.Token, Stay: true})
			hear("the end", got.Messages, err)
			more = len(got.Messages) > 0
		}
		select {
		case err := <-over:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(chat.Patience): // only lost messages get here
			t.Fatal("the call that follows misses some")
		}
		n := 0
		for _, m := range services[0].all(s.ann.Token) {
			switch {
			case m.Type == chat.EventSaid && m.From == "Bob":
				said--
			case m.Type == chat.EventSaid:
				n++
				if n > len(followed) || followed[n-1] != m.Text {
					t.Errorf("Bob follows %q, and %q was said", followed, m.Text)
				}
				if !heard[m.Text] && !slices.Contains(followed, m.Text) {
					t.Errorf("Bob has not heard %q", m.Text)
				}
			}
		}
		if said != 0 || n != words {
			t.Errorf("Ann said %d words, and Bob %d fewer than he was told", n, said)
		}
	})
}

// In a room of two everything wakes an agent.
func TestStay_isWanted_onceSomethingWakesItAfterItsLastMessage(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w := services[0]
		s := w.staying()
		const hidden = "a private word of others"
		var cid, dora chat.Seated
		send := func(req chat.SendRequest) func() { return func() { w.sends(req) } }
		bob := func() {
			for i := range 2 { // once it may be held back
				if got, err := s.says(w, fmt.Sprint(w.clock.Now().UnixNano(), i)); err != nil || got.Sent {
					return
				}
			}
			t.Error("Bob is held back")
		}
		var last time.Time // of the looks
		for i, step := range []struct {
			name   string
			does   func()
			wanted bool
		}{
			{"before he said anything", func() {}, false},
			{"a word before he said anything", send(chat.SendRequest{Token: s.ann.Token, Text: "hello"}), true},
			{"his word", bob, false},
			{"a status of two", send(chat.SendRequest{Token: s.ann.Token, Text: "reading", Kind: room.Status}), true},
			{"his word", bob, false},
			{"a third joins", func() { cid = w.joinAs(s.ctx, "", "Cid") }, false},
			{"a fourth joins", func() { dora = w.joinAs(s.ctx, "", "Dora") }, false},
			{"a status of four", func() {
				w.sendsAs(s.ctx, chat.SendRequest{Token: cid.Token, Text: "reading", Kind: room.Status})
			}, false},
			{hidden, func() {
				w.sendsAs(s.ctx, chat.SendRequest{Token: cid.Token, Text: "psst", To: []string{"Dora"}})
			}, false},
			{"a private word to him", func() {
				w.sendsAs(s.ctx, chat.SendRequest{Token: dora.Token, Text: "psst", To: []string{"Bob"}})
			}, true},
			{"his word", bob, false},
			{"a question", send(chat.SendRequest{Token: s.ann.Token, Text: "Bob?", Ask: []string{"Bob"}}), true},
			{"a task that he adds", func() {
				if _, err := w.Service.Task(s.ctx, chat.TaskRequest{Token: s.bob.Token, Action: chat.CommandAdd,
					Tasks: []chat.NewTask{{Title: "milk"}}}); err != nil {
					t.Fatal(err)
				}
			}, true},
			{"a status after it", send(chat.SendRequest{Token: s.ann.Token, Text: "on it", Kind: room.Status}), true},
			{"his word", bob, false},
			{"one leaves", func() { w.leaveAs(s.ctx, dora.Token) }, false},
			{"another leaves", func() { w.leaveAs(s.ctx, cid.Token) }, true},
			{"his word", bob, false},
		} {
			w.clock.Advance(time.Second)
			step.does()
			before := w.item(s.ann.Token, "META").Data
			for _, at := range append(services, w.elsewhere()) {
				got, err := at.Service.Stay(s.ctx, s.bob.Token, 50)
				if err != nil || got.Wanted != step.wanted || got.Ended != "" {
					t.Errorf("step %d, %s: %+v, %v", i, step.name, got, err)
				}
				if now, is := got.At, step.name == hidden; last.Equal(now) != is && at == w {
					t.Errorf("step %d, %s: the last event is of %v, after %v", i, step.name, now, last)
				}
				last = got.At
			}
			if string(w.item(s.ann.Token, "META").Data) != string(before) {
				t.Errorf("step %d: a look changes the room", i)
			}
		}
	})
}

func (w *world) sendsAs(ctx context.Context, req chat.SendRequest) {
	w.t.Helper()
	if got, err := w.Send(ctx, req); err != nil || !got.Sent {
		w.t.Fatalf("%+v, %v", got, err)
	}
}

func (w *world) leaveAs(ctx context.Context, token string) {
	w.t.Helper()
	if _, err := w.LeaveRoom(ctx, chat.LeaveRequest{Token: token}); err != nil {
		w.t.Fatal(err)
	}
}

// A look is all that Bob does for an hour. Another may have his name once he does nothing.
func TestStay_aLook_keepsTheSeatAndHandsOutNothing(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w := services[0]
		s := w.staying()
		w.say(s.ann.Token, "hello")
		for i := range 6 {
			got, err := services[i%len(services)].Service.Stay(s.ctx, s.bob.Token, 50)
			if err != nil || strings.Join(texts(got.Messages), " ") != "hello" {
				t.Fatalf("look %d: %+v, %v", i, got, err)
			}
			w.clock.Advance(14 * time.Minute)
			_, err = w.elsewhere().arrives(s.ctx, "Bob")
			wants(t, err, fault.NameTaken)
		}
		got, err := w.Wait(s.ctx, chat.WaitRequest{Token: s.bob.Token, Stay: true})
		if err != nil {
			t.Fatal(err)
		}
		if heard := texts(got.Messages); strings.Join(heard, " ") != "hello" {
			t.Errorf("the looks have read for him: he hears %q", heard)
		}
		w.clock.Advance(room.Lease + time.Minute)
		_, err = w.elsewhere().arrives(s.ctx, "Bob")
		if err != nil {
			t.Errorf("the seat of one that is silent is kept: %v", err)
		}
	})
}
