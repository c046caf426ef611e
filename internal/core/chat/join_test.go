package chat_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// Nobody in the room learns who tried a name or a password.
func TestJoin_refused_writesNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans:pw", AgentName: "Ann"})
	w.enter(chat.JoinRequest{Room: "plans:pw", AgentName: "Bob"})
	w.manage(ann.Token, room.BanName, "Eve", chat.StatusBanned)
	for name, c := range map[string]struct {
		req  chat.JoinRequest
		code fault.Code
	}{
		"wrong password": {chat.JoinRequest{Room: "plans:px", AgentName: "Cid"}, fault.WrongPassword},
		"no password":    {chat.JoinRequest{Room: "plans", AgentName: "Cid"}, fault.WrongPassword},
		"banned":         {chat.JoinRequest{Room: "plans:pw", AgentName: "3ve"}, fault.NotAllowed},
		"no such room": {chat.JoinRequest{Room: "plots", AgentName: "Cid", OnlyExisting: true},
			fault.RoomNotFound},
		"capacity of one":     {chat.JoinRequest{Room: "plots", AgentName: "Cid", Capacity: 1}, fault.InvalidArgument},
		"no room":             {chat.JoinRequest{AgentName: "Cid"}, fault.InvalidArgument},
		"no name":             {chat.JoinRequest{Room: "plots"}, fault.InvalidArgument},
		"name for the server": {chat.JoinRequest{Room: "plots", AgentName: "System"}, fault.InvalidArgument},
		"two passwords": {chat.JoinRequest{Room: "plots:one", Password: "two", AgentName: "Cid"},
			fault.InvalidArgument},
		"control in password": {chat.JoinRequest{Room: "plots", Password: "a\nb", AgentName: "Cid"},
			fault.InvalidArgument},
	} {
		err := w.changesNothing(ann.Token, func() error { _, err := w.JoinRoom(t.Context(), c.req); return err })
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plots"})
	wants(t, err, fault.RoomNotFound)
}

func TestJoin_latestMessages_areTwentyAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann") // event 1
	for i := range 30 {
		w.say(ann.Token, fmt.Sprintf("opening word number %d", i))
	}
	got := w.join("plans", "Bob")
	said := texts(got.Messages)
	if len(got.Messages) != 20 || said[0] != "opening word number 10" || said[19] != "opening word number 29" {
		t.Fatalf("Bob was given %q", said)
	}
	if got.Earlier != 10 || got.HasMore {
		t.Fatalf("%d earlier, more %v; want ten messages earlier, and no more to come", got.Earlier, got.HasMore)
	}
	if next := w.look(got.Token, got.Cursor); next.Status != chat.StatusQuiet {
		t.Fatalf("and then once more %+v", next)
	}
}

func TestJoin_latestMessages_areSixKilobytesAtMost(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for i := range 5 {
		w.say(ann.Token, fmt.Sprint(i)+strings.Repeat("x", 2000))
	}
	got := w.join("plans", "Bob")
	if said := texts(got.Messages); len(said) != 2 || said[0][0] != '3' || said[1][0] != '4' {
		t.Fatalf("Bob was given %d messages", len(said))
	}
	if got.Earlier != 3 {
		t.Fatalf("%d earlier, want 3", got.Earlier)
	}
}

