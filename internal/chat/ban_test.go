package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
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
		for _, name := range []string{"Bob", "BOB", " bob ", "B0B", "B.o.b", "b_o-b", "Bоb", "B o b", "b'0'b"} { // one has a Cyrillic letter
			err := w.changesNothing(p.ann.Token, func() error { _, err := w.tryJoin("plans", name); return err })
			says(t, err, fault.NotAllowed, "tell your user")
		}
		for _, name := range []string{"Bobby", "Rob", "Bo", "Bob2"} {
			w.leave(w.join("plans", name).Token)
		}
	}
	m := here.history(p.cid.Token, chat.HistoryRequest{}).Messages
	same(t, "all read", lines(m[3:4]), []string{"left Bob (banned)"})
}

func TestBan_absentName_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	got, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Mallory", Action: room.BanName, Note: "we know her"})
	if err != nil || got.Status != chat.StatusBanned || got.Name != "Mallory" {
		t.Fatalf("got %+v, %v", got, err)
	}
	m := w.look(p.cid.Token, "").Messages
	if len(m) != 1 || m[0].Type != chat.EventRole || m[0].Action != room.BanName || m[0].Agent != "Mallory" || m[0].Note != "we know her" {
		t.Errorf("all receive %+v", m)
	}
	for _, w := range []*world{w, w.elsewhere()} {
		_, err = w.tryJoin("plans", "MAL1ORY")
		wants(t, err, fault.NotAllowed)
	}
}

// Otherwise a banned agent would try another name or come back later.
func TestBan_join_isRefusedBeforeNameTakenAndRoomFull(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned) // the seated Bob stays
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	for _, name := range []string{"Bob", "Eve"} {
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.tryJoin("plans", name); return err })
		waitsFor(t, err, fault.NotAllowed, 0)
	}
	same(t, "seats", seats(w.info(p.bob.Token).Room), []string{"Ann (admin)", "Bob (member)"})
}

// A banned agent cannot take its own silent seat back. Others can take it over.
func TestBan_silentSeatOfTheBannedName_isNotReplacedByIt(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned)
	w.clock.Advance(16 * time.Minute)
	_, err := w.tryJoin("plans", "Bob")
	wants(t, err, fault.NotAllowed)
	same(t, "seats", seats(w.info(p.ann.Token).Room), []string{"Ann (admin)", "Bob (member)"})
	same(t, "seats", seats(w.join("plans", "Cid").Room), []string{"Ann (admin)", "Cid (member)"})
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

func TestUnban_anySpelling_admitsTheName(t *testing.T) {
	for _, spelling := range []string{"Bob", "bob", "B-0-B"} {
		w := newWorld(t)
		p := w.trio()
		w.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned)
		if got := w.manage(p.ann.Token, room.Unban, spelling, chat.StatusUnbanned); got.Name != "Bob" {
			t.Errorf("unbanned %q", got.Name)
		}
		same(t, "all hear", w.hears(p.cid.Token), []string{"left Bob (banned)", "role Bob"})
		w.elsewhere().join("plans", "B0b")
	}
}

func TestBan_seatedNameThatIsAlreadyBanned_removesItsAgent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned)
	w.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned)
	w.manage(p.ann.Token, room.Unban, "Bob", chat.StatusUnbanned)
	w.join("plans", "Bob")
}

func TestBan_moreThanTwoHundredNames_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for i := range 200 {
		w.manage(p.ann.Token, room.BanName, distinct(i), chat.StatusBanned)
	}
	for _, name := range []string{"Bob", "Eve"} { // one seated, one absent
		err := w.changesNothing(p.ann.Token, func() error {
			_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: name, Action: room.BanName})
			return err
		})
		says(t, err, fault.NotAllowed, "unban a name")
	}
	w.manage(p.ann.Token, room.BanName, distinct(7), chat.StatusNoChange)
	w.manage(p.ann.Token, room.Kick, "Bob", chat.StatusKicked)
	w.manage(p.ann.Token, room.Unban, distinct(7), chat.StatusUnbanned)
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
}

// distinct returns names that do not look alike.
func distinct(i int) string { return fmt.Sprintf("x%c%c%c", 'p'+i%10, 'p'+i/10%10, 'p'+i/100) }

func TestMute_moreThanTwoHundredNames_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for i := range 200 {
		x := w.join("plans", distinct(i))
		w.manage(p.ann.Token, room.Mute, distinct(i), chat.StatusMuted)
		w.leave(x.Token)
	}
	err := w.changesNothing(p.ann.Token, func() error {
		_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Bob", Action: room.Mute})
		return err
	})
	says(t, err, fault.NotAllowed, "unmute a name")
	w.manage(p.ann.Token, room.Unmute, distinct(7), chat.StatusUnmuted)
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
}
