package chat_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// hook gives the seat of a token a hook that leads to url, or refreshes it.
func (w *world) hook(token, url string) roomlog.HookItem {
	w.t.Helper()
	seat, err := w.HookSeat(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	x := roomlog.HookItem{ID: chat.HookID("key:b", url, "room.message", seat, false), Room: seat.Room, Seat: seat.Seat,
		URL: url, Secret: "whsec_", Principal: "key:b", SinceMs: w.clock.Now().UnixMilli(),
		UntilMs: w.clock.Now().Add(24 * time.Hour).UnixMilli()}
	if _, err := w.BeginHook(w.t.Context(), token, x); err != nil {
		w.t.Fatal(err)
	}
	return x
}

// news returns what is new for a hook.
func (w *world) news(x roomlog.HookItem) chat.News {
	w.t.Helper()
	got, err := w.News(w.t.Context(), x, roomlog.Progress{})
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// hookStored reports whether the table says where a hook leads, and what became of its calls.
func (w *world) hookStored(x roomlog.HookItem) (leads, told bool) {
	w.t.Helper()
	_, err := w.Store().Hook(w.t.Context(), x.ID)
	t, failed := w.Store().Progress(w.t.Context(), x)
	if failed != nil {
		w.t.Fatal(failed)
	}
	return err == nil, t.AtMs != 0
}

// gone fails if anything of a hook is stored.
func (w *world) gone(what string, x roomlog.HookItem) {
	w.t.Helper()
	if leads, told := w.hookStored(x); leads || told || !w.news(x).Gone {
		w.t.Errorf("%s: the table says where it leads: %v, and what became of it: %v", what, leads, told)
	}
}

// calledBy stores what became of a call of a hook, as the package outbox does.
func (w *world) calledBy(x roomlog.HookItem, told roomlog.Progress) {
	w.t.Helper()
	if err := w.table.Write(w.t.Context(), roomlog.PutProgress(x, told)); err != nil {
		w.t.Fatal(err)
	}
}

// Bob's client has him called, and he makes no call for a day.
func TestHook_agentThatIsCalled_isOnStandbyAndKeepsItsSeat(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "hello")
	w.look(p.bob.Token, "")
	x := w.hook(p.bob.Token, "https://example.com/")
	sees := func(what string, want room.AgentState, free bool) {
		t.Helper()
		if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").State; got != want {
			t.Errorf("%s: Bob is %s, want %s", what, got, want)
		}
		if free {
			w.join("plans", "Bob")
			return
		}
		_, err := w.tryJoin("plans", "Bob")
		wants(t, err, fault.NameTaken)
	}
	sees("at once", room.AgentStandby, false)
	w.clock.Advance(room.HookLease - time.Minute)
	sees("nearly a day after he subscribed", room.AgentStandby, false)
	if bob := agentIn(t, w.elsewhere().info(p.ann.Token).Room, "Bob"); bob.Unread != nil {
		t.Errorf("%d are unread, says a process that does not know what he has read", *bob.Unread)
	}
	x.UntilMs = w.clock.Now().Add(2 * day).UnixMilli()
	late := roomlog.Progress{AtMs: w.clock.Now().UnixMilli(),
		WakeProgress: roomlog.WakeProgress{Settled: true}}
	w.calledBy(x, late)
	w.clock.Advance(room.HookLease - time.Minute)
	sees("nearly a day after a call woke him", room.AgentStandby, false)
	if there, err := w.EndHook(t.Context(), p.bob.Token, x.ID); err != nil || !there {
		t.Fatal(there, err)
	}
	w.gone("it ended", x)
	late.AtMs = w.clock.Now().UnixMilli()
	w.calledBy(x, late) // by a call that was under way
	w.clock.Advance(room.Lease)
	sees("after its end", room.AgentSilent, true)
}

// Calls at once have all seen fewer than there may be, so the write decides.
func TestHook_beyondThoseOfASeat_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var x roomlog.HookItem
	for n := range core.MaxSeatHooks {
		x = w.hook(p.bob.Token, "https://example.com/"+strconv.Itoa(n))
	}
	further := x
	further.ID += "0"
	if _, err := w.BeginHook(t.Context(), p.bob.Token, further); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("one more: %v", err)
	}
	w.gone("one more", further)
	if _, err := w.BeginHook(t.Context(), p.bob.Token, x); err != nil {
		t.Errorf("a refresh: %v", err)
	}
}

