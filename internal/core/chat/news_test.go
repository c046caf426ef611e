package chat_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// newsOf looks once at the seat of a person, as a call for news does that does not wait.
func (w *world) newsOf(person string, from chat.NewsFrom) chat.SeatNews {
	w.t.Helper()
	got, err := w.tryNews(person, from)
	if err != nil {
		w.t.Fatalf("news: %v", err)
	}
	return got
}

func (w *world) tryNews(person string, from chat.NewsFrom) (chat.SeatNews, error) {
	watch := w.WatchNews()
	defer watch.Close()
	token, err := chat.ParseNewsToken(person)
	if err != nil {
		return chat.SeatNews{}, err
	}
	seat, err := watch.Add(w.t.Context(), token)
	if err != nil {
		return chat.SeatNews{}, err
	}
	from.Bytes = 1 << 20
	return seat.Read(w.t.Context(), from, true)
}

// knownAfter is what the page knows after news.
func knownAfter(before chat.NewsFrom, got chat.SeatNews) chat.NewsFrom {
	if n := len(got.Messages); n > 0 {
		before.After = got.Messages[n-1].ID
	}
	if got.Tag != "" {
		before.Tag = got.Tag
	}
	return before
}

// The page has each list whole, however old a question is, and reads on where a text is cut.
func TestNews_tellsAllThatWaitsForThePerson_howeverOld(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p, person := w.approved()
		long := strings.Repeat("ü", 1999) + "12345"
		asked := w.ask(p.ann.Token, long, "Bob")
		w.ask(p.ann.Token, "for Cid", "Cid")
		anyone := w.ask(p.ann.Token, "who knows?")
		proposed := w.propose(p.cid.Token, "green", "Bob")
		for i := range 150 {
			w.say(p.cid.Token, fmt.Sprint("word ", i))
		}
		first := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: long, ReplyTo: asked})
		second := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "I do", ReplyTo: anyone})

		got := there.newsOf(person, chat.NewsFrom{})
		is := got.State
		if is == nil || len(is.Drafts) != 2 || is.Drafts[0].ID != first || is.Drafts[1].ID != second {
			t.Fatalf("%+v", is)
		}
		same(t, "asks", idsOf(is.Asks), []string{asked, proposed})
		same(t, "questions", idsOf(is.Questions), []string{anyone})
		for _, m := range []chat.Message{is.Drafts[0].Message, is.Asks[0]} {
			if m.Text != long[:len(long)-4] || m.More == nil || m.More.Offset != len(m.Text) {
				t.Errorf("a long text: %d bytes, %+v", len(m.Text), m.More)
				continue
			}
			rest := there.history(person, chat.HistoryRequest{ID: m.More.ID, Offset: m.More.Offset})
			if got := rest.Messages[0].Text; got != "2345" {
				t.Errorf("its rest: %q", got)
			}
		}
		if is.Drafts[0].Answers == nil || is.Drafts[0].Answers.State != room.QuestionOpen {
			t.Errorf("what a draft answers: %+v", is.Drafts[0].Answers)
		}
		if len(got.Messages) != 100 || !got.Earlier || got.HasMore || got.Forgot {
			t.Errorf("%d messages, %+v", len(got.Messages), got)
		}
		after := knownAfter(chat.NewsFrom{}, got)
		if got := there.newsOf(person, after); got.State != nil || got.Tag != "" || len(got.Messages) > 0 {
			t.Errorf("with nothing new: %+v", got)
		}
	})
}

// idsOf returns the ids of messages.
func idsOf(ms []chat.Message) (ids []string) {
	for _, m := range ms {
		ids = append(ids, m.ID)
	}
	return ids
}

