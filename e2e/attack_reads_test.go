package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// hide adds n messages to the end of every log, each like its last event, while p is
// stopped: that is faster than to send them.
func hide(t *testing.T, p *program, room string, n int) {
	t.Helper()
	c, err := sqlite.OpenConn(p.args[1], sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteTransient(c, `
		WITH RECURSIVE
			last(pk, n, expires, data) AS (
				SELECT e.pk, CAST(substr(max(e.sk), 5) AS INTEGER), e.expires, e.data
				FROM items AS e JOIN items AS meta ON meta.pk = e.pk AND meta.sk = 'META'
				WHERE e.sk GLOB 'LOG#*' AND json_extract(meta.data, '$.room.name') = ?1),
			further(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM further WHERE i < ?2)
		INSERT INTO items (pk, sk, expires, data)
		SELECT pk, printf('LOG#%016d', n+i), expires, json_set(data, '$.id', 'copy' || i) FROM last, further`,
		&sqlitex.ExecOptions{Args: []any{room, n}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// timed returns how long each of n calls takes, shortest first.
func timed(t *testing.T, n int, call func() error) (took []time.Duration) {
	t.Helper()
	for range n {
		began := time.Now()
		if err := call(); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took
}

// Two agents fill a room with private messages, and a third has the server look for
// something that it may see.
func TestAttack_readingPastHiddenMessages_delaysNoOtherRoom(t *testing.T) {
	const readers, calls = 64, 21
	hidden := scaled(200_000)
	p := exposed(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	enter := func(s stranger, room, name string) string {
		t.Helper()
		got, err := s.call(ctx, "join_room", args{"room": room, "agent_name": name, "capacity": 4})
		if err != nil || got.AgentToken == "" {
			t.Fatal(got, err)
		}
		return got.AgentToken
	}
	say := func(token, text string, to ...string) {
		t.Helper()
		if got, err := (stranger{p, "203.0.113.1"}).call(ctx, "send_message", args{"agent_token": token, "text": text, "to": to}); err != nil || !got.Sent {
			t.Fatal(got, err)
		}
	}
	eve := stranger{p, "203.0.113.1"}
	ann, _, carol := enter(eve, "closet", "Ann"), enter(eve, "closet", "Bob"), enter(eve, "closet", "Carol")
	dan := stranger{p, "198.51.100.1"}
	other := enter(dan, "parlor", "Dan")
	for n := range 30 {
		say(other, fmt.Sprintf("Line %d of the talk in the parlor.", n))
	}
	say(ann, strings.Repeat("Between you and me. ", 10), "Bob")
	p.kill()
	hide(t, p, "closet", hidden)
	p.again()

	history := func(s stranger, token string) func() error {
		return func() error {
			got, err := s.call(ctx, "message_history", args{"agent_token": token})
			if err == nil && len(got.Messages) == 0 {
				err = fmt.Errorf("an empty history: %+v", got)
			}
			return err
		}
	}
	alone := timed(t, 3, history(eve, carol))[1]
	quiet := timed(t, calls, history(dan, other))[calls/2]
	var attackers sync.WaitGroup
	for n := range readers {
		attackers.Go(func() {
			read := history(stranger{p, fmt.Sprintf("203.0.113.%d", n+2)}, carol)
			for ctx.Err() == nil {
				if err := read(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	timed(t, 3, history(dan, other)) // until all of them read
	beside := timed(t, calls, history(dan, other))
	stop()
	attackers.Wait()
	if median := beside[calls/2]; median > max(alone/2, 100*quiet) {
		t.Errorf("a call in another room takes %v beside %d reads, %v without them; one such read takes %v", median, readers, quiet, alone)
	}
	attacks(t, "%d hidden messages: a read past them takes %v. A call in another room takes %v, and beside %d such reads %v, at most %v",
		hidden, alone.Round(100*time.Microsecond), quiet.Round(100*time.Microsecond), readers, beside[calls/2].Round(100*time.Microsecond), beside[calls-1].Round(100*time.Microsecond))
}
