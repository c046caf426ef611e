package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func (w *world) send(req chat.SendRequest) (chat.Sent, error) {
	w.t.Helper()
	return w.Send(w.t.Context(), req)
}

func TestSend_sameTextAgain_isTheSameMessage(t *testing.T) {
	long := strings.Repeat("a longer text ", 4)
	cases := map[string]struct {
		text      string
		between   func(w *world, p pair)
		duplicate bool
	}{
		"at once":                         {"yes", func(*world, pair) {}, true},
		"nine minutes later":              {long, func(w *world, _ pair) { w.clock.Advance(9 * time.Minute) }, true},
		"ten minutes later":               {long, func(w *world, _ pair) { w.clock.Advance(10 * time.Minute) }, false},
		"short, after another spoke":      {"yes", func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, false},
		"long, after another spoke":       {long, func(w *world, p pair) { w.say(p.bob.Token, "and this?") }, true},
		"after another text of one's own": {long, func(w *world, p pair) { w.say(p.ann.Token, "besides") }, false},
		"39 bytes, after another spoke":   {strings.Repeat("x", 39), func(w *world, p pair) { w.say(p.bob.Token, "and?") }, false},
		"40 bytes, after another spoke":   {strings.Repeat("x", 40), func(w *world, p pair) { w.say(p.bob.Token, "and?") }, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			first := w.say(p.ann.Token, c.text)
			c.between(w, p)
			again := w.say(p.ann.Token, c.text)
			if again.Duplicate != c.duplicate || again.Duplicate && again.Seq != first.Seq {
				t.Fatalf("first %+v, again %+v", first, again)
			}
		})
	}
}

func TestSend_sameTextAgainElsewhere_isTheSameMessage(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	first := w.say(p.ann.Token, "the same")
	for range 40 {
		w.say(p.bob.Token, strings.Repeat("b", 50)+time.Now().String())
	}
	there := onTable(t, w.clock, w.table, chat.Options{})
	long := strings.Repeat("a longer text ", 4)
	second := there.say(p.ann.Token, long)
	if again := w.say(p.ann.Token, long); !again.Duplicate || again.Seq != second.Seq {
		t.Fatalf("first %+v, again %+v", second, again)
	}
	if first.Duplicate || second.Duplicate {
		t.Fatal("a new text was taken for an old one")
	}
}

func TestSend_idempotencyKey_isOneMessageForADay(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	req := chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k1"}
	first, err := w.send(req)
	if err != nil {
		t.Fatal(err)
	}
	w.say(p.ann.Token, "between")
	again, err := w.send(req)
	if err != nil || !again.Duplicate || again.Seq != first.Seq {
		t.Fatalf("again %+v, %v", again, err)
	}
	other, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "first", Key: "k2"})
	if err != nil || other.Duplicate {
		t.Fatalf("another key: %+v, %v", other, err)
	}
	w.clock.Advance(24 * time.Hour)
	late, err := w.send(req)
	if err != nil || late.Duplicate {
		t.Fatalf("a day later: %+v, %v", late, err)
	}
}

func TestSend_cursorBehindNews_holdsTheMessageBackOnce(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "wait, read this")
	req := chat.SendRequest{Token: p.ann.Token, Text: "off we go", Cursor: p.ann.Cursor}
	held, err := w.send(req)
	if err != nil || held.Sent || !slices.Equal(texts(held.Messages), []string{"wait, read this"}) {
		t.Fatalf("got %+v, %v", held, err)
	}
	sent, err := w.send(req)
	if err != nil || !sent.Sent || sent.Duplicate {
		t.Fatalf("the same call again: %+v, %v", sent, err)
	}
	w.say(p.bob.Token, "one more thing")
	req.Text = "and now?"
	if held, err = w.send(req); err != nil || held.Sent {
		t.Fatalf("after a message was sent: %+v, %v", held, err)
	}
	req.Cursor = held.Cursor
	if sent, err = w.send(req); err != nil || !sent.Sent {
		t.Fatalf("with the new cursor: %+v, %v", sent, err)
	}
}

