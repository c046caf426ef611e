package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/core/transcript"
	"github.com/parley-chat/parley/internal/outbound/agentcall"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
)

// The bounds of how often an endpoint is called, each time at somebody's cost.
const (
	minCallInterval = 2 * time.Second
	callsAnHour     = 60
)

// maxEndpointCallTime is like maxPostTime, but with a minute for the answer.
const maxEndpointCallTime = 75 * time.Second

// pollPauses are the first pauses before an endpoint is asked for the result of its task. Each further pause is a
// minute, until an hour is over.
var pollPauses = [...]time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

const minutesOfPolls = 60

// maxPauseAfterCall is the longest pause of a pass with a deadline between two calls of an endpoint that works. The
// Scheduler of AWS may begin the next pass a minute late. A pass that has called nobody pauses for minCallInterval at
// most: each message begins a pass, and passes with longer pauses would occupy all instances.
const maxPauseAfterCall = 15 * time.Second

// endpoint is the delivery to an endpoint, with the news.
type endpoint struct {
	*pass
	heard chat.Heard
	newer bool // an event came after all tries failed
}

// readNews implements delivery.
func (e *endpoint) readNews(ctx context.Context) (next decision, err error) {
	progress, now := e.progress, e.now()
	hour := time.UnixMilli(progress.HourMs).Add(time.Hour)
	if progress.Task == "" && progress.Calls >= callsAnHour && hour.After(now) {
		return e.endUntil(hour), nil
	}
	from := progress.Upto
	if progress.Task != "" { // the endpoint has the messages: only its answer is missing
		from = progress.Sent - 1
	}
	e.heard, err = e.o.Rooms.Heard(ctx, e.hook, from, progress.Sent)
	if err == nil && e.heard.N != 0 && progress.Task == "" && progress.Failing.GaveUp {
		var fresh chat.Heard
		fresh, err = e.o.Rooms.Heard(ctx, e.hook, progress.Failing.Known, 0)
		e.newer = fresh.N != 0
	}
	if err != nil {
		return next, err
	}
	return e.decideCall(now), nil
}

// decideCall decides whether the endpoint is called or, if it works on a task, asked for its answer. Here the
// endpoint was last called at 12:00:00, with the events up to 41:
//
//  1. It has answered, and nothing came: nothing is done.
//  2. It has answered, and 42 came: at 12:00:01 nothing is done until 12:00:02.
//  3. It has answered, and 42 came: at 12:00:02 it is called.
//  4. The pass may pause: at 12:00:01 the pass waits for 12:00:02.
//  5. It works on 41, and is to be asked at 12:00:15: at 12:00:02 nothing is done until then.
//  6. It works on 41, and the pass has called it: at 12:00:02 the pass waits for 12:00:15.
//  7. It works on 41: at 12:00:15 it is asked.
//  8. All tries for 42 have failed, and nothing new came: nothing is done.
//  9. All tries for 42 have failed, and 43 came: it is called.
//  10. 200 events came of which none calls it: that 100 are left out is recorded.
//  11. Its person has ended it: the hook is gone.
func (e *endpoint) decideCall(now time.Time) decision {
	progress := e.progress
	at, mostPause := time.UnixMilli(progress.TriedMs).Add(minCallInterval), minCallInterval
	if progress.Task != "" {
		at = time.UnixMilli(progress.PollMs)
	}
	if e.hasCalled {
		mostPause = maxPauseAfterCall
	}
	switch {
	case e.heard.Gone: // 11
		return decision{do: doRecheck}
	case progress.Sent == 0 && e.heard.Skip-progress.Upto >= core.MaxHeard: // 10
		progress.Upto, progress.Missed = e.heard.Skip, true
		return decision{do: doRecord, ops: []table.Op{e.putProgress(progress)}}
	case e.heard.N == 0: // 1; also while the endpoint may not speak
		return decision{do: doEnd}
	case progress.Task == "" && progress.Failing.GaveUp && !e.newer: // 8
		return decision{do: doEnd}
	case !at.After(now): // 3, 7, 9
		return decision{do: doCall}
	case e.mayPause() && at.Sub(now) <= mostPause: // 4, 6
		return decision{do: doPause, at: at, failing: progress.Failing.SinceMs}
	}
	return e.endUntil(at) // 2, 5
}

