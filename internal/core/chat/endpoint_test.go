package chat_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// addsAgent has a person add an endpoint.
func (w *world) addsAgent(person, name string) (added chat.AddedAgent, x roomlog.HookItem) {
	w.t.Helper()
	now := w.clock.Now()
	added, err := w.AddAgent(w.t.Context(), person, name, roomlog.HookItem{URL: "https://example.com/rpc",
		Secret: "whsec_", Principal: "key:b", SinceMs: now.UnixMilli(), UntilMs: now.Add(60 * day).UnixMilli()})
	if err != nil {
		w.t.Fatalf("%s is added: %v", name, err)
	}
	x, err = w.Store().Hook(w.t.Context(), added.Hook)
	if err != nil {
		w.t.Fatal(err)
	}
	return added, x
}

// opensLink returns the token of a person that opens the link of an endpoint.
func (w *world) opensLink(added chat.AddedAgent) string {
	w.t.Helper()
	return w.person(chat.Seated{Watch: added.Watch, Name: added.Name})
}

// calls has the agent of a token call Bot, an endpoint. It returns the event by which it does.
func (w *world) calls(token string, x roomlog.HookItem) int64 {
	w.t.Helper()
	w.say(token, "@Bot what is the price?")
	got, err := w.Heard(w.t.Context(), x, 0, 0)
	if err != nil || got.N == 0 {
		w.t.Fatalf("it is called for %+v, %v", got, err)
	}
	return got.N
}

// answers has an endpoint answer event n.
func (w *world) answers(x roomlog.HookItem, n int64, text, key string) {
	w.t.Helper()
	if err := w.Answer(w.t.Context(), x, chat.Answer{Text: text, To: n, Key: key, Step: 1}); err != nil {
		w.t.Fatalf("%q is answered: %v", text, err)
	}
}

// One write has all, so that no endpoint has a seat in which nobody calls it.
func TestAddAgent_ofAPerson_takesASeatByOneWrite(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	var writes [][]string
	hooks := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		var kinds []string
		for _, op := range c.Ops {
			kinds = append(kinds, op.Item.Key.Partition)
		}
		if c.Method == tabletest.Write {
			writes = append(writes, kinds)
		}
	}}
	w = onTable(t, w.clock, hooks, chat.Options{SingleProcess: true, MinBatch: 1})
	added, x := w.addsAgent(person, "Bot")
	if len(writes) != 1 {
		t.Errorf("it took the writes %v", writes)
	}
	if got := w.info(p.ann.Token).Room; got.AgentMessages != chat.UsualRun ||
		agentIn(t, got, "Bot").State != room.AgentStandby {
		t.Errorf("the room is %+v", got)
	}
	if x.Form != room.FormEndpoint || added.Room != "plans" {
		t.Errorf("it is %+v, stored as %+v", added, x)
	}
	hears, err := w.Heard(t.Context(), x, 0, 0)
	if err != nil || hears.N != 0 {
		t.Errorf("it is called for %+v, %v", hears, err)
	}
	if seen := w.opensLink(added); len(w.supervise(seen, chat.SuperviseRequest{}).Hooks) != 1 {
		t.Error("its person sees no hook")
	}
}

// The limit that came with an endpoint bounds what its calls cost. Those who stay are not held up by it for ever.
func TestAddAgent_limitThatItBrings_endsWithTheLastEndpoint(t *testing.T) {
	for name, c := range map[string]struct {
		before, during *int // what the admin sets
		after          int
	}{
		"limit of the endpoint":       {nil, nil, 0},
		"limit of the room":           {new(20), nil, 20},
		"limit set since":             {nil, new(30), 30},
		"limit removed and set since": {new(0), new(chat.UsualRun + 1), chat.UsualRun + 1},
	} {
		w := newWorld(t)
		p := w.company()
		w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 8})
		set := func(n *int) {
			if n != nil {
				w.update(chat.UpdateRequest{Token: p.ann.Token, AgentMessages: n})
			}
		}
		limit := func() int { return w.info(p.ann.Token).Room.AgentMessages }
		set(c.before)
		person := w.person(p.bob)
		first, _ := w.addsAgent(person, "Bot")
		w.addsAgent(person, "Bea")
		set(c.during)
		w.manage(p.ann.Token, room.Kick, "Bea", chat.StatusKicked)
		if got := limit(); got == 0 {
			t.Errorf("%s: with an endpoint left there is no limit", name)
		}
		seen := w.opensLink(first)
		w.supervise(seen, chat.SuperviseRequest{EndHook: first.Hook})
		if got := limit(); got != c.after {
			t.Errorf("%s: without an endpoint the limit is %d, want %d", name, got, c.after)
		}
		if here := w.elsewhere().info(p.ann.Token).Room.AgentMessages; here != c.after {
			t.Errorf("%s: another process says %d", name, here)
		}
	}
}

