package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	crashes     = 10
	soakCrashes = 400
)

// Once the header of an answer has come, its call fails, at the latest when the client's own time for it is up, and
// the client goes on.
func TestCrash_everyClientInAWait_losesOneCall(t *testing.T) {
	t.Parallel()
	for _, k := range allKinds(t) {
		t.Run(k.name, func(t *testing.T) {
			p := start(t)
			c := talk{t, k.open(t, p.url)}
			alice, bob := c.meet(roomOf(t))
			if d, ok := c.c.(*driver); ok {
				d.callTime = 10 * time.Second
			}
			ended := make(chan error, 1)
			go func() {
				_, err := c.c.call(t.Context(), "wait_for_message", waitArgs(bob, 50))
				ended <- err
			}()
			c.awaitWaiting(alice.token, "Bob")
			p.awaitHeader(c.join(roomOf(t)+" beside it", "Carol"))
			if len(ended) > 0 {
				t.Fatalf("the wait ended before the program: %v", <-ended)
			}
			p.kill()
			p.again()
			c.hearsNext(alice, bob)
			t.Parallel() // the TypeScript SDK waits until its time is up
			if err := <-ended; err == nil {
				t.Error("the wait had an answer")
			}
		})
	}
}

// awaitHeader waits as an agent until the header of the answer has come, which is soon. By then it has come of what
// began before.
func (p *program) awaitHeader(who seat) {
	p.t.Helper()
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_for_message","arguments":`+
		`{"agent_token":%q,"cursor":%q,"wait_seconds":50}}}`, who.token, who.cursor)
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		p.t.Fatalf("the wait was answered with %s", got)
	}
}

// crew is agents that work until they lose the program, and then go on with what
// they were about when they find it again.
type crew struct {
	senders []*sender
	readers []*reader
	settler settler
}

func newCrew(c talk) *crew {
	const room = "the shaky floor"
	first := c.ok("create_room", args{"room": room, "agent_name": "Reader 1", "capacity": 6})
	second := c.join(room, "Reader 2")
	w := &crew{readers: []*reader{{seat: seat{first.AgentToken, first.Cursor}}, {seat: second}}}
	for n := range 4 {
		name := fmt.Sprintf("Sender %d", n+1)
		// Half of them say by a key what is the same message; the others say it
		// again letter for letter with the cursor that they have, as models do.
		w.senders = append(w.senders, &sender{name: name, keyed: n%2 == 0, seat: c.join(room, name),
			acknowledged: map[string]string{}})
	}
	return w
}

// work lets all of the crew work at url until kill.
func (w *crew) work(t *testing.T, url string, kill func()) {
	t.Helper()
	live(t, 60*time.Millisecond, kill, func(l *life) {
		clients := make([]client, 3)
		for i := range clients {
			clients[i] = openGo(t, url, modernProtocol)
		}
		for i, s := range w.senders {
			l.parts.Go(func() { s.sendUntilLost(l.ctx, clients[i%2], l.begun) })
		}
		for _, r := range w.readers {
			l.parts.Go(func() { r.readUntilLost(l.ctx, clients[2]) })
		}
		l.parts.Go(func() { w.settler.settleUntilLost(l.ctx, clients[2]) })
	})
}

// life is the time until a program is killed. Work goes on in it, in parts that end once they have lost the program.
type life struct {
	ctx   context.Context // ends after patience: no part may last so long
	lost  chan struct{}   // is closed once the program was killed
	begun func()          // says that something was acknowledged
	parts sync.WaitGroup
}

// live has work begin its parts and kills a program at a random moment within so long, mostly after something was
// acknowledged. It returns when all parts have ended.
func live(t *testing.T, within time.Duration, kill func(), work func(l *life)) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	acknowledged := make(chan struct{})
	l := &life{ctx: ctx, lost: make(chan struct{}), begun: sync.OnceFunc(func() { close(acknowledged) })}
	work(l)
	if rand.IntN(4) > 0 { // a busy machine takes longer until the first than the moment lasts
		select {
		case <-acknowledged:
		case <-ctx.Done():
		}
	}
	somewhen(within)
	kill()
	close(l.lost)
	l.parts.Wait()
	if ctx.Err() != nil {
		t.Fatalf("%v after the program was killed a client still waits for it", patience)
	}
}

// somewhen waits for a random part of a time.
func somewhen(within time.Duration) {
	moment := time.NewTimer(rand.N(within))
	defer moment.Stop()
	<-moment.C
}

