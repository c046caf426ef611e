package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// Bob has as much open as he may: one more is refused, as a draft, too, and goes once he has withdrawn one.
func TestSend_quotaIsFull_refusesOneMoreUntilOneIsWithdrawn(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	var ids []string
	for n := range core.MaxAsked {
		ids = append(ids, w.ask(p.bob.Token, fmt.Sprint("why ", n, "?"), "Ann"))
	}
	person := w.person(p.bob)
	more := chat.SendRequest{Token: p.bob.Token, Text: "and why?", Kind: room.Request}
	before := w.history(p.ann.Token, chat.HistoryRequest{})
	for _, approve := range []bool{false, true} {
		w.approves(person, approve)
		_, err := w.send(more)
		says(t, err, fault.InvalidArgument, "You have 12 requests open")
	}
	if got := w.history(p.ann.Token, chat.HistoryRequest{}); len(got.Messages) != len(before.Messages) {
		t.Errorf("the refusals are events: %+v", got.Messages)
	}

	// A draft finds the place that there is when its person sends it.
	w.sends(chat.SendRequest{Token: person, Withdraw: ids[0]})
	draft := w.drafts(more)
	w.sends(chat.SendRequest{Token: person, Text: "mine first?", Ask: []string{"Ann"}})
	_, err := w.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Draft: draft, Decision: room.SendDraft})
	says(t, err, fault.InvalidArgument, "You have 12 requests open")
	w.reply(p.ann.Token, "so", ids[1])
	w.decides(person, draft, room.SendDraft, "")
}

// What a full list of an older program has ended reads as withdrawn by the server.
func TestHistory_listFullOfAnOlderProgram_isOfTheServer(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.bob.Token, "why?", "Ann")
	w.sends(chat.SendRequest{Token: p.bob.Token, Withdraw: id})
	item := w.item(p.ann.Token, "LOG#0000000000000005")
	var end room.Event
	if err := roomlog.Decode(item, &end); err != nil {
		t.Fatal(err)
	}
	end.Reason = "list_full"
	item.Data = roomlog.Encode(end)
	w.store(item)
	there := w.elsewhere()
	got := there.history(p.bob.Token, chat.HistoryRequest{}).Messages
	if last := got[len(got)-1]; last.From != "the server" || last.Withdraws != id || last.Mine {
		t.Errorf("%+v", last)
	}
	if open := there.info(p.ann.Token).Open; open.Requests != 0 {
		t.Errorf("open is %+v", open)
	}
}
