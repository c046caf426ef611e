package chat_test

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// modelFor returns the reference model as a sequential specification, of a run that
// left these logs.
func modelFor(c *conditions) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return model{conditions: c} },
		Step: func(state, input, _ any) (bool, any) {
			op := input.(timed)
			next, err := state.(model).step(op.operation, op.now)
			return err == nil, next
		},
		Equal: func(a, b any) bool { return reflect.DeepEqual(a, b) },
		Hash:  func(state any) uint64 { return state.(model).hash() },
	}
}

// hash tells most states apart, so that few need to be compared.
func (m model) hash() (sum uint64) {
	mix := func(values ...int64) {
		for _, v := range values {
			sum = (sum ^ uint64(v)) * 1_099_511_628_211 // as FNV does
		}
	}
	for _, r := range m.rooms {
		mix(r.head())
		for _, a := range r.agents {
			mix(a.handed, a.acked, a.guarded, int64(len(a.calls)))
		}
	}
	return sum
}

// events counts the events of all rooms.
func (m model) events() (n int) {
	for _, r := range m.rooms {
		n += len(r.log)
	}
	return n
}

// maybeOp is what a call does that has no answer: at any time, or never. The model
// skips it only after the end, since the search would take too long otherwise.
type maybeOp struct {
	operation
	goesOn bool // it has an answer, after the part of the history that is looked at
}

func (o maybeOp) on(m model) (model, error) {
	next, err := o.operation.on(m)
	if err == nil && (o.goesOn || !m.answeredLater(next)) {
		return next, nil
	}
	if !m.ended {
		return m, &wrong{"a call without an answer", o.operation, "its effect"}
	}
	return m, nil
}

// answeredLater reports whether next contains an event that m does not, and that an
// answer claims.
func (m model) answeredLater(next model) bool {
	for _, r := range next.rooms {
		was, _ := m.room(r.id)
		for n := was.head() + 1; n <= r.head(); n++ {
			if m.logs.answered[eventID{r.id, n}] {
				return true
			}
		}
	}
	return false
}

func (o maybeOp) String() string { return o.operation.String() + ": no answer" }

// trace is what an operation leaves in a log; empty if that cannot be said in advance.
func trace(op operation) string {
	switch x := op.(type) {
	case lostJoin:
		return "joined " + x.agent
	case vacateOp:
		return "heir " + x.agent
	case knockOp:
		return "knock " + x.agent
	case lostAct:
		return "acts"
	case lostSend:
		return "said " + x.text
	case lostTask:
		return "task " + string(x.req.Action)
	}
	return ""
}

// unexplained counts the traces in the logs that no answer claims.
func (x *finalLogs) unexplained() map[string]int {
	n := map[string]int{}
	for id, lines := range x.rooms {
		heir := false
		for i, line := range lines {
			e := strings.Split(line, "|") // see logLine
			claimed := x.answered[eventID{id, int64(i + 1)}]
			kind := chat.EventType(e[0])
			if kind == chat.EventJoined && heir {
				n["heir "+e[1]]++
			}
			switch {
			case kind == chat.EventJoined && !claimed:
				n["joined "+e[1]]++
			case kind == chat.EventSaid && !claimed:
				n["said "+e[2]]++
			case kind == chat.EventTask:
				action, _, _ := strings.Cut(e[2], " ")
				n["task "+action]++
			case kind == chat.EventRole && e[6] == "":
				n["acts"]++
			case kind == chat.EventKnocked:
				n["knock "+e[1]]++
			}
			heir = kind == chat.EventLeft && e[4] == string(room.ReasonTimeout)
		}
	}
	return n
}

// plausible returns the history without the calls that have no answer and left no
// trace. Of equal calls it keeps the first ones, as many as there are traces: they
// can stand for the others. This shortens the search and does not change its result.
func plausible(history []porcupine.Operation, logs *finalLogs) (out []porcupine.Operation) {
	traces, seen := logs.unexplained(), map[string]int{}
	for _, op := range slices.SortedFunc(slices.Values(history),
		func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) }) {
		if maybe, ok := op.Input.(timed).operation.(maybeOp); ok && trace(maybe.operation) != "" {
			seen[maybe.String()]++
			if seen[maybe.String()] > traces[trace(maybe.operation)] {
				continue
			}
		}
		out = append(out, op)
	}
	return out
}