// finish has every sender repeat what it got no reply for, and every reader read
// to the end.
func (w *crew) finish(c talk) {
	c.t.Helper()
	for _, s := range w.senders {
		if err := s.send(c.t.Context(), c.c); err != nil {
			c.t.Error(err)
		}
	}
	for _, r := range w.readers {
		r.readUntilQuiet(c)
	}
	for _, token := range w.settler.tokens {
		if a := c.tool("room_info", args{"agent_token": token}); a.Code != "" {
			c.t.Errorf("an agent whose seat was acknowledged is answered %s: %s", a.Code, a.Message)
		}
	}
}

// compare holds what each reader heard against what was acknowledged, and returns
// how much that was.
func (w *crew) compare(t *testing.T) (acknowledged int) {
	t.Helper()
	for _, r := range w.readers {
		texts, words := r.sorted(t)
		acknowledged = 0
		for _, s := range w.senders {
			acknowledged += len(s.acknowledged)
			for id, text := range s.acknowledged {
				if texts[id] != text {
					t.Errorf("message %s was acknowledged as %q, and is %q", id, text, texts[id])
				}
			}
			if len(words[s.name]) != len(s.acknowledged) {
				t.Errorf("%s was acknowledged %d words, heard were %d", s.name, len(s.acknowledged), len(words[s.name]))
			}
			for n, word := range words[s.name] {
				if want := s.word(n + 1); word != want {
					t.Fatalf("%s was heard to say %q, want %q", s.name, word, want)
				}
			}
		}
	}
	return acknowledged
}

// sender says numbered words one after the other, and each until it has a reply.
type sender struct {
	name string
	seat
	keyed        bool
	acknowledged map[string]string // words, by the id that each was given
}

func (s *sender) word(n int) string {
	if s.keyed {
		return fmt.Sprintf("Word %d.", n) // so short that only the key tells a repetition
	}
	return fmt.Sprintf("%s says word number %d, which is long enough.", s.name, n)
}

// send says one word; without an error it was acknowledged.
func (s *sender) send(ctx context.Context, c client) error {
	n := len(s.acknowledged) + 1
	in := args{"agent_token": s.token, "text": s.word(n)}
	if s.keyed {
		in["idempotency_key"] = fmt.Sprint("word ", n)
	} else {
		in["cursor"] = s.cursor
	}
	a, err := c.call(ctx, "send_message", in)
	if err != nil {
		return err
	}
	s.cursor = a.Cursor
	if !a.Sent && !s.keyed { // held back once by what others have said
		return s.send(ctx, c)
	}
	if !a.Sent || s.acknowledged[a.ID] != "" {
		return fmt.Errorf("%q was answered %+v", in["text"], a)
	}
	s.acknowledged[a.ID] = s.word(n)
	return nil
}

func (s *sender) sendUntilLost(ctx context.Context, c client, sent func()) {
	for s.send(ctx, c) == nil {
		sent()
	}
}

// reader keeps what it heard, and its cursor over all crashes.
type reader struct {
	seat
	heard []message
}

func (r *reader) wait(ctx context.Context, c client, seconds int) (answer, error) {
	a, err := c.call(ctx, "wait_for_message", args{"agent_token": r.token, "cursor": r.cursor, "wait_seconds": seconds})
	if err == nil && a.Code == "" {
		r.cursor = a.Cursor
		r.heard = append(r.heard, a.Messages...)
	}
	return a, err
}

func (r *reader) readUntilLost(ctx context.Context, c client) {
	for {
		if a, err := r.wait(ctx, c, 20); err != nil || a.Code != "" {
			return
		}
	}
}

func (r *reader) readUntilQuiet(c talk) {
	c.t.Helper()
	for {
		a, err := r.wait(c.t.Context(), c.c, 0)
		switch {
		case err != nil || a.Code != "":
			c.t.Fatalf("the reader was answered %+v, %v", a, err)
		case a.Status == "quiet":
			return
		}
	}
}

// sorted returns the texts that were heard by id and by speaker, in order.
func (r *reader) sorted(t *testing.T) (texts map[string]string, words map[string][]string) {
	t.Helper()
	texts, words = map[string]string{}, map[string][]string{}
	for _, m := range r.heard {
		if m.Type == "message" {
			if texts[m.ID] != "" {
				t.Errorf("message %s was heard twice: %q", m.ID, m.Text)
			}
			texts[m.ID] = m.Text
			words[m.From] = append(words[m.From], m.Text)
		}
	}
	return texts, words
}

// settler makes one room after the other, and keeps the tokens that it was given.
type settler struct {
	rooms  int
	tokens []string
}

func (s *settler) settleUntilLost(ctx context.Context, c client) {
	for {
		s.rooms++
		a, err := c.call(ctx, "join_room", args{"room": fmt.Sprintf("camp %d", s.rooms), "agent_name": "Settler"})
		if err != nil || a.Code != "" {
			return
		}
		s.tokens = append(s.tokens, a.AgentToken)
	}
}
