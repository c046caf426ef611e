package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// sends sends req, and fails unless it is sent.
func (w *world) sends(req chat.SendRequest) chat.Sent {
	w.t.Helper()
	got, err := w.send(req)
	if err != nil || !got.Sent {
		w.t.Fatalf("send %q: %+v, %v", req.Text, got, err)
	}
	return got
}

// ask asks these agents, or anyone, in public. It returns the id.
func (w *world) ask(token, text string, names ...string) string {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: token, Text: text, Ask: names, Kind: room.Request}).ID
}

// reply answers a message.
func (w *world) reply(token, text, to string, only ...string) {
	w.t.Helper()
	w.sends(chat.SendRequest{Token: token, Text: text, ReplyTo: to, To: only})
}

// requests lists the open requests that room_info shows the owner of a token, as "Ann
// asks [Bob]: blue?".
func (w *world) requests(token string) (out []string) {
	w.t.Helper()
	for _, r := range w.info(token).Requests {
		out = append(out, fmt.Sprintf("%s asks %s: %s", r.From, r.OwedBy, r.Text))
	}
	return out
}

// asked fails unless these are the open requests, for each of the agents.
func (w *world) asked(want []string, agents ...chat.Seated) {
	w.t.Helper()
	for _, s := range agents {
		same(w.t, s.Name+" sees open", w.requests(s.Token), want)
	}
}

func TestRequest_processThatStartsLater_knowsWhatIsOpen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "who brings the cake?", "Cid")
	for i := range 300 {
		w.say(p.bob.Token, fmt.Sprintf("line %d", i))
	}
	w.elsewhere().asked([]string{"Ann asks [Cid]: who brings the cake?"}, p.ann, p.bob, p.cid)
}

func TestRequest_isShownByItsTwoEndsAndAge(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	id := w.ask(p.ann.Token, strings.Repeat("é", 200)+strings.Repeat("à", 39)+"?\n", "Bob")
	w.clock.Advance(7 * time.Minute)
	r := w.info(p.cid.Token).Requests[0]
	if r.ID != id || r.Text != strings.Repeat("é", 40)+" … "+strings.Repeat("à", 39)+"?" || r.Age != 7*time.Minute {
		t.Errorf("got %+v", r)
	}
}

func TestRequest_whatCannotBeAsked_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for what, req := range map[string]chat.SendRequest{
		"nobody here":         {Text: "x", Ask: []string{"Zoe"}},
		"with agree":          {Ask: []string{"Bob"}, Kind: room.Agree},
		"withdrawing nothing": {Withdraw: w.id(p.ann.Token, 1)},
		"withdrawing and ask": {Withdraw: w.id(p.ann.Token, 1), Ask: []string{"Bob"}},
	} {
		req.Token = p.ann.Token
		err := w.changesNothing(p.ann.Token, func() error { _, err := w.send(req); return err })
		says(t, err, fault.InvalidArgument, "Nothing was sent")
		if t.Failed() {
			t.Fatal(what)
		}
	}
}
