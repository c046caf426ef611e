package chat_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// doing is a call of Ann that wrote something.
type doing struct {
	words   string // all arguments that count; "" once removed
	id      string // of the answer
	n       int64  // its event
	at      time.Time
	heard   int  // how many messages of others there were before it
	refused bool // by her person
	decided int  // how many messages there were once her person sent it
}

// lossy is a room in which half of the answers to Ann are lost. It knows which answers each of her cursors shows.
type lossy struct {
	t        *testing.T
	rng      *rand.Rand
	services []*shelf
	ann, cid chat.Seated
	bob      chat.Seated // has left, if it has no token
	person   string
	doings   []doing
	shows    map[string][]int // the doings whose answers a cursor shows
	cursors  []string         // those that have arrived at Ann, the newest last
	spoken   int              // how many messages of others Ann can read
	approves bool             // her person approves all that she says
	log      []string
	seed     uint64
}

func newLossy(t *testing.T, seed uint64) *lossy {
	s := inFile(t)
	s.single = false
	l := &lossy{t: t, rng: rand.New(rand.NewPCG(seed, 1)), seed: seed,
		services: []*shelf{s.with(chat.Options{}), s.with(chat.Options{})}, shows: map[string][]int{}}
	l.ann = l.any().enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	l.bob, l.cid = l.any().join("plans", "Bob"), l.any().join("plans", "Cid")
	l.person = l.any().person(l.ann)
	l.arrives(l.ann.Cursor, nil)
	return l
}

func (l *lossy) any() *shelf { return l.services[l.rng.IntN(2)] }

func (l *lossy) oneIn(n int) bool { return l.rng.IntN(n) == 0 }

func (l *lossy) failf(format string, a ...any) {
	l.t.Helper()
	l.t.Fatalf("seed %d: %s\nafter\n\t%s", l.seed, fmt.Sprintf(format, a...), strings.Join(l.log, "\n\t"))
}

// arrives notes a cursor that has arrived at Ann.
func (l *lossy) arrives(cursor string, shows []int) {
	if cursor != "" {
		l.cursors, l.shows[cursor] = append(l.cursors, cursor), shows
	}
}

// cursor returns the newest cursor, an older one, or none.
func (l *lossy) cursor() string {
	switch l.rng.IntN(6) {
	case 0:
		return ""
	case 1, 2:
		return l.cursors[max(0, len(l.cursors)-1-l.rng.IntN(6))]
	}
	return l.cursors[len(l.cursors)-1]
}

// shown returns the doings whose answers a cursor shows. A cursor that is before the last eight of them shows no more
// than what is up to it.
func (l *lossy) shown(cursor string) []int {
	own, err := ident.ParseToken(l.ann.Token)
	if err != nil {
		l.t.Fatal(err)
	}
	at, _ := own.ParseCursor(cursor)
	return slices.DeleteFunc(slices.Clone(l.shows[cursor]), func(i int) bool {
		k := len(l.doings) - room.KeptCalls
		return k >= 0 && l.doings[k].n > at.N && l.doings[i].n > at.N
	})
}

// repeated returns the doing that a call with these words and this cursor repeats; -1: it is a new one.
func (l *lossy) repeated(words, cursor string) int {
	for i := len(l.doings) - 1; i >= max(0, len(l.doings)-8); i-- {
		d := l.doings[i]
		isLast := i == len(l.doings)-1 && (l.spoken == d.heard || d.decided > 0 && d.decided == l.spoken)
		if d.words == words && l.now().Sub(d.at) < 10*time.Minute &&
			(cursor == "" && isLast || cursor != "" && !slices.Contains(l.shown(cursor), i)) {
			return i
		}
	}
	return -1
}

func (l *lossy) now() time.Time { return l.services[0].clock.Now() }

