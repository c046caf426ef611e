package chat_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// disk is what a disk has, and how often somebody has asked.
type disk struct{ left, size, reads int64 }

func (d *disk) space(func(int64) int64) (left, size int64, err error) {
	d.reads++
	return d.left, d.size, nil
}

// company on a disk: Ann is an admin, Gus a guest, and the person is Ann's.
type onDisk struct {
	*world
	disk     *disk
	log      *bytes.Buffer
	ann, gus chat.Seated
	byInvite context.Context
}

func newOnDisk(t *testing.T) onDisk {
	t.Helper()
	w, d, log := newWorld(t), &disk{left: 1 << 40, size: 1 << 40}, &bytes.Buffer{}
	w = onTable(t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1, Space: d.space,
		Logger: slog.New(slog.NewTextHandler(log, nil))})
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 6})
	by := guest(t, ann.Invite)
	gus, err := w.arrives(by, "Gus")
	if err != nil {
		t.Fatal(err)
	}
	return onDisk{w, d, log, ann, gus, by}
}

// has lets so much of the disk be left.
func (w onDisk) has(left int64) {
	w.disk.left = left
	w.clock.Advance(time.Second)
}

const mib = 1 << 20

func TestSpace_wordsOfGuestsEndFirstAndThoseOfAllLater(t *testing.T) {
	for _, c := range []struct {
		size, guests, all int64 // below which words end
	}{{1 << 40, 128 * mib, 64 * mib}, {1000 * mib, 40 * mib, 20 * mib},
		{32 * mib, 32 * mib / 100 * 4, 32 * mib / 100 * 2}} {
		w := newOnDisk(t)
		w.disk.size = c.size
		said := 0
		words := func(ctx context.Context, token string) error {
			said++
			_, err := w.Send(ctx, chat.SendRequest{Token: token, Text: fmt.Sprint("word ", said)})
			return err
		}
		for _, at := range []struct {
			left        int64
			guests, all fault.Code
		}{{c.guests, "", ""}, {c.guests - 1, fault.Unavailable, ""}, {c.all, fault.Unavailable, ""},
			{c.all - 1, fault.Unavailable, fault.Unavailable}, {c.guests, "", ""}} {
			w.has(at.left)
			if got := fault.CodeOf(words(w.byInvite, w.gus.Token)); got != at.guests {
				t.Errorf("%d of %d left: a guest gets %q, want %q", at.left, c.size, got, at.guests)
			}
			if got := fault.CodeOf(words(t.Context(), w.ann.Token)); got != at.all {
				t.Errorf("%d of %d left: the admin gets %q, want %q", at.left, c.size, got, at.all)
			}
		}
	}
}

// Between two reads what was allowed counts, so that many at once do not fill the disk.
func TestSpace_isReadOnceASecondAndWhatWasAllowedCounts(t *testing.T) {
	w := newOnDisk(t)
	w.has(64*mib + 300_000)
	before, said := w.disk.reads, 0
	for i := range 100 {
		if _, err := w.send(chat.SendRequest{Token: w.ann.Token, Text: fmt.Sprint("word ", i)}); err == nil {
			said++
		}
	}
	if got := w.disk.reads - before; got != 1 || said < 10 || said > 20 {
		t.Errorf("%d reads within a second, and %d messages of 16 KiB into 300,000 bytes", got, said)
	}
	w.clock.Advance(time.Second)
	if _, err := w.send(chat.SendRequest{Token: w.ann.Token, Text: "a second later"}); err != nil {
		t.Error(err)
	}
}

