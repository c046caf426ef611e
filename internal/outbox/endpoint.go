package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/agentcall"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/lines"
	"github.com/parley-chat/parley/internal/outcall"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// The bounds of how often an endpoint is called, each time at somebody's cost.
const (
	callApart   = 2 * time.Second
	callsAnHour = 60
)

// answersBy is after which time a call that is under way is repeated: its process may have ended. agentcall gives up
// before. A process that is alone repeats it after callApart: nobody else can have it under way.
const answersBy = 75 * time.Second

// pollAfter are the pauses before an endpoint is asked what became of its task. Further ones are a minute long, until
// an hour is over.
var pollAfter = [...]time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

const minutesOfPolls = 60

// staysFor is for how long a look that has a deadline waits itself until an endpoint that it has asked may be asked
// again. The Scheduler of AWS, which begins another look, may be a minute late. Others wait for callApart at most: each
// message begins a look, and while an endpoint works they would occupy all instances.
const staysFor = 15 * time.Second

// seeHeard adds to s, of an endpoint, what it is to be told next. A call that is repeated tells the same. While it may
// not be called nothing is read.
func (b *Box) seeHeard(ctx context.Context, s sight) (sight, error) {
	var err error
	if s.told, err = b.o.Rooms.Store().Told(ctx, s.hook); err != nil {
		return s, err
	}
	until := time.UnixMilli(s.told.RetryMs)
	if s.told.Task == "" && s.told.Calls >= callsAnHour {
		until = room.Latest(until, time.UnixMilli(s.told.HourMs).Add(time.Hour))
	}
	if until.After(b.now()) {
		s.pause = until
		return s, nil
	}
	from := s.told.Upto
	if s.told.Task != "" { // it has been told, and is asked for the answer alone
		from = s.told.Sent - 1
	}
	if s.heard, err = b.o.Rooms.Heard(ctx, s.hook, from, s.told.Sent); err != nil {
		return s, err
	}
	s.gone = s.heard.Gone
	if s.told.FailingMs != 0 && s.told.RetryMs == 0 && s.told.Task == "" && s.heard.N != 0 {
		fresh, err := b.o.Rooms.Heard(ctx, s.hook, s.told.News, 0)
		if err != nil {
			return s, err
		}
		s.resting = fresh.N == 0
	}
	return s, nil
}

// skippable reports whether so much has come that does not call an endpoint that most of it will be left out.
func (s sight) skippable() bool {
	return s.heard.Skip-s.told.Upto >= chat.MostHeard && s.told.Sent == 0
}

// skip stores that what will be left out is done with, so that no look reads it again.
func (b *Box) skip(ctx context.Context, s sight) error {
	s.told.Upto, s.told.Missed = s.heard.Skip, true
	return b.o.Rooms.Store().Table().Write(ctx, roomlog.PutTold(s.hook, s.told))
}

// dueHeard is due for an endpoint.
func (s sight) dueHeard(now time.Time) (due bool, again time.Time) {
	t := s.told
	switch {
	case s.heard.N == 0, s.resting: // also while it may not speak
		return false, time.Time{}
	case t.Task != "":
		again = time.UnixMilli(t.PollMs)
	default:
		again = time.UnixMilli(t.TriedMs + callApart.Milliseconds())
	}
	if again.After(now) {
		return false, again
	}
	return true, time.Time{}
}

// stays reports whether a look waits itself for the time again. asked says that it has called the endpoint.
func (b *Box) stays(ctx context.Context, s sight, again time.Time, asked bool) bool {
	_, bounded := ctx.Deadline()
	wait, most := again.Sub(b.now()), callApart
	if asked {
		most = staysFor
	}
	return bounded && s.hook.Form == room.FormAgent && !again.IsZero() && wait <= most &&
		!isLate(ctx, room.FormAgent, wait)
}

// ask calls an endpoint with what it is to be told, or asks what became of its task, has its answer said, and stores
// what became of all that. It fails as call does.
//
// It first stores up to which event it tells. A process may end before it stores the answer; the next one then sends
// the same by the same id, which is also the key of the answer. So the answer is said once.
func (b *Box) ask(ctx context.Context, s sight) error {
	x, t := s.hook, s.told
	var reply agentcall.Reply
	var failed error
	if t.Task != "" {
		t.Polls++
		reply, failed = b.agents.Task(ctx, x.URL, x.Secret, t.Task, b.now())
	} else {
		s.heard.Missed = s.heard.Missed || t.Missed
		texts := textsOf(s.heard, t.Context == "")
		t = b.sending(t, s.heard)
		if err := b.o.Rooms.Store().Table().Write(ctx, roomlog.PutTold(x, t)); err != nil {
			return err // without store: if nothing was written, the next look calls
		}
		reply, failed = b.agents.Send(ctx, x.URL, x.Secret, agentcall.Message{ID: callID(x, t.Sent), Context: t.Context,
			Task: t.Asks, Texts: texts}, b.now())
	}
	err := notMade(ctx, failed)
	if errors.Is(err, errBusy) {
		s.told.Sent, s.told.Step = t.Sent, t.Step
		return errors.Join(err, b.store(ctx, roomlog.PutTold(x, s.told)))
	}
	if err != nil {
		return err
	}
	b.observe(ctx, x, t.Tries > 0, whyNot(failed))
	if t, err = b.answered(ctx, s, t, reply, failed); err != nil {
		return err
	}
	return b.store(context.WithoutCancel(ctx), roomlog.PutTold(x, t))
}