// call makes a call of Ann, and loses the answer half of the time. refusable says that it names one who may have left.
func (l *lossy) call(words, cursor string, refusable bool, do func(*shelf) (id, next string, again bool, err error)) {
	want := l.repeated(words, cursor)
	id, next, again, err := do(l.any())
	l.log = append(l.log, fmt.Sprintf("%s with %q (shows %v): %q, again %v, %v; want doing %d", words, cursor,
		l.shows[cursor], id, again, err, want))
	shows := l.shown(cursor)
	switch {
	case want >= 0 && l.doings[want].refused:
		if fault.CodeOf(err) != fault.NotAllowed {
			l.failf("doing %d, which was refused: %v", want, err)
		}
		return
	case want >= 0 && (err != nil || id != l.doings[want].id || !again):
		l.failf("doing %d, %q, is not known: %q, %v", want, words, id, err)
	case want >= 0:
		shows = append(shows, want)
	case err != nil && refusable:
		return
	case err != nil:
		l.failf("%q is refused: %v", words, err)
	case again || slices.ContainsFunc(l.doings, func(d doing) bool { return id != "" && d.id == id }):
		l.failf("%q is swallowed", words)
	case id != "": // else it was held back
		all := l.any().all(l.person)
		n := l.any().number(l.ann.Token, all[len(all)-1].ID)
		l.doings = append(l.doings, doing{words: words, id: id, n: n, at: l.now(), heard: l.spoken})
		shows = append(l.shown(cursor), len(l.doings)-1)
	}
	if l.oneIn(2) {
		l.log = append(l.log, "which is lost")
		return
	}
	l.arrives(next, shows)
}

// send is a message of Ann, or a file.
func (l *lossy) send(text, to, file, cursor string) {
	var names []string
	if to != "" {
		names = []string{to}
	}
	l.call(fmt.Sprintf("says %q to %q with %q", text, to, file), cursor, l.approves || to == "Bob" && l.bob.Token == "",
		func(s *shelf) (string, string, bool, error) {
			var got chat.Sent
			var err error
			if file == "" {
				got, err = s.send(chat.SendRequest{Token: l.ann.Token, Text: text, To: names, Cursor: cursor})
			} else {
				var shared chat.Shared
				shared, err = s.ShareFile(s.t.Context(), chat.ShareRequest{Token: l.ann.Token, Name: file, Text: "tea",
					Note: text, To: names, Cursor: cursor})
				got = shared.Sent
			}
			return got.ID, got.Waited.Cursor, got.Duplicate, err
		})
}

// add adds a task as Ann.
func (l *lossy) add(title, cursor string) {
	l.call("adds "+title, cursor, l.approves, func(s *shelf) (string, string, bool, error) {
		before := len(l.tasks(s))
		got, err := s.Task(s.t.Context(), chat.TaskRequest{Token: l.ann.Token, Action: chat.CommandAdd, Cursor: cursor,
			Tasks: []chat.NewTask{{Title: title}}})
		if err != nil {
			return "", "", false, err
		}
		all := l.tasks(s)
		return got.Tasks[0].ID, got.Cursor, len(all) == before, nil
	})
}

func (l *lossy) tasks(s *shelf) []chat.TaskView {
	got, err := s.ListTasks(s.t.Context(), chat.TaskListRequest{Token: l.ann.Token})
	if err != nil {
		l.t.Fatal(err)
	}
	return got.Tasks
}

// step does something at random.
func (l *lossy) step() {
	s, text := l.any(), []string{"yes", "ok"}[l.rng.IntN(2)]
	say := func(by chat.Seated, text string) {
		l.log = append(l.log, by.Name+" says something")
		l.spoken++
		s.say(by.Token, fmt.Sprint(l.spoken, text))
	}
	switch n := l.rng.IntN(20); {
	case n < 6:
		l.send(text, "", "", l.cursor())
	case n < 8:
		l.send(text, "Bob", "", l.cursor())
	case n == 8:
		l.send(text, "", "tea.txt", l.cursor())
	case n == 9:
		l.add(text, l.cursor())
	case n < 12: // a wait shows no more of her own than its cursor
		cursor := l.cursors[max(0, len(l.cursors)-1-l.rng.IntN(3))]
		shows := l.shown(cursor)
		if got := s.look(l.ann.Token, cursor); !l.oneIn(2) {
			l.log = append(l.log, "looks")
			l.arrives(got.Cursor, shows)
		}
	case n == 12:
		for range 1 + l.rng.IntN(3) {
			say(l.cid, strings.Repeat("long ", 1+l.rng.IntN(6000)))
		}
	case n == 13:
		say(l.cid, "so")
	case n == 14 && l.bob.Token != "":
		l.log = append(l.log, "Bob leaves")
		s.leave(l.bob.Token)
		l.bob.Token = ""
	case n == 14:
		l.log = append(l.log, "another Bob comes")
		l.bob = s.join("plans", "Bob")
	case n == 15:
		s.clock.Advance(time.Duration(l.rng.IntN(240)) * time.Second)
		l.log = append(l.log, "time passes: "+l.now().String())
	case n == 16:
		l.services[l.rng.IntN(2)] = s.with(chat.Options{})
		l.log = append(l.log, "a service starts again")
	case n == 17:
		l.log = append(l.log, "Ann returns")
		back := s.enter(chat.JoinRequest{Token: l.ann.Token})
		l.arrives(back.Cursor, nil)
	case n == 18:
		l.approves = !l.approves
		l.log = append(l.log, fmt.Sprint("her person approves: ", l.approves))
		s.approves(l.person, l.approves)
		l.decide(s)
	case n == 19:
		l.remove(s)
	}
}

