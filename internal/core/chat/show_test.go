package chat_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// view returns the view of an agent.
func (w *world) view(token string) string {
	w.t.Helper()
	v := w.info(token).View
	if _, ok := ident.ParseView(v); !ok {
		w.t.Fatalf("room_info gives the view %q", v)
	}
	return v
}

// shows looks with a view.
func (w *world) viewed(view, after string) chat.Shown {
	w.t.Helper()
	got, err := w.ShowRoom(w.t.Context(), chat.ShowRequest{View: view, After: after})
	if err != nil {
		w.t.Fatalf("show: %v", err)
	}
	return got
}

// last returns the id of the newest message.
func last(got chat.Shown) string { return got.Messages[len(got.Messages)-1].ID }

// lapse plays 16 minutes in which Bob makes no call after a wait, with a view of him or without. It returns what Ann
// sees of him each minute, who gets his seat before and after his lease ends, and what he is handed.
func lapse(t *testing.T, elsewhere bool, view bool) (log []string) {
	w := newWorld(t)
	here, there := w, w
	if elsewhere {
		here, there = w.another(), w.another()
	}
	p := here.pair()
	look := func() chat.AgentView { return agentIn(t, here.info(p.ann.Token).Room, "Bob") }
	if token := here.view(p.bob.Token); view {
		plain, after := look, last(there.viewed(token, ""))
		look = func() chat.AgentView {
			got := there.viewed(token, after)
			after = last(chat.Shown{Page: chat.Page{Messages: append([]chat.Message{{ID: after}}, got.Messages...)}})
			seen, you := plain(), agentIn(t, got.Room, "Bob")
			if you.State != seen.State || you.Idle != seen.Idle && seen.Idle < room.Lease { // then the table forgets it
				t.Errorf("the view shows Bob as %s for %s, and Ann sees %s for %s", you.State, you.Idle, seen.State,
					seen.Idle)
			}
			return seen
		}
	}
	wait := here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 20 * time.Second})
	look()
	here.pass(20 * time.Second)
	p.bob.Cursor = take(t, wait).Cursor
	record := func() {
		bob, unread := look(), "unknown"
		if bob.Unread != nil {
			unread = fmt.Sprint(*bob.Unread)
		}
		log = append(log, fmt.Sprint(bob.State, " ", bob.Idle, " unread ", unread))
	}
	here.say(p.ann.Token, "Which day?")
	for left := 15*time.Minute - time.Second; left > 0; left -= 10 * time.Second {
		look()
		if left%time.Minute > 50*time.Second {
			record()
		}
		w.clock.Advance(min(left, 10*time.Second))
	}
	look()
	record()
	_, err := here.tryJoin("plans", "Bob")
	log = append(log, fmt.Sprint("before the end of his lease: ", fault.CodeOf(err)))
	w.clock.Advance(2 * time.Second)
	record()
	for range 7 {
		w.clock.Advance(10 * time.Second)
		look()
	}
	record()
	got := here.look(p.bob.Token, p.bob.Cursor)
	log = append(log, fmt.Sprint("Bob is handed ", texts(got.Messages)))
	w.clock.Advance(15*time.Minute + time.Second)
	look()
	taken, err := here.tryJoin("plans", "Bob")
	log = append(log, fmt.Sprint("after the end of his lease: ", fault.CodeOf(err), taken.Name))
	return log
}

// talk: a view.
func TestShow_sixteenMinutesOfLooks_leaveAllAsWithoutThem(t *testing.T) {
	for name, elsewhere := range map[string]bool{"one process": false, "two processes": true} {
		t.Run(name, func(t *testing.T) {
			without, with := lapse(t, elsewhere, false), lapse(t, elsewhere, true)
			same(t, "with a view", with, without)
			for i, want := range []string{0: "waiting", 1: "busy", 14: "silent"} {
				if want != "" && !strings.HasPrefix(without[i], want) {
					t.Errorf("minute %d: %s, want %s", i, without[i], want)
				}
			}
			if n := len(without); !strings.Contains(strings.Join(without, "\n"), "silent 15m") ||
				without[n-2] != "Bob is handed [Which day?]" || !strings.HasSuffix(without[n-1], "Bob") {
				t.Errorf("the lapse is not one: %s", strings.Join(without, "\n"))
			}
		})
	}
}

