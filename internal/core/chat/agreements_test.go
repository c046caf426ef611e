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
