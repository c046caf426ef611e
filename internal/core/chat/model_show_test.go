package chat_test

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
)

// showOp is a look with the view of an agent. It changes nothing.
type showOp struct {
	who   agentID
	after int64 // 0: the newest messages
	got   chat.Shown
	code  fault.Code
}

func (o showOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	want, limit := fault.Code(""), 30
	if o.after > 0 {
		limit = 50
		if e, there := r.event(o.after); !there || !a.sees(e) {
			want = fault.InvalidArgument
		}
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	page, more := historyOp{who: o.who, after: o.after, limit: limit, got: o.got.Page}.page(r, a)
	if o.got.HasMore != more {
		return m, &wrong{"the view has more", o.got.HasMore, more}
	}
	if err := m.sameMessages(o.got.Messages, page); err != nil {
		return m, err
	}
	if want := m.waitingFor(r, a); !slices.EqualFunc(o.got.Waiting, want,
		func(w chat.Waiting, n int64) bool {
			return w.ID == shown(n) && (w.Message == nil || w.Message.ID == w.ID)
		}) {
		return m, &wrong{"the view: what waits", o.got.Waiting, want}
	}
	shown, err := m.withoutReader(r, a, o.got.Room)
	if err != nil {
		return m, err
	}
	return viewOp{"the view", o.who, &shown, nil, -1}.on(m)
}

// waitingFor returns what waits for the person of a: its drafts, then proposals and requests.
func (m model) waitingFor(r roomModel, a agentModel) (drafts []int64) {
	var proposals, requests []int64
	for _, d := range a.person.open(m.now) {
		drafts = append(drafts, d.n)
	}
	for _, q := range m.openTo(r, a) {
		switch owed, _ := q.knownTo(a.seat); {
		case !slices.Contains(owed, a.seat):
		case q.proposal:
			proposals = append(proposals, q.n)
		default:
			requests = append(requests, q.n)
		}
	}
	return slices.Concat(drafts, proposals, requests)
}

// withoutReader checks that a room shows a as others see it, and returns the room as a sees it.
func (m model) withoutReader(r roomModel, a agentModel, got chat.Room) (chat.Room, error) {
	got.Agents = slices.Clone(got.Agents)
	for i, reads := range m.view(r, a.seat).Agents {
		if !reads.You || i >= len(got.Agents) {
			continue
		}
		g, w := got.Agents[i], reads
		w.You, w.State, w.BackIn = false, "", 0
		if !g.You {
			return got, &wrong{"the view: you", g, reads}
		}
		g.You = false
		m.observe(r, a, a, g, &w)
		if !reflect.DeepEqual(g, w) {
			return got, &wrong{"the view shows its agent", g, w}
		}
		got.Agents[i] = reads
	}
	return got, nil
}

func (o showOp) String() string {
	return fmt.Sprintf("a view of %v looks after %d: %s %s", o.who, o.after, o.code, brief(o.got.Messages))
}
