package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (w *world) send(req chat.SendRequest) (chat.Sent, error) {
	w.t.Helper()
	return w.Send(w.t.Context(), req)
}

// What was unread before, and is not meant for the sender, does not end its wait for an
// answer.
func TestSend_thatWaits_bringsEarlierMessagesWithTheAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "before")
	done := make(chan chat.Sent, 1)
	go func() {
		got, err := w.Send(t.Context(), chat.SendRequest{Token: p.ann.Token, Text: "mine", Wait: 45 * time.Second})
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	w.awaitText(p.bob.Token, "mine")
	w.say(p.bob.Token, "after")
	if got := <-done; !got.Sent || got.Before != 2 || !slices.Equal(texts(got.Messages), []string{"before", "after"}) {
		t.Errorf("got %+v", got)
	}
}

func TestSend_thatWaits_endsForAnEarlierMessageThatIsMeantForIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.say(p.bob.Token, "what do you think, @Ann?")
	got, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "mine", Wait: 45 * time.Second})
	if err != nil || !got.Sent || got.Before != 3 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestSend_refused_writesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	token := p.ann.Token
	mistyped := token[:5] + string('a'+(token[5]-'a'+1)%6) + token[6:]
	if mistyped == token {
		mistyped = token[:27] + "0"
	}
	cases := map[string]struct {
		req  chat.SendRequest
		code fault.Code
	}{
		"empty":     {chat.SendRequest{Token: token}, fault.InvalidArgument},
		"blank":     {chat.SendRequest{Token: token, Text: " \n"}, fault.InvalidArgument},
		"invisible": {chat.SendRequest{Token: token, Text: "\u200b\u2060"}, fault.InvalidArgument},
		"too long": {chat.SendRequest{Token: token, Text: strings.Repeat("x", room.MaxText+1)},
			fault.MessageTooLong},
		"not UTF-8":          {chat.SendRequest{Token: token, Text: "\xff"}, fault.InvalidArgument},
		"control characters": {chat.SendRequest{Token: token, Text: "a\x00b"}, fault.InvalidArgument},
		"holds a token": {chat.SendRequest{Token: token, Text: "mine is " + strings.ToUpper(token) + "."},
			fault.InvalidArgument},
		"reply to nothing": {chat.SendRequest{Token: token, Text: "x", ReplyTo: "m000000"}, fault.InvalidArgument},
		"mistyped token":   {chat.SendRequest{Token: mistyped, Text: "x"}, fault.TokenInvalid},
		"no token":         {chat.SendRequest{Text: "x"}, fault.TokenInvalid},
		"long wait": {chat.SendRequest{Token: token, Text: "x", Wait: chat.MaxWait + time.Second},
			fault.InvalidArgument},
		"asks nobody here": {chat.SendRequest{Token: token, Text: "x", Ask: []string{"Zoe"}}, fault.InvalidArgument},
		"away for too long": {chat.SendRequest{Token: token, Text: "x", Absence: away(121 * time.Minute)},
			fault.InvalidArgument},
		"long key": {chat.SendRequest{Token: token, Text: "x", Key: strings.Repeat("k", 65)}, fault.InvalidArgument},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := w.send(c.req)
			wants(t, err, c.code)
		})
	}
	if got := w.look(p.bob.Token, p.bob.Cursor); place(t, p.bob.Token, got.Cursor) != place(t, p.bob.Token,
		p.bob.Cursor) {
		t.Fatalf("something was written: %+v", got)
	}
}

func TestSend_kind_isShownAndUnknownOnesAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i, c := range []struct{ given, shown room.Kind }{
		{"", ""}, {room.Plain, ""}, {room.Request, room.Request}, {room.Status, room.Status}, {room.Done, room.Done},
	} {
		if _, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprintf("text %d", i),
			Kind: c.given}); err != nil {
			t.Fatal(err)
		}
		got := w.look(p.bob.Token, p.bob.Cursor)
		p.bob.Cursor = got.Cursor
		if got.Messages[0].Kind != c.shown {
			t.Errorf("of the kind %q: %+v", c.given, got.Messages[0])
		}
	}
	err := w.changesNothing(p.ann.Token, func() error {
		_, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Kind: "shout"})
		return err
	})
	says(t, err, fault.InvalidArgument, "kind must be")
}