func TestShow_messages_areThoseOfTheAgent(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for n := range 40 {
		w.say(p.ann.Token, fmt.Sprint("number ", n))
	}
	view := w.view(p.bob.Token)
	first := w.viewed(view, "")
	if said := texts(first.Messages); len(first.Messages) != 30 || !first.HasMore || said[29] != "number 39" {
		t.Errorf("first it shows %v, more %t", said, first.HasMore)
	}
	secret := w.tell(p.ann.Token, "for Cid alone", "Cid").ID
	if got := w.viewed(view, last(first)); len(got.Messages) != 0 || got.HasMore {
		t.Errorf("a private message of others is shown: %v", lines(got.Messages))
	}
	for name, after := range map[string]string{"one that the agent does not see": secret, "no id": "m000000",
		"nonsense": "yesterday", "one to come": w.id(p.ann.Token, 1000)} {
		_, err := w.ShowRoom(t.Context(), chat.ShowRequest{View: view, After: after})
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "that you may see") {
			t.Errorf("after %s: %v", name, err)
		}
	}
	w.tell(p.cid.Token, "for Bob alone", "Bob")
	for n := range 60 {
		w.say(p.ann.Token, fmt.Sprint("later ", n))
	}
	got := w.viewed(view, last(first))
	if said := texts(got.Messages); !got.HasMore || len(said) == 0 || len(said) > 50 || said[0] != "for Bob alone" {
		t.Errorf("later it shows %v, more %t", said, got.HasMore)
	}
	var all []string
	for ; len(got.Messages) > 0; got = w.viewed(view, last(got)) {
		all = append(all, texts(got.Messages)...)
	}
	if len(all) != 61 || all[60] != "later 59" || got.HasMore {
		t.Errorf("page by page it shows %d: %v", len(all), all)
	}
	id := w.say(p.ann.Token, "the wrong words").ID
	before := last(w.viewed(view, ""))
	w.redact(p.ann.Token, id)
	if got := w.viewed(view, before); len(got.Messages) != 1 || got.Messages[0].Redacts != id {
		t.Errorf("the removal of a text shows %+v", got.Messages)
	}
	if got := fmt.Sprint(w.viewed(view, "").Messages); strings.Contains(got, "the wrong words") {
		t.Errorf("a removed text is shown: %s", got)
	}
}

// A message that does not fit is the first of the next page: no later one comes before it.
func TestShow_longMessages_comeInTheirOrder(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	view := w.view(p.bob.Token)
	after := last(w.viewed(view, ""))
	want := []string{strings.Repeat("x", 6000), strings.Repeat("y", 6000), "short", strings.Repeat("z", 6000), "last"}
	for _, text := range want {
		w.say(p.ann.Token, text)
	}
	var got []string
	for more := true; more && len(got) < len(want); {
		page := w.viewed(view, after)
		got, after, more = append(got, texts(page.Messages)...), last(page), page.HasMore
	}
	same(t, "page by page", got, want)
}

// Others do not learn that a person has paused its agent: they see the agent as before.
func TestShow_pausedAgent_isKnownToItsPersonAlone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	person := w.person(p.bob)
	mine, other := w.view(p.bob.Token), w.view(p.ann.Token)
	before := w.viewed(other, "")
	for _, paused := range []bool{true, false} {
		w.pauses(person, paused)
		if got := w.viewed(mine, ""); got.Paused != paused {
			t.Errorf("paused %t: its own view says %t", paused, got.Paused)
		}
		if got := w.viewed(other, ""); got.Paused || len(got.Messages) != len(before.Messages) ||
			!reflect.DeepEqual(got.Room.Agents, before.Room.Agents) {
			t.Errorf("paused %t: another's view has %+v, before it had %+v", paused, got, before)
		}
	}
}