// A hook that begins again calls for what is unread, whatever became of calls before its end.
func TestHook_thatBeginsAgain_knowsNoEarlierCall(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	x := w.hook(p.bob.Token, "https://example.com/")
	told := roomlog.Progress{AtMs: w.clock.Now().UnixMilli(), NotBeforeMs: 8,
		WakeProgress: roomlog.WakeProgress{Read: 7, Settled: true, Told: 9}}
	for _, again := range []bool{false, true} {
		if again {
			if _, err := w.EndHook(t.Context(), p.bob.Token, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.calledBy(x, told)
		w.hook(p.bob.Token, "https://example.com/")
		got, err := w.Store().Progress(t.Context(), x)
		if err != nil || got.Settled == again || got.Read == 7 == again || again && got.Told != 0 {
			t.Errorf("begun again: %v; %+v, %v", again, got, err)
		}
	}
}

func TestHook_ends_withAllThatIsStoredOfIt(t *testing.T) {
	for name, ends := range map[string]func(w *world, p company, x roomlog.HookItem){
		"its agent leaves": func(w *world, p company, _ roomlog.HookItem) { w.leave(p.bob.Token) },
		"it is kicked": func(w *world, p company, _ roomlog.HookItem) {
			if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, Action: room.Kick,
				Agents: []string{"Bob"}}); err != nil {
				t.Fatal(err)
			}
		},
		"its name is taken": func(w *world, _ company, _ roomlog.HookItem) {
			w.clock.Advance(room.HookLease)
			w.join("plans", "Bob")
		},
		"it expires": func(w *world, _ company, x roomlog.HookItem) {
			w.clock.Advance(room.HookLease)
			for range 2 { // to repeat it changes nothing
				if err := w.EndGoneHook(t.Context(), x); err != nil {
					t.Fatal(err)
				}
			}
		},
		"the room closes": func(w *world, p company, x roomlog.HookItem) {
			if _, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Close: true}); err != nil {
				t.Fatal(err)
			}
			if !w.news(x).Gone {
				t.Error("the hook of a room that has closed is not gone")
			}
			if err := w.EndGoneHook(t.Context(), x); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			x := w.hook(p.bob.Token, "https://example.com/")
			if leads, told := w.hookStored(x); !leads || !told || w.news(x).Gone {
				t.Fatal("there is no hook")
			}
			ends(w, p, x)
			w.gone(name, x)
		})
	}
}