// call implements delivery. call sends the endpoint the news, or asks for the result of its task, and says the answer
// in the room.
//
// Sent 42 is stored before the call. Otherwise a process could send the events up to 42 and die, and the next process
// would send the events up to 43 under another id: two calls would be paid, and two answers said. With Sent 42, the
// next process sends the same under the same id evt_h1_42. The id is also the key of the answer, so the answer is said
// once.
func (e *endpoint) call(ctx context.Context) (roomlog.Progress, error) {
	hook, progress := e.hook, e.progress
	var reply agentcall.Reply
	var failed error
	if progress.Task != "" {
		progress.Polls++
		reply, failed = e.agents.Task(ctx, hook.URL, hook.Secret, progress.Task, e.now())
	} else {
		e.heard.Missed = e.heard.Missed || progress.Missed
		texts := textsOf(e.heard, progress.Context == "")
		progress = e.beginCall(progress)
		if err := e.writeClaimed(ctx, roomlog.PutProgress(hook, progress)); err != nil {
			return progress, err // no writeResult: after this failure the next pass makes the call
		}
		reply, failed = e.agents.Send(ctx, hook.URL, hook.Secret, agentcall.Message{ID: callID(hook, progress.Sent),
			Context: progress.Context,
			Task:    progress.Asks, Texts: texts}, e.now())
	}
	if err := checkMade(ctx, failed); err != nil {
		e.progress.Sent, e.progress.Step = progress.Sent, progress.Step
		return e.progress, err
	}
	repeats := progress.Failing.Tries > 0 && progress.Task == "" // to ask for the result of a task repeats no call
	e.observe(ctx, hook, repeats, endpointFailureReason(failed))
	return e.applyReply(ctx, progress, reply, failed)
}

// beginCall returns progress for an endpoint that is about to be called.
func (e *endpoint) beginCall(progress roomlog.Progress) roomlog.Progress {
	now, heard := e.now(), e.heard
	if progress.Sent == 0 {
		progress.Sent, progress.Step = heard.N, heard.Step
	}
	if !slices.Equal(progress.To, heard.To) {
		progress.To, progress.Asks = heard.To, ""
	}
	if now.Sub(time.UnixMilli(progress.HourMs)) >= time.Hour {
		progress.HourMs, progress.Calls = now.UnixMilli(), 0
	}
	progress.Calls++
	progress.TriedMs, progress.NotBeforeMs = now.UnixMilli(), 0
	return progress
}

// endCall returns progress after the end of a call. The parameter asks is the task in which the endpoint asks a
// question. why says why nothing was said; "" if the answer was said.
func endCall(progress roomlog.Progress, asks, why string) roomlog.Progress {
	progress.Asks = asks
	progress.Upto, progress.Missed, progress.Sent, progress.Step = progress.Sent, false, 0, 0
	progress.Task, progress.PollMs, progress.Polls = "", 0, 0
	progress.Failing, progress.Lost, progress.NotBeforeMs, progress.Error = roomlog.Failing{}, false, 0, why
	return progress
}

// endTries returns progress after the endpoint has taken the call: the tries of the call are over. If the endpoint has
// lost a task of the call, the tries go on: otherwise an endpoint that knows none of its own tasks would be told each
// message without end.
func endTries(progress roomlog.Progress) roomlog.Progress {
	if !progress.Lost {
		progress.Failing.Tries = 0
	}
	return progress
}

