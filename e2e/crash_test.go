package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	crashSenders = 4
	crashEvery   = 60 // acknowledged messages between two crashes
	crashes      = 3
)

func TestCrash_inTheMiddleOfSends_losesAndDoublesNothing(t *testing.T) {
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	made := c.ok("create_room", args{"room": "the shaky floor", "agent_name": "Reader", "capacity": crashSenders + 1})
	r := &reader{seat: seat{made.AgentToken, made.Cursor}}
	senders := make([]*sender, crashSenders)
	for i := range senders {
		name := fmt.Sprintf("Sender %d", i+1)
		senders[i] = &sender{name: name, token: c.join("the shaky floor", name).token, acknowledged: map[int64]string{}}
	}
	for range crashes {
		crashWhileSending(t, p, senders, r)
		p.again()
	}
	c = talk{t, openGo(t, p.url, modernProtocol)}
	for _, s := range senders {
		if err := s.send(t.Context(), c.c); err != nil { // repeats what it got no reply for
			t.Error(err)
		}
	}
	r.readUntilQuiet(c)
	compare(t, r.heard, senders)
}

// crashWhileSending kills the program once enough words were acknowledged, with
// all senders at it and the reader reading.
func crashWhileSending(t *testing.T, p *program, senders []*sender, r *reader) {
	t.Helper()
	var count atomic.Int64
	enough := make(chan struct{})
	var all sync.WaitGroup
	for _, s := range senders {
		c := openGo(t, p.url, modernProtocol)
		all.Go(func() {
			for s.send(t.Context(), c) == nil {
				if count.Add(1) == crashEvery {
					close(enough)
				}
			}
		})
	}
	listener := openGo(t, p.url, modernProtocol)
	all.Go(func() { r.readUntilLost(t.Context(), listener) })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Wait()
	}()
	select {
	case <-enough:
	case <-ended:
		t.Fatal("all clients were refused before the program was killed")
	}
	p.kill()
	<-ended
}

// sender says numbered words one after the other. A word whose reply was lost
// is said again, letter for letter, as models do.
type sender struct {
	name         string
	token        string
	acknowledged map[int64]string // words, by the seq that each was given
}

// send says one word; without an error it was acknowledged.
func (s *sender) send(ctx context.Context, c client) error {
	text := fmt.Sprintf("%s says word number %d, which is long enough.", s.name, len(s.acknowledged)+1)
	a, err := c.call(ctx, "send_message", args{"agent_token": s.token, "text": text})
	if err != nil {
		return err
	}
	if !a.Sent || s.acknowledged[a.Seq] != "" {
		return fmt.Errorf("%q was answered %+v", text, a)
	}
	s.acknowledged[a.Seq] = text
	return nil
}

// reader keeps what it heard, and its cursor over all crashes.
type reader struct {
	seat
	heard []message
}

func (r *reader) wait(ctx context.Context, c client, seconds int) (answer, error) {
	a, err := c.call(ctx, "wait_for_message", args{"agent_token": r.token, "cursor": r.cursor, "wait_seconds": seconds})
	if err == nil && a.Status == "messages" {
		r.cursor = a.Cursor
		r.heard = append(r.heard, a.Messages...)
	}
	return a, err
}

// readUntilLost reads until the program is killed.
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

// compare holds what was heard against what was acknowledged.
func compare(t *testing.T, heard []message, senders []*sender) {
	t.Helper()
	texts := map[int64]string{}
	words := map[string][]string{}
	last := int64(0)
	for _, m := range heard {
		if m.Seq <= last {
			t.Errorf("event %d was heard after event %d", m.Seq, last)
		}
		last = m.Seq
		if m.Type == "message" {
			texts[m.Seq] = m.Text
			words[m.From] = append(words[m.From], m.Text)
		}
	}
	for _, s := range senders {
		for seq, text := range s.acknowledged {
			if texts[seq] != text {
				t.Errorf("event %d was acknowledged as %q, and is %q", seq, text, texts[seq])
			}
		}
		if len(words[s.name]) != len(s.acknowledged) {
			t.Errorf("%s was acknowledged %d words, heard were %d", s.name, len(s.acknowledged), len(words[s.name]))
		}
		if len(slices.Compact(slices.Clone(words[s.name]))) != len(words[s.name]) {
			t.Errorf("a word of %s was heard twice: %q", s.name, words[s.name])
		}
	}
}
