package chat_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// viewOp is a room as an answer shows it.
type viewOp struct {
	what   string
	who    agentID          // its seat is 0 for a stranger
	got    *chat.Room       // nil: not shown
	agents []chat.AgentView // if the answer shows only these; nil: not shown
	others int              // -1: not shown
}

func (o viewOp) on(m model) (model, error) {
	r, ok := m.room(o.who.room)
	a, joined := r.agent(o.who.seat)
	if !ok || r.retired && !r.abandoned || !joined && o.who.seat != 0 {
		return m, &wrong{o.what, o.who, "a room that is not over"}
	}
	want := m.view(r, o.who.seat)
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
		x, _ := r.seatedAs(want.Agents[i].Name)
		m.observe(r, a, x, got.Agents[i], &want.Agents[i])
	}
	same := slices.EqualFunc(got.Agents, want.Agents, func(g, w chat.AgentView) bool { return reflect.DeepEqual(g, w) })
	if shown := got.Agents; !same {
		return m, &wrong{o.what + " shows", shown, want.Agents}
	}
	got.Agents, want.Agents = nil, nil
	if !reflect.DeepEqual(got, want) {
		return m, &wrong{o.what + " shows", got, want}
	}
	return m, nil
}

// view returns r as the agent of a seat sees it, but for what only observe knows.
func (m model) view(r roomModel, seat int) chat.Room {
	out := chat.Room{
		Name: r.name, Description: r.about, Type: r.kind, Capacity: r.capacity, Public: r.public,
		PasswordProtected: r.password != "",
		Closed:            r.closed, AgentMessages: r.agentMessages, Agents: []chat.AgentView{},
	}
	for _, a := range r.seated() {
		x := chat.AgentView{Name: a.name, Role: room.Member, You: a.seat == seat, Muted: a.muted}
		x.Person = a.person.opened
		if a.admin {
			x.Role = room.Admin
		}
		switch back := a.back(); {
		case seat == 0: // outside, nobody is told more than the names, and who runs the room
			x = chat.AgentView{Name: a.name}
			if a.admin {
				x.Role = room.Admin
			}
		case !x.You:
		case m.now.Before(back):
			x.State, x.BackIn = room.AgentAway, back.Sub(m.now)
		default:
			x.State = room.AgentWaiting
		}
		out.Agents = append(out.Agents, x)
	}
	return out
}

// observe puts into want what got says of the agent x, if that may be: its last call; the
// return that it last announced; and how much it has not read, which a service may not know.
func (m model) observe(r roomModel, viewer, x agentModel, got chat.AgentView, want *chat.AgentView) {
	if viewer.seat == 0 || want.You {
		return
	}
	if !m.sequential {
		want.State, want.Idle, want.BackIn, want.Unread = got.State, got.Idle, got.BackIn, got.Unread
		return
	}
	switch {
	case x.endpoint:
	case !x.used && m.now.Before(x.joinedAt.Add(x.firstLease())): // its join has handed out what came before
		n := r.unread(viewer, x, max(x.handed, x.guarded))
		want.Unread = &n
	case got.Unread != nil && *got.Unread <= r.unread(viewer, x, x.joined) &&
		*got.Unread >= r.unread(viewer, x, max(x.handed, x.guarded)):
		want.Unread = got.Unread
	}
	last := latest(x.joinedAt, x.lastCall())
	idle, away := got.Idle == m.now.Sub(last), got.BackIn == max(0, x.back().Sub(m.now))
	if !m.oneService { // after its lease, or among services, what is known lags
		idle = idle || got.Idle >= 15*time.Minute
	}
	if x.endpoint { // a service may forget what it said, or all of it
		idle = idle || got.Idle == m.now.Sub(x.joinedAt) ||
			slices.ContainsFunc(x.calls, func(c callModel) bool { return got.Idle == m.now.Sub(c.at) })
	}
	if idle && away {
		want.Idle, want.BackIn = got.Idle, got.BackIn
	}
	switch {
	case m.now.Before(x.calledUntil()):
		want.State = room.AgentStandby
	case want.BackIn > 0:
		want.State = room.AgentAway
	case want.Idle < 2*time.Minute:
		want.State = room.AgentBusy
	default:
		want.State = room.AgentSilent
	}
}

// absenceOfOthers returns for how long no other agent has made a call, 0 if one is on standby; until when all are
// away; and how many of them owe a an answer and are silent. It is not sure when an endpoint last spoke.
func (m model) absenceOfOthers(r roomModel, a agentModel) (idle, away time.Duration, silent int, sure bool) {
	allAway, standby := true, false
	for _, x := range r.seated() {
		if x.seat == a.seat {
			continue
		}
		if x.endpoint && !m.now.Before(x.calledUntil()) {
			return 0, 0, 0, false
		}
		last, back := latest(x.joinedAt, x.lastCall()), max(0, x.back().Sub(m.now))
		standby, allAway = standby || x.endpoint, allAway && back > 0
		since := max(1, m.now.Sub(last))
		if idle == 0 || since < idle {
			idle = since
		}
		if away == 0 || back < away {
			away = back
		}
		if x.endpoint || back > 0 || since < 2*time.Minute {
			continue
		}
		for _, q := range m.openTo(r, a) {
			if owed, _ := q.knownTo(a.seat); q.seat == a.seat && slices.Contains(owed, x.seat) {
				silent++
			}
		}
	}
	switch {
	case standby:
		idle, away = 0, 0
	case !allAway:
		away = 0
	}
	return idle, away, silent, true
}

