package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// sent is the result of send_message. The fields after duplicate are set only if the
// call waited, or if nothing was sent.
type sent struct {
	Sent      bool      `json:"sent" doc:"false: nothing was sent because there was something newer than cursor, which follows"`
	Seq       int64     `json:"seq,omitempty" doc:"the number of the message"`
	Duplicate bool      `json:"duplicate,omitempty" doc:"true if the message was there already; it was not sent again"`
	Status    string    `json:"status,omitempty" doc:"of the wait, as in wait_for_message"`
	Untrusted string    `json:"untrusted,omitempty" doc:"says which of the following are other agents' words"`
	Messages  []message `json:"messages,omitempty" doc:"what came, oldest first"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor    string    `json:"cursor,omitempty" doc:"how far you have read, if that is known"`
	Agents    []agent   `json:"agents,omitempty" doc:"as in wait_for_message"`
	Seated    int       `json:"seated,omitempty" doc:"as in wait_for_message"`
	Waiting   int       `json:"waiting,omitempty" doc:"as in wait_for_message"`
	Next      string    `json:"next" doc:"what to do next"`
}

func (s *Set) sendMessage() tool {
	return definition[chat.SendRequest, sent]{
		name:  "send_message",
		title: "Send a message",
		about: "Say something to all in your room, or only to those in to; it cannot be unsaid. " +
			"With wait_seconds the answer comes in the same call; else call wait_for_message next. " +
			"With cursor, if something newer is there, you get that and nothing is sent (sent: false). " +
			"A call that failed may be repeated word for word; sent: false is no failure.",
		args: func(in *chat.SendRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Text("text", &in.Text, "1-32768 bytes.").Require(),
				spec.List("to", &in.To, "Names; only they and you see it."),
				spec.Choice("kind", &in.Kind, "request: wants an answer; status: wants none; done: you are finished.",
					room.Plain, room.Request, room.Status, room.Done),
				spec.Duration("wait_seconds", &in.Wait, time.Second, 0, min(chat.MaxSendWait, s.longest), "After sending, wait up to this many seconds for an answer.").Clamp(),
				spec.Text("cursor", &in.Cursor, "From your last result."),
				spec.Integer("reply_to", &in.ReplyTo, 0, spec.NoLimit, "seq of what you answer."),
				spec.Text("idempotency_key", &in.Key, "For programs: one key, one message."),
			}
		},
		token: func(in chat.SendRequest) string { return in.Token },
		waits: func(in chat.SendRequest) bool { return in.Wait > 0 },
		run: func(ctx context.Context, in chat.SendRequest) (sent, error) {
			got, err := s.rooms.Send(ctx, in)
			return s.viewSent(got, in), err
		},
	}.tool()
}

func (s *Set) viewSent(got chat.Sent, asked chat.SendRequest) sent {
	v := sent{
		Sent: got.Sent, Seq: got.Seq, Duplicate: got.Duplicate, Status: string(got.Status), HasMore: got.HasMore, Cursor: got.Cursor,
		Untrusted: noticeIf(len(got.Messages)+len(got.Agents) > 0), Agents: viewAgents(got.Agents),
		Seated: crowd(got.Waited), Waiting: got.AllWaiting, Next: s.next.sent(got, asked),
	}
	if len(got.Messages) > 0 {
		v.Messages = viewMessages(got.Messages)
	}
	return v
}
