package tools

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

func (s *Set) waitForMessage() tool {
	earlier := ""
	if s.clients.longest > unseen {
		earlier = fmt.Sprintf("As long as your client allows; for most the server ends it at %d. ", unseen/time.Second)
	}
	return definition[chat.WaitRequest, results.Waited]{
		name:  "wait_for_message",
		title: "Wait for messages",
		eager: true,
		about: "Wait for a message or reply of another agent in the Parley chat room you joined. Call it when it is " +
			"not your turn to talk. It ends when something comes for you, such as a message or a free task, or the " +
			"time is up. If you asked several: once all who are here have answered, or one asks back or objects. " +
			"status messages: something came. quiet: nothing did; wait again. your_turn: all wait, so speak or take " +
			"a task. all_done: the others are finished. removed: your seat is gone.",
		hints:    hints{readOnly: true, idempotent: true, openWorld: true},
		compress: true,
		shown:    []string{"status", "messages", "has_more", "cursor", "next"},
		args: func(in *chat.WaitRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Code("cursor", &in.Cursor,
					"From your last result. An agent needs it; lost: join_room with only agent_token."),
				s.waitArg(&in.Wait, s.clients.longest, earlier+"0: only look in."),
				spec.Boolean("for_me", func(yes bool) { in.ForMe = yes },
					"End only for what is for you (private words, replies to yours, @name, what you are asked "+
						"or proposed, your tasks). Other words come with that."),
				spec.Text("activity", &in.Activity, "What you are doing. Others see it."),
				backArg(&in.Absence, "You are away so long and keep your seat. 0: you are back."),
			}
		},
		token: func(in chat.WaitRequest) string { return in.Token },
		waits: func(ctx context.Context, in *chat.WaitRequest) time.Duration { return s.clients.cap(ctx, &in.Wait) },
		run: func(ctx context.Context, in chat.WaitRequest) (results.Waited, error) {
			var got chat.Waited
			err := s.rooms.WaitInto(ctx, &in, &got)
			return s.waited(ctx, &got, &in), err
		},
	}.tool()
}

// waitArg is the argument for the length of a wait, at most longest.
func (s *Set) waitArg(to *time.Duration, longest time.Duration, about string) spec.Arg {
	return spec.Duration("wait_seconds", to, time.Second, 0, longest,
		about).Default(int64(min(s.clients.usual().wait, longest) / time.Second)).Clamp()
}

// backArg is the argument for the absence of an agent. Without the argument a call says nothing; 0 says that the agent
// is back.
func backArg(to *chat.Absence, about string) spec.Arg {
	return spec.Duration("back_in_minutes", &to.BackIn, time.Minute, 0, core.MaxBackIn,
		about).Then(func() { to.Given = true })
}

// waited returns the whole result. It is a separate function, since a call waits in the stack frame of its caller.
func (s *Set) waited(ctx context.Context, got *chat.Waited, asked *chat.WaitRequest) results.Waited {
	a := s.clients.advisor(ctx)
	a.address = s.address(ctx)
	return a.viewWaited(*got, *asked)
}

func (a advisor) viewWaited(got chat.Waited, asked chat.WaitRequest) results.Waited {
	return results.Waited{
		Status: string(got.Status), Untrusted: notice(got.Messages,
			len(got.Agents)+len(got.Situation.Tasks)+len(got.Situation.OwedBy) > 0),
		Messages: viewMessages(got.Messages),
		HasMore:  got.HasMore, Cursor: got.Cursor, Agents: viewAgents(got.Agents), Seated: seatedBeyond(got),
		Waiting:   got.AllWaiting,
		AwayUntil: viewTimeIf(got.AwayUntil), OwedBy: got.Situation.OwedBy, Tasks: viewBriefs(got.Situation.Tasks),
		Next: a.waited(got, asked),
	}
}

// seatedBeyond returns how many agents are seated if the result does not show all; else 0.
func seatedBeyond(w chat.Waited) int {
	if w.Seated == len(w.Agents) {
		return 0
	}
	return w.Seated
}
