package chat_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
		ban := chat.ManageRequest{Token: r.ann.Token, Action: room.BanName, Agents: []string{"Gus"}, Clear: true}
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
