package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// spilled is what the texts hold that are removed.
const spilled = "471!" // with a sign that no hash has

// reads returns all that the agent can read.
func (w *world) reads(s chat.Seated) string {
	w.t.Helper()
	news, info := w.look(s.Token, s.Cursor), w.info(s.Token)
	text, err := json.Marshal([]any{w.all(s.Token), news.Messages, info.Requests, info.Agreements,
		w.history(s.Token, chat.HistoryRequest{Agreed: true}).Messages})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// inTable returns how many items of the token's room hold the secret.
func (w *world) inTable(token string) (n int) {
	w.t.Helper()
	page, err := w.table.Query(w.t.Context(),
		table.Range{Partition: "ROOM#" + token[:7], Limit: 100, Consistency: table.Strong})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, item := range page.Items {
		if strings.Contains(string(item.Data), spilled) {
			n++
		}
	}
	return n
}

// talk: removing
func TestRedact_textOfEveryKind_isGoneEverywhere(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		agreed := w.allAgree(p, "let the key be "+spilled)
		ids := []string{
			agreed,
			w.propose(p.bob.Token, "or "+spilled),
			w.ask(p.ann.Token, "is it "+spilled+"?", "Bob"),
			w.sends(chat.SendRequest{Token: p.ann.Token, Text: strings.Repeat(spilled, 5000)}).ID,
			w.tell(p.cid.Token, "between us: "+spilled, "Ann").ID,
		}
		for _, w := range services {
			if n := strings.Count(w.reads(p.ann), spilled); n < 2*len(ids) {
				t.Fatalf("Ann reads it %d times: the test is void", n)
			}
		}
		for _, id := range ids {
			w.redact(p.ann.Token, id)
		}
		for _, w := range append(services, there, w.elsewhere()) {
			for _, s := range []chat.Seated{p.ann, p.bob, p.cid} {
				if got := w.reads(s); strings.Contains(got, spilled) {
					t.Errorf("%s reads %s", s.Name, got)
				}
			}
			if m := w.history(p.bob.Token, chat.HistoryRequest{ID: agreed}).Messages[0]; m.Text != room.Removed ||
				!m.Redacted || m.From != "Ann" {
				t.Errorf("the text reads %+v", m)
			}
			w.asked([]string{"Bob asks [Ann Cid]: removed", "Ann asks [Bob]: removed"}, p.bob)
		}
		there.agree(p.ann.Token, ids[1])
		there.agree(p.cid.Token, ids[1])
		same(t, "agreements", w.agreements(p.bob.Token), []string{"Bob: removed", "Ann: removed"})
		if n := w.inTable(p.ann.Token); n > 0 {
			t.Errorf("%d items hold it", n)
		}
	})
}

// What a wait has gathered in a crowd is handed out when something wakes it.
func TestRedact_textThatAnOpenWaitHolds_isGoneInEachProcess(t *testing.T) {
	w := newWorld(t)
	here, there := w.another(), w.another()
	p := here.company()
	bob := here.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: longWait,
		ForMe: true})
	cid := there.open(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: longWait,
		ForMe: true})
	id := here.sends(chat.SendRequest{Token: p.ann.Token, Text: "the key is " + spilled}).ID
	here.say(p.ann.Token, "and the door is green")
	w.pass(time.Second) // the other process looks
	here.redact(p.ann.Token, id)
	here.say(p.ann.Token, "@Bob and @Cid, forget it")
	waited, _ := w.until(cid, time.Minute)
	for _, got := range []chat.Waited{take(t, bob), waited} {
		n := len(got.Messages)
		if n < 4 || got.Messages[n-4].Text != room.Removed || !got.Messages[n-4].Redacted ||
			got.Messages[n-3].Text != "and the door is green" || got.Messages[n-3].Redacted ||
			got.Messages[n-2].Redacts != id || got.Messages[n-2].By != "Ann" {
			t.Errorf("the wait hands out %+v", got.Messages)
		}
	}
}

