package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// browser has a browser of a person called.
func (w *world) browser(person string) roomlog.HookItem {
	w.t.Helper()
	seat, device, err := w.PushSeat(w.t.Context(), person)
	if err != nil {
		w.t.Fatal(err)
	}
	hook := roomlog.HookItem{ID: chat.HookID("", device, string(room.FormPush), seat, false), Form: room.FormPush,
		Room: seat.Room, Seat: seat.Seat, URL: "https://push.example/",
		UntilMs: w.clock.Now().Add(60 * day).UnixMilli(), PushItem: roomlog.PushItem{Device: device}}
	if err := w.BeginPush(w.t.Context(), person, hook); err != nil {
		w.t.Fatal(err)
	}
	return hook
}

// The answer to a draft says whether anything of its person may show it: a browser or a webhook that is called, or a
// page that is open. A hook of the agent shows nothing to the person.
func TestDraft_nobodyMaySeeIt_itsAgentIsTold(t *testing.T) {
	onFiles(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p, person := w.approved()
		unseen := func(why string, want bool) {
			t.Helper()
			got, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "May I merge it?"})
			if err != nil || got.Waited.Status != chat.StatusPending || got.Waited.Situation.Unseen != want {
				t.Errorf("%s: it is unseen: %v, status %q, %v", why, got.Waited.Situation.Unseen, got.Waited.Status,
					err)
			}
		}
		unseen("nothing", true)
		unseen("said again", true)
		wake := w.hook(p.bob.Token, "https://bob.example/")
		unseen("a wake of the agent", true)
		for what, add := range map[string]func() roomlog.HookItem{
			"a webhook": func() roomlog.HookItem { return there.webhook(person, "https://example.org/hook") },
			"a browser": func() roomlog.HookItem { return there.browser(person) },
		} {
			hook := add()
			unseen(what, false)
			if _, err := there.EndHook(t.Context(), person, hook.ID); err != nil {
				t.Fatal(err)
			}
			unseen(what+" that has ended", true)
		}
		if _, err := w.EndHook(t.Context(), p.bob.Token, wake.ID); err != nil {
			t.Fatal(err)
		}

		ctx, leave := context.WithCancel(t.Context())
		page := there.waiting(ctx, chat.WaitRequest{Token: person, Wait: 25 * time.Second})
		for until := time.Now().Add(time.Minute); ; {
			got, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "May I merge it?"})
			if err != nil || time.Now().After(until) {
				t.Fatalf("while the page is open: %+v, %v", got, err)
			}
			if !got.Waited.Situation.Unseen {
				break
			}
		}
		leave()
		<-page
	})
}