// decide has the person of Ann decide about her drafts.
func (l *lossy) decide(s *shelf) {
	for _, draft := range s.supervise(l.person, chat.SuperviseRequest{}).Drafts {
		i := slices.IndexFunc(l.doings, func(d doing) bool { return d.id == draft.ID })
		if l.oneIn(3) {
			s.decides(l.person, draft.ID, room.RefuseDraft, "")
			l.doings[i].refused = true
			l.log = append(l.log, fmt.Sprintf("doing %d is refused", i))
			continue
		}
		_, err := s.Supervise(s.t.Context(), chat.SuperviseRequest{Token: l.person, Draft: draft.ID,
			Decision: room.SendDraft, Anyway: true})
		if err != nil { // Bob has left
			continue
		}
		all := s.all(l.person)
		l.spoken++
		l.doings[i].id, l.doings[i].decided = all[len(all)-1].ID, l.spoken
		l.log = append(l.log, fmt.Sprintf("doing %d is sent", i))
	}
}

// remove removes the words of the last doing, if that is a message.
func (l *lossy) remove(s *shelf) {
	if len(l.doings) == 0 {
		return
	}
	d := &l.doings[len(l.doings)-1]
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: l.ann.Token, Redact: d.id}); err == nil {
		d.words = ""
		l.log = append(l.log, "the last doing is removed")
	}
}

// TestSaidAgain_halfOfTheAnswersLost_isSaidOnceAndNeverSwallowed has Ann call two services at random, by her newest
// cursor, by older ones and without one, in few words. What she repeats since the answer was lost is done once,
// whatever was answered in between; what she says again with a cursor that shows the answer is said. talk: said again.
func TestSaidAgain_halfOfTheAnswersLost_isSaidOnceAndNeverSwallowed(t *testing.T) {
	for range 12 {
		for l, n := newLossy(t, rand.Uint64()), 0; n < 60; n++ {
			l.step()
		}
	}
}

// A field that outgoing.digest leaves out makes another message a repetition, and lets a key stand for two messages.
// A call that hung for over a minute may have been given up, repeated and followed by others, so that nothing shows the
// repetition any more. A key still does.
func TestSend_thatHungForOverAMinute_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	began := w.clock.Now()
	for name, c := range map[string]struct {
		after time.Duration
		key   string
		code  fault.Code
	}{
		"a minute":             {time.Minute, "", ""},
		"longer":               {time.Minute + time.Second, "", fault.Unavailable},
		"longer, but by a key": {time.Hour, "k", ""},
	} {
		ctx := chat.Came(t.Context(), began)
		w.clock.Advance(began.Add(c.after).Sub(w.clock.Now()))
		says := func() error {
			_, err := w.Send(ctx, chat.SendRequest{Token: p.ann.Token, Text: name, Key: c.key})
			return err
		}
		adds := func() error {
			_, err := w.Task(ctx, chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandAdd,
				Tasks: []chat.NewTask{{Title: name}}})
			return err
		}
		if c.code != "" {
			wants(t, w.changesNothing(p.ann.Token, says), c.code)
			wants(t, w.changesNothing(p.ann.Token, adds), c.code)
		} else if err := says(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		began = w.clock.Now()
	}
}