// An endpoint is the newest of all claims to a seat, and takes none.
func TestAddAgent_byWhoMayNotOrUnderATakenName_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.companyOf(5)
	person := w.person(p.bob)
	w.manage(p.ann.Token, room.BanName, "Cid", chat.StatusBanned)
	w.addsAgent(person, "Bot")
	for what, c := range map[string]struct {
		token, name string
		code        fault.Code
	}{
		"by an agent":          {p.bob.Token, "Bee", fault.NotAllowed},
		"a banned name":        {person, "Cid", fault.NotAllowed},
		"a name that is taken": {person, "bot", fault.NameTaken},
		"no name":              {person, "@", fault.InvalidArgument},
	} {
		_, err := w.AddAgent(t.Context(), c.token, c.name, roomlog.HookItem{URL: "https://example.com/"})
		if fault.CodeOf(err) != c.code || c.token == person && strings.Contains(err.Error(), "your user") {
			t.Errorf("%s: %v", what, err)
		}
	}
	w.clock.Advance(2 * room.HookLease)
	_, err := w.AddAgent(t.Context(), person, "Bea", roomlog.HookItem{URL: "https://example.com/"})
	wants(t, err, fault.RoomFull)
}

// Without the link nobody could end the endpoint, and another name would give it a second seat.
func TestAddAgent_replyIsLost_isAddedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	first, x := w.addsAgent(person, "Bot")
	x.Secret = "whsec_another"
	again, err := w.AddAgent(t.Context(), person, "Bot", x)
	if err != nil || again != first || first.Watch == "" {
		t.Errorf("again it is %+v, %v, not %+v", again, err, first)
	}
	x.RefreshedMs = w.clock.Now().UnixMilli()
	if got, err := w.Store().Hook(t.Context(), first.Hook); err != nil || got != x {
		t.Errorf("it is called as %+v, %v", got, err)
	}
	other := x
	other.Principal = "key:other"
	_, err = w.AddAgent(t.Context(), person, "Bot", other)
	wants(t, err, fault.NameTaken)
	w.opensLink(first)
	_, err = w.AddAgent(t.Context(), person, "Bot", x)
	wants(t, err, fault.NameTaken)
}

func TestAnswer_repeatedByItsKey_isSaidOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	_, x := w.addsAgent(w.person(p.bob), "Bot")
	asked := w.say(p.ann.Token, "@Bot what is the price?")
	hears, err := w.Heard(t.Context(), x, 0, 0)
	if err != nil || hears.N == 0 || hears.Step != 1 {
		t.Fatalf("it is called for %+v, %v", hears, err)
	}
	for _, text := range []string{"900.", "No, 800."} {
		err := w.Answer(t.Context(), x, chat.Answer{Text: text, Key: "evt_1", To: hears.N, Step: hears.Step})
		if err != nil {
			t.Fatal(err)
		}
		w.say(p.ann.Token, "Meanwhile I say: "+text) // nothing holds it back
	}
	w.answers(x, hears.N, " \u200b\n", "evt_2")
	w.answers(x, hears.N, "a\x1b[31mb\x00", "evt_3")
	w.answers(x, hears.N, strings.Repeat("é", core.MaxText), "evt_4")
	var said []chat.Message
	for _, m := range w.all(p.cid.Token) {
		if m.From == "Bot" {
			said = append(said, m)
		}
	}
	if len(said) != 3 || said[0].Text != "900." || said[0].ReplyTo != asked.ID || said[0].Person ||
		said[1].Text != "a[31mb" {
		t.Fatalf("it has said %+v", said)
	}
	if long := w.whole(p.cid.Token, said[2].ID); len(long) > core.MaxText || len(long) < core.MaxText-2 ||
		!strings.HasSuffix(long, "é\n[the rest of this answer was too long]") {
		t.Errorf("of a long answer %d bytes are said, which end with %q", len(long), long[len(long)-50:])
	}
}

