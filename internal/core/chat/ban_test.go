package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestBan_seatedAgent_isRemovedAndRefusedInEverySpelling(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	p := here.trio()
	there.say(p.bob.Token, "my last words")
	here.manage(p.ann.Token, room.BanName, "bob", chat.StatusBanned)
	for _, w := range []*world{here, there} {
		for call, err := range everyCall(w, p.bob.Token) {
			if call != "leave" {
				says(t, err, fault.Removed, "keeps you out")
			}
		}
		for _, name := range []string{"Bob", "b_0-b", "Bоb"} { // the last has a Cyrillic letter
			err := w.changesNothing(p.ann.Token, func() error { _, err := w.tryJoin("plans", name); return err })
			says(t, err, fault.NotAllowed, "tell your user")
		}
		w.leave(w.join("plans", "Bobby").Token)
	}
	m := here.history(p.cid.Token, chat.HistoryRequest{}).Messages
	same(t, "all read", lines(m[4:5]), []string{"left Bob (banned)"})
}

// A ban survives a new name, a new password, an empty room and a year of use, in
// every process.
func TestBan_lastsAsLongAsTheRoom(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Password: "pw", Capacity: 5})
	w.join("plans:pw", "Bob")
	w.manage(ann.Token, room.BanName, "Bob", chat.StatusBanned)
	keptOut := func(room string) {
		t.Helper()
		for _, w := range []*world{w, w.elsewhere()} {
			_, err := w.tryJoin(room, "Bob")
			wants(t, err, fault.NotAllowed)
		}
	}
	keptOut("plans:pw")
	w.update(chat.UpdateRequest{Token: ann.Token, Room: "plots:word"})
	keptOut("plots:word")
	w.leave(ann.Token)
	keptOut("plots:word")
	cid := w.join("plots:word", "Cid")
	for range 25 {
		w.clock.Advance(15 * day)
		w.say(cid.Token, w.clock.Now().String())
	}
	keptOut("plots:word")
	w.manage(cid.Token, room.Unban, "Bob", chat.StatusUnbanned)
	w.join("plots:word", "Bob")
}
