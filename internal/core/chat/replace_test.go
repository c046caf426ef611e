package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// counter has somebody propose something in reply to a proposal.
func (w *world) counter(who chat.Seated, text, id string, ask ...string) chat.Sent {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: who.Token, Text: text, Kind: room.Proposal, ReplyTo: id, Ask: ask})
}

// allAgree has Ann propose something to which Bob and Cid agree, and returns its id.
func (w *world) allAgree(p company, text string) (id string) {
	w.t.Helper()
	id = w.propose(p.ann.Token, text)
	w.agree(p.bob.Token, id)
	w.agree(p.cid.Token, id)
	return id
}

// onRecord returns the agreements of room_info and those of the history, with what each replaces and what has replaced
// it, in the order of their texts.
func (w *world) onRecord(who chat.Seated) (info, history []string) {
	w.t.Helper()
	texts := map[string]string{}
	list := w.info(who.Token).Agreements
	for _, a := range list {
		texts[a.ID] = a.Text
	}
	for _, a := range list {
		info = append(info, fmt.Sprintf("%s for %q, then %q", a.Text, texts[a.Replaces], texts[a.ReplacedBy]))
	}
	for _, m := range w.history(who.Token, chat.HistoryRequest{Agreed: true}).Messages {
		history = append(history, fmt.Sprintf("%s for %q, then %q", m.Text, texts[m.Replaces], texts[m.ReplacedBy]))
	}
	slices.Sort(info)
	slices.Sort(history)
	return info, history
}

// inRecord fails unless each of agents finds these agreements on record.
func (w *world) inRecord(want []string, agents ...chat.Seated) {
	w.t.Helper()
	for _, who := range agents {
		info, history := w.onRecord(who)
		same(w.t, who.Name+" sees in room_info", info, want)
		same(w.t, who.Name+" reads in the history", history, want)
	}
}

// Ann bans Cid: with another agent of hers she replaces nothing. With Bob, who is left, she does, and the record says
// that Cid was not asked.
func TestReplaced_adminWhoKicks_needsOneWhoIsLeft(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		nine := w.allAgree(p, "nine")
		second := w.join("plans", "Second")
		there.manage(p.ann.Token, room.BanName, "Cid", chat.StatusBanned)
		if alone := w.counter(p.ann, "ten", nine, "Second"); alone.Beside != nine {
			t.Errorf("without Bob: %+v", alone)
		}
		ten := there.counter(p.ann, "ten sharp", nine, "Bob", "Second")
		w.agree(second.Token, ten.ID)
		w.agree(p.bob.Token, ten.ID)
		newest := there.info(p.ann.Token).Agreements[0]
		read := w.history(p.ann.Token, chat.HistoryRequest{Agreed: true, Limit: 1}).Messages[0]
		for what, names := range map[string][2][]string{"room_info": {newest.Bound, newest.NoSay},
			"the history": {read.Bound, read.NoSay}} {
			same(t, what+" says: bound were", names[0], []string{"Ann", "Bob", "Cid"})
			same(t, what+" says: without a say was", names[1], []string{"Cid"})
		}
	})
}

// An agreement lives for a year, and the event of its proposal for a month.
func TestReplaced_agreementWhoseEventHasExpired_isReplaced(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	nine := w.allAgree(p, "nine")
	for range 4 {
		w.clock.Advance(9 * 24 * time.Hour)
		for _, s := range []chat.Seated{p.ann, p.bob, p.cid} {
			w.say(s.Token, "we still meet, said "+s.Name+" at "+w.clock.Now().String())
		}
	}
	w = w.elsewhere()
	if _, err := w.send(chat.SendRequest{Token: p.bob.Token, Text: "why?", ReplyTo: nine}); err == nil {
		t.Fatal("the event has not expired")
	}
	ten := w.counter(p.bob, "ten", nine)
	w.agree(p.ann.Token, ten.ID)
	w.agree(p.cid.Token, ten.ID)
	w.inRecord([]string{`nine for "", then "ten"`, `ten for "nine", then ""`}, p.ann, p.bob, p.cid)
	alone := w.counter(p.bob, "noon", ten.ID, "Cid")
	if alone.Beside != ten.ID {
		t.Errorf("%+v", alone)
	}
}

// Of a private proposal nobody else learns, not even that a public one replaces it.
func TestReplaced_privateProposal_isHiddenFromOthers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	secret := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "just us two", Kind: room.Proposal,
		To: []string{"Bob"}}).ID
	public := w.sends(chat.SendRequest{Token: p.bob.Token, Text: "all three", Kind: room.Proposal, ReplyTo: secret,
		To: []string{chat.Everyone}}).ID
	for _, c := range []struct {
		who  chat.Seated
		want string
	}{{p.ann, secret}, {p.bob, secret}, {p.cid, ""}} {
		got := w.history(c.who.Token, chat.HistoryRequest{ID: public}).Messages[0]
		if got.Replaces != c.want {
			t.Errorf("%s sees that it replaces %q", c.who.Name, got.Replaces)
		}
	}
	w.agree(p.ann.Token, public)
	w.agree(p.cid.Token, public)
	for _, c := range []struct {
		who  chat.Seated
		want string
	}{{p.ann, secret}, {p.cid, ""}} {
		info := w.info(c.who.Token).Agreements[0]
		agreed := w.history(c.who.Token, chat.HistoryRequest{Agreed: true}).Messages[0]
		if info.Replaces != c.want || agreed.Replaces != c.want {
			t.Errorf("%s sees on record that it replaces %q, %q", c.who.Name, info.Replaces, agreed.Replaces)
		}
	}
}

// One agreement that was changed often hides no other.
func TestReplaced_oftenChangedAgreement_hidesNoOther(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.agree(p.bob.Token, w.propose(p.ann.Token, "we speak English"))
	last := w.propose(p.ann.Token, "at nine")
	w.agree(p.bob.Token, last)
	for i := range 12 {
		text := fmt.Sprint("at ", i)
		if i == 10 {
			text = strings.Repeat("at ten ", 30)
		}
		last = w.counter(p.ann, text, last).ID
		w.agree(p.bob.Token, last)
	}
	list := w.info(p.bob.Token).Agreements
	if len(list) != 7 || list[6].Text != "we speak English" || list[0].ID != last || list[0].ReplacedBy != "" {
		t.Fatalf("%+v", list)
	}
	if old := list[1]; len(old.Text) != 100 || old.More == nil || old.ReplacedBy != last {
		t.Errorf("%+v", old)
	}
}

func TestVote_thatCompletesAnAgreement_returnsAtOnce(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		nine := w.propose(p.ann.Token, "nine")
		there.agree(p.bob.Token, nine)
		for _, what := range []string{"the vote", "its repetition"} {
			got := w.sends(chat.SendRequest{Token: p.cid.Token, Kind: room.Agree, ReplyTo: nine, Key: "once",
				Wait: time.Hour})
			if got.Agreed != nine || got.Duplicate != (what == "its repetition") {
				t.Errorf("%s: %+v", what, got)
			}
		}
		if got := there.sends(chat.SendRequest{Token: p.cid.Token, Kind: room.Agree, ReplyTo: nine,
			Wait: time.Hour}); got.Agreed != nine {
			t.Errorf("a repetition without a key: %+v", got)
		}
	})
}