func TestSend_eachFieldThatIsOfTheMessage_tellsItFromOneWithout(t *testing.T) {
	other := map[string]string{"Token": "who sends", "Cursor": "a repetition knows more", "Wait": "for the answer",
		"Absence": "of the agent", "Activity": "of the agent", "Key": "tells by itself", "Stay": "of the seat",
		"Said": "is called"}
	tea := chat.SendRequest{Text: "tea?"}
	asks := chat.SendRequest{Text: "tea?", Kind: room.Request}
	cases := map[string]struct{ without, with chat.SendRequest }{
		"Text":     {tea, chat.SendRequest{Text: "milk?"}},
		"To":       {tea, chat.SendRequest{Text: "tea?", To: []string{"Bob"}}},
		"Ask":      {asks, chat.SendRequest{Text: "tea?", Kind: room.Request, Ask: []string{"Bob"}}},
		"ReplyTo":  {tea, chat.SendRequest{Text: "tea?", ReplyTo: "Bob's"}},
		"Withdraw": {tea, chat.SendRequest{Text: "tea?", Withdraw: "Ann's"}},
		"Kind":     {tea, asks},
		"Finishes": {tea, chat.SendRequest{Text: "tea?", Finishes: []string{"t1"}}},
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[chat.SendRequest]()) {
		c, ofMessage := cases[field.Name]
		if !ofMessage {
			if len(field.Index) == 1 && other[field.Name] == "" {
				t.Errorf("%s: neither tells messages apart nor has a reason", field.Name)
			}
			continue
		}
		for _, key := range []string{"", "k"} {
			c, w := c, newWorld(t)
			p := w.company()
			w.adds(p.bob.Token, "sand")
			w.task(p.ann.Token, chat.CommandTake, "t1")
			ids := map[string]string{"Ann's": w.ask(p.ann.Token, "what?"), "Bob's": w.say(p.bob.Token, "well").ID}
			for _, req := range []*chat.SendRequest{&c.without, &c.with} {
				req.Token, req.Key = p.ann.Token, key
				req.ReplyTo, req.Withdraw = ids[req.ReplyTo], ids[req.Withdraw]
			}
			w.sends(c.without)
			if !w.sends(c.without).Duplicate {
				t.Fatalf("%s, key %q: the same is another message", field.Name, key)
			}
			got, err := w.send(c.with)
			if key == "" && (err != nil || got.Duplicate) || key != "" && fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, key %q: %+v, %v", field.Name, key, got, err)
			}
		}
	}
}

func TestSend_sameKeyWithinADay_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k1"}
	first, err := w.send(req)
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.ann.Token, "between")
	again, err := w.send(req)
	if err != nil || !again.Duplicate || again.ID != first.ID {
		t.Fatalf("again %+v, %v", again, err)
	}
	other, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k2"})
	if err != nil || other.Duplicate {
		t.Fatalf("another key: %+v, %v", other, err)
	}
	w.clock.Advance(24 * time.Hour)
	late, err := w.send(req)
	if err != nil || late.Duplicate {
		t.Fatalf("a day later: %+v, %v", late, err)
	}
}

// repeatsKey fails unless the call repeats the message of an id.
func (w *world) repeatsKey(what string, req chat.SendRequest, id string) {
	w.t.Helper()
	if got, err := w.send(req); err != nil || !got.Duplicate || got.ID != id {
		w.t.Errorf("%s: %+v, %v", what, got, err)
	}
}

// What is not sent binds no key: neither what is held back for news or for a credential, nor what is refused.
func TestSend_keyOfWhatWasNotSent_isFree(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	req := chat.SendRequest{Token: p.bob.Token, Text: "blue", Cursor: p.bob.Cursor, Key: "1"}
	w.tell(p.ann.Token, "not the blue one, Bob", "Bob")
	held, err := w.send(req)
	if err != nil || held.Sent {
		t.Fatalf("an unread message holds nothing back: %+v, %v", held, err)
	}
	req.Cursor, req.Text = held.Waited.Cursor, "the key is "+secret
	if got, err := w.send(req); err != nil || got.Credential == "" {
		t.Fatalf("a credential holds nothing back: %+v, %v", got, err)
	}
	w.pauses(person, true)
	req.Text = "red"
	if got, err := w.send(req); err != nil || got.Waited.Status != chat.StatusPaused {
		t.Fatalf("its person holds nothing back: %+v, %v", got, err)
	}
	w.pauses(person, false)
	req.To = []string{"Zoe"}
	_, err = w.send(req)
	wants(t, err, fault.InvalidArgument)
	req.To, req.Text, req.Cursor = nil, "the key is "+secret, ""
	if got, err := w.send(req); err != nil || !got.Sent || got.Duplicate {
		t.Errorf("the same call once more: %+v, %v", got, err)
	}
}

