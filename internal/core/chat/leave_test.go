package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestLeave_lastWordThatMayNotBeSaid_isRefusedAndTheSeatStays(t *testing.T) {
	w := newWorld(t)
	p := w.trio()
	w.manage(p.ann.Token, room.Mute, "Bob", chat.StatusMuted)
	for text, code := range map[string]fault.Code{"I may not say this": fault.NotAllowed,
		"key " + p.ann.Token: fault.InvalidArgument} {
		err := w.changesNothing(p.bob.Token, func() error {
			_, err := w.LeaveRoom(t.Context(), chat.LeaveRequest{Token: p.bob.Token, Text: text})
			return err
		})
		wants(t, err, code)
	}
	w.leave(p.bob.Token)
}
