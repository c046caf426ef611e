package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

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
