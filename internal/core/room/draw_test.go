package room_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// drawTimeline returns a room with a random past.
func drawTimeline(t *rapid.T) *timeline {
	l := newTimeline(t)
	l.join("Agent 1")
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		l.now = l.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Second)
		l.draw(t)
	}
	return l
}

// draw appends a random event that may follow.
func (l *timeline) draw(t *rapid.T) {
	taken := seats(&l.head.State)
	what := rapid.SampledFrom([]string{
		"say", "say", "say", "say", "tell", "tell", "answer", "answer", "answer", "withdraw",
		"join", "leave", "manage", "set", "knock", "regain", "pair", "supervise", "note", "draft", "decide",
		"task", "task", "task", "redact task", "hook", "hook",
	}).Draw(t, "event")
	if len(taken) == 0 {
		what = "join"
	}
	pick := func() int { return rapid.SampledFrom(taken).Draw(t, "seat") }
	switch what {
	case "say":
		l.drawMessage(t, pick(), nil)
	case "tell":
		from := pick()
		if to := drawSeats(t, taken, from); len(to) > 0 {
			l.drawMessage(t, from, to)
		}
	case "answer":
		l.drawAnswer(t)
	case "withdraw":
		if open := l.head.Talk.Open; len(open) > 0 {
			r := rapid.SampledFrom(open).Draw(t, "request")
			l.try(r.Seat, room.Event{Withdraws: r.N})
		}
	case "join":
		if len(taken) < 5 {
			l.join("Agent " + string(rune('A'+l.head.NextSeat%26)))
		}
	case "leave":
		l.drawLeave(t, pick())
	case "manage":
		l.manage(rapid.SampledFrom([]room.Action{
			room.Promote, room.Demote, room.Mute, room.Unmute, room.BanName, room.Unban,
		}).Draw(t, "action"), pick())
	case "set":
		l.set(func(s *room.Settings) {
			s.Public, s.OpenFrom = !s.Public, room.Mark{N: l.head.AsOf + 1, Messages: l.head.Messages}
			s.Type = rapid.SampledFrom([]room.Type{room.Group, room.Group, room.Channel}).Draw(t, "type")
		})
	case "knock":
		seat := pick()
		l.apply(room.Event{Type: room.Knocked, Seat: seat, Key: l.agent(seat).Key, Reason: room.ReasonNameTaken})
	case "regain":
		a := l.agent(pick())
		a.Hash, a.AtMs = "regained", l.now.UnixMilli()
		l.apply(room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a.Agent, Regains: true})
	case "supervise":
		a := l.agent(pick())
		p := a.Person
		p.Devices, p.Opened = append(slices.Clip(p.Devices), "device"), p.Opened+1
		p.Approve, p.ApproveSome.Files = true, !p.ApproveSome.Files
		why := []room.Reason{"", room.ReasonOpened, room.ReasonResumed, room.ReasonRefused}
		l.apply(a.Supervise(p, rapid.SampledFrom(why).Draw(t, "reason")))
	case "note":
		seat := pick()
		l.try(seat, room.Event{Person: true, To: []int{seat}, Text: "a note"})
	case "draft":
		seat := pick()
		if e, err := l.agent(seat).Draft(room.Event{Type: room.Said, Seat: seat, Text: "a draft"}, nil, "",
			l.now); err == nil {
			l.apply(e)
		}
	case "decide":
		l.drawDecision(t, l.agent(pick()).Agent)
	case "task":
		l.drawTask(t, pick())
	case "redact task":
		if list := l.head.Tasks; len(list) > 0 {
			e := rapid.SampledFrom(list).Draw(t, "task").Redaction()
			e.By = pick()
			l.apply(e)
		}
	case "hook":
		l.drawHook(t, l.agent(pick()))
	case "pair":
		l.apply(room.Event{Type: room.Paired})
	}
}

// drawHook begins a hook of a, begins it anew, or ends it.
func (l *timeline) drawHook(t *rapid.T, a room.Caller) {
	id := rapid.SampledFrom([]string{"one", "two"}).Draw(t, "hook")
	if _, there := a.Hook(id); there && rapid.Bool().Draw(t, "ends") {
		why := rapid.SampledFrom([]room.Reason{room.ReasonUnhooked, room.ReasonHookGone}).Draw(t, "why")
		l.apply(a.EndHook(id, why))
		return
	}
	person := room.Caller{Agent: a.Agent, Device: "device"}
	l.apply(rapid.SampledFrom([]room.Event{a.BeginHook(id, false), a.BeginHook(id, true), person.BeginWebhook(id),
		a.BeginEndpoint(id)}).Draw(t, "begins"))
}