func TestCreate_invalidArguments_areRefusedAndCreateNothing(t *testing.T) {
	w := newWorld(t)
	token := w.join("elsewhere", "Ann").Token
	for name, req := range map[string]chat.CreateRequest{
		"no agent":                 {},
		"unknown type":             {AgentName: "Ann", Type: "club"},
		"token in description":     {AgentName: "Ann", Description: "use " + token + " please"},
		"token as the room's name": {AgentName: "Ann", Room: token},
		"token as agent's name":    {AgentName: token},
		"blank room":               {AgentName: "Ann", Room: " "},
		"room of bad letters":      {AgentName: "Ann", Room: "a/b"},
	} {
		if req.Room == "" {
			req.Room = "plans"
		}
		if _, err := w.CreateRoom(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
	wants(t, err, fault.RoomNotFound)
}

func TestCreate_withoutAName_generatesAReadableOne(t *testing.T) {
	w := newWorld(t)
	form := regexp.MustCompile(`^[a-z]{3,8}-[a-z]{3,8}-[0-9]{7}$`)
	made := map[string]bool{}
	for range 20 {
		got := w.create(chat.CreateRequest{AgentName: "Ann"})
		if !form.MatchString(got.Room.Name) || made[got.Room.Name] {
			t.Fatalf("made up %q", got.Room.Name)
		}
		made[got.Room.Name] = true
	}
	for name := range made {
		if got := w.join(name, "Bob"); got.Status != chat.StatusJoined {
			t.Fatalf("Bob got %+v", got)
		}
		break
	}
}

// A newcomer of a public room is shown its messages. Agents that came and went before those cost no reads.
func TestJoin_whereManyCameAndWent_readsNoFurtherThanTheMessages(t *testing.T) {
	calls := func(visits, said int) int64 {
		w := newWorld(t)
		var calls atomic.Int64
		w.Service = chat.New(counting(w.table, &calls), chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1})
		ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
		for range visits {
			w.leave(w.join("plans", "Bob").Token)
		}
		for i := range said {
			w.say(ann.Token, fmt.Sprintf("message %d", i))
		}
		before := calls.Load()
		if bob := w.join("plans", "Bob"); len(texts(bob.Messages)) != said || bob.Earlier != 0 {
			t.Errorf("after %d visits, Bob is shown %+v and told of %d more", visits, bob.Messages, bob.Earlier)
		}
		return calls.Load() - before
	}
	for said := range 4 {
		if few, many := calls(1, said), calls(150, said); few != many {
			t.Errorf("%d messages: a join takes %d calls of the table after one visit, %d after 150", said, few, many)
		}
	}
}

// Twenty messages take all the bytes that a join has for messages in a room whose agents are few.
func TestJoin_fewAgents_leaveAllTheBytesToMessages(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})
	one := w.history(ann.Token, chat.HistoryRequest{ID: w.say(ann.Token, "x").ID}).Messages[0]
	for i := range core.JoinEvents {
		w.say(ann.Token, fmt.Sprintf("%02d", i)+strings.Repeat("x", core.JoinBytes/core.JoinEvents-one.Size()-1))
	}
	if got := w.join("plans", "Bob"); len(got.Messages) != core.JoinEvents || got.Earlier != 1 {
		t.Errorf("Bob gets %d messages, and %d are earlier", len(got.Messages), got.Earlier)
	}
}

func TestJoin_manyAgents_leaveTheLastMessageHoweverLongItIs(t *testing.T) {
	w := newWorld(t)
	ann := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: core.MaxCapacity})
	for i := range core.MaxCapacity - 2 {
		w.join("plans", fmt.Sprint("Bob ", i))
	}
	w.say(ann.Token, "welcome")
	long := strings.Repeat("long ", core.JoinBytes/6/5)
	w.say(ann.Token, long)
	same(t, "the last to come reads", texts(w.join("plans", "Cid").Messages), []string{long})
}

func TestJoin_sameNameTakenDuringIt_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.pair()
	w.clock.Advance(room.UnusedLease) // Bob's lease has ended
	newcomer := w.onTop(&interrupted{afterLook: func() { w.join("plans", "Cid") }})
	_, err := newcomer.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.NameTaken, time.Minute)
}

func TestJoin_lastAgentLeavesDuringIt_startsTheRoomOver(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	w.say(ann.Token, "for nobody else")
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.leave(ann.Token) }})
	bob := newcomer.join("plans", "Bob")
	if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] || bob.Earlier != 0 {
		t.Fatalf("Bob got %+v", bob)
	}
}

func TestJoin_roomCreatedDuringIt_isJoined(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Ann") }})
	bob := newcomer.join("plans", "Bob")
	same(t, string(bob.Status), seats(bob.Room), []string{"Ann (admin)", "Bob (member)"})
}