// What waits for the person stays in each answer until it is decided, however much follows: drafts first, then
// proposals and requests, each in the order of the room.
func TestShow_waiting_isThereBehindSixtyMessages(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	view, person := w.view(p.bob.Token), w.person(p.bob)
	day := w.ask(p.ann.Token, "Which day?", "Bob")
	w.ask(p.ann.Token, "Where?", "Cid")
	w.ask(p.ann.Token, "Who drives?")
	hour := w.ask(p.cid.Token, strings.Repeat("Which hour? ", 100), "Bob")
	plan := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "Thursday.", Kind: room.Proposal,
		Ask: []string{"Bob", "Cid"}}).ID
	w.supervise(person, chat.SuperviseRequest{Approve: yes()})
	draft := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "At noon.", ReplyTo: hour})
	waits := func(shown chat.Shown, want ...string) {
		t.Helper()
		var got []string
		for _, one := range shown.Waiting {
			got = append(got, one.ID)
		}
		same(t, "what waits", got, want)
	}
	got := w.viewed(view, "")
	waits(got, draft, plan, day, hour)
	for _, one := range got.Waiting {
		if one.Message != nil {
			t.Errorf("%s is in the answer twice", one.Message.Text)
		}
	}
	for n := range 60 {
		w.say(p.ann.Token, fmt.Sprint("number ", n))
	}
	got = w.viewed(view, "")
	waits(got, draft, plan, day, hour)
	for i, want := range []string{"At noon.", "Thursday.", "Which day?", "Which hour? "} {
		m := got.Waiting[i].Message
		if m == nil || !strings.HasPrefix(m.Text, want) || len(m.Text) > 600 || (m.More != nil) != (i == 3) {
			t.Errorf("number %d is shown as %+v", i, m)
		}
	}
	w.sends(chat.SendRequest{Token: p.cid.Token, Kind: room.Agree, ReplyTo: plan})
	w.decides(person, draft, room.SendDraft, "")
	got = w.viewed(view, last(got))
	waits(got, plan) // the answer to hour answers day, too
	if one := got.Waiting[0]; one.Agreed != 1 || one.Message != nil {
		t.Errorf("a later look has %+v", one)
	}
	w.clock.Advance(24 * time.Hour)
	waits(w.viewed(view, ""))
}

// A person is not asked to approve an objection to something unnamed.
func TestShow_whatIsAnswered_isNamedHoweverOldItIs(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	view, person := w.view(p.bob.Token), w.person(p.bob)
	plan := w.sends(chat.SendRequest{Token: p.ann.Token, Text: strings.Repeat("Thursday. ", 40), Kind: room.Proposal,
		Ask: []string{"Cid"}}).ID
	var old []string
	for n := range 8 {
		old = append(old, w.say(p.ann.Token, fmt.Sprint("old ", n)).ID)
	}
	secret := w.tell(p.ann.Token, "in private", "Cid").ID
	talks := func() {
		for n := range 40 {
			w.say(p.ann.Token, fmt.Sprint("number ", n))
		}
	}
	w.supervise(person, chat.SuperviseRequest{Approve: yes()})
	talks()
	w.drafts(chat.SendRequest{Token: p.bob.Token, Text: strings.Repeat("No, ", 400), ReplyTo: old[0]})
	talks()
	after := last(w.viewed(view, ""))
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "to her alone", ReplyTo: secret, To: []string{"Ann"}})
	for _, id := range old[1:] {
		w.sends(chat.SendRequest{Token: p.cid.Token, Text: "yes", ReplyTo: id})
	}
	w.redact(p.ann.Token, old[7])
	w.sends(chat.SendRequest{Token: p.cid.Token, Kind: room.Agree, ReplyTo: plan})
	first, late := w.viewed(view, ""), w.viewed(view, after)
	same(t, "at first", texts(first.Answered)[:1], []string{"old 0"})
	same(t, "what follows", texts(first.Answered)[2:], []string{room.Removed, "old 6", "old 5", "old 4"})
	same(t, "later", texts(late.Answered)[1:], []string{room.Removed, "old 6", "old 5", "old 4", "old 3"})
	if got := first.Answered[1]; got.ID != plan || len(got.Text) > 160 || got.From != "Ann" {
		t.Errorf("of what was agreed it shows %+v", got)
	}
	if got := first.Waiting[0].Message; got == nil || got.More != nil {
		t.Errorf("the draft is shown as %+v", got)
	}
}

