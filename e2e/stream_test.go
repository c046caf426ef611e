package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// eachWay is how many messages each of two agents sends the other.
const eachWay = 300

func TestStream_everyClient_hasHundredsOfMessagesEachWayOnceAndInOrder(t *testing.T) {
	t.Parallel()
	streams(t, eachWay, parts.Modes(t, pairs, "Go", "modern"))
}

func TestSoak_streamOfThousandsOfMessages_arrivesOnceAndInOrder(t *testing.T) {
	soak(t)
	streams(t, 5000, pairs)
}

// pairs are the clients that send each other many messages. With those of Go the modern and the legacy protocol meet.
var pairs = map[string]struct{ alice, bob kind }{
	"Go":     {goClient(modernProtocol), goClient(legacyProtocol)},
	"modern": {nodeClient("modern", modernProtocol), pythonClient("modern", modernProtocol)},
	"legacy": {nodeClient("sdk1", legacyProtocol), pythonClient("legacy", legacyProtocol)},
}

// streams has two agents send each other that many messages at once, for pairs of clients.
func streams(t *testing.T, n int, all map[string]struct{ alice, bob kind }) {
	t.Helper()
	for _, pair := range all {
		t.Run(pair.alice.name+" and "+pair.bob.name, func(t *testing.T) {
			pair.alice.needs(t)
			pair.bob.needs(t)
			p := start(t)
			a, b := talk{t, pair.alice.open(t, p.url)}, talk{t, pair.bob.open(t, p.url)}
			alice, bob := a.join("the long talk", "Alice"), b.join("the long talk", "Bob")
			ctx, cancel := context.WithTimeout(t.Context(), 6*patience+time.Duration(n)*100*time.Millisecond)
			defer cancel()
			var work errgroup.Group
			work.Go(func() error { return sendMany(ctx, a.c, alice.token, "Alice", n) })
			work.Go(func() error { return sendMany(ctx, b.c, bob.token, "Bob", n) })
			work.Go(func() error { return hearMany(ctx, a.c, alice, "Bob", n) })
			work.Go(func() error { return hearMany(ctx, b.c, bob, "Alice", n) })
			if err := work.Wait(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func numbered(name string, n int) string { return fmt.Sprintf("%s says number %d", name, n) }

// sendMany says the numbers from 1 to last, each after the one before was acknowledged.
func sendMany(ctx context.Context, c client, token, name string, last int) error {
	for n := 1; n <= last; n++ {
		a, err := c.call(ctx, "send_message", args{"agent_token": token, "text": numbered(name, n)})
		if err != nil {
			return fmt.Errorf("%s sends number %d: %w", name, n, err)
		}
		if !a.Sent || a.Duplicate {
			return fmt.Errorf("%s sends number %d: answered %+v", name, n, a)
		}
	}
	return nil
}

// hearMany waits by cursors until all that the agent of that name says was
// heard, and refuses a number that is missing, doubled or out of order.
func hearMany(ctx context.Context, c client, s seat, name string, last int) error {
	for n := 0; n < last; {
		a, err := c.call(ctx, "wait_for_message", args{"agent_token": s.token, "cursor": s.cursor, "wait_seconds": 20})
		if err != nil {
			return fmt.Errorf("after number %d of %s: %w", n, name, err)
		}
		if a.Status != "messages" || a.Cursor == s.cursor {
			return fmt.Errorf("after number %d of %s a wait answered %+v", n, name, a)
		}
		s.cursor = a.Cursor
		for _, m := range a.Messages {
			if m.Type != "message" {
				continue
			}
			n++
			if m.From != name || m.Text != numbered(name, n) {
				return fmt.Errorf("heard %q from %s, want number %d of %s", m.Text, m.From, n, name)
			}
		}
	}
	return nil
}
