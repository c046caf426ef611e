package tools

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

// usualLimit is how many messages a page has by default.
const usualLimit = 20

func (s *Set) messageHistory() tool {
	return definition[chat.HistoryRequest, results.History]{
		name:   "message_history",
		title:  "Read back",
		search: "old past chat log transcript",
		about: "Reread what was said in your room. Use it if you lost the thread or for the rest of a long text. " +
			"Shows the latest, oldest first. For new messages use wait_for_message: nothing here counts as read.",
		hints:    hints{readOnly: true, idempotent: true},
		compress: true,
		args: func(in *chat.HistoryRequest) []spec.Arg {
			return []spec.Arg{
				tokenArg(&in.Token).Require(),
				spec.Text("before", &in.Before, "Only what came before this id."),
				spec.Text("after", &in.After, "Only what came after this id."),
				spec.Integer("limit", &in.Limit, 0, 100, "How many messages.").Default(int64(usualLimit)).Clamp(),
				spec.Boolean("agreed", func(yes bool) { in.Agreed = yes }, "Only what was agreed on."),
				spec.Boolean("files", func(yes bool) { in.Files = yes }, "").Hide(),
				spec.Text("id", &in.ID, "Only this message."),
				spec.Integer("offset", &in.Offset, 0, core.MaxText,
					"With id: the text from this byte on, as more says."),
			}
		},
		token: func(in chat.HistoryRequest) string { return in.Token },
		run: func(ctx context.Context, in chat.HistoryRequest) (results.History, error) {
			got, err := s.rooms.History(ctx, in)
			return results.History{Untrusted: notice(got.Messages, false), Messages: viewMessages(got.Messages),
				HasMore: got.HasMore, Cursor: got.Cursor, Next: nextPage(got, in)}, err
		},
	}.tool()
}

// nextPage names the call for the rest of a page; "" if there is none.
func nextPage(got chat.Page, asked chat.HistoryRequest) string {
	if len(got.Messages) == 0 {
		return ""
	}
	first, last := got.Messages[0], got.Messages[len(got.Messages)-1]
	switch {
	case asked.ID != "" && last.More != nil:
		return fmt.Sprintf("For the rest of this text call message_history (id %s, offset %d).", last.More.ID,
			last.More.Offset)
	case asked.ID != "" || !got.HasMore && !got.Cut:
		return ""
	}
	call, which := "before "+first.ID, "older"
	if asked.Agreed {
		call = "agreed true, " + call
	}
	if asked.After != "" {
		call, which = "after "+last.ID, "later"
	}
	if asked.Limit != 0 && asked.Limit != usualLimit {
		call += fmt.Sprintf(", limit %d", asked.Limit)
	}
	cut := ""
	if got.Cut {
		cut = "This page was cut short for its size. "
	}
	if asked.Files { // which no list shows
		return cut + "For " + which + " messages repeat this call with " + call + "."
	}
	return cut + "For " + which + " messages call message_history (" + call + ")."
}
