package chat_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// calls returns the calls that take a token, each with this token.
func calls(w *world, token string) map[string]func() error { return callsOf(w.t.Context(), w, token) }

// callsOf is calls by the caller of ctx.
func callsOf(ctx context.Context, w *world, token string) map[string]func() error {
	return map[string]func() error{
		"join": func() error { _, err := w.JoinRoom(ctx, chat.JoinRequest{Token: token}); return err },
		"send": func() error { _, err := w.Send(ctx, chat.SendRequest{Token: token, Text: "hello"}); return err },
		"wait": func() error { _, err := w.Wait(ctx, chat.WaitRequest{Token: token}); return err },
		"history": func() error {
			_, err := w.History(ctx, chat.HistoryRequest{Token: token})
			return err
		},
		"info": func() error { _, err := w.RoomInfo(ctx, chat.InfoRequest{Token: token}); return err },
		"update": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Description: "mine"})
			return err
		},
		"manage": func() error {
			_, err := w.ManageAgent(ctx, chat.ManageRequest{Token: token, AgentName: "Eve", Action: room.BanName})
			return err
		},
		"task": func() error {
			_, err := w.Task(ctx, chat.TaskRequest{Token: token, Action: chat.TaskAdd, Tasks: newTasks("sand")})
			return err
		},
		"leave": func() error { _, err := w.LeaveRoom(ctx, chat.LeaveRequest{Token: token}); return err },
	}
}

// everyCall makes each call that takes a token and returns its error.
func everyCall(w *world, token string) map[string]error {
	errs := map[string]error{}
	for name, call := range calls(w, token) {
		if name != "leave" {
			errs[name] = call()
		}
	}
	errs["leave"] = calls(w, token)["leave"]()
	return errs
}

// counting returns a table that counts its calls.
func counting(below table.Table, calls *atomic.Int64) *tabletest.Hooks {
	return &tabletest.Hooks{Table: below, Before: func(context.Context, tabletest.Call) error {
		calls.Add(1)
		return nil
	}}
}

// Mistyped and guessed tokens do not reach the table.
func TestToken_malformed_isInvalidInEveryCallAndReadsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	mistyped := func(at int) string {
		digit := "0"
		if p.bob.Token[at] == '0' {
			digit = "1"
		}
		return p.bob.Token[:at] + digit + p.bob.Token[at+1:]
	}
	var calls atomic.Int64
	behind := counting(w.table, &calls)
	cold := &world{t: t, clock: w.clock, table: behind, Service: chat.New(behind, chat.Options{Clock: w.clock})}
	for what, token := range map[string]string{
		"blank": "  ", "short": p.bob.Token[:27], "mistyped room": mistyped(0), "mistyped end": mistyped(27),
		"a sentence": "my token, please",
	} {
		for call, err := range everyCall(cold, token) {
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("%s, token %s: %v", call, what, err)
			}
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls reached the table", n)
	}
}