// A tag knows how all stands but the last message: words come by themselves, and whatever else changes is told whole.
func TestNews_tag_fitsUntilSomethingElseThanWordsChanges(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	ann := w.personOn(p.ann, "laptop")
	asked := w.ask(p.ann.Token, "blue?", "Bob")
	drafted := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "yes", ReplyTo: asked})
	from := knownAfter(chat.NewsFrom{}, w.newsOf(person, chat.NewsFrom{}))
	look := func(what string, told bool) chat.SeatNews {
		t.Helper()
		got := w.newsOf(person, from)
		if (got.State != nil) != told || (got.Tag != "") != told {
			t.Errorf("after %s: %+v", what, got)
		}
		from = knownAfter(from, got)
		return got
	}
	w.say(p.ann.Token, "well")
	if got := look("words", false); !slices.Equal(texts(got.Messages), []string{"well"}) {
		t.Errorf("%+v", got)
	}
	w.sends(chat.SendRequest{Token: p.ann.Token, Text: "psst", To: []string{"Cid"}})
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "what?", To: []string{"Ann"}, Ask: []string{"Ann"},
		Kind: room.Request})
	if got := look("what others say in private", false); len(got.Messages) > 0 {
		t.Errorf("%+v", got)
	}
	w.approves(ann, true)
	w.drafts(chat.SendRequest{Token: p.ann.Token, Text: "hm"})
	w.approves(ann, false)
	look("a draft of another", false)
	w.look(p.cid.Token, p.cid.Cursor)
	look("a call of another", false)

	eve := chat.Seated{}
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"another draft", func() { w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "and red"}) }},
		{"a decision", func() { w.decides(person, drafted, room.RefuseDraft, "") }},
		{"a question", func() { w.ask(p.cid.Token, "green?", "Bob") }},
		{"an answer", func() { w.reply(person, "no", asked) }},
		{"a pause", func() { w.pauses(person, true) }},
		{"its own name", func() { w.supervise(person, chat.SuperviseRequest{PersonName: "Robert"}) }},
		{"the name of another", func() { w.supervise(ann, chat.SuperviseRequest{PersonName: "Anna"}) }},
		{"a join", func() { eve = w.join("plans", "Eve") }},
		{"a mute", func() { w.manage(p.ann.Token, room.Mute, "Eve", chat.StatusMuted) }},
		{"a leave", func() { w.leave(eve.Token) }},
		{"another name of the room", func() { w.update(chat.UpdateRequest{Token: p.ann.Token, Room: "ideas"}) }},
		{"a removed text", func() { w.redact(p.ann.Token, w.say(p.ann.Token, "secret").ID) }},
		{"the end of the room", func() { w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true}) }},
	} {
		c.do()
		look(c.what, true)
		look("nothing since "+c.what, false)
	}
}

// What changes with each call of an agent is told once a minute, and then alone.
func TestNews_presenceAndStalledTasks_areToldOnceAMinute(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	person := w.person(p.bob)
	w.adds(p.ann.Token, "paint", "sand")
	w.task(p.cid.Token, chat.CommandTake, "t2")
	watch := w.WatchNews()
	defer watch.Close()
	token, _ := ident.ParseToken(person)
	seat, err := watch.Add(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	from := chat.NewsFrom{Bytes: 1 << 20}
	look := func(whole bool) chat.SeatNews {
		t.Helper()
		got, err := seat.Read(t.Context(), from, whole)
		if err != nil {
			t.Fatal(err)
		}
		from = knownAfter(from, got)
		return got
	}
	look(true)
	w.clock.Advance(time.Minute - time.Second)
	w.sends(chat.SendRequest{Token: p.cid.Token, Text: "later", Absence: chat.Absence{Given: true, BackIn: time.Hour}})
	if got := look(true); got.Tag != "" || len(got.Messages) != 1 {
		t.Errorf("after less than a minute: %+v", got)
	}
	w.clock.Advance(time.Second)
	if got := look(false); got.Tag != "" {
		t.Errorf("in a wait: %+v", got)
	}
	if got := look(true); got.State == nil || len(got.Messages) > 0 {
		t.Errorf("after a minute: %+v", got)
	}
	w.clock.Advance(room.StallsAfter + time.Hour)
	got := look(true)
	if got.State == nil || len(got.State.Stalled) != 1 || got.State.Stalled[0].ID != "t2" ||
		got.State.Stalled[0].By != "Cid" {
		t.Errorf("a task that has stalled: %+v", got.State)
	}
	w.clock.Advance(time.Minute)
	if got := look(true); got.State != nil || got.Tag == "" {
		t.Errorf("as it was a minute ago: %+v", got)
	}
}

// The page looks at a hundred rooms that nobody opens: no agent and no other device may notice.
func TestNews_leavesNoTrace(t *testing.T) {
	w := newWorld(t)
	p, person := w.approved()
	w.ask(p.ann.Token, "blue?", "Bob")
	w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "yes"})
	cursor := w.look(person, "").Cursor
	w.clock.Advance(time.Hour)
	before, stored := w.info(p.ann.Token).Room.Agents, w.roomItems(person)
	w.newsOf(person, chat.NewsFrom{})
	if got := w.roomItems(person); !maps.Equal(got, stored) {
		t.Errorf("stored is %v\nbefore %v", got, stored)
	}
	if got := w.info(p.ann.Token).Room.Agents; !reflect.DeepEqual(got, before) {
		t.Errorf("others see %+v\nbefore %+v", got, before)
	}

	waits := w.open(t.Context(), chat.WaitRequest{Token: person, Cursor: cursor, Wait: longWait})
	w.newsOf(person, chat.NewsFrom{})
	w.say(p.ann.Token, "well")
	if got := take(t, waits); !slices.Equal(texts(got.Messages), []string{"well"}) {
		t.Errorf("the wait of the person ends with %+v", got)
	}
}

