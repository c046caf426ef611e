package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestAgreement_private_isSeenOnlyByItsParties(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		id := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "we vote against Cid", Kind: room.Proposal,
			To: []string{"Bob"}}).ID
		there.agree(p.bob.Token, "")
		w.agreed([]string{"Ann: we vote against Cid"}, p.ann, p.bob)
		there.agreed(nil, p.cid)
		if got := there.look(p.cid.Token, p.cid.Cursor); len(got.Messages) != 0 {
			t.Errorf("Cid receives %q", lines(got.Messages))
		}
		if got := there.history(p.cid.Token, chat.HistoryRequest{Agreed: true}); len(got.Messages) != 0 {
			t.Errorf("Cid reads %q", lines(got.Messages))
		}
		_, err := there.History(t.Context(), chat.HistoryRequest{Token: p.cid.Token, ID: id})
		wants(t, err, fault.InvalidArgument)
	})
}

// Ann and Bob agree on so much that a list of the newest would hide what Cid has agreed to.
func TestAgreement_thatBindsItsReader_comesFirst(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	propose := func(text, asks string) string {
		return w.sends(chat.SendRequest{Token: p.ann.Token, Text: text, Kind: room.Proposal, Ask: []string{asks}}).ID
	}
	w.agree(p.cid.Token, propose("Cid pays", "Cid"))
	for n := range 40 {
		w.agree(p.bob.Token, propose(fmt.Sprint("theirs ", n), "Bob"))
		w.clock.Advance(time.Minute)
	}
	want := []string{"Cid pays", "theirs 39", "theirs 38", "theirs 37", "theirs 36"}
	texts := func(list []chat.Agreement) (got []string) {
		for _, a := range list {
			got = append(got, a.Text)
		}
		return got
	}
	same(t, "room_info has", texts(w.info(p.cid.Token).Agreements), want)
	same(t, "a return has", texts(w.elsewhere().enter(chat.JoinRequest{Token: p.cid.Token}).Agreements), want)
	same(t, "a view has", w.viewed(w.view(p.cid.Token), "").Open.Agreed, want)
	same(t, "Bob has", texts(w.info(p.bob.Token).Agreements)[4:], []string{"theirs 35"})
}

// The first of many is one page after the other away, and tells what has become of it. What is agreed meanwhile moves
// no page.
func TestAgreement_ofMany_eachIsOnAPage(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	const all = 230
	first := w.propose(p.ann.Token, strings.Repeat("long ", 3000))
	w.agree(p.bob.Token, first)
	newer := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "short", Kind: room.Proposal, ReplyTo: first}).ID
	w.agree(p.bob.Token, newer)
	want := []string{"short"}
	for n := range all {
		want = append(want, fmt.Sprint("point ", n))
		w.agree(p.bob.Token, w.propose(p.ann.Token, want[n+1]))
		w.clock.Advance(time.Minute)
	}
	var got []string
	req, page := chat.HistoryRequest{Agreed: true, Limit: 30}, chat.Page{HasMore: true}
	for page.HasMore {
		page = w.history(p.bob.Token, req)
		if len(page.Messages) == 0 {
			t.Fatalf("nothing before %s", req.Before)
		}
		got, req.Before = append(texts(page.Messages), got...), page.Messages[0].ID
		if len(got) < 90 {
			w.agree(p.bob.Token, w.propose(p.ann.Token, "and this"))
		}
	}
	same(t, "all", got[1:], want)
	oldest := page.Messages[0]
	if oldest.ID != first || oldest.ReplacedBy != newer || oldest.More == nil {
		t.Fatalf("the first is %s, replaced by %s, more %v", oldest.ID, oldest.ReplacedBy, oldest.More)
	}
	for range 2 { // its event expires
		w.clock.Advance(20 * 24 * time.Hour)
		w.say(p.ann.Token, "still here")
	}
	rest := w.history(p.bob.Token, chat.HistoryRequest{ID: first, Offset: oldest.More.Offset})
	if len(rest.Messages) != 1 {
		t.Errorf("the rest of it: %+v", rest)
	}
	for _, id := range []string{w.say(p.ann.Token, "no agreement").ID, "m0000000"} {
		_, err := w.History(t.Context(), chat.HistoryRequest{Token: p.bob.Token, Agreed: true, Before: id})
		says(t, err, fault.InvalidArgument, "an agreement")
	}
	last := w.sends(chat.SendRequest{Token: p.ann.Token, Text: "shorter", Kind: room.Proposal, ReplyTo: newer}).ID
	w.agree(p.bob.Token, last)
	got = nil
	for _, m := range w.history(p.bob.Token, chat.HistoryRequest{Agreed: true, Limit: 1}).Messages {
		got = append(got, m.ID, m.Replaces)
	}
	same(t, "the one behind so many is replaced:", got, []string{last, newer})
}

func TestAgreement_returningAgent_hasTheNewestFiveAgain(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want, all []string
	for i := range 7 {
		text := fmt.Sprintf("rule %d %s", i, strings.Repeat("é", 600))
		w.agree(p.bob.Token, w.propose(p.ann.Token, text))
		all = append(all, "Ann: "+text)
		want = append([]string{"Ann: " + string([]rune(text)[:500])}, want...)
	}
	back := w.elsewhere().enter(chat.JoinRequest{Token: p.bob.Token})
	var got []string
	for _, a := range back.Agreements {
		got = append(got, a.By+": "+a.Text)
		if a.More == nil || a.More.ID != a.ID {
			t.Errorf("of a long text it says more: %+v", a.More)
			continue
		}
		rest := w.history(p.bob.Token, chat.HistoryRequest{ID: a.More.ID, Offset: a.More.Offset})
		if whole := a.Text + rest.Messages[0].Text; len(whole) != len(all[0])-len("Ann: ") {
			t.Errorf("the parts make %d bytes", len(whole))
		}
	}
	same(t, "the newest", got, want[:5])
	var read []string
	page := w.history(p.bob.Token, chat.HistoryRequest{Agreed: true})
	for _, m := range page.Messages {
		read = append(read, m.From+": "+m.Text)
	}
	if !page.HasMore {
		same(t, "all of them", read, all)
	} else if len(read) == 0 || read[len(read)-1] != all[6] {
		t.Errorf("a page of %d agreements", len(read))
	}
}
