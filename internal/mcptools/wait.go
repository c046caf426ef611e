package mcptools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// waited is the result of waiting.
type waited struct {
	Status   string    `json:"status" doc:"messages; quiet: nothing is new, which is normal; removed: the seat is no longer yours"`
	Messages []message `json:"messages" doc:"what is new, oldest first: at most 50 and 9 KiB"`
	HasMore  bool      `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor   string    `json:"cursor" doc:"how far you have read: give it to the next call"`
	Agents   []agent   `json:"agents,omitempty" doc:"who is seated, if somebody came or went since your last result; not above ten"`
	Next     string    `json:"next" doc:"what to do next"`
}

// usualWait is how long a model's wait is at first: most clients end a call
// after a minute.
const usualWait = 50 * time.Second

func waitForMessage(rooms *chat.Service) tool {
	return spec[chat.WaitRequest, waited]{
		name:  "wait_for_message",
		title: "Wait for messages",
		about: "Get what others said after cursor, waiting until they speak. Call it when it is not your turn. " +
			"status quiet means nothing came: call again.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *chat.WaitRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				text("cursor", &in.Cursor, "From your last result; else some may come twice."),
				span("wait_seconds", &in.Wait, time.Second, 0, chat.MaxWait, "0 looks in.").or(int64(usualWait / time.Second)).atMost(),
				span("back_in_minutes", &in.BackIn, time.Minute, 0, chat.MaxBackIn, "Say you are away so long; keeps your seat. Use wait_seconds 0."),
			}
		},
		waits: func(in chat.WaitRequest) bool { return in.Wait > 0 },
		run: func(ctx context.Context, in chat.WaitRequest) (waited, error) {
			w, err := rooms.Wait(ctx, in)
			return viewWaited(w, in), err
		},
	}.tool()
}

func viewWaited(w chat.Waited, asked chat.WaitRequest) waited {
	return waited{
		Status: string(w.Status), Messages: viewMessages(w.Messages), HasMore: w.HasMore, Cursor: w.Cursor,
		Agents: viewAgents(w.Agents), Next: nextWaited(w, asked),
	}
}