func TestRedact_whoMayNot_changesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	said := w.say(p.bob.Token, "the key is "+spilled).ID
	private := w.tell(p.bob.Token, "between us", "Cid").ID
	vote := w.agreeTo(p)
	refused := func(what, token string, req chat.UpdateRequest, code fault.Code) string {
		t.Helper()
		req.Token = token
		before := len(w.events(token))
		_, err := w.UpdateRoom(t.Context(), req)
		if fault.CodeOf(err) != code || len(w.events(token)) != before {
			t.Errorf("%s: %v; want %s and no event", what, err, code)
		}
		return err.Error()
	}
	refused("another member", p.cid.Token, chat.UpdateRequest{Redact: said}, fault.NotAllowed)
	hidden := refused("an admin that may not see it", p.ann.Token, chat.UpdateRequest{Redact: private},
		fault.InvalidArgument)
	if none := refused("no id", p.ann.Token, chat.UpdateRequest{Redact: "m000000"},
		fault.InvalidArgument); none != hidden {
		t.Errorf("of a hidden message: %s; of none: %s", hidden, none)
	}
	if join := refused("a join", p.ann.Token, chat.UpdateRequest{Redact: w.id(p.ann.Token, 2)},
		fault.InvalidArgument); join == hidden {
		t.Errorf("of a join, which is there: %s", join)
	}
	refused("with a setting", p.ann.Token, chat.UpdateRequest{Redact: said, Description: "new"}, fault.InvalidArgument)
	w.redact(p.bob.Token, said)
	w.redact(p.cid.Token, w.say(p.cid.Token, "removed").ID)
	before := len(w.events(p.ann.Token))
	for name, id := range map[string]string{"text that is gone": said, "vote without a text": vote} {
		if got := w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: id}); got.Status != chat.StatusUnchanged ||
			len(w.events(p.ann.Token)) != before {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w.update(chat.UpdateRequest{Token: p.ann.Token, Close: true})
	refused("a closed room", p.bob.Token, chat.UpdateRequest{Redact: private}, fault.RoomClosed)
}

// agreeTo has Bob agree to a proposal of Ann, and returns the id of the vote.
func (w *world) agreeTo(p company) string {
	w.t.Helper()
	return w.agree(p.bob.Token, w.propose(p.ann.Token, "blue", "Bob")).ID
}

func TestRedact_replyIsLost_isDoneOnce(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			id := w.say(p.ann.Token, "the key is "+spilled).ID
			hooks := &tabletest.Hooks{Table: w.table}
			failing := func(c tabletest.Call) error {
				if c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "LOG#") {
					return table.ErrUnavailable
				}
				return nil
			}
			if written {
				hooks.After = func(_ context.Context, c *tabletest.Call) { c.Err = errors.Join(c.Err, failing(*c)) }
			} else {
				hooks.Before = func(_ context.Context, c tabletest.Call) error { return failing(c) }
			}
			_, err := onTable(t, w.clock, hooks, chat.Options{}).UpdateRoom(t.Context(),
				chat.UpdateRequest{Token: p.ann.Token, Redact: id})
			wants(t, err, fault.Unavailable)
			there := w.elsewhere()
			if got := there.update(chat.UpdateRequest{Token: p.ann.Token,
				Redact: id}); (got.Status == chat.StatusUnchanged) != written {
				t.Errorf("the repeated call: %+v", got)
			}
			n := 0
			for _, m := range there.all(p.bob.Token) {
				if m.Type == chat.EventRoom {
					n++
				}
			}
			if n != 1 || there.inTable(p.ann.Token) != 0 {
				t.Errorf("%d events say it, and the text is in %d items", n, there.inTable(p.ann.Token))
			}
		})
	}
}

// The last vote comes after the call has looked for agreements.
func TestRedact_agreementIsCompletedMeanwhile_itsTextIsGone(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.propose(p.ann.Token, "let the key be "+spilled, "Bob")
	voter, voted := w.elsewhere(), atomic.Bool{}
	hooks := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Query && c.Range.Prefix == "AGREED#" && !voted.Swap(true) {
			voter.agree(p.bob.Token, id)
		}
	}}
	onTable(t, w.clock, hooks, chat.Options{}).redact(p.ann.Token, id)
	there := w.elsewhere()
	same(t, "agreements", there.agreements(p.cid.Token), []string{"Ann: removed"})
	if there.inTable(p.ann.Token) != 0 {
		t.Error("the agreement has the text")
	}
}

// Bob removes his text when Ann's call has read it.
func TestRedact_textIsRemovedMeanwhile_isDoneOnce(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.say(p.bob.Token, "the key is "+spilled).ID
	other, removed := w.elsewhere(), atomic.Bool{}
	hooks := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Query && c.Range.Prefix == "AGREED#" && !removed.Swap(true) {
			other.redact(p.bob.Token, id)
		}
	}}
	late := onTable(t, w.clock, hooks, chat.Options{})
	if got := late.update(chat.UpdateRequest{Token: p.ann.Token, Redact: id}); got.Status != chat.StatusUnchanged {
		t.Errorf("Ann is told %+v", got)
	}
	if news := w.elsewhere().look(p.cid.Token, p.cid.Cursor).Messages; len(news) != 2 || news[1].By != "Bob" {
		t.Errorf("Cid is told %+v", news)
	}
}