// The person behind an agent sees what has the agent called, and can end it. Nobody else sees any of it.
func TestHook_isSeenAndEndedByThePersonBehindItsAgent(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	x, other := w.hook(p.bob.Token, "https://example.com/a"), w.hook(p.bob.Token, "https://example.com/b")
	at := w.clock.Now()
	ms := at.UnixMilli()
	w.calledBy(x, roomlog.Progress{AtMs: ms, LastMs: ms, Failing: roomlog.Failing{SinceMs: ms, Tries: 1},
		Error: "timeout"})
	want := chat.HookView{ID: x.ID, URL: x.URL, Since: at, Until: at.Add(day), LastCall: at, FailingAt: at,
		Error: "timeout"}
	same := func(a, b time.Time) bool { return a.Equal(b) }
	got := w.supervise(person, chat.SuperviseRequest{}).Hooks
	if len(got) != 2 || got[1].ID != other.ID || !got[1].LastCall.IsZero() || !got[1].FailingAt.IsZero() ||
		!slices.EqualFunc([]time.Time{got[0].Since, got[0].Until, got[0].LastCall, got[0].FailingAt},
			[]time.Time{want.Since, want.Until, want.LastCall, want.FailingAt}, same) ||
		got[0].URL != want.URL || got[0].Error != want.Error {
		t.Errorf("the person sees %+v", got)
	}
	left := w.supervise(person, chat.SuperviseRequest{EndHook: x.ID}).Hooks
	if len(left) != 1 || left[0].ID != other.ID {
		t.Errorf("the person has ended one, and sees %+v", left)
	}
	barred, err := w.Store().Hook(t.Context(), x.ID)
	if err != nil || !barred.Barred || barred.URL != "" || barred.Secret != "" {
		t.Errorf("what the person has ended is stored as %+v, %v", barred, err)
	}
	w.clock.Advance(day)
	if err := w.EndGoneHook(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	hooks := func(token string) (list []string) {
		var all []chat.Message
		page := w.history(token, chat.HistoryRequest{Limit: 2})
		for all = page.Messages; page.HasMore; all = append(page.Messages, all...) {
			page = w.history(token, chat.HistoryRequest{Limit: 2, Before: page.Messages[0].ID})
		}
		for _, m := range all {
			if m.Type == chat.EventHook {
				list = append(list, m.Agent+" "+string(m.Reason))
			}
		}
		return list
	}
	all := []string{"Bob ", "Bob ", "Bob unsubscribed", "Bob expired"}
	for token, want := range map[string][]string{person: all, p.bob.Token: all, p.ann.Token: nil} {
		if got := hooks(token); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	news := lines(w.look(p.bob.Token, p.bob.Cursor).Messages)
	if !slices.Equal(news, []string{"hook Bob", "hook Bob"}) {
		t.Errorf("news to Bob are %q: he has begun them, and not ended them", news)
	}
}

// The append goes on without a caller that has gone, so nothing is known of its end.
func TestEndHook_callerGoneDuringTheWrite_isToldNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	x := w.hook(p.bob.Token, "https://example.com/")
	w, ctx := w.expiringAt(func(c tabletest.Call) bool { return c.Method == tabletest.Write })
	if there, err := w.EndHook(ctx, p.bob.Token, x.ID); there || err == nil {
		t.Errorf("%v, %v", there, err)
	}
}

// positions counts the writes of read positions to a table.
func (w *world) positions(n *atomic.Int64) *world {
	below := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, "AT#") {
				n.Add(1)
			}
		}
	}}
	return &world{t: w.t, clock: w.clock, table: below,
		Service: chat.New(below, chat.Options{Clock: hurriedClock{w.clock}})}
}

// What an agent with a hook was handed is stored at once, so that every process knows for what it need not be called.
// For others a cursor stores nothing until a minute has passed.
func TestHook_whatItsAgentIsHanded_isKnownElsewhereAtOnce(t *testing.T) {
	for _, hooked := range []bool{false, true} {
		w := newWorld(t)
		w = w.elsewhere()
		p := w.company()
		var x roomlog.HookItem
		if hooked {
			x = w.hook(p.bob.Token, "https://example.com/")
		}
		var n atomic.Int64
		here, there := w.positions(&n), w.elsewhere()
		cursor := here.look(p.bob.Token, "").Cursor // the position is known, and a minute begins
		for _, c := range []struct {
			name          string
			unread, wrote int64
			reads         func()
		}{
			{"a look with a cursor", 1, 1, func() { cursor = here.look(p.bob.Token, cursor).Cursor }},
			{"one that finds nothing", 0, 0, func() { cursor = here.look(p.bob.Token, cursor).Cursor }},
			{"a send that is held back", 1, 1, func() {
				got, err := here.send(chat.SendRequest{Token: p.bob.Token, Text: "I", Cursor: cursor})
				if err != nil || got.Sent {
					t.Fatalf("%+v, %v", got, err)
				}
				cursor = got.Waited.Cursor
			}},
			{"a send, and what it finds", 0, 0, func() {
				cursor = here.sends(chat.SendRequest{Token: p.bob.Token, Text: "I", Cursor: cursor}).Waited.Cursor
			}},
			{"its return", 1, 1, func() { here.enter(chat.JoinRequest{Token: p.bob.Token}) }},
		} {
			if c.unread > 0 {
				w.say(p.ann.Token, "@Bob: "+c.name)
			}
			if hooked {
				if got := there.news(x); int64(got.Unread) != c.unread {
					t.Errorf("before %s: %+v", c.name, got)
				}
			}
			n.Store(0)
			c.reads()
			wrote := c.wrote
			if !hooked && c.name == "a look with a cursor" || !hooked && c.name == "a send that is held back" {
				wrote--
			}
			if n.Load() != wrote {
				t.Errorf("hooked: %v, %s: %d writes, want %d", hooked, c.name, n.Load(), wrote)
			}
			if hooked {
				if got := there.news(x); got.Unread != 0 {
					t.Errorf("after %s: %+v", c.name, got)
				}
			}
		}
	}
}