// applyReply says the answer of a reply, and returns progress after the reply or after the error failed. applyReply
// fails if ctx ends.
func (e *endpoint) applyReply(ctx context.Context, progress roomlog.Progress, reply agentcall.Reply, failed error) (
	roomlog.Progress, error,
) {
	now := e.now()
	progress.NotBeforeMs = 0
	if failed != nil {
		return e.applyFailure(progress, failed), nil
	}
	progress.AtMs, progress.LastMs, progress.Error = now.UnixMilli(), now.UnixMilli(), ""
	progress.Failing = roomlog.Failing{Tries: progress.Failing.Tries}
	if reply.Context != "" {
		progress.Context = reply.Context
	}
	switch {
	case reply.Working && progress.Polls >= len(pollPauses)+minutesOfPolls:
		return endCall(progress, "", "The agent has not answered within an hour."), nil
	case reply.Working:
		progress = endTries(progress)
		pause := time.Minute
		if progress.Polls < len(pollPauses) {
			pause = pollPauses[progress.Polls]
		}
		progress.Task, progress.PollMs = reply.Task, now.Add(pause).UnixMilli()
		return progress, nil
	case reply.Failed != "":
		return endCall(progress, "", reply.Failed), nil
	}
	err := e.o.Rooms.Answer(ctx, e.hook, chat.Answer{Text: reply.Text, To: progress.Sent, Step: progress.Step,
		Key: callID(e.hook, progress.Sent)})
	var refused *fault.Error
	switch {
	case err == nil:
		return endCall(progress, reply.Task, ""), nil
	case ctx.Err() != nil:
		return progress, ctx.Err()
	case errors.As(err, &refused) && refused.Code == fault.Paused && refused.Rule != fault.RuleDrafts:
		progress.PollMs = now.UnixMilli() // once the endpoint may speak, it is asked for the same again
		return endTries(progress), nil
	case errors.As(err, &refused) && refused.Code != fault.Unavailable:
		return endCall(progress, reply.Task, "The room has not taken the answer: "+refused.Message), nil
	}
	progress.Error = "The answer could not be stored."
	if progress.Task != "" { // the endpoint still has the answer
		progress.PollMs = now.Add(time.Minute).UnixMilli()
		return progress, nil
	}
	return e.scheduleRetryForADay(progress, e.heard.AsOf), nil
}

func (e *endpoint) applyFailure(progress roomlog.Progress, failed error) roomlog.Progress {
	progress.Error = failed.Error()
	next := agentcall.Retry(failed)
	switch {
	case next == agentcall.Never:
		return endCall(progress, "", progress.Error)
	case next == agentcall.Anew:
		progress.Context, progress.Asks, progress.Task, progress.PollMs, progress.Polls = "", "", "", 0, 0
		if !progress.Lost { // mostly the endpoint has begun anew, too
			progress.Lost, progress.Failing.Tries = true, progress.Failing.Tries+1
			return progress
		}
	case progress.Task != "" && progress.Polls < len(pollPauses)+minutesOfPolls:
		progress.PollMs = e.now().Add(time.Minute).UnixMilli()
		return progress
	case progress.Task != "":
		return endCall(progress, "", progress.Error)
	}
	return e.scheduleRetryForADay(progress, e.heard.AsOf)
}

// callID returns the id of the call with the events up to n.
func callID(hook roomlog.HookItem, n int64) string { return fmt.Sprintf("evt_%s_%d", hook.ID, n) }

// endpointFailureReason is failureReason for an endpoint. The error may quote the endpoint, so the log gets only its
// reason.
func endpointFailureReason(failed error) string {
	var e *agentcall.Error
	if errors.As(failed, &e) {
		return e.Reason()
	}
	return failureReason(outcall.Answer{Status: 200}, failed)
}

// leftOut stands in place of the messages that the endpoint does not get.
const leftOut = "Earlier messages are left out."

// textsOf returns the texts for an endpoint. In a new conversation the introduction comes first.
func textsOf(heard chat.Heard, begins bool) []string {
	var texts []string
	if begins {
		texts = append(texts, introduction(heard))
	}
	if about := transcript.Notice(heard.Messages); about != "" {
		texts = append(texts, about)
	}
	if heard.Missed {
		texts = append(texts, leftOut)
	}
	for _, message := range heard.Messages {
		if line := transcript.Of(message, transcript.Words(message.Text), transcript.Way{InPrivate: true}); line != "" {
			texts = append(texts, line)
		}
	}
	return transcript.Apart(texts)
}

// introduction tells an endpoint what no message in the room says: its own name, the room and the others.
func introduction(heard chat.Heard) string {
	var others []string
	for _, name := range heard.Others {
		others = append(others, transcript.Quoted(name))
	}
	with := "nobody else"
	if len(others) > 0 {
		with = strings.Join(others, ", ")
	}
	return fmt.Sprintf("You are the agent %s in the Parley room %s, with %s. All there read what you answer, unless "+
		"you are asked in private.", transcript.Quoted(heard.Agent), transcript.Quoted(heard.Room), with)
}