func TestSend_cursorWithoutNews_sendsAndMovesTheCursor(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	sent, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Cursor: p.ann.Cursor})
	if err != nil || !sent.Sent || sent.Cursor == p.ann.Cursor || sent.Cursor == "" {
		t.Fatalf("got %+v, %v", sent, err)
	}
	w.say(p.bob.Token, "hi")
	if got := w.look(p.ann.Token, sent.Cursor); !slices.Equal(texts(got.Messages), []string{"hi"}) {
		t.Fatalf("then got %+v", got)
	}
}

func TestSend_thenWaits_skipsNothingThatWasSaidBefore(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.bob.Token, "before")
	got, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "mine", Wait: 45 * time.Second})
	if err != nil || !got.Sent || !slices.Equal(texts(got.Messages), []string{"before"}) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestSend_refusals_changeNothing(t *testing.T) {
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
		"empty":              {chat.SendRequest{Token: token}, fault.InvalidArgument},
		"blank":              {chat.SendRequest{Token: token, Text: " \n"}, fault.InvalidArgument},
		"invisible":          {chat.SendRequest{Token: token, Text: "\u200b\u2060"}, fault.InvalidArgument},
		"too long":           {chat.SendRequest{Token: token, Text: strings.Repeat("x", room.MaxText+1)}, fault.MessageTooLong},
		"not UTF-8":          {chat.SendRequest{Token: token, Text: "\xff"}, fault.InvalidArgument},
		"control characters": {chat.SendRequest{Token: token, Text: "a\x00b"}, fault.InvalidArgument},
		"holds a token":      {chat.SendRequest{Token: token, Text: "mine is " + strings.ToUpper(token) + "."}, fault.InvalidArgument},
		"reply to nothing":   {chat.SendRequest{Token: token, Text: "x", ReplyTo: 99}, fault.InvalidArgument},
		"mistyped token":     {chat.SendRequest{Token: mistyped, Text: "x"}, fault.TokenInvalid},
		"no token":           {chat.SendRequest{Text: "x"}, fault.TokenInvalid},
		"long wait":          {chat.SendRequest{Token: token, Text: "x", Wait: time.Hour}, fault.InvalidArgument},
		"long key":           {chat.SendRequest{Token: token, Text: "x", Key: strings.Repeat("k", 65)}, fault.InvalidArgument},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := w.send(c.req)
			wants(t, err, c.code)
		})
	}
	if got := w.look(p.bob.Token, p.bob.Cursor); got.Cursor != p.bob.Cursor {
		t.Fatalf("something was written: %+v", got)
	}
}

func TestSend_longestText_arrivesWhole(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	text := strings.Repeat("é\"", room.MaxText/3)
	sent := w.say(p.ann.Token, text)
	got := w.look(p.bob.Token, p.bob.Cursor)
	whole := got.Messages[0].Text
	for more := got.Messages[0].More; more != nil; {
		page, err := w.History(t.Context(), chat.HistoryRequest{Token: p.bob.Token, Seq: more.Seq, Offset: more.Offset})
		if err != nil {
			t.Fatal(err)
		}
		whole += page.Messages[0].Text
		more = page.Messages[0].More
	}
	if whole != text || got.Messages[0].Seq != sent.Seq {
		t.Fatalf("%d bytes of %d arrived", len(whole), len(text))
	}
}

func TestSend_inAChannel_onlyAdminsSpeak(t *testing.T) {
	w := newWorld(t)
	ann, err := w.CreateRoom(t.Context(), chat.CreateRequest{Room: "news", AgentName: "Ann", Type: room.Channel})
	if err != nil {
		t.Fatal(err)
	}
	bob := w.join("news", "Bob")
	_, err = w.send(chat.SendRequest{Token: bob.Token, Text: "may I?"})
	wants(t, err, fault.NotAllowed)
	w.say(ann.Token, "here is the news")
}

// TestSend_shortTextAgain has the one who spoke in between leave: the word counts
// all the same.
func TestSend_shortTextAgain_afterSomebodySpokeAndLeft_isNew(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	first := w.say(p.ann.Token, "yes")
	w.say(p.bob.Token, "and the red one, too?")
	w.leave(p.bob.Token)
	if again := w.elsewhere().say(p.ann.Token, "yes"); again.Duplicate {
		t.Errorf("elsewhere: %+v", again)
	}
	if again := w.elsewhere().say(p.ann.Token, "yes"); !again.Duplicate || again.Seq <= first.Seq {
		t.Errorf("with nothing in between: %+v", again)
	}
}