func TestSpace_noneLeft_refusesWhatAddsAndCarriesOutWhatRemoves(t *testing.T) {
	w := newOnDisk(t)
	p := w.person(w.ann)
	first := w.say(w.ann.Token, "said before")
	keyed := asking(t, ident.Principal{ID: ident.KeyPrincipal("abcd")})
	bob, err := w.JoinRoom(keyed, chat.JoinRequest{Room: "plans", AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	w.approves(p, true)
	draft := w.drafts(chat.SendRequest{Token: w.ann.Token, Text: "a draft"})
	w.approves(p, false)
	w.adds(w.ann.Token, "sand")
	w.hook(w.gus.Token, "https://example.com/hook")
	w.manage(w.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	w.manage(w.ann.Token, room.BanName, "Zoe", chat.StatusBanned)
	manages := func(action room.Action, name string) func() error {
		return func() error {
			_, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: w.ann.Token, Agents: []string{name},
				Action: action})
			return err
		}
	}
	updates := func(req chat.UpdateRequest) func() error {
		return func() error { _, err := w.UpdateRoom(t.Context(), req); return err }
	}
	w.has(0)
	for what, call := range map[string]func() error{
		"a message": func() error {
			_, err := w.send(chat.SendRequest{Token: w.ann.Token, Text: "more"})
			return err
		},
		"a task": func() error {
			_, err := w.Task(t.Context(), chat.TaskRequest{Token: w.ann.Token, Action: chat.CommandAdd,
				Tasks: []chat.NewTask{{Title: "paint"}}})
			return err
		},
		"a last word": func() error {
			_, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: bob.Token, Text: "bye"})
			return err
		},
		"a draft that is sent": func() error {
			_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: p, Draft: draft,
				Decision: room.SendDraft})
			return err
		},
		"a name of a person": func() error {
			_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: p, PersonName: "Mia"})
			return err
		},
		"a draft that is approved": func() error {
			_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: p, Approve: new(true)})
			return err
		},
		"a link that a guest opens": func() error { _, err := w.opens(w.gus.Watch, "desk"); return err },
		"a webhook": func() error {
			return w.Webhook(t.Context(), p, roomlog.HookItem{ID: "a0", Room: w.ann.Token[:7], Seat: w.seatOf(w.ann)})
		},
		"an agent that is added": func() error {
			_, err := w.AddAgent(t.Context(), p, "Eva", roomlog.HookItem{URL: "https://example.com/rpc"})
			return err
		},
		"a promotion":   manages(room.Promote, "Bob"),
		"an unmuting":   manages(room.Unmute, "Bob"),
		"an unban":      manages(room.Unban, "Zoe"),
		"a description": updates(chat.UpdateRequest{Token: w.ann.Token, Description: "words"}),
		"a new invite":  updates(chat.UpdateRequest{Token: w.ann.Token, NewInvite: true}),
		"a link": func() error {
			_, err := w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: p, NewLink: true})
			return err
		},
		"a new seat": func() error { _, err := w.tryJoin("plans", "Cid"); return err },
		"a new room": func() error { _, err := w.tryJoin("ideas", "Cid"); return err },
	} {
		if err := w.changesNothing(w.ann.Token, call); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	wants(t, w.changesNothing(w.ann.Token, func() error { _, err := w.tryJoin("plans", "Bob"); return err }),
		fault.NameTaken) // nobody hears the knock
	again := w.sends(chat.SendRequest{Token: w.ann.Token, Text: "said before", Cursor: w.ann.Cursor})
	if !again.Duplicate || again.ID != first.ID {
		t.Errorf("a message that is repeated: %+v", again)
	}
	w.decides(p, draft, room.RefuseDraft, "")
	w.update(chat.UpdateRequest{Token: w.ann.Token, Redact: "t1"})
	w.does(chat.TaskRequest{Token: w.ann.Token, Action: chat.CommandDrop, ID: "t1", Text: "never mind"})
	w.clock.Advance(3 * time.Minute)
	if got, err := w.JoinRoom(keyed, chat.JoinRequest{Room: "plans", AgentName: "Bob"}); err != nil ||
		got.Status != chat.StatusReturned {
		t.Errorf("Bob, who has lost his token: %+v, %v", got, err)
	}
	w.manage(w.ann.Token, room.BanName, "Gus", chat.StatusBanned)
	w.manage(w.ann.Token, room.Kick, "Bob", chat.StatusKicked)
	w.update(chat.UpdateRequest{Token: w.ann.Token, Redact: first.ID})
	w.pauses(p, true)
	_, err = w.Service.Supervise(t.Context(), chat.SuperviseRequest{Token: p, Paused: new(false)})
	wants(t, err, fault.Unavailable)
	w.update(chat.UpdateRequest{Token: p, Close: true})
}

// The operator hears of each of the two once an hour, and nobody's look takes any space.
func TestSpace_operatorIsWarnedOfGuestsAndOfAll(t *testing.T) {
	w := newOnDisk(t)
	said := 0
	words := func(ctx context.Context, token string) {
		said++
		_, err := w.Send(ctx, chat.SendRequest{Token: token, Text: fmt.Sprint("word ", said)})
		wants(t, err, fault.Unavailable)
	}
	for range 2 {
		w.has(128*mib - 1)
		for range 9 {
			words(w.byInvite, w.gus.Token)
		}
		w.has(64*mib - 1)
		words(w.byInvite, w.gus.Token)
		words(t.Context(), w.ann.Token)
		log := w.log.String()
		if guests, all := strings.Count(log, "of=guests"),
			strings.Count(log, "of=all"); guests != 1 || all != 1 {
			t.Errorf("%d warnings of guests and %d of all, want one each:\n%s", guests, all, log)
		}
		w.log.Reset()
		w.clock.Advance(time.Hour)
	}
}

// What adds nothing takes no space from what does.
func TestSpace_whatAddsNothing_takesNone(t *testing.T) {
	w := newOnDisk(t)
	w.manage(w.ann.Token, room.BanName, "Zoe", chat.StatusBanned)
	w.has(64*mib + 1)
	for range 100 {
		w.manage(w.ann.Token, room.BanName, "Zoe", chat.StatusNoChange)
	}
	for i := range 10 {
		w.manage(w.ann.Token, room.BanName, fmt.Sprint("Zoe ", i), chat.StatusBanned)
	}
	w.say(w.ann.Token, "there is space")
}
