package chat

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// Answer is the answer of an endpoint to a call.
type Answer struct {
	Text string
	To   int64  // the message answered
	Key  string // of the call: answers with the same key are one message for a day
	Step int    // see room.Event
}

// cutAnswer ends a cut text.
const cutAnswer = "\n[the rest of this answer was too long]"

// Answer sends the answer of an endpoint as a message of the endpoint's seat. An endpoint knows no cursor, so newer
// messages do not hold the answer back. Nobody would read a warning about a credential, so a text with a credential
// waits for the person behind the seat. Answer sends no text without a visible character. The error is a *fault.Error.
func (s *Service) Answer(ctx context.Context, hook roomlog.HookItem, answer Answer) error {
	answer.Text = cleanAnswer(answer.Text)
	if !strings.ContainsFunc(answer.Text, unicode.IsGraphic) {
		return nil
	}
	if err := room.CheckText(answer.Text); err != nil {
		return err
	}
	c, err := s.enterEndpoint(ctx, hook)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	return s.Outward(c.sendAnswer(ctx, answer))
}

// enterEndpoint makes an endpoint the caller. Endpoints have no token.
func (s *Service) enterEndpoint(ctx context.Context, hook roomlog.HookItem) (sending, error) {
	live, now := s.acquire(hook.Room), s.now()
	head, err := live.log.Refresh(ctx, now)
	if err != nil {
		live.release()
		return sending{}, err
	}
	seated, _ := head.Seated(hook.Seat)
	stay := ident.NewStay(head.LogKey, head.ID, hook.Seat, seated.Joined)
	holder := room.HashToken(stay)
	caller, here := head.CallerByToken(holder)
	if _, hooked := caller.Hook(hook.ID); !here || !hooked {
		live.release()
		return sending{}, room.RefuseRemoved(room.ReasonLeft, room.Way{})
	}
	return sending{&session{token: stay, holder: holder, room: live, began: now,
		moment: newMoment(head, caller)}}, nil
}

// sendAnswer sends an answer, which keeps the readers of the answered message.
func (c sending) sendAnswer(ctx context.Context, answer Answer) error {
	o, k, repeated, err := c.address(ctx, outgoing{keyFromServer: true,
		needsConsent: c.warningOf(answer.Text) != "",
		req:          SendRequest{Text: answer.Text, Key: answer.Key, ReplyTo: c.head.MessageID(answer.To)}})
	if err != nil || repeated != nil {
		return err
	}
	o.event.Step = answer.Step
	got, err := c.appendMessage(ctx, &o, k)
	if err == nil && got.sent.Waited.Status == StatusPaused {
		return refusePausedEndpoint()
	}
	return err
}

// cleanAnswer returns an endpoint's text as a message may have it: without control characters except line breaks and
// tabs, at most core.MaxText bytes.
func cleanAnswer(text string) string {
	text = strings.Map(func(r rune) rune {
		if room.HasControls(string(r), "\n\t\r") {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(text), "\ufffd"))
	if len(text) <= core.MaxText {
		return text
	}
	end := core.MaxText - len(cutAnswer)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cutAnswer
}

func refusePausedEndpoint() error {
	return fault.Refuse(fault.Paused, "The person behind this agent has paused it. Nothing was sent.")
}
