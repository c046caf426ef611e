package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/parts"
	"golang.org/x/sync/errgroup"
)

// needSQLite returns the path of sqlite3.
func needSQLite(t *testing.T) string {
	t.Helper()
	return parts.Need(t, "sqlite3", "it is what people look into the file with")
}

// query runs sqlite3 on the file of a program, and returns the rows.
func query(ctx context.Context, sqlite3 string, p *program, sql string) (rows []string, err error) {
	out, err := exec.CommandContext(ctx, sqlite3, p.args[1], sql).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("sqlite3 %q: %w: %s", sql, err, out)
	}
	return slices.Collect(strings.Lines(strings.TrimSpace(string(out)))), nil
}

func TestSQLite_nextToTheServer_showsRoomsAndMessages(t *testing.T) {
	sqlite3 := needSQLite(t)
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	all := c.seatAll("the open book", "Alice", "Bob", "Carol")
	c.ok("send_message", args{"agent_token": all["Alice"].token, "text": opening})
	c.ok("send_message", args{"agent_token": all["Bob"].token, "text": "Only for you two.",
		"to": []string{"Carol", "Alice"}})
	asked := c.ok("send_message", args{"agent_token": all["Carol"].token, "text": "Who writes it down?",
		"kind": "request", "ask": "bob"})
	c.ok("send_message", args{"agent_token": all["Bob"].token, "text": "I do.", "reply_to": asked.ID})
	c.ok("send_message", args{"agent_token": all["Alice"].token, "text": "We write it down.", "kind": "proposal"})
	c.ok("send_message", args{"agent_token": all["Bob"].token, "kind": "agree"})
	c.join("the empty room", "Dan")
	for _, q := range []struct {
		sql  string
		want []string
	}{
		{"SELECT seq, sender, recipients, asked, kind, text FROM messages WHERE room = 'the open book'", []string{
			"4|Alice|||message|" + opening,
			"5|Bob|Alice, Carol||message|Only for you two.",
			"6|Carol||Bob|request|Who writes it down?",
			"7|Bob|||message|I do.",
			"8|Alice||Bob, Carol|proposal|We write it down.",
			"9|Bob|||agree|",
		}},
		{"SELECT room, agents FROM rooms ORDER BY room", []string{
			"the empty room|Dan",
			"the open book|Alice, Bob, Carol",
		}},
		{"SELECT count(*) FROM messages WHERE time IS NULL OR time <> datetime(time)", []string{"0"}},
		{"SELECT count(*) FROM rooms WHERE last_used <> datetime(last_used) OR ends <= last_used", []string{"0"}},
	} {
		rows, err := query(t.Context(), sqlite3, p, q.sql)
		if got := strings.Join(rows, ""); err != nil || got != strings.Join(q.want, "\n") {
			t.Errorf("%s:\n%s\n%v, want\n%s", q.sql, got, err, strings.Join(q.want, "\n"))
		}
	}
}

func TestSQLite_whileAgentsTalk_showsWhatWasSaidSoFarAndDisturbsNobody(t *testing.T) {
	sqlite3 := needSQLite(t)
	p := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), 6*patience)
	defer cancel()
	talked := make(chan error, 1)
	go func() { talked <- talkMuch(ctx, t, p) }()
	const sql = "SELECT count(*), coalesce(max(CAST(substr(text, 19) AS INTEGER)), 0) FROM messages WHERE sender = " +
		"'Alice'"
	looks, last := 0, 0
	look := func() {
		t.Helper()
		rows, err := query(ctx, sqlite3, p, sql)
		if err != nil {
			t.Fatal(err)
		}
		var said, highest int
		if _, err := fmt.Sscanf(rows[0], "%d|%d", &said, &highest); err != nil || said != highest || said < last {
			t.Errorf("sqlite3 shows %q after %d messages, %v, want the messages up to one", rows, last, err)
		}
		looks, last = looks+1, said
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-talked:
			if err != nil {
				t.Fatal(err)
			}
			look()
			if last != eachWay || looks < 5 {
				t.Errorf("in the end, after %d looks, sqlite3 shows %d messages, want %d", looks, last, eachWay)
			}
			return
		case <-tick.C:
			look()
		}
	}
}

// talkMuch has two agents say and hear eachWay messages each.
func talkMuch(ctx context.Context, t *testing.T, p *program) error {
	c := openGo(t, p.url, modernProtocol)
	var seats []seat
	for _, name := range []string{"Alice", "Bob"} {
		a, err := c.call(ctx, "join_room", args{"room": "the long talk", "agent_name": name})
		if err != nil || a.Code != "" {
			return fmt.Errorf("%s joins: %+v, %w", name, a, err)
		}
		seats = append(seats, seat{a.AgentToken, a.Cursor})
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return sendMany(ctx, c, seats[0].token, "Alice", eachWay) })
	work.Go(func() error { return sendMany(ctx, c, seats[1].token, "Bob", eachWay) })
	work.Go(func() error { return hearMany(ctx, c, seats[0], "Bob", eachWay) })
	work.Go(func() error { return hearMany(ctx, c, seats[1], "Alice", eachWay) })
	return work.Wait()
}