// whole returns the whole text of a message.
func (w *world) whole(token, id string) (text string) {
	w.t.Helper()
	for offset, more := 0, true; more; {
		got, err := w.History(w.t.Context(), chat.HistoryRequest{Token: token, ID: id, Offset: offset})
		if err != nil {
			w.t.Fatal(err)
		}
		m := got.Messages[0]
		text, more = text+m.Text, m.More != nil
		if more {
			offset = m.More.Offset
		}
	}
	return text
}

// What the room refuses of others it refuses of an endpoint.
func TestAnswer_ofAnEndpointThatMayNotSpeak_isRefusedAsASendIs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	added, x := w.addsAgent(w.person(p.bob), "Bot")
	person := w.opensLink(added)
	asked := w.calls(p.ann.Token, x)
	refused := func(what, text string, code fault.Code) {
		t.Helper()
		err := w.Answer(t.Context(), x, chat.Answer{Text: text, To: asked, Key: what, Step: 1})
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a token", p.bob.Token, fault.InvalidArgument)
	w.pauses(person, true)
	refused("while it is paused", "hello", fault.Paused)
	w.pauses(person, false)
	w.manage(p.ann.Token, room.Mute, "Bot", chat.StatusMuted)
	refused("while it is muted", "hello", fault.NotAllowed)
	w.manage(p.ann.Token, room.Unmute, "Bot", chat.StatusUnmuted)
	w.supervise(person, chat.SuperviseRequest{EndHook: added.Hook})
	refused("once it has gone", "hello", fault.Removed)
	w.gone("once it has gone", x)
	if got := w.info(p.ann.Token).Room.Agents; len(got) != 3 {
		t.Errorf("in the room are %+v", got)
	}
}