// personOn is person for one more person of a room, on a device with a name.
func (w *world) personOn(s chat.Seated, name string) string {
	w.t.Helper()
	token, err := w.opens(s.Watch, name)
	if err != nil {
		w.t.Fatalf("the link of %s is not opened: %v", s.Name, err)
	}
	return token
}

// roomItems returns what is stored of the room of a token, by sort key.
func (w *world) roomItems(token string) map[string]string {
	w.t.Helper()
	own, err := ident.ParseToken(token)
	if err != nil {
		w.t.Fatal(err)
	}
	page, err := w.table.Query(w.t.Context(),
		table.Range{Partition: "ROOM#" + own.Room, Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil || page.More {
		w.t.Fatal(err)
	}
	all := map[string]string{}
	for _, item := range page.Items {
		all[item.Key.Sort] = string(item.Data)
	}
	return all
}

// Each refusal is that of the seat: what the page learns by opening the room.
func TestNews_seatThatIsNone_isRefusedWithTheReason(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p, person := w.approved()
		cid := w.personOn(p.cid, "laptop")
		made := device(t, w.newLink(person), "made up")
		for what, c := range map[string]struct {
			token string
			code  fault.Code
		}{
			"an agent": {p.bob.Token, fault.NotAllowed}, "a made-up device": {made, fault.TokenInvalid},
			"a mistyped token": {person[1:], fault.TokenInvalid}, "none": {"", fault.TokenInvalid},
		} {
			if _, err := there.tryNews(c.token, chat.NewsFrom{}); fault.CodeOf(err) != c.code {
				t.Errorf("%s: %v", what, err)
			}
		}
		from := knownAfter(chat.NewsFrom{}, there.newsOf(cid, chat.NewsFrom{}))
		w.manage(p.ann.Token, room.Kick, "Cid", chat.StatusKicked)
		if _, err := there.tryNews(cid, from); fault.CodeOf(err) != fault.Removed {
			t.Errorf("kicked: %v", err)
		}
		w.clock.Advance(room.Life + time.Minute)
		if _, err := there.tryNews(person, chat.NewsFrom{}); fault.CodeOf(err) != fault.RoomNotFound {
			t.Errorf("of a room that has ended: %v", err)
		}
	})
}

