package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// The answer to an act was lost, so the identical call is made again, perhaps at another process. A refusal would say
// that the act failed. Sends have repeat_test.go, and decisions about drafts supervise_draft_test.go.
func TestAct_againAfterItsAnswerWasLost_isAnsweredAndChangesNothing(t *testing.T) {
	// An act says how it was answered.
	type act func(w *world, p company, person string) (string, error)
	manage := func(action room.Action, names ...string) act {
		return func(w *world, p company, _ string) (string, error) {
			got, err := w.ManageAgent(w.t.Context(),
				chat.ManageRequest{Token: p.ann.Token, Agents: names, Action: action})
			return string(got.Status), err
		}
	}
	update := func(req chat.UpdateRequest) act {
		return func(w *world, p company, _ string) (string, error) {
			req.Token = p.ann.Token
			if req.Cursor != "" {
				req.Cursor = p.ann.Cursor
			}
			got, err := w.UpdateRoom(w.t.Context(), req)
			return string(got.Status), err
		}
	}
	task := func(req chat.TaskRequest) act {
		return func(w *world, p company, _ string) (string, error) {
			req.Token = p.bob.Token
			got, err := w.Task(w.t.Context(), req)
			if err != nil || got.Task == nil {
				return "", err
			}
			return fmt.Sprint(got.Task.State, " ", got.Task.For), err
		}
	}
	supervise := func(req chat.SuperviseRequest) act {
		return func(w *world, _ company, person string) (string, error) {
			req.Token = person
			got, err := w.Supervise(w.t.Context(), req)
			return fmt.Sprintf("%t, %s", got.Paused, got.Name), err
		}
	}
	takes := func(w *world, p company) { w.task(p.bob.Token, chat.CommandTake, "t1") }
	last := func(w *world, p company) { // what Bob says next is the last that agents may say
		takes(w, p)
		w.update(chat.UpdateRequest{Token: p.ann.Token, AgentMessages: new(3)})
	}
	mutedLeft := func(w *world, p company) {
		w.manage(p.ann.Token, room.Mute, "Cid", chat.StatusMuted)
		w.leave(p.cid.Token)
	}
	for what, c := range map[string]struct {
		prepare       func(w *world, p company)
		act           act
		first, second string // how it is answered; first "": prepare has done the act
	}{
		"kick": {nil, manage(room.Kick, "Bob", "@Cid"), "kicked", "unchanged"},
		"ban":  {nil, manage(room.BanName, "Bob", "Eve"), "banned", "unchanged"},
		"ban of one that had left": {func(w *world, p company) { w.leave(p.bob.Token) }, manage(room.BanName, "Bob"),
			"banned", "unchanged"},
		"unban": {func(w *world, p company) { w.manage(p.ann.Token, room.BanName, "Bob", chat.StatusBanned) },
			manage(room.Unban, "Bob"), "unbanned", "unchanged"},
		"promote":                     {nil, manage(room.Promote, "Bob"), "promoted", "unchanged"},
		"mute":                        {nil, manage(room.Mute, "Bob"), "muted", "unchanged"},
		"mute of one that has left":   {mutedLeft, manage(room.Mute, "Cid"), "", "unchanged"},
		"unmute of one that had left": {mutedLeft, manage(room.Unmute, "Cid"), "unmuted", "unchanged"},

		"settings": {nil, update(chat.UpdateRequest{Room: "news", Description: "of the day", Capacity: 5,
			Public: yes()}), "updated", "unchanged"},
		"settings, with a cursor": {nil, update(chat.UpdateRequest{Description: "of the day", Cursor: "mine"}),
			"updated", "unchanged"},
		"the end of the room": {nil, update(chat.UpdateRequest{Close: true}), "closed", "closed"},
		"the end of the room, with a cursor": {nil, update(chat.UpdateRequest{Close: true, Cursor: "mine"}), "closed",
			"closed"},

		"release": {takes, task(chat.TaskRequest{Action: chat.CommandRelease, ID: "t1"}), "open []", "open []"},
		"release for Cid": {takes, task(chat.TaskRequest{Action: chat.CommandRelease, ID: "t1", For: []string{"@Cid"}}),
			"open [Cid]", "open [Cid]"},
		"release by the last word": {last, task(chat.TaskRequest{Action: chat.CommandRelease, ID: "t1", Text: "dusty"}),
			"open []", "open []"},
		"finish": {takes, task(chat.TaskRequest{Action: chat.CommandFinish, ID: "t1", Text: "smooth"}), "done []",
			"done []"},
		"finish by the last word": {last, task(chat.TaskRequest{Action: chat.CommandFinish, ID: "t1", Text: "smooth"}),
			"done []", "done []"},
		"drop": {nil, task(chat.TaskRequest{Action: chat.CommandDrop, ID: "t3"}), "dropped []", "dropped []"},
		"edit": {nil, task(chat.TaskRequest{Action: chat.CommandEdit, ID: "t3", Text: "soon"}), "open []", "open []"},

		"pause":        {nil, supervise(chat.SuperviseRequest{Paused: yes()}), "true, ", "true, "},
		"a name":       {nil, supervise(chat.SuperviseRequest{PersonName: "Bo"}), "false, Bo", "false, Bo"},
		"another link": {nil, supervise(chat.SuperviseRequest{NewLink: true}), "false, ", "false, "},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			person := w.person(p.bob)
			w.adds(p.ann.Token, "sand", "paint > Bob")
			w.adds(p.bob.Token, "sweep")
			if c.prepare != nil {
				c.prepare(w, p)
			}
			p.ann.Cursor = w.look(p.ann.Token, "").Cursor
			if c.first != "" {
				if got, err := c.act(w, p, person); err != nil || got != c.first {
					t.Fatalf("it is answered %q, %v", got, err)
				}
			}
			before := len(w.events(p.ann.Token))
			for _, w := range []*world{w, w.elsewhere()} {
				if got, err := c.act(w, p, person); err != nil || got != c.second {
					t.Errorf("again it is answered %q, %v; want %q", got, err, c.second)
				}
			}
			if after := len(w.events(p.ann.Token)); after != before {
				t.Errorf("%d events became %d", before, after)
			}
		})
	}
}
