package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
)

// showRoom is the name of a tool that the view of a room calls by itself.
const showRoom = "show_room"

func (s *Set) showRoom() tool {
	t := definition[chat.ShowRequest, results.Shown]{
		name:  showRoom,
		title: "Show the room",
		about: "Show your user the room, only if your user asks to see it. It takes view, which room_info returns if " +
			"you give it agent_token.",
		hints: hints{readOnly: true, idempotent: true},
		shown: []string{"room", "messages"},
		args: func(in *chat.ShowRequest) []spec.Arg {
			return []spec.Arg{
				spec.Code("view", &in.View, "From room_info.").Require().
					OrCall("call room_info with your agent_token, which returns it"),
				spec.Code("after", &in.After, "").Hide(),
			}
		},
		token: func(in chat.ShowRequest) string { return in.View },
		run: func(ctx context.Context, in chat.ShowRequest) (results.Shown, error) {
			got, err := s.rooms.ShowRoom(ctx, in)
			if err != nil {
				return results.Shown{}, err
			}
			v := results.Shown{
				Untrusted: notice(got.Messages, true), Room: viewRoom(got.Room), Messages: viewMessages(got.Messages),
				HasMore: got.HasMore, Waiting: viewWaiting(got.Waiting), Answered: viewMessages(got.Answered),
				Paused: got.Paused, Open: viewOpen(got.Open),
				Page: roomPage(s.address(ctx), got.RoomID), LookAgain: int(got.PollAfter / time.Second),
				Now: viewTime(got.Now),
			}
			v.Room.ID = got.RoomID
			if in.After == "" {
				v.Next = "If your client shows no view of the room, tell your user what is here."
			}
			return v, nil
		},
	}.tool()
	t.View, t.Variant = s.viewURI, viewForChatGPT(s.viewURI)
	return t
}

func viewWaiting(waiting []chat.Waiting) []results.Waiting {
	views := make([]results.Waiting, len(waiting))
	for i, one := range waiting {
		views[i] = results.Waiting{ID: one.ID, Agreed: one.Agreed}
		if one.Message != nil {
			views[i].Message = &viewMessages([]chat.Message{*one.Message})[0]
		}
	}
	return views
}

func viewOpen(open chat.ShownOpen) results.ShownOpen {
	view := results.ShownOpen{Tasks: open.Tasks, Agreements: open.Agreements}
	for _, task := range open.First {
		view.First = append(view.First, viewTask(task))
	}
	for _, text := range open.Agreed {
		view.Agreed = append(view.Agreed, results.Text(text))
	}
	return view
}

// roomPage is the address of the page of a room, which shows nothing without a seat; "" if the address of the server is
// not known.
func roomPage(address, room string) string {
	if address == "" {
		return ""
	}
	return site(address) + WatchPath + room
}