func TestShow_muchThatWaits_keepsItsBound(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for n := range 12 {
		w.ask(p.ann.Token, fmt.Sprint(n, strings.Repeat("?", 5000)), "Bob")
	}
	for n := range 30 {
		w.say(p.ann.Token, fmt.Sprint("number ", n))
	}
	whole := 0
	got := w.viewed(w.view(p.bob.Token), "")
	for _, one := range got.Waiting {
		if one.Message != nil {
			whole++
		}
	}
	if len(got.Waiting) != 12 || whole < 4 || whole > 7 || got.Waiting[whole-1].Message == nil {
		t.Errorf("of %d that wait the first %d are whole", len(got.Waiting), whole)
	}
}

func TestShow_whatIsOpen_isWhatTheAgentSees(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	view := w.view(p.bob.Token)
	propose := func(text string, to ...string) string {
		return w.sends(chat.SendRequest{Token: p.ann.Token, Text: text, Kind: room.Proposal, Ask: []string{"Cid"},
			To: to}).ID
	}
	agree := func(id string) { w.sends(chat.SendRequest{Token: p.cid.Token, Kind: room.Agree, ReplyTo: id}) }
	long := strings.Repeat("Thursday. ", 40)
	id, secret := propose(long), propose("in private", "Cid")
	tasks := newTasks("book", "pay", "pack", "go", "come back", "tell")
	tasks[2].After = []string{"1"}
	w.does(chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAdd, Tasks: tasks})
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandTake, ID: "t1"})
	first := w.viewed(view, "")
	open := first.Open
	var named []string
	for _, task := range open.First {
		named = append(named, strings.TrimSpace(fmt.Sprint(task.Title, " ", task.State, " ", task.By, task.After)))
	}
	same(t, "the first tasks", named, []string{"book taken Cid[]", "pay open []", "pack blocked [t1]", "go open []",
		"come back open []"})
	if n := open.Agreements; open.Tasks != 6 || n == nil || *n != 0 || len(open.Agreed) > 0 {
		t.Errorf("open: %+v", open)
	}
	agree(secret)
	if got := w.viewed(view, last(first)); got.Open.Agreements != nil || got.Open.Tasks != 6 {
		t.Errorf("with after, and no agreement that it sees: %+v", got.Open)
	}
	agree(id)
	for what, after := range map[string]string{"at first": "", "with after": last(first)} {
		open := w.viewed(view, after).Open
		if n := open.Agreements; n == nil || *n != 1 || len(open.Agreed) != 1 || len(open.Agreed[0]) > 160 ||
			!strings.HasPrefix(long, open.Agreed[0]) {
			t.Errorf("%s, after the agreement: %+v", what, open)
		}
	}
	after := last(w.viewed(view, ""))
	w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: id})
	if got := w.viewed(view, after).Open.Agreed; fmt.Sprint(got) != fmt.Sprint([]string{room.Removed}) {
		t.Errorf("after it was removed: %q", got)
	}
}