func TestCreate_roomCreatedDuringIt_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Ann") }})
	_, err := newcomer.CreateRoom(t.Context(), chat.CreateRequest{Room: "plans", AgentName: "Bob"})
	wants(t, err, fault.RoomExists)
}

// Of two processes that start a deserted room over, the second joins the room of the
// first.
func TestJoin_roomStartedOverDuringIt_isJoined(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.leave(w.join("plans", "Ann").Token)
	newcomer := w.onTop(&interrupted{beforeWrite: func() { w.join("plans", "Bob") }})
	cid := newcomer.join("plans", "Cid")
	same(t, string(cid.Status), seats(cid.Room), []string{"Bob (admin)", "Cid (member)"})
}

func TestJoin_roomStartedOverAfterItsNameWasRead_joinsTheNewOne(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann := w.join("plans", "Ann")
	newcomer := w.onTop(&interrupted{afterName: func() {
		w.leave(ann.Token)
		w.join("plans", "Bob")
	}})
	same(t, "seats", seats(newcomer.join("plans", "Cid").Room), []string{"Bob (admin)", "Cid (member)"})
}

// What the process has cached of the old room no longer counts.
func TestStartOver_inAnotherProcess_isNoticed(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	ann := here.join("plans", "Ann")
	there.leave(ann.Token)
	bob := there.join("plans", "Bob")
	cid := here.join("plans", "Cid")
	if cid.Status != chat.StatusJoined || cid.Token[:7] != bob.Token[:7] {
		t.Fatalf("Cid got %+v", cid)
	}
	_, err := here.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: "hello?"})
	wants(t, err, fault.Removed)
}

// A talk between two is over: nobody has been heard for fifteen minutes. Strangers that
// know its name get a room of their own.
func TestStartOver_fullRoomSilentForAQuarterOfAnHour_isNewAtTheNextJoin(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.pair()
		secret := w.say(p.ann.Token, "between the two of us")
		w.clock.Advance(15*time.Minute - time.Second)
		w.look(p.bob.Token, "")
		if _, err := there.tryJoin("plans", "Eve"); fault.CodeOf(err) != fault.RoomFull {
			t.Errorf("while Bob is there: %v", err)
		}
		w.clock.Advance(15 * time.Minute)
		eve := there.join("plans", "Ann") // the admin's name is of no use to it
		if eve.Status != chat.StatusCreated || eve.Token[:7] == p.ann.Token[:7] || eve.Hidden != 0 ||
			len(eve.Messages) > 0 {
			t.Errorf("Eve got %+v", eve)
		}
		there.sees(eve, []chat.Message{{ID: secret.ID}})
		for _, w := range services {
			same(t, "Bob still reads", texts(w.all(p.bob.Token)), []string{"between the two of us"})
			if got := w.look(p.bob.Token, ""); got.Status != chat.StatusRemoved ||
				got.Situation.Reason != room.ReasonBegunAnew {
				t.Errorf("Bob waits: %+v", got)
			}
			for call, err := range everyCall(w, p.bob.Token) {
				if code := fault.CodeOf(err); err != nil &&
					(code != fault.RoomClosed || !strings.Contains(err.Error(), "started the room over")) {
					t.Errorf("Bob's %s: %v", call, err)
				}
			}
		}
		if got := there.join("plans", "Bob"); got.Status != chat.StatusJoined || got.Token[:7] != eve.Token[:7] {
			t.Errorf("Bob joins once more: %+v", got)
		}
	})
}

func TestJoin_tableTimesOut_isUnavailableAndLogged(t *testing.T) {
	w := newWorld(t)
	var log strings.Builder
	slow := onTable(t, w.clock, &tabletest.Hooks{Table: w.table, Before: timeOut},
		chat.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, err := slow.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Ann", Password: "open sesame"})
	wants(t, err, fault.Unavailable)
	if said := log.String(); !strings.Contains(said, "level=WARN") ||
		!strings.Contains(said, table.ErrUnavailable.Error()) || strings.Contains(said, "sesame") {
		t.Errorf("the log has %q", said)
	}
}