// unread counts the messages after event n that x was not given and viewer sees, too.
func (r roomModel) unread(viewer, x agentModel, n int64) (count int) {
	for _, e := range r.newsAfter(x, n, r.head()) {
		if e.Type == chat.EventSaid && (e.seat != x.seat || e.Person) && viewer.sees(e) {
			count++
		}
	}
	return count
}

func (o viewOp) String() string {
	var names []string
	if o.got != nil {
		names = seats(*o.got)
	}
	return fmt.Sprintf("%v sees in %s: %q, %q, %d others", o.who, o.what, names, seats(chat.Room{Agents: o.agents}),
		o.others)
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
	m = m.withAgent(r.id, a.call(m.now))
	var requests []chat.OpenRequest
	var open chat.Open
	for _, q := range m.openTo(r, a) {
		e, _ := r.event(q.n)
		if !a.sees(e) {
			continue
		}
		owed, _ := q.knownTo(a.seat)
		request := chat.OpenRequest{ID: shown(q.n), From: e.From, Person: e.Person,
			Text: bothEnds(e.Text), OwedBy: r.names(owed), Age: m.now.Sub(q.at), Proposal: q.proposal}
		if old, _ := r.event(q.replaces); q.replaces > 0 && a.sees(old) {
			request.Replaces = shown(q.replaces)
		}
		requests = append(requests, request)
		if q.proposal {
			open.Proposals++
		} else {
			open.Requests++
		}
	}
	for _, t := range r.tasks {
		if t.end == "" && t.added >= a.since {
			open.Tasks++
		}
	}
	got, want := []any{o.code, o.got.Earlier, o.got.Requests, open, o.got.Now},
		[]any{"", r.publicIn(a.since, r.head()), requests, open, m.now}
	if o.code == "" {
		got[3] = *o.got.Open
	}
	if err := sameText("info", got, want); err != nil {
		return m, err
	}
	return m, r.sameAgreements(a, o.got.Agreements)
}

// bothEnds returns a text as an open request shows it: of a long one, forty characters of each end.
func bothEnds(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n > 80 {
		return text[:40] + " … " + text[n-40:]
	}
	return text
}

func (o infoOp) String() string { return fmt.Sprintf("%v asks for info: %s", o.who, o.code) }

// agreed returns the agreements that a sees, the newest first, with what each replaced and what replaced it.
func (r roomModel) agreed(a agentModel) (list []agreementModel) {
	for _, x := range slices.Backward(r.agreements) {
		if p, _ := r.event(x.n); a.sees(p) {
			list = append(list, x)
		}
	}
	for i, x := range list {
		at := slices.IndexFunc(list, func(y agreementModel) bool { return y.n == x.replaces })
		if at > i && list[at].replacedBy == 0 {
			list[at].replacedBy = x.n
		}
		if old, _ := r.event(x.replaces); at < i && !a.sees(old) {
			list[i].replaces = 0
		}
	}
	return list
}

// sameAgreements compares the list of agreements that an answer contains: the first five that are in force, and the
// first five that are not. Those that bind a come first.
func (r roomModel) sameAgreements(a agentModel, got []chat.Agreement) error {
	var gotText, want []string
	for _, x := range got {
		gotText = append(gotText, fmt.Sprint(x.ID, x.Text, x.By, x.At.Unix(), x.AgreedBy, x.Replaces, x.ReplacedBy))
	}
	list, count := r.agreed(a), map[bool]int{}
	slices.SortStableFunc(list, func(x, y agreementModel) int {
		binds := func(x agreementModel) int { return slices.Index(x.bound, a.seat) }
		return min(binds(y), 0) - min(binds(x), 0)
	})
	for _, x := range list {
		count[x.replacedBy == 0]++
		if count[x.replacedBy == 0] > 5 {
			continue
		}
		p, _ := r.event(x.n)
		if x.replacedBy > 0 {
			p.Text = p.Text[:min(100, len(p.Text))]
		}
		by := ident.Actor(p.From, p.Person, "") // a draft that its person has edited is the person's
		want = append(want, fmt.Sprint(shown(x.n), p.Text, by, x.done.Unix(), append([]string{by}, x.by...),
			shown(x.replaces), shown(x.replacedBy)))
	}
	return sameText("the agreements", gotText, want)
}