// What comes for an endpoint that may not answer waits, and costs nothing. That it may go on is nothing to answer.
func TestHeard_ofAnEndpointThatMayNotAnswer_waitsUntilItMay(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	added, x := w.addsAgent(w.person(p.bob), "Bot")
	person, after := w.opensLink(added), int64(0)
	hears := func() chat.Heard {
		t.Helper()
		got, err := w.Heard(t.Context(), x, after, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for name, may := range map[string]func(bool){
		"paused": func(yes bool) { w.pauses(person, !yes) },
		"muted": func(yes bool) {
			if yes {
				w.manage(p.ann.Token, room.Unmute, "Bot", chat.StatusUnmuted)
			} else {
				w.manage(p.ann.Token, room.Mute, "Bot", chat.StatusMuted)
			}
		},
	} {
		may(false)
		w.say(p.ann.Token, "@Bot are you "+name+"?")
		if got := hears(); got.N != 0 || got.Gone {
			t.Errorf("%s: it hears %+v", name, got)
		}
		may(true)
		got := hears()
		if n := len(got.Messages); n == 0 || got.Messages[n-1].Text != "@Bot are you "+name+"?" {
			t.Errorf("no longer %s: it hears %+v", name, got)
		}
		after = got.N
		if hears().N != 0 {
			t.Errorf("no longer %s: that alone calls it", name)
		}
	}
}

// A draft is decided once, and no repeated call undoes that.
func TestAnswer_withACredential_waitsForThePerson(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	added, x := w.addsAgent(w.person(p.bob), "Bot")
	person := w.opensLink(added)
	asked := w.calls(p.ann.Token, x)
	w.answers(x, asked, "It is "+secret, "evt_1")
	w.answers(x, asked, "It is "+secret, "evt_1")
	drafts := w.supervise(person, chat.SuperviseRequest{}).Drafts
	if len(drafts) != 1 || drafts[0].Text != "It is "+secret {
		t.Fatalf("its person decides about %+v", drafts)
	}
	w.decides(person, drafts[0].ID, room.RefuseDraft, "")
	err := w.Answer(t.Context(), x, chat.Answer{Text: "It is " + secret, To: asked, Key: "evt_1", Step: 1})
	wants(t, err, fault.NotAllowed)
	if got := texts(w.all(p.ann.Token)); len(got) != 1 {
		t.Errorf("others read %q", got)
	}
	if hears, err := w.Heard(t.Context(), x, asked, 0); err != nil || hears.N != 0 {
		t.Errorf("the decision calls it: %+v, %v", hears, err)
	}
}

// A person who approves what the endpoint says decides once about each answer.
func TestAnswer_isApproved_isSaidOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	added, x := w.addsAgent(w.person(p.bob), "Bot")
	person := w.opensLink(added)
	w.approves(person, true)
	asked := w.calls(p.ann.Token, x)
	w.answers(x, asked, "900.", "evt_1")
	w.answers(x, asked, "No, 800.", "evt_1")
	drafts := w.supervise(person, chat.SuperviseRequest{}).Drafts
	if len(drafts) != 1 {
		t.Fatalf("its person decides about %+v", drafts)
	}
	w.decides(person, drafts[0].ID, room.SendDraft, "")
	w.answers(x, asked, "No, 700.", "evt_1")
	if got := texts(w.all(p.cid.Token)); len(got) != 2 || got[1] != "900." {
		t.Errorf("others read %q", got)
	}
	if hears, err := w.Heard(t.Context(), x, asked, 0); err != nil || hears.N != 0 {
		t.Errorf("the decision calls it: %+v, %v", hears, err)
	}
}

// What others see of an endpoint: that it is called. It has no read position.
func TestEndpoint_seenByOthers_isOnStandbyForADay(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	added, x := w.addsAgent(w.person(p.bob), "Bot")
	w.approves(w.opensLink(added), true)
	w.answers(x, w.calls(p.ann.Token, x), "900.", "evt_1") // as a draft, which another agent would send by a call
	for _, c := range []struct {
		after time.Duration
		want  room.AgentState
	}{{room.HookLease - 1, room.AgentStandby}, {1, room.AgentSilent}} {
		w.clock.Advance(c.after)
		for _, w := range []*world{w, w.elsewhere()} {
			if got := agentIn(t, w.info(p.ann.Token).Room, "Bot"); got.State != c.want || got.Unread != nil {
				t.Errorf("after %v others see %+v", c.after, got)
			}
		}
	}
}

// What came last counts most. What is repeated is the same, whatever has come since.
func TestHeard_moreThanACallMayHave_bringsWhatCameLast(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	_, x := w.addsAgent(w.person(p.bob), "Bot")
	long := strings.Repeat("long", core.MaxText/4)
	if _, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, AgentMessages: new(0)}); err != nil {
		t.Fatal(err)
	}
	hears := func(n, end int64) chat.Heard {
		t.Helper()
		got, err := w.Heard(t.Context(), x, n, end)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for n := range core.MaxHeard {
		w.say(p.ann.Token, "word "+ident.Digits(uint64(n), 3))
	}
	w.say(p.ann.Token, "@Bot one")
	one := hears(0, 0)
	if len(one.Messages) != core.MaxHeard || !one.Missed || one.Messages[core.MaxHeard-1].Text != "@Bot one" {
		t.Errorf("it hears %d messages, and has missed some: %v", len(one.Messages), one.Missed)
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.say(p.ann.Token, name+long[1:])
	}
	w.say(p.ann.Token, "@Bot two")
	w.say(p.ann.Token, "by the way")
	if got := hears(one.N, 0); len(got.Messages) != 4 || !got.Missed || got.Messages[3].Text != "@Bot two" {
		t.Errorf("then it hears %d messages, and has missed some: %v", len(got.Messages), got.Missed)
	}
	w.clock.Advance(time.Minute)
	if got := hears(0, one.N); got.N != one.N || len(got.Messages) != len(one.Messages) {
		t.Errorf("again it hears %d messages up to %d", len(got.Messages), got.N)
	}
}