// sending returns t of an endpoint that is about to be called with h.
func (b *Box) sending(t roomlog.Told, h chat.Heard) roomlog.Told {
	now := b.now()
	if t.Sent == 0 {
		t.Sent, t.Step = h.N, h.Step
	}
	if !slices.Equal(t.To, h.To) {
		t.To, t.Asks = h.To, ""
	}
	if now.Sub(time.UnixMilli(t.HourMs)) >= time.Hour {
		t.HourMs, t.Calls = now.UnixMilli(), 0
	}
	t.Calls++
	again := answersBy
	if b.o.Alone {
		again = callApart
	}
	t.TriedMs, t.RetryMs = now.UnixMilli(), now.Add(again).UnixMilli()
	return t
}

// done returns t of an endpoint with which a call is over, the task in which it asks back, and why nothing was said.
func done(t roomlog.Told, asks, why string) roomlog.Told {
	t.Asks = asks
	t.Upto, t.Missed, t.Sent, t.Step = t.Sent, false, 0, 0
	t.Task, t.PollMs, t.Polls = "", 0, 0
	t.Tries, t.FailingMs, t.RetryMs, t.Error = 0, 0, 0, why
	return t
}

// answered returns t once a call has brought a reply, or has failed. An answer is said first. It fails if ctx ends.
func (b *Box) answered(ctx context.Context, s sight, t roomlog.Told, reply agentcall.Reply,
	failed error) (roomlog.Told, error) {
	now := b.now()
	if t.RetryMs = 0; failed != nil {
		return b.unanswered(s, t, failed), nil
	}
	t.AtMs, t.LastMs, t.FailingMs, t.Error = now.UnixMilli(), now.UnixMilli(), 0, ""
	if reply.Context != "" {
		t.Context = reply.Context
	}
	switch {
	case reply.Working && t.Polls >= len(pollAfter)+minutesOfPolls:
		return done(t, "", "The agent has not answered within an hour."), nil
	case reply.Working:
		pause := time.Minute
		if t.Polls < len(pollAfter) {
			pause = pollAfter[t.Polls]
		}
		t.Task, t.PollMs = reply.Task, now.Add(pause).UnixMilli()
		return t, nil
	case reply.Failed != "":
		return done(t, "", reply.Failed), nil
	}
	err := b.o.Rooms.Answer(ctx, s.hook, chat.Answer{Text: reply.Text, To: t.Sent, Step: t.Step,
		Key: callID(s.hook, t.Sent)})
	var refused *fault.Error
	switch {
	case err == nil:
		return done(t, reply.Task, ""), nil
	case ctx.Err() != nil:
		return t, ctx.Err()
	case errors.As(err, &refused) && refused.Code == fault.Paused && refused.Rule != fault.RuleDrafts:
		t.PollMs = now.UnixMilli() // once it may speak it is asked for the same again
		return t, nil
	case errors.As(err, &refused) && refused.Code != fault.Unavailable:
		return done(t, reply.Task, "The room has not taken the answer: "+refused.Message), nil
	}
	t.Error = "The answer could not be stored."
	if t.Task != "" { // it has the answer still
		t.PollMs = now.Add(time.Minute).UnixMilli()
		return t, nil
	}
	return b.postponed(t, s.heard.AsOf), nil
}

// unanswered returns t of an endpoint after a call that failed.
func (b *Box) unanswered(s sight, t roomlog.Told, failed error) roomlog.Told {
	t.Error = failed.Error()
	next := agentcall.Retry(failed)
	switch {
	case next == agentcall.Never:
		return done(t, "", t.Error)
	case next == agentcall.Anew:
		t.Context, t.Asks, t.Task, t.PollMs, t.Polls = "", "", "", 0, 0
		if t.Tries == 0 { // mostly it has begun anew, too
			t.Tries = 1
			return t
		}
	case t.Task != "" && t.Polls < len(pollAfter)+minutesOfPolls:
		t.PollMs = b.now().Add(time.Minute).UnixMilli()
		return t
	case t.Task != "":
		return done(t, "", t.Error)
	}
	return b.postponed(t, s.heard.AsOf)
}

// callID returns the id of the call of an endpoint with what came up to event n.
func callID(x roomlog.HookItem, n int64) string { return fmt.Sprintf("evt_%s_%d", x.ID, n) }

// whyNot is reasonOf for an endpoint. Its error may have its words, of which nothing is logged.
func whyNot(failed error) string {
	var e *agentcall.Error
	if errors.As(failed, &e) {
		return e.Reason()
	}
	return reasonOf(outcall.Answer{Status: 200}, failed)
}

// leftOut stands in the place of what an endpoint is not told.
const leftOut = "Earlier messages are left out."

// textsOf returns what an endpoint is told. In a new conversation it begins with where the endpoint is.
func textsOf(h chat.Heard, begins bool) []string {
	var texts []string
	if begins {
		texts = append(texts, whereYouAre(h))
	}
	if about := lines.Notice(h.Messages); about != "" {
		texts = append(texts, about)
	}
	if h.Missed {
		texts = append(texts, leftOut)
	}
	for _, m := range h.Messages {
		if line := lines.Of(m, lines.Words(m.Text), lines.Way{InPrivate: true}); line != "" {
			texts = append(texts, line)
		}
	}
	return lines.Apart(texts)
}

// whereYouAre returns what an endpoint has to know that was never in the room.
func whereYouAre(h chat.Heard) string {
	var others []string
	for _, name := range h.Others {
		others = append(others, lines.Quoted(name))
	}
	with := "nobody else"
	if len(others) > 0 {
		with = strings.Join(others, ", ")
	}
	return fmt.Sprintf("You are the agent %s in the Parley room %s, with %s. All there read what you answer, unless "+
		"you are asked in private.", lines.Quoted(h.Agent), lines.Quoted(h.Room), with)
}
