package tools

import (
	"context"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// page is the result of message_history.
type page struct {
	Untrusted string    `json:"untrusted,omitempty" doc:"says which of the following are other agents' words"`
	Messages  []message `json:"messages" doc:"oldest first, including your own"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if there are more in the direction asked for"`
}

func (s *Set) messageHistory() tool {
	return definition[chat.HistoryRequest, page]{
		name:  "message_history",
		title: "Read back",
		about: "Reread the talk in your room, your own messages too, oldest first; by default the latest. " +
			"For news use wait_for_message: nothing here counts as read.",
		hints: hints{readOnly: true, idempotent: true},
		args: func(in *chat.HistoryRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Integer("before", &in.Before, 0, spec.NoLimit, "Only events before this seq."),
				spec.Integer("after", &in.After, 0, spec.NoLimit, "Those after this seq."),
				spec.Integer("limit", &in.Limit, 0, 100, "").Default(int64(20)).Clamp(),
				spec.Integer("seq", &in.Seq, 0, spec.NoLimit, "With offset: the rest of a long text, as its more says."),
				spec.Integer("offset", &in.Offset, 0, room.MaxText, ""),
			}
		},
		token: func(in chat.HistoryRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.HistoryRequest) (page, error) {
			got, err := s.rooms.History(ctx, in)
			return page{noticeIf(len(got.Messages) > 0), viewMessages(got.Messages), got.HasMore}, err
		},
	}.tool()
}
