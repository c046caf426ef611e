package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// seatNumbers is how many seats a token can tell apart.
const seatNumbers = 1<<15 - 1

// give makes the room of p give out n seat numbers, while p is stopped.
func give(t *testing.T, p *program, n int) {
	t.Helper()
	c, err := sqlite.OpenConn(p.args[1], sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteTransient(c, `
		UPDATE items SET data = json_set(data, '$.next_seat', json_extract(data, '$.next_seat') + ?1)
		WHERE sk = 'META' AND json_valid(data)`, &sqlitex.ExecOptions{Args: []any{n}})
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
}

// Strangers join a room and leave it, until it has given out every number that a token can
// hold. The server has no limits.
func TestAttack_joins_leaveARoomWithNumbersForSeats(t *testing.T) {
	n := scaled(seatNumbers + 100)
	p := exposed(t, "--units-per-minute", "0", "--messages-per-minute", "0", "--bytes-per-minute", "0",
		"--rooms-per-hour", "0")
	ann := stranger{p, "203.0.113.1"}
	first := ann.must(t, "create_room", args{"room": "square", "agent_name": "Ann", "capacity": 100})
	bob := ann.must(t, "join_room", args{"room": "square", "agent_name": "Bob"})
	ann.must(t, "send_message", args{"agent_token": first.AgentToken, "text": "Between the two of us.",
		"to": []string{"Bob"}})
	ann.must(t, "leave_room", args{"agent_token": bob.AgentToken})
	if left := seatNumbers + 100 - n; left > 0 { // what a part of the attack does not play
		p.kill()
		give(t, p, left)
		p.again()
	}

	gone, took := flood(t, n, func(i int) (answer, error) {
		eve := stranger{p, fmt.Sprintf("198.51.100.%d", i%100)}
		got, err := eve.call(t.Context(), "join_room", args{"room": "square", "agent_name": fmt.Sprintf("Eve %d", i)})
		if err != nil || got.AgentToken == "" {
			return got, err
		}
		return eve.call(t.Context(), "leave_room", args{"agent_token": got.AgentToken})
	})

	dan := ann.must(t, "join_room", args{"room": "square", "agent_name": "Dan"})
	said := ann.must(t, "send_message", args{"agent_token": first.AgentToken, "text": "Who was that?"})
	heard := ann.must(t, "wait_for_message", args{"agent_token": dan.AgentToken, "cursor": dan.Cursor,
		"wait_seconds": 0})
	if !said.Sent || len(heard.Messages) != 1 || heard.Messages[0].Text != "Who was that?" {
		t.Errorf("Ann, who has been there all the time, is answered %+v; Dan hears %+v", said, heard.Messages)
	}
	past := ann.must(t, "message_history", args{"agent_token": dan.AgentToken, "limit": 100})
	for _, m := range past.Messages {
		if strings.Contains(m.Text, "Between") {
			t.Errorf("Dan reads %q", m.Text)
		}
	}
	if got, err := ann.call(t.Context(), "wait_for_message",
		args{"agent_token": bob.AgentToken, "wait_seconds": 0}); err != nil || got.Status != "" {
		t.Errorf("Bob, who has left, is answered %+v, %v", got, err)
	}
	if gone != n {
		t.Errorf("%d of %d joins or departures were refused", n-gone, n)
	}
	attacks(t, "%d agents join a room that has %d numbers for seats, and leave it: %d are refused, in %v, and the "+
		"room goes on", n, seatNumbers, n-gone, took.Round(time.Millisecond))
}
