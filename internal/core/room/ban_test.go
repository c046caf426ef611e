package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// holds reports whether a ban in list holds for a name.
func holds(t *testing.T, list []room.Ban, name string) (room.Ban, bool) {
	t.Helper()
	n, err := ident.AgentName(name)
	if err != nil {
		t.Fatal(err)
	}
	return room.FindBan(list, n.Shown)
}

func TestFindBan_anySpellingOfTheName_isFound(t *testing.T) {
	l := newRoom(t, "Ann")
	for _, name := range []string{"Rob", "Claude 3", "José"} {
		l.ban(room.Event{Type: room.Managed, Name: name, Action: room.BanName}, name)
	}
	l.ban(room.Event{Type: room.Managed, Name: "Bob", Action: room.BanName}, "Bob")
	for _, name := range []string{"Bob", "BOB", " bob ", "B0B", "B.o.b", "b_o-b", "B o b", "b'0'b"} {
		if b, banned := holds(t, l.head.Bans, name); !banned || b.Name != "Bob" {
			t.Errorf("%s: %+v, %v", name, b, banned)
		}
	}
	for _, name := range []string{"Claude-3", "claude3", "JOSÉ", "Jose\u0301"} {
		if _, banned := holds(t, l.head.Bans, name); !banned {
			t.Errorf("%s is not banned", name)
		}
	}
	for _, name := range []string{"Bobby", "Bo", "Bob2", "Claude 4", "Ann"} {
		if b, banned := holds(t, l.head.Bans, name); banned {
			t.Errorf("%s is banned by %+v", name, b)
		}
	}
	if _, banned := holds(t, nil, "Bob"); banned {
		t.Error("banned by an empty list")
	}
}

func TestApply_ban_isListedOnceAndEndsInAnySpelling(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.ban(room.Event{Type: room.Left, Seat: bob, Reason: room.ReasonBanned}, "Bob")
	l.ban(room.Event{Type: room.Managed, Name: "B.o.b", Action: room.BanName}, "B.o.b")
	if len(l.head.Bans) != 1 || l.head.Bans[0].Name != "Bob" || len(l.head.Mutes) != 0 {
		t.Fatalf("bans %+v, mutes %+v", l.head.Bans, l.head.Mutes)
	}
	l.ban(room.Event{Type: room.Managed, Name: "Eve", Action: room.BanName}, "Eve")
	l.ban(room.Event{Type: room.Managed, Name: "b-o-b", Action: room.Unban}, "b-o-b")
	if len(l.head.Bans) != 1 || l.head.Bans[0].Name != "Eve" {
		t.Errorf("bans %+v", l.head.Bans)
	}
}

func TestApply_banOfASeatedName_leavesItsAgentSeated(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.ban(room.Event{Type: room.Managed, Name: "B0b", Action: room.BanName}, "B0b")
	if len(l.head.Agents) != 2 {
		t.Errorf("got %+v", l.head.Agents)
	}
}

func TestApply_muteAndUnmuteOfAnAbsentName_changesTheMutes(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.manage(room.Mute, bob)
	l.leave(bob)
	if _, muted := holds(t, l.head.Mutes, "b.o.b"); !muted || len(l.head.Bans) != 0 {
		t.Fatalf("mutes %+v, bans %+v", l.head.Mutes, l.head.Bans)
	}
	l.ban(room.Event{Type: room.Managed, Name: "BOB", Action: room.Unmute}, "BOB")
	if len(l.head.Mutes) != 0 {
		t.Errorf("mutes %+v", l.head.Mutes)
	}
}

func TestApply_promotionWithoutABan_keepsTheMutesOfOthers(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Mute, bob)
	l.apply(room.Event{Type: room.Managed, Seat: cid, Name: "Cid", Action: room.Promote, Reason: room.ReasonTimeout})
	if _, muted := holds(t, l.head.Mutes, "Bob"); !muted || l.agent(cid).Role != room.Admin {
		t.Errorf("mutes %+v, Cid is %s", l.head.Mutes, l.agent(cid).Role)
	}
}

func TestFindBan_namesThatLookAlike_areOne(t *testing.T) {
	for banned, names := range map[string][]string{
		"Bill":               {"BiIl", "B1ll", "BILL", "bil1"},
		"Claude 3":           {"Claude-3", "claude3", "C1aude E"},
		"Ольга":              {"ольга", "О.льга", "Oльга"},
		"R2-D2":              {"r2d2", "R 2 D 2"},
		"\u0645\u0646\u0649": {"\u0645 \u0646 \u0649"},
	} {
		l := newRoom(t, "Ann")
		l.ban(room.Event{Type: room.Managed, Name: banned, Action: room.BanName}, banned)
		for _, name := range names {
			if _, found := holds(t, l.head.Bans, name); !found {
				t.Errorf("%s is banned, but %s is not", banned, name)
			}
		}
		for _, name := range []string{"Bell", "Claude 4", "Olga", "R2-D3"} {
			if _, found := holds(t, l.head.Bans, name); found {
				t.Errorf("%s is banned, and %s too", banned, name)
			}
		}
	}
}

func TestFindBan_ofAnotherScriptOrCase_isFound(t *testing.T) {
	for banned, names := range map[string][]string{
		"Gemini": {"GEM\u0406N\u0406", "g\u0435m1n1", "Ge-rnini", "\u050cemini"},
		"Ольга":  {"ОЛЬГA", "ольгa", "0льга"},
		"Vern":   {"Vem", "V\u0435rn"},
	} {
		l := newRoom(t, "Ann")
		l.ban(room.Event{Type: room.Managed, Name: banned, Action: room.BanName}, banned)
		for _, name := range names {
			if _, found := holds(t, l.head.Bans, name); !found {
				t.Errorf("%s is banned, but %+q is not", banned, name)
			}
		}
	}
}
