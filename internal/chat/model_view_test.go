package chat_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// viewOp is a room as an answer shows it.
type viewOp struct {
	what   string
	who    agentID      // its joined is 0 for a stranger
	got    *chat.Room   // nil: not shown
	agents []chat.Agent // if the answer shows only these; nil: not shown
	others int          // -1: not shown
}

func (o viewOp) on(m model) (model, error) {
	r, ok := m.room(o.who.room)
	a, joined := r.agent(o.who.joined)
	if !ok || r.retired || !joined && o.who.joined != 0 {
		return m, &wrong{o.what, o.who, "a room that is not over"}
	}
	want := m.view(r, o.who.joined)
	got := want
	if o.got != nil {
		got = *o.got
	}
	if o.agents != nil {
		got.Agents = o.agents
	}
	others := len(want.Agents)
	if joined && !a.gone {
		others--
	}
	if o.others >= 0 && o.others != others {
		return m, &wrong{o.what + ": others", o.others, others}
	}
	got.Agents = slices.Clone(got.Agents)
	for i := range min(len(got.Agents), len(want.Agents)) {
		m.forgive(&got.Agents[i], &want.Agents[i])
	}
	same := slices.Equal(got.Agents, want.Agents)
	if got.Agents, want.Agents = nil, nil; !same || !reflect.DeepEqual(got, want) {
		return m, &wrong{o.what + " shows", o, m.view(r, o.who.joined)}
	}
	return m, nil
}

// view returns r as the agent who sees it.
func (m model) view(r roomModel, who int64) chat.Room {
	out := chat.Room{
		Name: r.name, Description: r.about, Type: r.kind, Capacity: r.capacity, Public: r.public, PasswordProtected: r.password != "", Agents: []chat.Agent{},
	}
	for _, a := range r.seated() {
		x := chat.Agent{Name: a.name, Role: room.Member, You: a.joined == who, Muted: a.muted, State: chat.Silent}
		if a.admin {
			x.Role = room.Admin
		}
		if x.You {
			x.State = chat.Waiting
		} else {
			x.Idle = m.now.Sub(a.lastHeard())
		}
		if m.now.Before(a.back) {
			x.State, x.BackIn = chat.Away, a.back.Sub(m.now)
		}
		out.Agents = append(out.Agents, x)
	}
	return out
}

// forgive removes what a service may not know from how it shows an agent: after 15
// minutes since when it is idle, and where calls overlap what the agent is doing.
func (m model) forgive(got, want *chat.Agent) {
	switch {
	case !m.sequential:
		got.State, got.Idle, got.BackIn = "", 0, 0
		want.State, want.Idle, want.BackIn = "", 0, 0
	case !m.oneService && want.Idle.Minutes() >= 15:
		got.Idle = min(got.Idle, want.Idle)
	}
}

func (o viewOp) String() string {
	var names []string
	if o.got != nil {
		names = seats(*o.got)
	}
	return fmt.Sprintf("%v sees in %s: %q, %q, %d others", o.who, o.what, names, seats(chat.Room{Agents: o.agents}), o.others)
}

// infoOp is room_info of the caller's room.
type infoOp struct {
	who  agentID
	got  chat.Info
	code fault.Code
}

func (o infoOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	if r.closed {
		return m, expectEqual("the code", o.code, fault.RoomClosed)
	}
	m = m.withAgent(r.id, a.call(m.now))
	got := []any{o.code, o.got.Earlier, o.got.Requests, o.got.Now}
	return m, sameText("info", got, []any{"", r.head() + 1 - a.since, r.requests(a), m.now})
}

func (o infoOp) String() string { return fmt.Sprintf("%v asks for info: %s", o.who, o.code) }

