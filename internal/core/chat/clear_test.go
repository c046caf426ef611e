package chat_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
	_, err := r.Task(ctx, chat.TaskRequest{Token: token, Action: chat.TaskAdd, Tasks: list})
	return err
}

func TestInvite_hasAQuarterOfARoomsFilesAndTasks_andABanRemovesThem(t *testing.T) {
	r := newInRoom(t)
	gus, eve := r.guest("Gus"), r.guest("Eve")
	n, err := r.shares(r.byInvite, gus.Token, "gus", 200)
	more, refused := r.shares(r.byInvite, eve.Token, "eve", 100)
	if err != nil || n+more != room.MaxFiles/4 || fault.CodeOf(refused) != fault.MessageTooLong ||
		!strings.Contains(refused.Error(), "one invite") {
		t.Fatalf("two guests share %d and %d files, %v, %v", n, more, err, refused)
	}
	if err := r.addsTasks(r.byInvite, gus.Token, "gus", 20); err != nil {
		t.Fatal(err)
	}
	wants(t, r.addsTasks(r.byInvite, eve.Token, "eve", 6), fault.InvalidArgument)
	if err := r.addsTasks(r.byInvite, eve.Token, "eve", 5); err != nil {
		t.Fatal(err)
	}
	if _, err := r.shares(t.Context(), r.ann.Token, "ann", 1); err != nil {
		t.Errorf("the admin shares a file: %v", err)
	}
	if err := r.addsTasks(t.Context(), r.ann.Token, "ann", 30); err != nil {
		t.Errorf("the admin adds tasks: %v", err)
	}

	ban := chat.ManageRequest{Token: r.ann.Token, Action: room.BanName, AgentName: "Gus", Clear: true}
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
	if err := r.addsTasks(r.byInvite, eve.Token, "more", 20); err != nil {
		t.Errorf("Eve, in the place that is free now: %v", err)
	}
	if again, err := r.ManageAgent(t.Context(), ban); err != nil || again.Status != chat.StatusNoChange ||
		again.Files+again.Tasks != 0 {
		t.Errorf("the same ban again: %+v, %v", again, err)
	}
}

// A ban that breaks off at any write after its event is finished by its repetition.
func TestBan_clearThatBreaksOff_isFinishedByItsRepetition(t *testing.T) {
	for failing := range 5 { // two writes for a hundred files, and three tasks
		r := newInRoom(t)
		gus, eve := r.guest("Gus"), r.guest("Eve")
		if n, err := r.shares(r.byInvite, gus.Token, "gus", 100); err != nil {
			t.Fatal(n, err)
		}
		if n, err := r.shares(r.byInvite, eve.Token, "eve", 2); err != nil {
			t.Fatal(n, err)
		}
		if err := r.addsTasks(r.byInvite, gus.Token, "gus", 3); err != nil {
			t.Fatal(err)
		}
		inner, writes := r.table, 0
		clears := func(x table.Op) bool {
			return strings.HasPrefix(x.Item.Key.Sort, "FILE#") || bytes.Contains(x.Item.Data, []byte(`"t":"task"`))
		}
		r.table = &tabletest.Hooks{Table: inner, Before: func(_ context.Context, c tabletest.Call) error {
			if c.Method != tabletest.Write || !slices.ContainsFunc(c.Ops, clears) {
				return nil
			}
			writes++
			if writes > failing {
				return fmt.Errorf("%w: no answer", table.ErrUnavailable)
			}
			return nil
		}}
		broken := r.with(chat.Options{})
		ban := chat.ManageRequest{Token: r.ann.Token, Action: room.BanName, AgentName: "Gus", Clear: true}
		_, err := broken.ManageAgent(t.Context(), ban)
		wants(t, err, fault.Unavailable)
		r.table = inner
		again := r.with(chat.Options{})
		got, err := again.ManageAgent(t.Context(), ban)
		if err != nil || got.Status != chat.StatusNoChange {
			t.Errorf("write %d fails: the repetition: %+v, %v", failing, got, err)
		}
		if kept, list := again.kept(r.ann.Token), again.tasks(r.ann.Token); len(kept) != 2 || len(list) != 0 {
			t.Errorf("write %d fails: %d files and %d tasks are left, want those of Eve", failing, len(kept), len(list))
		}
	}
}

// A part of a room's bytes counts like its files.
func TestCheckGuestFile_bytes(t *testing.T) {
	const quarter = room.MaxRoomBytes / 4
	if err := room.CheckGuestFile(quarter, room.FileUsage{}); err != nil {
		t.Error(err)
	}
	wants(t, room.CheckGuestFile(2, room.FileUsage{Files: 1, Bytes: quarter - 1}), fault.MessageTooLong)
}