// The pace follows what the agent sees: that others talk in private must not show.
func TestShow_livelyOrQuietRoom_saysWhenToLookAgain(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	view := w.view(p.bob.Token)
	w.say(p.ann.Token, "hello")
	got := w.viewed(view, "")
	after := last(got)
	for _, c := range []struct {
		pass, want time.Duration
	}{{0, 3}, {59, 3}, {1, 8}, {9*60 - 1, 8}, {1, 30}, {3600, 30}} {
		w.clock.Advance(c.pass * time.Second)
		w.tell(p.ann.Token, fmt.Sprint("psst ", c.want, c.pass), "Cid")
		for _, from := range []string{"", after} {
			if got := w.viewed(view, from); got.PollAfter != c.want*time.Second {
				t.Errorf("after %q it looks again in %s, want %d s", from, got.PollAfter, c.want)
			}
		}
	}
	w.say(p.ann.Token, "again")
	if got := w.viewed(view, after); got.PollAfter != 3*time.Second {
		t.Errorf("after news it looks again in %s", got.PollAfter)
	}
}

func TestShow_view_isOfOneSeatWhileItLasts(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	other := w.join("plots", "Ann")
	h, bob := w.head(p.ann.Token), w.token(p.bob)
	a, _ := h.Seated(bob.Seat)
	view, person := w.view(p.bob.Token), w.person(p.bob)
	if want := ident.NewView(h.LogKey, h.ID, bob.Seat, a.Joined).String(); view != want {
		t.Fatalf("the view is %s, want %s", view, want)
	}
	refused := func(what, view string, code fault.Code, words string) {
		t.Helper()
		_, err := w.ShowRoom(t.Context(), chat.ShowRequest{View: view})
		if fault.CodeOf(err) != code || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, want %s with %q", what, err, code, words)
		}
	}
	const lost = "call room_info with agent_token"
	for name, v := range map[string]ident.View{
		"another key":  ident.NewView("00112233445566778899aabbccddeeff", h.ID, bob.Seat, a.Joined),
		"another room": ident.NewView(h.LogKey, w.head(other.Token).ID, bob.Seat, a.Joined),
		"no seat":      ident.NewView("00112233445566778899aabbccddeeff", h.ID, h.NextSeat, a.Joined),
		"later join":   ident.NewView(h.LogKey, h.ID, bob.Seat, a.Joined+1),
		"former join":  ident.NewView(h.LogKey, h.ID, bob.Seat, a.Joined-1),
	} {
		refused(name, v.String(), fault.TokenInvalid, lost)
	}
	refused("no room", ident.NewView(h.LogKey, "zzzzzzz", 1, 1).String(), fault.RoomNotFound, "")
	refused("mistyped", view[:len(view)-1], fault.TokenInvalid, lost)
	refused("none", "", fault.TokenInvalid, lost)
	for name, token := range map[string]string{"agent_token": p.bob.Token, "token of a person": person,
		"stay": ident.NewStay(h.LogKey, h.ID, bob.Seat, a.Joined).String()} {
		refused(name, token, fault.TokenInvalid, "view holds an agent_token, which can do more than look")
		refused(name+" as a view", "view-"+token, fault.TokenInvalid, lost)
	}
	if got := w.info(person).View; got != "" {
		t.Errorf("a person gets the view %s", got)
	}
	if got, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"}); err != nil || got.View != "" {
		t.Errorf("without a seat: %q, %v", got.View, err)
	}
	if got := w.viewed(" "+strings.ToUpper(view)+" ", ""); got.RoomID != h.ID {
		t.Errorf("in upper case: %+v", got)
	}

	// His new seat is another one.
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, Agents: []string{"Bob"},
		Action: room.Kick}); err != nil {
		t.Fatal(err)
	}
	refused("kicked", view, fault.Removed, "An admin has taken your seat")
	again := w.join("plans", "Bob")
	refused("kicked and joined again", view, fault.Removed, "An admin has taken your seat")
	if now := w.view(again.Token); now == view || w.viewed(now, "").RoomID != h.ID {
		t.Error("his new seat has no view of its own")
	}
	view = w.view(p.cid.Token)
	w.leave(p.cid.Token)
	refused("left", view, fault.Removed, "You have left this room")
	view = w.view(again.Token)
	w.clock.Advance(room.Life + time.Hour)
	refused("of a room that has ended", view, fault.RoomNotFound, "")
}