// An answer is read by those who have read what it answers. So a call ends before what others have read.
func TestAnswer_toPrivateMessages_isPrivate(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	added, x := w.addsAgent(person, "Bot")
	w.say(p.ann.Token, "@Bot what is the price?")
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "Not below 900.", To: []string{"Bot"}})
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "Or 850.", To: []string{"Bot"}})
	w.say(p.cid.Token, "@Bot and the time?")
	w.sends(chat.SendRequest{Token: w.opensLink(added), Text: "Be nice."}) // which calls nobody
	after := int64(0)
	for i, c := range []struct {
		last    string
		readers [3]bool // Ann, Bob and Cid
	}{
		{"@Bot what is the price?", [3]bool{true, true, true}}, {"Or 850.", [3]bool{false, true, false}},
		{"@Bot and the time?", [3]bool{true, true, true}},
	} {
		w.clock.Advance(time.Minute)
		hears, err := w.Heard(t.Context(), x, after, 0)
		if err != nil || hears.N == 0 || hears.Messages[len(hears.Messages)-1].Text != c.last {
			t.Fatalf("call %d: %+v, %v", i, hears, err)
		}
		after = hears.N
		text := "Answer " + ident.Digits(uint64(i), 1)
		err = w.Answer(t.Context(), x, chat.Answer{Text: text, To: hears.N, Key: text, Step: hears.Step})
		if err != nil {
			t.Fatal(err)
		}
		for j, agent := range []chat.Seated{p.ann, p.bob, p.cid} {
			if got := slices.Contains(texts(w.all(agent.Token)), text); got != c.readers[j] {
				t.Errorf("%s reads %q: %v", agent.Name, text, got)
			}
		}
	}
	w.clock.Advance(time.Minute)
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "Sure?", To: []string{"Bot"}})
	hears, err := w.Heard(t.Context(), x, after, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token}); err != nil {
		t.Fatal(err)
	}
	wants(t, w.Answer(t.Context(), x, chat.Answer{Text: "Yes.", To: hears.N, Key: "evt", Step: 1}),
		fault.InvalidArgument)
}

// Bea answers Ann in private, which calls nobody. Of that Bot is told once those call it who have read it, and never of
// what was for Bea alone.
func TestHeard_whatOthersHaveRead_isInNoCall(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.leave(p.cid.Token)
	person := w.person(p.bob)
	_, bot := w.addsAgent(person, "Bot")
	_, bea := w.addsAgent(person, "Bea")
	after := int64(0)
	for _, c := range []struct {
		calls chat.SendRequest
		hears []string
	}{
		{chat.SendRequest{Token: p.ann.Token, Text: "@Bot which day?"}, []string{"@Bot which day?"}},
		{chat.SendRequest{Token: p.ann.Token, Text: "Sure?", To: []string{"Bot", "Bea"}}, []string{"900.", "Sure?"}},
	} {
		w.sends(chat.SendRequest{Token: p.ann.Token, Text: "How much?", To: []string{"Bot", "Bea"}})
		hears, err := w.Heard(t.Context(), bea, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Heard(t.Context(), bot, after, 0); err != nil {
			t.Fatal(err)
		} else {
			after = got.N
		}
		w.answers(bea, hears.N, "900.", "evt_"+c.calls.Text)
		w.tell(p.ann.Token, "Between Bea and me, "+c.calls.Text, "Bea")
		w.sends(c.calls)
		for _, end := range []int64{0, w.latest(bot)} {
			got, err := w.Heard(t.Context(), bot, after, end)
			if err != nil || !slices.Equal(texts(got.Messages), c.hears) {
				t.Errorf("by %q it is told %q, %v", c.calls.Text, texts(got.Messages), err)
			}
		}
		after = w.latest(bot)
		w.clock.Advance(time.Minute)
	}
}

// latest returns the last event of the room of an endpoint.
func (w *world) latest(x roomlog.HookItem) int64 {
	w.t.Helper()
	got, err := w.Heard(w.t.Context(), x, 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return got.AsOf
}

// The process that claimed the call has read more than this one can.
func TestHeard_eventsThatCannotBeReadYet_areUnavailable(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	_, x := w.addsAgent(w.person(p.bob), "Bot")
	n := w.calls(p.ann.Token, x)
	_, err := w.Heard(t.Context(), x, 0, n+1)
	wants(t, err, fault.Unavailable)
}

func TestAddAgent_personWithoutBudget_addsNone(t *testing.T) {
	const units = 240
	w := limited(t, ratelimit.Limits{Units: units})
	p := w.company()
	person := w.person(p.bob)
	ctx := w.paid("192.0.2.1")
	for range units {
		w.paid("192.0.2.1")
	}
	_, err := w.AddAgent(ctx, person, "Bot", roomlog.HookItem{URL: "https://example.com/rpc"})
	retryAfter(t, err)
	same(t, "the room has", seats(w.info(p.ann.Token).Room), []string{"Ann (admin)", "Bob (member)", "Cid (member)"})
}
