package chat_test

import (
	"fmt"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
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
