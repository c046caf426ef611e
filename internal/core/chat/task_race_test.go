package chat_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// Four agents take the same task at once, and then four others the next free one: one wins the first, and each
// of the others gets one of its own. Its holder finishes it once, by whichever of two calls is first.
func TestTask_takenAtOnce_hasOneWinner(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		const rounds, agents = 50, 4
		w := services[0]
		at := func(i int) *world { return services[i%len(services)] }
		names := []string{"Ann", "Bob", "Cid", "Dan"}
		var all []chat.Seated
		for _, name := range names {
			all = append(all, w.enter(chat.JoinRequest{Room: "plans", AgentName: name, Capacity: agents}))
		}
		task := func(i int, action chat.TaskAction, id string) (chat.Tasks, error) {
			return at(i).Task(t.Context(), chat.TaskRequest{Token: all[i].Token, Action: action, ID: id})
		}
		together := func(call func(i int)) {
			var done sync.WaitGroup
			for i := range agents {
				done.Go(func() { call(i) })
			}
			done.Wait()
		}
		for round := range rounds {
			var list []string
			for i := range agents {
				list = append(list, fmt.Sprintf("task %d of round %d", i, round))
			}
			added := at(round).adds(all[round%agents].Token, list...)
			ids := make([]string, agents)
			for i := range ids {
				ids[i] = added.Tasks[i].ID
			}
			errs := make([]error, agents)
			together(func(i int) { _, errs[i] = task(i, chat.TaskTake, ids[0]) })
			winner := -1
			for i, err := range errs {
				switch {
				case err == nil && winner >= 0:
					t.Fatalf("round %d: %s and %s have it", round, names[winner], names[i])
				case err == nil:
					winner = i
				default:
					wants(t, err, fault.InvalidArgument)
				}
			}
			if winner < 0 {
				t.Fatalf("round %d: nobody has it: %v", round, errs)
			}
			got := make([]string, agents)
			together(func(i int) { // who has one takes that again
				x, err := task(i, chat.TaskTake, "")
				if err != nil {
					t.Error(err)
				} else {
					got[i] = x.Task.ID
				}
			})
			has := map[string]string{}
			for i, id := range got {
				if other := has[id]; other != "" || (id == ids[0]) != (i == winner) {
					t.Fatalf("round %d: %s got %s, and %s has it: %v", round, names[i], id, other, got)
				}
				has[id] = names[i]
			}
			done := make([]bool, agents)
			together(func(i int) { // the winner by a report, the others by turns by a call and by a report
				if i == winner || i%2 == 0 {
					sent, err := at(i).Send(t.Context(), chat.SendRequest{Token: all[i].Token,
						Text: fmt.Sprintf("%s of %s is done", got[i], names[i]), Finishes: ids})
					done[i] = err == nil && sent.Sent && len(sent.Unfinished) == agents-1
				} else {
					x, err := task(i, chat.TaskFinish, got[i])
					done[i] = err == nil && x.Task.State == chat.TaskDone
				}
			})
			for i := range done {
				if !done[i] {
					t.Fatalf("round %d: %s has not finished %s", round, names[i], got[i])
				}
			}
		}
		same(t, "the list", w.tasks(all[0].Token), nil)
		closed := w.lists(chat.TaskListRequest{Token: all[0].Token, Closed: true})
		if len(closed.Tasks) != 100 || !closed.HasMore {
			t.Errorf("%d closed tasks are shown", len(closed.Tasks))
		}
		w.verify(all[0].Token)
	})
}