// session is a sqlite3 that a person has open.
type session struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func openSession(t *testing.T, sqlite3 string, p *program) *session {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &session{t: t, cmd: exec.CommandContext(ctx, sqlite3, "-batch", p.args[1])}
	in, out := startPiped(t, s.cmd)
	s.in, s.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		cancel()
		_ = s.cmd.Wait() // of a session that was left
	})
	return s
}

// run runs statements whose last one shows one row.
func (s *session) run(sql string) (row string) {
	s.t.Helper()
	if _, err := fmt.Fprintln(s.in, sql); err != nil {
		s.t.Fatal(err)
	}
	row, err := s.out.ReadString('\n')
	if err != nil {
		s.t.Fatalf("sqlite3 %q: %v", sql, err)
	}
	return strings.TrimSpace(row)
}

// leave ends the session, and what it has begun.
func (s *session) leave() {
	s.t.Helper()
	if err := s.in.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Error(err)
	}
}

// A log that nobody reads has about 8 MB. One that grew is shortened to 16 MB.
const (
	usualLog = 8 << 20
	longLog  = 32 << 20
)

// The log cannot be emptied while somebody reads from one moment on.
func TestSQLite_longRead_disturbsNobodyAndTheLogShrinksAfterIt(t *testing.T) {
	sqlite3 := needSQLite(t)
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, _ := c.meet("the long read")
	w := writer{c, p, alice.token, 0}
	w.write(1)
	ann := visitor(t, p)
	ann.does("join", "the shelf", "--as", "Ann")
	s := openSession(t, sqlite3, p)
	if row := s.run("BEGIN; SELECT count(*) FROM messages;"); row != "1" {
		t.Errorf("sqlite3 shows %q messages, want 1", row)
	}
	w.write(100)
	for n := range 2 {
		ann.does("put", written(t, t.TempDir(), fmt.Sprint(n, ".bin"), make([]byte, 20<<20)))
	}
	grown := logBytes(t, p)
	if row := s.run("SELECT count(*) FROM messages;"); row != "1" {
		t.Errorf("in its transaction sqlite3 shows %q messages, want 1", row)
	}
	s.leave()
	if grown <= longLog+usualLog {
		t.Errorf("the log has %d bytes while sqlite3 reads: the test shows nothing", grown)
	}
	for n := 0; w.write(100) > longLog+usualLog; n++ {
		if n == 20 {
			t.Fatal("the log is not shortened")
		}
	}
	most := w.write(500) // more than the log holds
	t.Logf("the log had %d bytes, then at most %d", grown, most)
	if most > longLog+usualLog {
		t.Errorf("then the log grew to %d bytes again", most)
	}
}

// writer is an agent that writes long messages.
type writer struct {
	talk
	p     *program
	token string
	said  int
}

// write writes n messages, and returns the greatest size of the log after one.
func (w *writer) write(n int) (most int64) {
	w.t.Helper()
	for range n {
		w.said++
		text := fmt.Sprintf("Page %d. %s", w.said, strings.Repeat("x", 3000))
		w.ok("send_message", args{"agent_token": w.token, "text": text})
		most = max(most, logBytes(w.t, w.p))
	}
	return most
}

func logBytes(t *testing.T, p *program) int64 {
	t.Helper()
	info, err := os.Stat(p.args[1] + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A write has to wait for that of another program. It waits for longer than this.
const heldFor = time.Second

func TestSQLite_writeOfAPerson_delaysASendAndFailsNone(t *testing.T) {
	sqlite3 := needSQLite(t)
	p := start(t)
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, bob := c.meet("the other pen")
	s := openSession(t, sqlite3, p)
	s.run("BEGIN IMMEDIATE; SELECT 'begun';")
	sent := make(chan answer, 1)
	go func() {
		defer close(sent)
		a, err := c.c.call(t.Context(), "send_message", args{"agent_token": alice.token, "text": opening})
		if err != nil {
			t.Error(err)
		}
		sent <- a
	}()
	held := time.NewTimer(heldFor)
	defer held.Stop()
	select {
	case a := <-sent:
		t.Errorf("a send during another program's write was answered %+v", a)
	case <-held.C:
	}
	s.leave()
	if a, ok := <-sent; !ok || !a.Sent {
		t.Errorf("after it the send was answered %+v", a)
	}
	if status := p.health(); status != http.StatusOK {
		t.Errorf("/healthz answered %d", status)
	}
	c.hears(&bob, opening)
}
