package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func TestBan_agentIsRemovedAndKeptOutInEverySpelling(t *testing.T) {
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
		for _, name := range []string{"Bob", "BOB", " bob ", "B0B", "B.o.b", "b_o-b", "Bоb", "B o b", "b'0'b"} { // the seventh has a Cyrillic letter
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

func TestBan_lettersThatLookAlike_areOne(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 10})
	for banned, names := range map[string][]string{
		"Bill":               {"BiIl", "B1ll", "BILL", "bil1"},
		"Claude 3":           {"Claude-3", "claude3", "C1aude E"},
		"Ольга":              {"ольга", "О.льга", "Oльга"},
		"José":               {"JOSÉ", "Jos\u0065\u0301"},
		"R2-D2":              {"r2d2", "R 2 D 2"},
		"\u0645\u0646\u0649": {"\u0645 \u0646 \u0649"},
	} {
		w.manage(ann.Token, room.BanName, banned, chat.StatusBanned)
		for _, name := range names {
			if _, err := w.tryJoin("plans", name); fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s is banned; %s: %v", banned, name, err)
			}
		}
	}
	for _, name := range []string{"Bell", "Claude 4", "Olga", "R2-D3"} {
		w.join("plans", name)
	}
}

func TestBan_nameThatNobodyHas_isKeptOutToo(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	got, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: p.ann.Token, AgentName: "Mallory", Action: room.BanName, Note: "we know her"})
	if err != nil || got.Status != chat.StatusBanned || got.Name != "Mallory" {
		t.Fatalf("got %+v, %v", got, err)
	}
	m := w.look(p.cid.Token, "").Messages
	if len(m) != 1 || m[0].Type != chat.RoleChanged || m[0].Action != room.BanName || m[0].Agent != "Mallory" || m[0].Note != "we know her" {
		t.Errorf("all hear %+v", m)
	}
	for _, w := range []*world{w, w.elsewhere()} {
		_, err = w.tryJoin("plans", "MAL1ORY")
		wants(t, err, fault.NotAllowed)
	}
}

// TestBan_isFoundBeforeNameTakenAndRoomFull: the answer does not send the banned
// to look for another name, or to come back later.
func TestBan_isFoundBeforeNameTakenAndRoomFull(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned) // Bob, who is there, stays
	w.manage(p.ann.Token, room.BanName, "Eve", chat.StatusBanned)
	for _, name := range []string{"Bob", "Eve"} {
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.tryJoin("plans", name); return err })
		waitsFor(t, err, fault.NotAllowed, 0)
	}
	same(t, "seats", seats(w.info(p.bob.Token).Room), []string{"Ann (admin)", "Bob (member)"})
}

// TestBan_ghostOfABannedName_isNotReplaced: nor does the name get its own stale
// seat back, which others may take over.
func TestBan_ghostOfABannedName_isNotReplaced(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned)
	w.clock.Advance(16 * time.Minute)
	_, err := w.tryJoin("plans", "Bob")
	wants(t, err, fault.NotAllowed)
	same(t, "seats", seats(w.info(p.ann.Token).Room), []string{"Ann (admin)", "Bob (member)"})
	same(t, "seats", seats(w.join("plans", "Cid").Room), []string{"Ann (admin)", "Cid (member)"})
}

// TestBan_holdsForTheLifeOfTheRoom: through a new name, a new password, an empty
// room, a year of use and every process.
func TestBan_holdsForTheLifeOfTheRoom(t *testing.T) {
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

func TestUnban_anySpelling_letsTheNameIn(t *testing.T) {
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

func TestBan_seatedNameBannedBefore_isRemovedWithoutASecondBan(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.manage(p.ann.Token, room.BanName, "B0b", chat.StatusBanned)
	w.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned)
	w.manage(p.ann.Token, room.Unban, "Bob", chat.StatusUnbanned)
	w.join("plans", "Bob")
}

func TestBan_twoHundredNames_areTheMost(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	for i := range 200 {
		w.manage(p.ann.Token, room.BanName, distinct(i), chat.StatusBanned)
	}
	for _, name := range []string{"Bob", "Eve"} { // who is there, and who is not
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

// distinct are names of which no two look alike.
func distinct(i int) string { return fmt.Sprintf("x%c%c%c", 'p'+i%10, 'p'+i/10%10, 'p'+i/100) }

func TestMute_twoHundredNames_areTheMost(t *testing.T) {
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
