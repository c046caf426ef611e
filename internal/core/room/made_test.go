package room_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

// TestMade_anyOrderOfBuilding_hasTheLastCallsOfTheLog draws messages, drafts and what becomes of them, tasks, and
// removals. Whenever a process loads the room, and however far it reads back, it knows the same calls, as far as it
// has read. talk: said again.
func TestMade_anyOrderOfBuilding_hasTheLastCallsOfTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		l.join("Ann")
		l.join("Bob")
		var want []room.Made
		add := func(e room.Event) {
			want = append(want, room.Made{N: e.N, AtMs: e.AtMs, Call: e.Call, Draft: e.Draft != nil})
		}
		forget := func(n int64) {
			for i := range want {
				if want[i].N == n {
					want[i].Call = "-"
				}
			}
		}
		for k := range rapid.IntRange(1, 30).Draw(t, "events") {
			call := fmt.Sprint("call ", k)
			drafts := l.agent(ann).Person.Drafts
			switch rapid.IntRange(0, 7).Draw(t, "event") {
			case 0, 1:
				add(l.send(ann, room.Event{Text: "hello", Call: call}))
			case 2: // neither is a call of Ann
				l.send(bob, room.Event{Text: "so", Call: call})
				l.send(ann, room.Event{Text: "so", Call: call, Person: true})
			case 3:
				if e, err := l.agent(ann).Draft(room.Event{Type: room.Said, Seat: ann, Text: "may I?", Call: call},
					nil, "", l.now); err == nil {
					add(l.apply(e))
				}
			case 4:
				if len(drafts) > 0 {
					all := []room.Decision{room.SendDraft, room.EditDraft, room.RefuseDraft}
					how := rapid.SampledFrom(all).Draw(t, "decision")
					n := rapid.SampledFrom(drafts).Draw(t, "draft").N
					text := map[room.Decision]string{room.EditDraft: "you may"}[how]
					e, err := l.head.DecideDraft(l.agent(ann).Agent, l.events[n-1], how, text, nil, l.now)
					if err != nil {
						t.Fatal(err)
					}
					e = l.apply(e)
					if how != room.RefuseDraft {
						want[slices.IndexFunc(want, func(m room.Made) bool { return m.N == n })].As = e.N
					}
				}
			case 5:
				add(l.must(ann, room.TaskOrder{Action: room.AddTasks, Call: call, Add: []room.Task{{Title: "tea"}}}))
			case 6:
				n := rapid.Int64Range(1, l.head.AsOf).Draw(t, "message")
				if e := l.events[n-1]; e.Type == room.Said {
					l.apply(e.Redaction())
					for _, n := range []int64{e.N, e.Decides} {
						if n != 0 {
							l.events[n-1] = l.events[n-1].WithoutText()
							forget(n)
						}
					}
				}
			case 7:
				if len(l.head.Tasks) > 0 {
					task := rapid.SampledFrom(l.head.Tasks).Draw(t, "task")
					l.apply(task.Redaction())
					l.events[task.N-1] = l.events[task.N-1].WithoutTask(task.No)
					forget(task.N)
				}
			}
		}
		if len(want) > room.KeptCalls {
			want = want[len(want)-room.KeptCalls:]
		}
		loaded := rapid.IntRange(0, len(l.events)).Draw(t, "loaded at")
		h := recall(room.NewHead(*l.states[loaded]), l.events[rapid.IntRange(0, loaded).Draw(t, "from"):loaded])
		for _, e := range l.events[loaded:] {
			next, err := h.Apply(e)
			if err != nil {
				t.Fatal(err)
			}
			h = next
		}
		covered := slices.DeleteFunc(slices.Clone(want), func(m room.Made) bool { return m.N < h.Recent.From })
		if got := h.Recent.Made(l.agent(ann)); !slices.Equal(got, covered) {
			t.Fatalf("from event %d: %+v, want %+v", h.Recent.From, got, covered)
		}
		if got := l.head.Recent.Made(l.agent(ann)); !slices.Equal(got, want) {
			t.Fatalf("as it came: %+v, want %+v", got, want)
		}
	})
}