// The drafts are those of supervise. Others do not know of them.
func TestNews_drafts_areThoseThatWaitForThePerson(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, person := w.approved()
		phone, err := w.opens(w.newLink(person), "tablet")
		if err != nil {
			t.Fatal(err)
		}
		others := []string{w.personOn(p.ann, "laptop"), w.sits(t.Context(), "Pam").Token}
		waits := func(what string, want ...string) {
			t.Helper()
			ids := func(drafts []chat.DraftView) (ids []string) {
				for _, d := range drafts {
					ids = append(ids, d.ID)
				}
				return ids
			}
			same(t, what+", by supervise", ids(there.supervise(phone, chat.SuperviseRequest{}).Drafts), want)
			for _, token := range []string{person, phone} {
				same(t, what, ids(there.newsOf(token, chat.NewsFrom{}).State.Drafts), want)
			}
			for _, token := range others {
				same(t, what+", for others", ids(there.newsOf(token, chat.NewsFrom{}).State.Drafts), nil)
			}
		}
		waits("before any")
		one := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "one"})
		two := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "two"})
		waits("two drafts", one, two)
		w.decides(person, one, room.SendDraft, "")
		waits("one is sent", two)
		w.decides(person, two, room.RefuseDraft, "")
		waits("both are decided")
		three := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "three"})
		w.clock.Advance(room.DraftLife - time.Minute)
		waits("for almost a day", three)
		w.clock.Advance(time.Minute)
		waits("it has expired")
	})
}

// The stalled tasks are those of list_tasks.
func TestNews_stalledTasks_areThoseThatThePersonSees(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, pam := w.withPam()
		person := w.person(p.ann)
		w.adds(p.ann.Token, "sand", "paint", "sweep")
		w.task(p.bob.Token, chat.CommandTake, "t1")
		w.task(pam.Token, chat.CommandTake, "t3")
		p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
		named := func(token string) (tasks []string) {
			for _, task := range there.newsOf(token, chat.NewsFrom{}).State.Stalled {
				tasks = append(tasks, task.ID+" "+task.Title)
			}
			return tasks
		}
		stalled := func(what string, want ...string) {
			t.Helper()
			for _, token := range []string{pam.Token, person} {
				var listed []string
				for _, task := range there.lists(chat.TaskListRequest{Token: token}).Tasks {
					if task.State == chat.TaskStalled {
						listed = append(listed, task.ID+" "+task.Title)
					}
				}
				same(t, what+", by list_tasks", listed, want)
				same(t, what, named(token), want)
			}
		}
		w.clock.Advance(room.StallsAfter - time.Minute)
		stalled("Bob is silent for 14 minutes")
		w.clock.Advance(time.Minute)
		stalled("for 15", "t1 sand")
		w.look(p.bob.Token, p.bob.Cursor)
		stalled("Bob returns")
		w.clock.Advance(room.StallsAfter)
		stalled("Bob falls silent again", "t1 sand")
		w.task(p.ann.Token, chat.CommandTake, "t1")
		stalled("Ann has taken it")
		w.task(p.bob.Token, chat.CommandTake, "t2")
		w.leave(p.bob.Token)
		stalled("Bob leaves with another", "t2 paint")
		dan := w.sits(t.Context(), "Dan") // who joined after a seat was freed does not see the earlier tasks
		same(t, "a newcomer", named(dan.Token), nil)
	})
}

// A page may come back after weeks.
func TestNews_afterAMessageThatIsNotThere_areTheLatest(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		bob, cid := w.person(p.bob), w.personOn(p.cid, "laptop")
		hidden := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "psst", To: []string{"Cid"}}).ID
		w.say(p.ann.Token, "well")
		tag := there.newsOf(bob, chat.NewsFrom{}).Tag
		for _, after := range []string{"m000000", hidden, "x"} {
			got := there.newsOf(bob, chat.NewsFrom{After: after, Tag: tag})
			// what waits comes, too: a text may have been removed before the latest messages
			if !got.Forgot || got.State == nil || !slices.Equal(texts(got.Messages), []string{"well"}) {
				t.Errorf("after %q: %+v", after, got)
			}
		}
		if got := there.newsOf(cid, chat.NewsFrom{After: hidden}); got.Forgot ||
			!slices.Equal(texts(got.Messages), []string{"well"}) {
			t.Errorf("%+v", got)
		}
		for i := range 250 {
			w.say(p.ann.Token, fmt.Sprint("more ", i))
		}
		from, n := chat.NewsFrom{After: hidden}, 0
		for more := true; more; n++ {
			got := there.newsOf(cid, from)
			more, from = got.HasMore, knownAfter(from, got)
		}
		if n != 3 {
			t.Errorf("251 messages came in %d pages", n)
		}
	})
}