// The id of a stay is no secret for each client of A2A, so nobody gets a view by it.
func TestShow_stay_getsNoView(t *testing.T) {
	w := newWorld(t)
	s := w.staying()
	got, err := w.RoomInfo(s.ctx, chat.InfoRequest{Token: s.bob.Token})
	if err != nil || got.View != "" {
		t.Errorf("by its stay Bob gets the view %q, %v", got.View, err)
	}
}

// The events of a room that is used for long expire one by one.
func TestShow_afterAnExpiredMessage_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first := w.say(p.ann.Token, "first").ID
	view := w.view(p.bob.Token)
	for day := range 34 {
		w.clock.Advance(24 * time.Hour)
		w.say(p.ann.Token, fmt.Sprint("day ", day))
		w.look(p.bob.Token, "")
	}
	_, err := w.another().ShowRoom(t.Context(), chat.ShowRequest{View: view, After: first})
	if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "it has expired") {
		t.Errorf("after a message that has expired: %v", err)
	}
}

// A caller that is bound may look where it may act.
func TestShow_callersThatAreBound_lookWhereTheyMayAct(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	theirs := guest(t, ann.Invite)
	bob, err := w.JoinRoom(theirs, chat.JoinRequest{AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	info, err := w.RoomInfo(theirs, chat.InfoRequest{Token: bob.Token})
	if err != nil {
		t.Fatal(err)
	}
	seat := w.token(bob)
	hers := w.view(ann.Token)
	elsewhere := w.create(chat.CreateRequest{Room: "plots", AgentName: "Eve", Capacity: 4})
	for _, c := range []struct {
		name, view string
		by         ident.Principal
		code       fault.Code
	}{
		{"the guest", info.View, ident.PrincipalOf(theirs), ""},
		{"the guest, of a seat that no invite gave", hers, ident.PrincipalOf(theirs), fault.NotAllowed},
		{"a guest of another room", info.View, ident.PrincipalOf(guest(t, elsewhere.Invite)), fault.NotAllowed},
		{"who bears the token", info.View, ident.Principal{Room: seat.Room, Seat: seat.Seat}, ""},
		{"who bears another token", hers, ident.Principal{Room: seat.Room, Seat: seat.Seat}, fault.NotAllowed},
		{"who bears a token of another room", hers,
			ident.Principal{Room: w.token(elsewhere).Room, Seat: w.seatOf(elsewhere)}, fault.NotAllowed},
		{"any key", hers, ident.Principal{ID: ident.KeyPrincipal("a1")}, ""},
		{"anybody", hers, ident.Principal{}, ""},
	} {
		_, err := w.ShowRoom(ident.WithPrincipal(t.Context(), c.by), chat.ShowRequest{View: c.view})
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

// The token of a view opens nothing else, and no text may hold it.
func TestShow_viewToken_isRefusedByEveryOtherCall(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	view := w.view(p.bob.Token)
	calls := callsOf(t.Context(), w, view)
	if len(calls) < 9 {
		t.Fatalf("only %d calls", len(calls))
	}
	for name, call := range calls {
		if err := call(); fault.CodeOf(err) != fault.TokenInvalid || !strings.Contains(err.Error(), "can only look") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range callsOfStay(t.Context(), w, view) {
		if err := call(); fault.CodeOf(err) != fault.TokenInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{view, "look: " + strings.ToUpper(view) + "!", view[:20] + "\n" + view[20:]} {
		_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: text})
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "that looks at a room") {
			t.Errorf("a text with a view: %v", err)
		}
	}
	if got := w.all(p.bob.Token); slices.ContainsFunc(got, func(m chat.Message) bool {
		return strings.Contains(m.Text, "view-")
	}) {
		t.Error("a text with a view was sent")
	}
}
