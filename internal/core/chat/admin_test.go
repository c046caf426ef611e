package chat_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (w *world) update(req chat.UpdateRequest) chat.Updated {
	w.t.Helper()
	got, err := w.UpdateRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("update: %v", err)
	}
	return got
}

// manage fails unless the action has this result.
func (w *world) manage(token string, action room.Action, name string, want chat.ManageStatus) chat.Managed {
	w.t.Helper()
	got, err := w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: token, AgentName: name, Action: action})
	if err != nil || got.Status != want {
		w.t.Fatalf("%s %s: %q, %v; want %q", action, name, got.Status, err, want)
	}
	return got
}

// events returns the log of a token's room.
func (w *world) events(token string) []loggedEvent {
	w.t.Helper()
	log, err := readLog(w.t.Context(), w.table, token[:7])
	if err != nil {
		w.t.Fatal(err)
	}
	return log.events
}

// changesNothing makes a call that must be refused and returns its error. It fails if
// the call changed the log or the snapshot of the token's room.
func (w *world) changesNothing(token string, call func() error) error {
	w.t.Helper()
	before, meta := len(w.events(token)), w.item(token, "META")
	err := call()
	if err == nil {
		w.t.Fatal("it was not refused")
	}
	if after := len(w.events(token)); after != before {
		w.t.Errorf("%d events became %d: %v", before, after, err)
	}
	if after := w.item(token, "META"); string(after.Data) != string(meta.Data) {
		w.t.Errorf("%s became %s: %v", meta.Data, after.Data, err)
	}
	return err
}

// says fails unless err has the code and contains words.
func says(t *testing.T, err error, code fault.Code, words string) {
	t.Helper()
	wants(t, err, code)
	if !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want an error that contains %q", err, words)
	}
}

// trio is a room of three agents. Ann is its admin.
type trio struct{ ann, bob, cid chat.Seated }

func (w *world) trio() trio {
	w.t.Helper()
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 10})
	return trio{ann: ann, bob: w.join("plans", "Bob"), cid: w.join("plans", "Cid")}
}

// adminCalls returns the calls that only admins may make.
func adminCalls(w *world, token string) map[string]func() error {
	ctx := w.t.Context()
	calls := map[string]func() error{
		"update": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Description: "mine"})
			return err
		},
		"close": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Close: true})
			return err
		},
	}
	for _, action := range []room.Action{room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName,
		room.Unban} {
		calls[string(action)] = func() error {
			_, err := w.ManageAgent(ctx, chat.ManageRequest{Token: token, AgentName: "Cid", Action: action})
			return err
		}
	}
	return calls
}

func TestAdmin_demotedDuringItsCall_isRefused(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.trio()
	w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	middle := &interrupted{}
	late := w.onTop(middle)
	late.info(p.bob.Token)
	all := adminCalls(late, p.bob.Token)
	// those that would change something
	for _, what := range []string{"update", "close", "promote", "mute", "kick", "ban"} {
		middle.beforeWrite = func() { w.manage(p.ann.Token, room.Demote, "Bob", chat.StatusDemoted) }
		if err := all[what](); fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", what, err)
		}
		w.manage(p.ann.Token, room.Promote, "Bob", chat.StatusPromoted)
	}
	same(t, "nothing was done", seats(w.info(p.ann.Token).Room), []string{"Ann (admin)", "Bob (admin)", "Cid (member)"})
}
