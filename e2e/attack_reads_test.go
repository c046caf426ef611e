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

// closet is a room that two agents have filled with private messages. Carol sees none of
// them.
type closet struct {
	p     *program
	carol answer // of her join
}

// newCloset starts a program with a closet and a parlor, in which Dan has talked.
func newCloset(t *testing.T, hidden int) (c closet, dan answer) {
	t.Helper()
	c.p = exposed(t, "--units-per-minute", "0")
	one := stranger{c.p, "203.0.113.1"}
	// newcomers see what was said
	ann := one.must(t, "create_room", args{"room": "closet", "agent_name": "Ann", "capacity": 4, "public": true})
	one.must(t, "join_room", args{"room": "closet", "agent_name": "Bob"})
	c.carol = one.must(t, "join_room", args{"room": "closet", "agent_name": "Carol"})
	dan = one.must(t, "join_room", args{"room": "parlor", "agent_name": "Dan"})
	for n := range 30 {
		one.must(t, "send_message", args{"agent_token": dan.AgentToken,
			"text": fmt.Sprintf("Line %d of the talk in the parlor.", n)})
	}
	one.must(t, "send_message", args{"agent_token": ann.AgentToken, "text": strings.Repeat("Between you and me. ", 10),
		"to": []string{"Bob"}})
	c.p.kill()
	hide(t, c.p, "closet", hidden)
	c.p.again()
	return c, dan
}

// does makes a call that must not be refused.
func (s stranger) does(ctx context.Context, tool string, arguments args) error {
	got, err := s.call(ctx, tool, arguments)
	if err == nil && got.Code != "" {
		err = fmt.Errorf("%s: %+v", tool, got)
	}
	return err
}

// history and wait look for something that Carol may see; join does for a newcomer.
func (c closet) history(ctx context.Context, from string) error {
	return stranger{c.p, from}.does(ctx, "message_history", args{"agent_token": c.carol.AgentToken})
}

func (c closet) wait(ctx context.Context, from string) error {
	return stranger{c.p, from}.does(ctx, "wait_for_message",
		args{"agent_token": c.carol.AgentToken, "cursor": c.carol.Cursor, "wait_seconds": 0})
}

func (c closet) join(ctx context.Context, from string) error {
	got, err := stranger{c.p, from}.call(ctx, "join_room", args{"room": "closet", "agent_name": "Dora"})
	if err != nil {
		return err
	}
	return stranger{c.p, from}.does(ctx, "leave_room", args{"agent_token": got.AgentToken})
}

// Two agents fill a room with private messages, and a third has the server look for
// something that it may see, without a limit on what its calls cost.
func TestAttack_readingPastHiddenMessages_delaysNoOtherRoom(t *testing.T) {
	const readers, calls = 64, 21
	hidden := scaled(200_000)
	c, joined := newCloset(t, hidden)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	alone := func(read func(context.Context, string) error) time.Duration {
		return timed(t, 3, func() error { return read(ctx, "203.0.113.1") })[1]
	}
	history, wait, join := alone(c.history), alone(c.wait), alone(c.join)
	dan := func() error {
		return stranger{c.p, "198.51.100.1"}.does(ctx, "message_history", args{"agent_token": joined.AgentToken})
	}
	quiet := timed(t, calls, dan)[calls/2]
	var attackers sync.WaitGroup
	for n := range readers {
		attackers.Go(func() {
			read := []func(context.Context, string) error{c.history, c.wait}[n%2]
			for ctx.Err() == nil {
				if err := read(ctx, fmt.Sprintf("203.0.113.%d", n+2)); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	timed(t, 3, dan) // until all of them read
	beside := timed(t, calls, dan)
	stop()
	attackers.Wait()
	if median := beside[calls/2]; median > max(history/2, 100*quiet) {
		t.Errorf("a call in another room takes %v beside %d reads, %v without them; one such read takes %v", median,
			readers, quiet, history)
	}
	short := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	attacks(t, "%d hidden messages: history takes %v, a first wait %v, a join %v. A call in another room takes %v, "+
		"and beside %d reads %v (%.0f times), at most %v",
		hidden, short(history), short(wait), short(join), short(quiet), readers, short(beside[calls/2]),
		float64(beside[calls/2])/float64(quiet), short(beside[calls-1]))
}