// requests returns the last ten requests of agents that have a seat, which a sees and
// nobody but their sender has answered.
func (r roomModel) requests(a agentModel) (open []chat.OpenRequest) {
	for _, e := range r.log {
		sender, _ := r.agent(e.seat)
		if e.Type != chat.Said || e.Kind != room.Request || !a.sees(e) || sender.gone {
			continue
		}
		answered := slices.ContainsFunc(r.log, func(x eventModel) bool {
			return x.ReplyTo == e.Seq && x.seat != e.seat && a.sees(x)
		})
		var to []string
		for _, n := range e.to {
			if x, _ := r.agent(n); !x.gone {
				to = append(to, x.name)
			}
		}
		if !answered && (len(to) > 0 || len(e.to) == 0) {
			open = append(open, chat.OpenRequest{Seq: e.Seq, From: e.From, To: to})
		}
	}
	return open[max(0, len(open)-10):]
}

// strangerOp is room_info by a room's name.
type strangerOp struct {
	name, password string
	got            chat.Info
	code           fault.Code
}

func (o strangerOp) on(m model) (model, error) {
	r, found := m.holder(o.name)
	want := fault.Code("")
	switch {
	case !found || m.startsOver(r):
		want = fault.RoomNotFound
	case o.password != r.password:
		want = fault.WrongPassword
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	if len(o.got.Requests) > 0 || o.got.Earlier != max(0, r.head()+1-r.visibleFrom()) {
		return m, &wrong{"info by name", o.got, r.visibleFrom()}
	}
	return viewOp{"info by name", agentID{room: r.id}, &o.got.Room, nil, -1}.on(m)
}

func (o strangerOp) String() string {
	return fmt.Sprintf("a stranger asks for %s, password %q: %s", o.name, o.password, o.code)
}

// listOp is all pages of a list of public rooms.
type listOp struct {
	search string
	got    []chat.Listed
}

func (o listOp) on(m model) (model, error) {
	var got, want []string
	for _, x := range o.got {
		got = append(got, fmt.Sprintf("%s: %+v", strings.ToLower(x.Name), x))
	}
	for _, r := range m.rooms {
		found := strings.Contains(r.key+r.about, strings.ToLower(o.search))
		if found && r.public && !r.closed && !m.startsOver(r) {
			want = append(want, fmt.Sprintf("%s: %+v", r.key, chat.Listed{
				Name: r.name, Description: r.about, Type: r.kind, Agents: len(r.seated()), Capacity: r.capacity, PasswordProtected: r.password != "",
			}))
		}
	}
	slices.Sort(want)
	return m, sameText("the list", got, want)
}

func (o listOp) String() string {
	return fmt.Sprintf("somebody lists %q: %d rooms", o.search, len(o.got))
}

// historyOp is a page of a room's history.
type historyOp struct {
	who  agentID
	req  chat.HistoryRequest
	got  chat.Page
	code fault.Code
}

func (o historyOp) on(m model) (model, error) {
	r, a, refused, err := m.admit(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	m = m.withAgent(r.id, a.call(m.now))
	want := fault.Code("")
	if e, there := r.event(o.req.Seq); o.req.Seq > 0 && (!there || !a.sees(e)) {
		want = fault.InvalidArgument
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	page, more := o.page(r.visible(a, o.req.After))
	if o.got.HasMore != more {
		return m, &wrong{"history has more", o.got.HasMore, more}
	}
	return m, m.sameMessages(o.got.Messages, page)
}

// page returns the part of all that is asked for. It may be shorter where it would
// be long.
func (o historyOp) page(all []chat.Message) (page []chat.Message, more bool) {
	if o.req.Before > 0 {
		all = slices.DeleteFunc(all, func(e chat.Message) bool { return e.Seq >= o.req.Before })
	}
	if o.req.Seq > 0 {
		all = slices.DeleteFunc(all, func(e chat.Message) bool { return e.Seq != o.req.Seq })
	}
	limit := o.req.Limit
	if limit == 0 {
		limit = 20
	}
	want := min(len(all), limit)
	if n := len(o.got.Messages); n >= fewestShown && n < want {
		want = n
	}
	if o.req.After > 0 {
		return all[:want], want < len(all)
	}
	return all[len(all)-want:], want < len(all)
}

func (o historyOp) String() string {
	return fmt.Sprintf("%v reads the history before %d, after %d, of %d: %s %s", o.who, o.req.Before, o.req.After, o.req.Seq, o.code, brief(o.got.Messages))
}