func (l *timeline) drawLeave(t *rapid.T, seat int) {
	a := l.agent(seat)
	e := room.Event{Type: room.Left, Seat: seat, Name: a.Name, Promoted: room.Liveness{}.Heir(l.head, seat, l.now)}
	e.Reason = rapid.SampledFrom([]room.Reason{
		room.ReasonLeft, room.ReasonTimeout, room.ReasonBanned,
	}).Draw(t, "reason")
	if e.Reason == room.ReasonBanned {
		b := room.NewBan(ident.Name{Shown: a.Name, Key: a.Key})
		e.By, e.Ban = 1, &b
	}
	l.apply(e)
}

// try sends a message unless the rules refuse it.
func (l *timeline) try(seat int, e room.Event) {
	l.Helper()
	e, err := l.head.ProposeMessage(l.agent(seat), e, l.now)
	switch {
	case err == nil:
		l.apply(e)
	case fault.CodeOf(err) == "":
		l.Fatalf("%+v: %v", e, err)
	}
}

// drawSeats returns one or two seats of taken other than seat; none if there is no other.
func drawSeats(t *rapid.T, taken []int, seat int) []int {
	others := slices.DeleteFunc(slices.Clone(taken), func(s int) bool { return s == seat })
	if len(others) == 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(others), 1, min(2, len(others)), rapid.ID[int]).Draw(t, "seats")
}

// drawMessage has a seat say something that answers nothing.
func (l *timeline) drawMessage(t *rapid.T, from int, to []int) {
	e := room.Event{To: to, Person: rapid.Bool().Draw(t, "person")}
	e.Kind = rapid.SampledFrom([]room.Kind{"", "", room.Request, room.Status, room.Done, room.Proposal,
		room.Agree}).Draw(t, "kind")
	e.Text = rapid.SampledFrom([]string{"yes", "no", "one moment", "@Agent D, hello"}).Draw(t, "text")
	if rapid.Bool().Draw(t, "asks") {
		e.Ask = drawSeats(t, seats(&l.head.State), from)
	}
	l.try(from, e)
}

// drawAnswer has a seat answer what it sees to be open, to all or only to the asker.
func (l *timeline) drawAnswer(t *rapid.T) {
	from := rapid.SampledFrom(seats(&l.head.State)).Draw(t, "from")
	open := l.head.Talk.OpenTo(from, l.now)
	if len(open) == 0 {
		return
	}
	r := rapid.SampledFrom(open).Draw(t, "request")
	e := room.Event{ReplyTo: r.N, ReSeat: r.Seat, ReFor: r.To, Text: "so"}
	e.Kind = rapid.SampledFrom([]room.Kind{"", "", room.Proposal, room.Agree, room.Agree, room.Object}).Draw(t, "kind")
	if r.Seat != from && rapid.Bool().Draw(t, "private") {
		e.To = []int{r.Seat}
	}
	l.try(from, e)
}

// drawTask has a seat do something with tasks, unless the rules refuse it.
func (l *timeline) drawTask(t *rapid.T, seat int) {
	o := room.TaskOrder{Seen: map[int]room.Presence{}, Action: rapid.SampledFrom([]room.TaskAction{room.AddTasks,
		room.AddTasks, room.TakeTask, room.TakeTask, room.ReleaseTask, room.FinishTask, room.DropTask,
		room.EditTask}).Draw(t, "action")}
	o.No = rapid.Int64Range(max(1, l.head.LastTask-4), l.head.LastTask+1).Draw(t, "task")
	if rapid.Bool().Draw(t, "offers") {
		o.For, o.Offers = []room.Party{l.agent(rapid.SampledFrom(seats(&l.head.State)).Draw(t, "for")).Party()}, true
	}
	switch o.Action {
	case room.AddTasks:
		o.Add = []room.Task{{Title: "sand", For: o.For}, {Title: "paint", Text: "blue", After: []int64{-1}}}
	case room.EditTask:
		o.Title, o.After = "hang", []int64{rapid.Int64Range(max(1, o.No-2), o.No+2).Draw(t, "after")}
	case room.FinishTask:
		if rapid.Bool().Draw(t, "reports") {
			l.try(seat, room.Event{Text: "done", Finishes: []int64{o.No, o.No + 1}})
			return
		}
	}
	if e, _, err := o.Decide(l.head, l.agent(seat), l.now); err == nil && e != nil {
		l.apply(*e)
	}
}

// drawDecision has the person behind a decide about its oldest draft.
func (l *timeline) drawDecision(t *rapid.T, a room.Agent) {
	open := a.Person.Open(l.now)
	if len(open) == 0 {
		return
	}
	how := rapid.SampledFrom([]room.Decision{room.SendDraft, room.EditDraft, room.RefuseDraft}).Draw(t, "decision")
	if e, err := l.head.DecideDraft(a, l.events[open[0].N-1], how, "edited", nil, l.now); err == nil {
		l.apply(e)
	}
}