// pauseOp is the end of a time in which nothing was called. The services start again.
type pauseOp struct{}

func (pauseOp) on(m model) (model, error) { return m, nil }

func (pauseOp) String() string { return "a day passes" }

// endOp is the end of a history. If that is complete, some call caused each event.
type endOp struct{ complete bool }

func (o endOp) on(m model) (model, error) {
	m.ended = true
	if n := m.events(); o.complete && n != m.logs.total {
		return m, &wrong{"the events that calls caused", n, m.logs.total}
	}
	return m, nil
}

func (o endOp) String() string { return "the calls end" }

// judge looks for an order of the calls in which the model gives every answer.
func (r *linearRun) judge(logs *finalLogs) error {
	c := &conditions{oneService: r.single, lostWrites: r.faults.Refused > 0, logs: logs}
	history := plausible(r.calls.list, logs)
	verdict, _ := check(c, history)
	if verdict == porcupine.Ok {
		return nil
	}
	shortest := shorten(c, history)
	_, info := check(c, shortest)
	return fmt.Errorf("no order of the calls explains the answers (%s): %s", verdict, describe(r, logs, shortest, info))
}

func check(c *conditions, history []porcupine.Operation) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	return porcupine.CheckOperationsVerbose(modelFor(c), history, 2*time.Minute)
}

// shorten returns the history up to the first end of a call at which it is wrong.
// Calls that go on then may have happened or not.
func shorten(c *conditions, history []porcupine.Operation) []porcupine.Operation {
	history = slices.SortedFunc(slices.Values(history),
		func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	n := sort.Search(len(history), func(i int) bool {
		verdict, _ := check(c, upTo(history, history[i].Return))
		return verdict != porcupine.Ok
	})
	if n == len(history) || history[n].Return == math.MaxInt64 {
		return history
	}
	return upTo(history, history[n].Return)
}

// upTo returns the history up to a time.
func upTo(history []porcupine.Operation, end int64) (out []porcupine.Operation) {
	for _, op := range history {
		if op.Call > end {
			continue
		}
		if x := op.Input.(timed); op.Return > end {
			op.Return = math.MaxInt64
			if _, maybe := x.operation.(maybeOp); !maybe {
				op.Input = timed{maybeOp{x.operation, true}, x.now}
			}
		}
		out = append(out, op)
	}
	last := porcupine.Operation{ClientId: 98, Input: timed{endOp{}, time.Time{}}, Call: end + 1, Return: end + 1}
	if _, complete := out[len(out)-1].Input.(timed).operation.(endOp); complete {
		return out
	}
	return append(out, last)
}

// describe lists the logs and the calls, with the place of each in the longest order
// that explains a part of them.
func describe(r *linearRun, logs *finalLogs, history []porcupine.Operation, info porcupine.LinearizationInfo) string {
	var longest []porcupine.Operation
	for _, part := range info.PartialLinearizationsOperations() {
		for _, some := range part {
			if len(some) > len(longest) {
				longest = some
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "capacity %d, one service %t, late writes %t, pauses %t\n", r.capacity, r.single, r.faults.Late > 0,
		r.pauses)
	for id, events := range logs.rooms {
		for i, e := range events {
			fmt.Fprintf(&b, "\t%s %d %s\n", id, i+1, e)
		}
	}
	history = slices.SortedFunc(slices.Values(history),
		func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	for _, op := range history {
		place, end := "--", fmt.Sprint(op.Return)
		for i, x := range longest {
			if x.ClientId == op.ClientId && x.Call == op.Call && fmt.Sprint(x.Input) == fmt.Sprint(op.Input) {
				place = fmt.Sprint(i + 1)
			}
		}
		if op.Return == math.MaxInt64 {
			end = "?"
		}
		fmt.Fprintf(&b, "\t%3s  [%d, %s] %d: %s\n", place, op.Call, end, op.ClientId, op.Input)
	}
	return b.String()
}