// What was read before the first hook begins is known elsewhere, too: the cursor that acknowledges it is not stored.
func TestHook_whatItsAgentHadBeforeIt_isKnownElsewhere(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.company()
	cursor := w.look(p.bob.Token, p.bob.Cursor).Cursor
	w.say(p.ann.Token, "hello")
	cursor = w.look(p.bob.Token, cursor).Cursor
	w.look(p.bob.Token, cursor)
	x := w.hook(p.bob.Token, "https://example.com/")
	if got := w.elsewhere().news(x); got.Unread != 0 {
		t.Errorf("got %+v", got)
	}
}

// A process may store later what it has handed out earlier, over what another has stored. The hook, which is begun
// where the agent has read most, makes that known.
func TestHook_whatAnotherProcessHasOverwritten_isKnownElsewhereAgain(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.company()
	w.say(p.ann.Token, "1")
	said := false
	below := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if len(c.Ops) == 1 && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "AT#") && !said {
			said = true
			w.say(p.ann.Token, "2")
			same(t, "meanwhile", texts(w.look(p.bob.Token, "").Messages), []string{"1", "2"})
		}
		return nil
	}}
	late := &world{t: t, clock: w.clock, table: below,
		Service: chat.New(below, chat.Options{Clock: hurriedClock{w.clock}})}
	same(t, "late", texts(late.look(p.bob.Token, "").Messages), []string{"1"})
	x := w.hook(p.bob.Token, "https://example.com/")
	if got := w.elsewhere().news(x); got.Unread != 0 {
		t.Errorf("Bob is called for what he has read: %+v", got)
	}
}

// A message may come while it is stored what the agent is handed. Its hook is not called for it, since the agent has
// not read then, so it is handed out, too.
func TestHook_messageWhileItsAgentReads_isHandedOutToo(t *testing.T) {
	for _, cursor := range []string{"with", "without"} {
		w := newWorld(t)
		w = w.elsewhere()
		p := w.company()
		x := w.hook(p.bob.Token, "https://example.com/")
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
		w.say(p.ann.Token, "0")
		said := 0
		below := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
			if len(c.Ops) == 1 && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "AT#") && said < 5 {
				said++
				w.say(p.ann.Token, strconv.Itoa(said))
			}
			return nil
		}}
		if cursor == "without" {
			p.bob.Cursor = ""
		}
		reads := &world{t: t, clock: w.clock, table: below,
			Service: chat.New(below, chat.Options{Clock: hurriedClock{w.clock}})}
		got := reads.look(p.bob.Token, p.bob.Cursor)
		same(t, cursor+" a cursor", texts(got.Messages), []string{"0", "1", "2", "3", "4", "5"})
		if left := w.elsewhere().news(x); left.Unread != 0 {
			t.Errorf("%s a cursor: %+v", cursor, left)
		}
	}
}

// A hook begins by a call of the agent. What refreshes it is a call of its client.
func TestHook_thatBegins_showsThatItsAgentIsThere(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(10 * time.Minute)
	for _, step := range []string{"begins", "is refreshed"} {
		w.hook(p.bob.Token, "https://example.com/")
		if got := agentIn(t, w.info(p.ann.Token).Room, "Bob"); (got.Idle == 0) != (step == "begins") {
			t.Errorf("the hook %s, and Ann sees Bob idle for %v", step, got.Idle)
		}
		w.clock.Advance(time.Minute)
	}
}

func TestUnhook_byAnAgentOfAnotherRoomOrWithoutASeat_endsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	x := w.hook(p.bob.Token, "https://example.com/")
	stranger := w.join("elsewhere", "Bob")
	if there, err := w.EndHook(t.Context(), stranger.Token, x.ID); there || err != nil {
		t.Errorf("Bob of another room ends the hook: %v, %v", there, err)
	}
	w.leave(stranger.Token)
	_, err := w.EndHook(t.Context(), stranger.Token, x.ID)
	wants(t, err, fault.Removed)
	if leads, _ := w.hookStored(x); !leads {
		t.Error("the hook has ended")
	}
}
