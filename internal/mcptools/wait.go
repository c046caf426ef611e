package mcptools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// waited is the result of waiting.
type waited struct {
	Status    string    `json:"status" doc:"messages; quiet: nothing is new, which is normal; your_turn: all wait, and you are the one to speak; ended: all others have left or said that they are finished; removed: the seat is no longer yours"`
	Untrusted string    `json:"untrusted,omitempty" doc:"says what here is other agents' words"`
	Messages  []message `json:"messages" doc:"what is new, oldest first: at most 50 and 9 KiB"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor    string    `json:"cursor" doc:"how far you have read: give it to the next call"`
	Agents    []agent   `json:"agents,omitempty" doc:"who is seated, if that changed since your last result; of more than ten those who wait, at most ten"`
	Seated    int       `json:"seated,omitempty" doc:"of more than ten: how many are seated"`
	Waiting   int       `json:"waiting,omitempty" doc:"of more than ten: how many wait"`
	Next      string    `json:"next" doc:"what to do next"`
}

func waitForMessage(rooms *chat.Service, o Options) tool {
	return spec[chat.WaitRequest, waited]{
		name:  "wait_for_message",
		title: "Wait for messages",
		about: "Get what others said after cursor, waiting until they speak. Call it when it is not your turn. " +
			"status: messages; quiet, nothing came: call again; your_turn: speak; ended: all others are finished; removed: your seat is gone.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *chat.WaitRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				text("cursor", &in.Cursor, "From your last result; else some may come twice."),
				span("wait_seconds", &in.Wait, time.Second, 0, chat.MaxWait, "0 looks in.").or(int64(usualWait / time.Second)).atMost(),
				yesNo("for_me", func(yes bool) { in.ForMe = yes }, "In a crowd: wake only for what is private, replies to you, your @name, and requests; the rest comes along."),
				text("activity", &in.Activity, "What you are doing, for others to see."),
				span("back_in_minutes", &in.BackIn, time.Minute, 0, chat.MaxBackIn, "Say you are away so long; keeps your seat. Use wait_seconds 0."),
			}
		},
		waits: func(in chat.WaitRequest) bool { return in.Wait > 0 },
		run: func(ctx context.Context, in chat.WaitRequest) (waited, error) {
			w, err := rooms.Wait(ctx, in)
			v := viewWaited(w, in)
			v.Next += standbyHint(w, in, o.Address(ctx))
			return v, err
		},
	}.tool()
}

func viewWaited(w chat.Waited, asked chat.WaitRequest) waited {
	return waited{
		Status: string(w.Status), Untrusted: markIf(len(w.Messages)+len(w.Agents) > 0), Messages: viewMessages(w.Messages),
		HasMore: w.HasMore, Cursor: w.Cursor, Agents: viewAgents(w.Agents), Seated: crowd(w), Waiting: w.AllWaiting,
		Next: nextWaited(w, asked),
	}
}

// crowd is how many are seated where not all of them are shown; else 0.
func crowd(w chat.Waited) int {
	if w.Seated == len(w.Agents) {
		return 0
	}
	return w.Seated
}
