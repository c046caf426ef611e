package agents

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// conversation is a request to a model, in the words of neither API.
type conversation struct {
	tools []string // that the model may call
	steps []step   // in the user's newest prompt that has any
	turns []turn   // since that prompt
	after string   // what the user's side has said since the last turn, apart from results
	raw   string   // the body
}

// turn is what the model said at once, and what came of it.
type turn struct {
	results []result
}

// result is what a tool returned to the model.
type result struct {
	query string   // of a search
	found []string // tools that a search made known
	text  string
}

func (t turn) text() string {
	var all strings.Builder
	for _, r := range t.results {
		all.WriteString(r.text)
	}
	return all.String()
}

// found returns the tools that each search made known.
func (c conversation) found() map[string][]string {
	all := map[string][]string{}
	for _, turn := range c.turns {
		for _, r := range turn.results {
			if r.query != "" {
				all[r.query] = r.found
			}
		}
	}
	return all
}

// text returns what all tools have returned since the prompt.
func (c conversation) text() string {
	var all strings.Builder
	for _, turn := range c.turns {
		all.WriteString(turn.text())
	}
	return all.String()
}

// model is a stand-in for the service with the model: it plays the steps of the
// prompt and keeps the requests.
type model struct {
	url string

	mu      sync.Mutex
	heard   []conversation
	changed chan struct{} // closed at the next request
}

// api reads the requests of one API and writes its answers.
type api interface {
	// read returns the conversation in a request; ok is false for a request that is
	// about something else, such as the title of a session.
	read(body []byte) (c conversation, ok bool)
	answer(w http.ResponseWriter, body []byte, s step)
	path() string
}

// standIn serves a model until the test ends.
func standIn(t *testing.T, speaks api) *model {
	t.Helper()
	m := &model{changed: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+speaks.path(), func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client was ended
		}
		seen, ok := speaks.read(body)
		if !ok {
			speaks.answer(w, body, say("Title"))
			return
		}
		m.record(seen)
		speaks.answer(w, body, next(seen))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

func (m *model) record(seen conversation) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heard = append(m.heard, seen)
	close(m.changed)
	m.changed = make(chan struct{})
}

// after returns the conversations that came after the first n, and what is closed
// when there is one more.
func (m *model) after(n int) ([]conversation, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.heard[n:], m.changed
}

// await returns the first request that ok accepts, and fails the test if none came
// in that time or the client ended without one.
func (m *model) await(t *testing.T, c *client, what string, within time.Duration,
	ok func(conversation) bool) conversation {
	t.Helper()
	late := time.After(within)
	for n := 0; ; {
		heard, changed := m.after(n)
		for _, one := range heard {
			if ok(one) {
				return one
			}
		}
		n += len(heard)
		select {
		case <-changed:
		case <-c.ended:
			if heard, _ := m.after(n); len(heard) == 0 {
				t.Fatalf("the client ended, and its model was not told: %s\n%s", what, c)
			}
		case <-late:
			t.Fatalf("after %v the model was not told: %s\n%s", within, what, c)
		}
	}
}

// stream writes server-sent events, each with its type in the data, too.
type stream struct{ w io.Writer }

func newStream(w http.ResponseWriter) stream {
	w.Header().Set("Content-Type", "text/event-stream")
	return stream{w}
}

func (s stream) send(kind string, fields map[string]any) {
	event := map[string]any{"type": kind}
	for k, v := range fields {
		event[k] = v
	}
	data, err := json.Marshal(event)
	if err != nil {
		return // then the client says that the stream is cut
	}
	_, _ = io.WriteString(s.w, "event: "+kind+"\ndata: "+string(data)+"\n\n") // a client that is gone is no failure
}