func TestRedact_agreementExpiresMeanwhile_textOfTheMessageIsGone(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.propose(p.ann.Token, "let the key be "+spilled, "Bob")
	done := w.agree(p.bob.Token, id).ID
	agreement := w.item(p.ann.Token, fmt.Sprintf("AGREED#%016d#%016d", w.number(p.ann.Token, done),
		w.number(p.ann.Token, id)))
	hooks := &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Query && c.Range.Prefix == "AGREED#" {
			w.write(table.Delete(agreement.Key, table.Always))
		}
	}}
	onTable(t, w.clock, hooks, chat.Options{}).redact(p.ann.Token, id)
	if n := w.inTable(p.ann.Token); n > 0 {
		t.Errorf("%d items hold it", n)
	}
}

// Who says what stands in the place of its last text does not repeat that.
func TestRedact_senderSpeaksAgain_isHeard(t *testing.T) {
	onBoth(t, func(t *testing.T, w, there *world) {
		p := w.company()
		w.redact(p.ann.Token, w.say(p.ann.Token, "the key is "+spilled).ID)
		w.clock.Advance(3 * time.Second)
		if got := there.say(p.ann.Token, room.Removed); got.Duplicate {
			t.Errorf("got %+v", got)
		}
	})
}

// What a person let its agent say is in the log twice: as the draft, too.
func TestRedact_textThatWasADraft_isGoneFromTheDraftAsWell(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, person := w.approved()
		sent := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "the key is " + spilled})
		there.decides(person, sent, room.SendDraft, "")
		edited := w.drafts(chat.SendRequest{Token: p.bob.Token, Text: "between us: " + spilled, To: []string{"Ann"}})
		w.decides(person, edited, room.EditDraft, "or rather "+spilled)
		if n := w.inTable(p.ann.Token); n != 4 {
			t.Fatalf("%d items hold it: the test is void", n)
		}
		for _, m := range w.all(p.ann.Token) {
			if strings.Contains(m.Text, spilled) {
				w.redact(p.ann.Token, m.ID)
			}
		}
		for _, w := range append(services, there, w.elsewhere()) {
			if got, err := json.Marshal([]any{w.look(person, "").Messages,
				w.history(person, chat.HistoryRequest{}).Messages, w.all(p.bob.Token)}); err != nil ||
				strings.Contains(string(got), spilled) {
				t.Errorf("Bob or his person reads %s, %v", got, err)
			}
			if m := w.history(person, chat.HistoryRequest{ID: sent}).Messages[0]; m.Type != chat.EventDrafted ||
				m.Text != room.Removed || !m.Redacted {
				t.Errorf("the draft reads %+v", m)
			}
		}
		if n := w.inTable(p.ann.Token); n > 0 {
			t.Errorf("%d items hold it", n)
		}
	})
}

func TestRedact_agreedFile_isInNoItem(t *testing.T) {
	onFileStore(t, func(t *testing.T, s *shelf) {
		p := s.company()
		id := s.uploads(s.offer(chat.ShareRequest{Token: p.ann.Token, Name: spilled + ".json", Size: 9,
			Ask: []string{"Bob"}, Kind: room.Proposal}), "the key")
		s.agree(p.bob.Token, id)
		if n := s.inTable(p.ann.Token); n < 2 {
			t.Errorf("%d items have it before", n)
		}
		newer := s.uploads(s.offer(chat.ShareRequest{Token: p.bob.Token, Name: "newer.json", Size: 9,
			Ask: []string{"Ann"}, Kind: room.Proposal, ReplyTo: id}), "the lock")
		s.agree(p.ann.Token, newer)
		old := s.history(p.bob.Token, chat.HistoryRequest{Agreed: true, Limit: 1}).Messages[0].OldFile
		shown := s.info(p.bob.Token).Agreements[0].OldFile
		if old == nil || old.Sum == "" || shown == nil || *shown != *old {
			t.Errorf("it replaces %+v, %+v in room_info", old, shown)
		}
		s.redact(p.ann.Token, id)
		record := s.history(p.bob.Token, chat.HistoryRequest{Agreed: true}).Messages
		if shown := s.info(p.bob.Token).Agreements; record[0].RemovedBy != "Ann" || record[1].RemovedBy != "" ||
			record[1].OldFile != nil || shown[1].RemovedBy != "Ann" {
			t.Errorf("on record are %+v, %+v in room_info", record, shown)
		}
		read := s.reads(p.bob)
		if n := s.inTable(p.ann.Token); n > 0 || strings.Contains(read, spilled) || len(s.kept(p.ann.Token)) != 1 {
			t.Errorf("%d items have it, and Bob reads %s", n, read)
		}
	})
}

