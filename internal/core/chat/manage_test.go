package chat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
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
func TestBan_emptyRoomNewNameAndAYear_endItNot(t *testing.T) {
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

// inRoom is what the guests of one invite do in a room of Ann's, which has files.
type inRoom struct {
	*shelf
	ann      chat.Seated
	byInvite context.Context
}

func newInRoom(t *testing.T) inRoom {
	t.Helper()
	s := inFile(t)
	ann := s.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9})
	code, ok := ident.ParseInvite(ann.Invite.Code)
	if !ok {
		t.Fatalf("%+v is no invite", ann.Invite)
	}
	return inRoom{s, ann, asking(t, ident.Principal{Room: code.Room, Invite: code.Number})}
}

func (r inRoom) guest(name string) chat.Seated {
	r.t.Helper()
	got, err := r.JoinRoom(r.byInvite, chat.JoinRequest{AgentName: name})
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// shares has an agent share n small files, and returns how many are taken.
func (r inRoom) shares(ctx context.Context, token, name string, n int) (taken int, err error) {
	for i := range n {
		_, err = r.ShareFile(ctx, chat.ShareRequest{Token: token, Name: fmt.Sprint(name, i, ".txt"),
			Text: fmt.Sprint(name, i)})
		if err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

func (r inRoom) addsTasks(ctx context.Context, token, name string, n int) error {
	var list []chat.NewTask
	for i := range n {
		list = append(list, chat.NewTask{Title: fmt.Sprint(name, " ", i)})
	}
	_, err := r.Task(ctx, chat.TaskRequest{Token: token, Action: chat.CommandAdd, Tasks: list})
	return err
}

func TestInvite_hasAQuarterOfARoomsFiles_andABanRemovesThem(t *testing.T) {
	r := newInRoom(t)
	gus, eve := r.guest("Gus"), r.guest("Eve")
	n, err := r.shares(r.byInvite, gus.Token, "gus", 200)
	more, refused := r.shares(r.byInvite, eve.Token, "eve", 100)
	if err != nil || n+more != core.MaxFiles/4 || fault.CodeOf(refused) != fault.MessageTooLong ||
		!strings.Contains(refused.Error(), "one invite") {
		t.Fatalf("two guests share %d and %d files, %v, %v", n, more, err, refused)
	}
	if err := r.addsTasks(r.byInvite, gus.Token, "gus", 20); err != nil {
		t.Fatal(err)
	}
	if _, err := r.shares(t.Context(), r.ann.Token, "ann", 1); err != nil {
		t.Errorf("the admin shares a file: %v", err)
	}
	if err := r.addsTasks(t.Context(), r.ann.Token, "ann", 30); err != nil {
		t.Errorf("the admin adds tasks: %v", err)
	}

	ban := chat.ManageRequest{Token: r.ann.Token, Action: room.BanName, Agents: []string{"Gus"}, Clear: true}
	got, err := r.ManageAgent(t.Context(), ban)
	if err != nil || got.Status != chat.StatusBanned || got.Files != 200 || got.Tasks != 20 {
		t.Errorf("the ban: %+v, %v", got, err)
	}
	if kept := r.kept(r.ann.Token); len(kept) != more+1 {
		t.Errorf("%d files are left, want those of Eve and Ann", len(kept))
	}
	if list := r.tasks(r.ann.Token); strings.Contains(fmt.Sprint(list), "gus") || len(list) != 30 { // the list is cut
		t.Errorf("%d tasks are left: %v", len(list), list)
	}
	if again, err := r.ManageAgent(t.Context(), ban); err != nil || again.Status != chat.StatusNoChange ||
		again.Files+again.Tasks != 0 {
		t.Errorf("the same ban again: %+v, %v", again, err)
	}
}

func TestManage_kickOfTheLastOtherByAnotherProcess_keepsTheAbsenceOfTheAdmin(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	shared := sqlitetest.Open(t, clock)
	w := onTable(t, clock, shared, chat.Options{})
	ann := w.join("kitchen", "Ann")
	w.join("kitchen", "Bob")
	_, err := w.Wait(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor,
		Absence: chat.Absence{Given: true, BackIn: 100 * time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Minute)
	onTable(t, clock, shared, chat.Options{}).manage(ann.Token, room.Kick, "Bob", chat.StatusKicked)
	third := onTable(t, clock, shared, chat.Options{})
	eve := third.join("kitchen", "Eve")
	if got := agentIn(t, third.info(eve.Token).Room, "Ann"); got.State != room.AgentAway {
		t.Errorf("after the kick Eve sees Ann as %s, want %s", got.State, room.AgentAway)
	}
}