// A key that stands for an event that is gone, as in what could be saved of a damaged file, still stands for it.
func TestSend_keyOfALostEvent_isADuplicate(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	req := chat.SendRequest{Token: p.ann.Token, Text: "the blue one", Key: "1"}
	sent := w.sends(req)
	for range 200 { // so that another service has it only in the table
		w.clock.Advance(time.Second)
		w.say(p.bob.Token, "and this? "+w.clock.Now().String())
	}
	lost := roomlog.EventKey(p.ann.Token[:7], w.number(p.ann.Token, sent.ID))
	w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && c.Key == lost {
			c.Err = table.ErrNotFound
		}
	}}
	for _, text := range []string{req.Text, "the red one"} {
		req.Text = text
		w.elsewhere().repeatsKey(text, req, sent.ID)
	}
}

// Bob has left by another process, and this one does not know yet. Whatever else is wrong with his call, he is told so.
func TestSend_ofOneWhoHasLeftElsewhere_saysSoFirst(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	draft := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "the red one", Key: "refused"})
	w.decides(person, draft, room.RefuseDraft, "")
	w.approves(person, false)
	w.sends(chat.SendRequest{Token: p.bob.Token, Text: "the blue one", Key: "sent"})
	there := map[string]*world{"": w.elsewhere(), "sent": w.elsewhere(), "refused": w.elsewhere()}
	for _, w := range there {
		w.info(p.bob.Token)
	}
	w.leave(p.bob.Token)
	for key, w := range there {
		_, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "the red one", To: []string{"Zoe"}, Key: key})
		if fault.CodeOf(err) != fault.Removed {
			t.Errorf("with the key %q: %v", key, err)
		}
	}
}

// Of two processes that get one key with two texts at the same time, one sends its text, and one refuses.
func TestRace_oneKeyForTwoTexts_oneIsSent(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w := services[0]
		p := w.pair()
		before := len(w.all(p.bob.Token))
		type result struct {
			chat.Sent
			err error
		}
		results := make(chan result, 4)
		for i := range 4 {
			go func() {
				got, err := services[i%len(services)].send(chat.SendRequest{Token: p.ann.Token,
					Text: []string{"the blue one", "the red one"}[i/2], Key: "1"})
				results <- result{got, err}
			}()
		}
		refused, ids := 0, map[string]bool{}
		for range 4 {
			switch got := <-results; {
			case fault.CodeOf(got.err) == fault.InvalidArgument:
				refused++
			case got.err != nil:
				t.Error(got.err)
			default:
				ids[got.ID] = true
			}
		}
		if after := len(w.all(p.bob.Token)); refused != 2 || len(ids) != 1 || after != before+1 {
			t.Errorf("%d calls were refused, %d ids, %d messages", refused, len(ids), after-before)
		}
	})
}

func TestSend_withAKeyAndItsReplyLost_isNotADuplicate(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	bob := w.losingReplies("LOG#", chat.Options{Clock: hurriedClock{w.clock}})
	got, err := bob.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"})
	if err == nil && got.Duplicate {
		t.Errorf("the first call returns %+v", got)
	}
}

// Bob said it, and was muted then. A table that does not tell what his key stands for must
// not make the call say that nothing was sent.
func TestSend_withAKeyThatCannotBeLookedUp_isNotRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.bob.Token, Text: "said once", Key: "k"}
	first := w.sends(req)
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	fails := true
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if fails && c.Method == tabletest.Get && strings.HasPrefix(c.Key.Sort, "SENT#") {
			return fmt.Errorf("%w: no answer", table.ErrUnavailable)
		}
		return nil
	}}
	bob := &world{t: t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
	_, err := bob.send(req)
	wants(t, err, fault.Unavailable)
	fails = false
	if got := bob.sends(req); got.ID != first.ID || !got.Duplicate {
		t.Errorf("the call that is repeated returns %+v", got)
	}
}