func TestRedact_file_isGoneEverywhere(t *testing.T) {
	onEachStore(t, func(t *testing.T, base *shelf) {
		s, store := base.watching()
		p := s.company()
		code := s.offer(chat.ShareRequest{Token: p.bob.Token, Name: spilled + ".txt", Size: 99, Note: spilled})
		ids := []string{s.uploads(code, "sp"+spilled),
			s.share(chat.ShareRequest{Token: p.bob.Token, Name: "x" + spilled, Text: "y" + spilled,
				To: []string{"Ann"}})}
		keys := s.kept(p.ann.Token)
		_, err := s.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.cid.Token, Redact: ids[0]})
		wants(t, err, fault.NotAllowed)
		s.redact(p.ann.Token, ids[0])
		s.redact(p.bob.Token, ids[1])
		for _, k := range keys {
			s.erased(k)
		}
		if n := s.inTable(p.ann.Token); n > 0 || len(store.all) > 0 || len(s.kept(p.ann.Token)) > 0 {
			t.Errorf("%d items have it, %d files", n, len(store.all))
		}
		for _, m := range s.all(p.ann.Token) {
			if m.File != nil {
				t.Errorf("%+v", m.File)
			}
		}
		_, err = s.file(p.ann.Token, ids[0])
		wants(t, err, fault.InvalidArgument)
		_, err = s.upload(code, "sp"+spilled)
		wants(t, err, fault.NotAllowed)
	})
}

// A server that was restarted without its store of files still removes what a message says.
func TestRedact_fileOnAServerWithoutFiles_isRemoved(t *testing.T) {
	s := inFile(t)
	p := s.company()
	id := s.share(chat.ShareRequest{Token: p.ann.Token, Name: "a.txt", Text: "text"})
	without := chat.New(s.table, chat.Options{Clock: hurriedClock{s.clock}, SingleProcess: true})
	got, err := without.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Redact: id})
	if err != nil || got.Redacted != id {
		t.Errorf("%+v, %v", got, err)
	}
}

// The words of a task are in the events about it, in its part of the snapshot, and once it is closed in an item of
// its own. A report that ends a task is in there, too.
func TestRedact_task_isGoneEverywhere(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	other := w.another()
	other.look(p.bob.Token, p.bob.Cursor) // its tail has the words
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandAdd, Tasks: []chat.NewTask{{Title: "sand"},
		{Title: "the key is " + spilled, Text: "really, " + spilled}, {Title: "paint"}, {Title: spilled}}})
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandEdit, ID: "t2", Text: "now it is " + spilled})
	w.task(p.bob.Token, chat.CommandTake, "t2")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandRelease, ID: "t2", Text: "mine is " + spilled})
	w.task(p.bob.Token, chat.CommandTake, "t4")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandFinish, ID: "t4", Text: "it was " + spilled,
		Evidence: room.Evidence{Ran: "make door KEY=" + spilled, Dir: spilled, System: spilled}, Exited: true})
	w.does(chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandCheck, ID: "t4", Exited: true})
	report := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "sanded, for " + spilled, Finishes: []string{"t1"}}).ID
	other.look(p.bob.Token, p.bob.Cursor)
	if n := w.inTable(p.ann.Token); n != 10 {
		t.Fatalf("%d items hold the secret before", n)
	}
	_, err := w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.bob.Token, Redact: "t2"}) // he gave it back
	wants(t, err, fault.NotAllowed)
	w.redact(p.cid.Token, "t2")
	w.redact(p.bob.Token, "t4") // which he has ended
	if n := w.inTable(p.ann.Token); n != 2 {
		t.Errorf("%d items hold the secret of the report", n)
	}
	w.redact(p.bob.Token, report)
	if n := w.inTable(p.ann.Token); n != 0 {
		t.Errorf("%d items hold the secret", n)
	}
	if got := w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: "t2"}); got.Status != chat.StatusUnchanged {
		t.Errorf("once more: %+v", got)
	}
	w.task(p.bob.Token, chat.CommandTake, "t2")
	w.does(chat.TaskRequest{Token: p.bob.Token, Action: chat.CommandRelease, ID: "t2", Text: "again: " + spilled})
	w.redact(p.cid.Token, "t2") // what was said of it since
	if n := w.inTable(p.ann.Token); n != 0 {
		t.Errorf("%d items hold the secret of the second reason", n)
	}
	if got := w.update(chat.UpdateRequest{Token: p.ann.Token, Redact: "t2"}); got.Status != chat.StatusUnchanged {
		t.Errorf("a third time: %+v", got)
	}
	_, err = w.UpdateRoom(t.Context(), chat.UpdateRequest{Token: p.ann.Token, Redact: "t9"})
	wants(t, err, fault.InvalidArgument)
	same(t, "the list", other.tasks(p.ann.Token), []string{"t2 removed open", "t3 paint open"})
	for where, x := range map[string]*world{"here": w, "there": other, "elsewhere": w.elsewhere()} {
		shown := fmt.Sprint(x.reads(p.bob), x.lists(chat.TaskListRequest{Token: p.bob.Token}),
			x.lists(chat.TaskListRequest{Token: p.bob.Token, Closed: true}))
		if strings.Contains(shown, spilled) {
			t.Errorf("%s the secret is shown: %s", where, shown)
		}
	}
	w.verify(p.ann.Token)
}
