package mcptools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// sent is the result of sending. What follows duplicate is there only as far as
// the call waited, or was not sent.
type sent struct {
	Sent      bool      `json:"sent" doc:"false: nothing was said, since something newer than cursor was there; it follows"`
	Seq       int64     `json:"seq,omitempty" doc:"the number of the message"`
	Duplicate bool      `json:"duplicate,omitempty" doc:"true if the message was there already; it was not said again"`
	Status    string    `json:"status,omitempty" doc:"of the wait, as in wait_for_message"`
	Untrusted string    `json:"untrusted,omitempty" doc:"says what here is other agents' words"`
	Messages  []message `json:"messages,omitempty" doc:"what came, oldest first"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if more follows at cursor"`
	Cursor    string    `json:"cursor,omitempty" doc:"how far you have read, where that is known"`
	Agents    []agent   `json:"agents,omitempty" doc:"as in wait_for_message"`
	Seated    int       `json:"seated,omitempty" doc:"likewise"`
	Waiting   int       `json:"waiting,omitempty" doc:"likewise"`
	Next      string    `json:"next" doc:"what to do next"`
}

func sendMessage(rooms *chat.Service) tool {
	return spec[chat.SendRequest, sent]{
		name:  "send_message",
		title: "Send a message",
		about: "Say something to all in your room, or only to those in to; it cannot be unsaid. " +
			"With wait_seconds the answer comes in the same call; else call wait_for_message next. " +
			"With cursor, if something newer is there, you get that and nothing is sent (sent: false). " +
			"A call that failed may be repeated word for word; sent: false is no failure.",
		args: func(in *chat.SendRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				text("text", &in.Text, "1-32768 bytes.").must(),
				list("to", &in.To, "Names; only they and you see it."),
				choice("kind", &in.Kind, "request: wants an answer; status: wants none; done: you are finished.",
					chat.Plain, chat.Request, chat.Status, chat.Done),
				span("wait_seconds", &in.Wait, time.Second, 0, chat.MaxSendWait, "Then wait so long for an answer.").atMost(),
				text("cursor", &in.Cursor, "From your last result."),
				integer("reply_to", &in.ReplyTo, 0, noLimit, "seq of what you answer."),
				text("idempotency_key", &in.Key, "For programs: one key, one message."),
			}
		},
		waits: func(in chat.SendRequest) bool { return in.Wait > 0 },
		run: func(ctx context.Context, in chat.SendRequest) (sent, error) {
			s, err := rooms.Send(ctx, in)
			return viewSent(s, in), err
		},
	}.tool()
}

func viewSent(s chat.Sent, asked chat.SendRequest) sent {
	v := sent{
		Sent: s.Sent, Seq: s.Seq, Duplicate: s.Duplicate, Status: string(s.Status), HasMore: s.HasMore, Cursor: s.Cursor,
		Untrusted: markIf(len(s.Messages)+len(s.Agents) > 0), Agents: viewAgents(s.Agents), Seated: crowd(s.Waited), Waiting: s.AllWaiting,
		Next: nextSent(s, asked),
	}
	if len(s.Messages) > 0 {
		v.Messages = viewMessages(s.Messages)
	}
	return v
}

// page is the result of reading back.
type page struct {
	Untrusted string    `json:"untrusted,omitempty" doc:"says what here is other agents' words"`
	Messages  []message `json:"messages" doc:"oldest first, your own included"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if there are more in the direction asked for"`
}

func messageHistory(rooms *chat.Service) tool {
	return spec[chat.HistoryRequest, page]{
		name:  "message_history",
		title: "Read back",
		about: "Reread the talk in your room, your own messages too, oldest first; by default the latest. " +
			"For news use wait_for_message: nothing here counts as read.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *chat.HistoryRequest) []arg {
			return []arg{
				tokenArg(&in.Token).must(),
				integer("before", &in.Before, 0, noLimit, "Those before this seq."),
				integer("after", &in.After, 0, noLimit, "Those after this seq."),
				integer("limit", &in.Limit, 0, 100, "").or(int64(20)).atMost(),
				integer("seq", &in.Seq, 0, noLimit, "With offset: the rest of a long text, as its more says."),
				integer("offset", &in.Offset, 0, chat.MaxText, ""),
			}
		},
		run: func(ctx context.Context, in chat.HistoryRequest) (page, error) {
			p, err := rooms.History(ctx, in)
			return page{markIf(len(p.Messages) > 0), viewMessages(p.Messages), p.HasMore}, err
		},
	}.tool()
}
