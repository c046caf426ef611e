package chat_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
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
		"wait": func() error { _, err := w.Wait(ctx, withCursor(chat.WaitRequest{Token: token})); return err },
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
			_, err := w.ManageAgent(ctx, chat.ManageRequest{Token: token, Agents: []string{"Eve"},
				Action: room.BanName})
			return err
		},
		"task": func() error {
			_, err := w.Task(ctx, chat.TaskRequest{Token: token, Action: chat.CommandAdd, Tasks: newTasks("sand")})
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
	for name, token := range map[string]string{
		"blank": "  ", "short": p.bob.Token[:27], "mistyped room": mistyped(0), "mistyped end": mistyped(27),
		"a sentence": "my token, please",
	} {
		for call, err := range everyCall(cold, token) {
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("%s, token %s: %v", call, name, err)
			}
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls reached the table", n)
	}
}

// turnTo makes n the number of the next seat of a token's room, and returns a new process.
func (w *world) turnTo(token string, n int) *world {
	w.t.Helper()
	var x room.Snapshot
	meta := w.item(token, "META")
	if err := roomlog.Decode(meta, &x); err != nil {
		w.t.Fatal(err)
	}
	x.NextSeat, meta.Data = n, nil
	meta.Data = roomlog.Encode(x)
	w.store(meta)
	return onTable(w.t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1})
}

func TestJoin_allNumbersWereGiven_isRefused(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w = w.turnTo(ann.Token, ident.MaxSeat)
	bob := w.join("plans", "Bob")
	if got := w.seatOf(bob); got != ident.MaxSeat {
		t.Errorf("the last seat is %d", got)
	}
	w.say(bob.Token, "hello")
	w.leave(bob.Token)
	_, err := w.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Bob"})
	wants(t, err, fault.NotAllowed)
	w.say(ann.Token, "I have been here all the time")
	if _, err := roomlog.Verify(t.Context(), w.table, ann.Token[:ident.RoomChars]); err != nil {
		t.Error(err)
	}
}

// Bob is kicked, and another takes his name at once.
func TestSeatNumber_ofOneWhoIsGone_staysHis(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4, Public: true})
	bob, cid := w.join("plans", "Bob"), w.join("plans", "Cid")
	w.sends(chat.SendRequest{Token: bob.Token, Text: "hello all", Key: "1", Activity: "reading what Ann wrote"})
	w.sends(chat.SendRequest{Token: ann.Token, Text: "psst, Bob", To: []string{"Bob"}})
	w.sends(chat.SendRequest{Token: ann.Token, Text: "who of you two?", To: []string{"Bob", "Cid"},
		Ask: []string{"Cid"}, Kind: room.Request})
	w.look(bob.Token, bob.Cursor)
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: ann.Token, Agents: []string{"Bob"},
		Action: room.Kick}); err != nil {
		t.Fatal(err)
	}
	eve := w.join("plans", "Bob")
	if w.seatOf(eve) <= w.seatOf(cid) {
		t.Errorf("the next seat is %d", w.seatOf(eve))
	}
	history, err := w.History(t.Context(), chat.HistoryRequest{Token: eve.Token, Limit: 100})
	if err != nil || strings.Join(texts(history.Messages), "; ") != "hello all" {
		t.Errorf("she reads %q, %v", texts(history.Messages), err)
	}
	info, err := w.RoomInfo(t.Context(), chat.InfoRequest{Token: eve.Token})
	if err != nil || len(info.Requests) > 0 || info.Earlier != 1 {
		t.Errorf("she sees %+v and %d messages, %v", info.Requests, info.Earlier, err)
	}
	for _, a := range info.Room.Agents {
		if a.Activity != "" {
			t.Errorf("%s is %q", a.Name, a.Activity)
		}
	}
	if waited, err := w.Wait(t.Context(), chat.WaitRequest{Token: eve.Token,
		Cursor: ident.Cursor{}.String(w.token(eve))}); err != nil || waited.Status == chat.StatusRemoved {
		t.Errorf("she waits from the beginning: %+v, %v", waited, err)
	}
	if got := w.sends(chat.SendRequest{Token: eve.Token, Text: "hello from Eve", Key: "1"}); got.Duplicate {
		t.Error("her key stands for Bob's message")
	}
	w.refused("Bob, while the other is there", bob.Token, fault.Removed, "admin has taken your seat")
	w.leave(eve.Token)
	w.refused("Bob", bob.Token, fault.Removed, "admin has taken your seat")
	w.refused("the other", eve.Token, fault.Removed, "You have left")
	w.say(cid.Token, "they are gone")
}

// refused fails unless a token is refused with a code, and with words that say why.
func (w *world) refused(who, token string, code fault.Code, why string) {
	w.t.Helper()
	_, err := w.RoomInfo(w.t.Context(), chat.InfoRequest{Token: token})
	if fault.CodeOf(err) != code || !strings.Contains(err.Error(), why) {
		w.t.Errorf("%s is told %v, want %s: %q", who, err, code, why)
	}
}
