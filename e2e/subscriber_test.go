package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// posted is what came to the receiver of clients/node/subscriber.cjs, and the status with which it answered.
type posted struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Status  int               `json:"status"`
}

// subscriber is a client that subscribes: the one of the AI SDK.
type subscriber struct {
	talk
	d *driver
}

func openSubscriber(t *testing.T, url, generation, protocol string) subscriber {
	t.Helper()
	d := drive(t, installNode(t).command("node", filepath.Join("clients", "node", "subscriber.cjs"), url, generation),
		protocol)
	return subscriber{talk{t, d}, d}
}

// events calls a method of events, and returns the id of the subscription.
func (s subscriber) events(method string, arguments args) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result, err := s.d.ask(ctx, "events/"+method, arguments)
	var got struct{ ID string }
	if err != nil || json.Unmarshal(result, &got) != nil {
		s.t.Fatalf("events/%s: %v %s", method, err, result)
	}
	return got.ID
}

// subscribe subscribes for an agent, whose client answers the challenge.
func (s subscriber) subscribe(token string) string {
	s.t.Helper()
	id := s.events("subscribe", args{"name": "room.message", "arguments": args{"agent_token": token}})
	if asked := s.next(); asked.Status != http.StatusOK || !strings.Contains(asked.Body, `"type":"verification"`) {
		s.t.Fatalf("before it is called, its receiver got %+v", asked)
	}
	return id
}

// next returns what came to the receiver next.
func (s subscriber) next() posted {
	s.t.Helper()
	select {
	case p := <-s.d.posts:
		return p
	case <-time.After(patience):
		s.t.Fatal("the client was not called")
		return posted{}
	}
}

// called returns the call that must come next, and that the client must accept as one for a subscription.
func (s subscriber) called(subscription string, unread int) posted {
	s.t.Helper()
	p := s.next()
	var c called
	if err := json.Unmarshal([]byte(p.Body), &c); err != nil || p.Status != http.StatusNoContent ||
		p.Headers["x-mcp-subscription-id"] != subscription || c.Data.Agent != "Bob" || c.Data.Unread != unread {
		s.t.Fatalf("%d unread: the receiver got %+v", unread, p)
	}
	return p
}

// answers reads as an agent does that was called, says something, and returns what it is to do next.
func (s subscriber) answers(seat *seat, unread int) string {
	s.t.Helper()
	read := s.ok("wait_for_message", args{"agent_token": seat.token, "cursor": seat.cursor, "wait_seconds": 0})
	if len(read.Messages) != unread {
		s.t.Fatalf("it read %+v, want %d messages", read.Messages, unread)
	}
	said := s.ok("send_message",
		args{"agent_token": seat.token, "text": "Yes.", "cursor": read.Cursor, "wait_seconds": 0})
	seat.cursor = said.Cursor
	return said.Next
}

// repeat posts a call once more, with another body or the same, and returns how the client answers.
func (s subscriber) repeat(p posted, body string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, p.URL, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range p.Headers {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	s.next()
	return resp.StatusCode
}

// The client and its receiver are not ours. It takes a call only if the signature is right, the subscription is known
// and the event is of the name and the id that the headers and the subscription say.
func TestEvents_everyClientThatSubscribes_isCalledAndAnswersUntilItUnsubscribes(t *testing.T) {
	installNode(t) // or skips
	for generation, protocol := range map[string]string{"modern": modernProtocol, "legacy": legacyProtocol} {
		t.Run(generation, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			bob, ann := openSubscriber(t, p.url, generation, protocol), talk{t, openGo(t, p.url, modernProtocol)}
			his, hers := bob.join("tea", "Bob"), ann.join("tea", "Ann")
			bob.listen(&his)
			says := func(text string) {
				ann.ok("send_message",
					args{"agent_token": hers.token, "text": text, "cursor": hers.cursor, "wait_seconds": 0})
			}

			id := bob.subscribe(his.token)
			says("Shall we?")
			first := bob.called(id, 1)
			says("I mean tea.")
			if next := bob.answers(&his, 2); !strings.Contains(next, "You are called when something is said") {
				t.Errorf("of an agent that is called, next is %q", next)
			}
			if status := bob.repeat(first, first.Body+" "); status != http.StatusUnauthorized {
				t.Errorf("a call that is not signed has the status %d", status)
			}
			if status := bob.repeat(first, first.Body); status != http.StatusNoContent {
				t.Errorf("a call that is signed has the status %d", status)
			}

			ann.listen(&hers)
			if again := bob.events("refresh", args{"id": id}); again != id {
				t.Errorf("the refresh has the id %s, want %s", again, id)
			}
			says("At four?")
			if second := bob.called(id, 1); second.Headers["webhook-id"] == first.Headers["webhook-id"] {
				t.Errorf("what came after it had read has the id of what came before: %v", second.Headers)
			}
			bob.answers(&his, 1)

			ann.listen(&hers)
			bob.events("unsubscribe", args{"id": id})
			says("Or at five?")
			if next := bob.answers(&his, 1); strings.Contains(next, "you are called") {
				t.Errorf("of an agent that is no longer called, next is %q", next)
			}
			ann.listen(&hers)
			id = bob.subscribe(his.token) // the next two posts are of this subscription, so that none was of the other
			says("Six it is.")
			bob.called(id, 1)
		})
	}
}
