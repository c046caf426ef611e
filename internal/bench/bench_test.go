package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain lets this test program be the servers that it starts, as the real
// one is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveCommand {
		main()
		return
	}
	os.Exit(m.Run())
}

// small is a run that shows that everything works, and measures nothing.
func small(t *testing.T) *bench {
	return &bench{
		plan:     plan{slice: 20 * time.Millisecond, rounds: 1, waiters: 20, events: []int{100}, deliveries: 3, said: 16, crowd: 4, settled: 50 * time.Millisecond},
		dir:      t.TempDir(),
		progress: io.Discard,
	}
}

func TestMeasure_eachPart_fillsItsRows(t *testing.T) {
	for _, p := range allParts() {
		t.Run(p.name, func(t *testing.T) {
			b := small(t)
			b.parts = []string{p.name}
			rows, err := b.measure(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				t.Fatal("no rows")
			}
			for _, r := range rows {
				if r.Parley == notMeasured {
					t.Skipf("SKIPPED, NOT TESTED: %s: %s", r.What, r.Beside)
				}
				if r.What == "" || r.Parley == "" || r.Beside == "" || strings.Contains(fmt.Sprint(r), "NaN") {
					t.Errorf("a row lacks something: %+v", r)
				}
			}
		})
	}
}

func TestMeasure_leavesNothingBehind(t *testing.T) {
	b := small(t)
	dir := b.dir
	b.parts = []string{"join"}
	if _, err := b.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, error %v", left, err)
	}
}

func TestMeasure_endedContext_endsItsServers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := small(t).startParley(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.cmd.Wait(); err == nil {
		t.Error("the server ended well, though it was killed")
	}
}

func TestServer_whoseStarterIsGone_ends(t *testing.T) {
	p, err := small(t).startParley(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestServer_filledRoom_hasItsEventsAndSeatsThatHaveReadAll(t *testing.T) {
	p, err := small(t).startParley(t.Context(), "10,60")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	c, err := dial(t.Context(), p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for i, events := range []string{"10", "60"} {
		for _, s := range p.Rooms[i].Seats {
			if head, _, _ := strings.Cut(s.Cursor, "-"); head != events {
				t.Errorf("a seat in a room of %s events has read to %s", events, s.Cursor)
			}
			got, err := c.ask(waitTool, map[string]any{"agent_token": s.Token, "cursor": s.Cursor, "wait_seconds": 0})
			if err != nil || len(got.Messages) > 0 {
				t.Errorf("there is news in a room of %s events: %+v, error %v", events, got, err)
			}
		}
	}
}

func TestSendCall_everyMessage_isANewOne(t *testing.T) {
	p, err := small(t).startParley(t.Context(), "10")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	c, err := dial(t.Context(), p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	call, err := sendCall(c, p.Rooms[0].Seats[0].Token)
	if err != nil {
		t.Fatal(err)
	}
	trial := &trial{process: p, calls: []func() error{call}}
	if err := trial.slice(t.Context(), 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if trial.count == 0 || trial.commits < trial.count || trial.rate() <= 0 {
		t.Errorf("one client said %d messages in %d transactions, at a rate of %v", trial.count, trial.commits, trial.rate())
	}
	reader := p.Rooms[0].Seats[1]
	for read := 0; read < trial.count; {
		got, err := c.ask(waitTool, map[string]any{"agent_token": reader.Token, "cursor": reader.Cursor, "wait_seconds": 0})
		if err != nil || len(got.Messages) == 0 {
			t.Fatalf("%d of %d messages are there, error %v", read, trial.count, err)
		}
		read, reader.Cursor = read+len(got.Messages), got.Cursor
	}
}

func TestTrial_callThatFails_endsTheSlice(t *testing.T) {
	p, err := startServer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	broken := errors.New("broken")
	trial := &trial{process: p, calls: []func() error{func() error { return broken }}}
	if err := trial.slice(t.Context(), time.Hour); !errors.Is(err, broken) {
		t.Errorf("the slice ended with %v", err)
	}
}

func TestParse_wrongWord_isRefused(t *testing.T) {
	for _, args := range [][]string{{"-rows", "sned"}, {"quick"}, {"-no-such-flag"}} {
		if _, _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestParse_rows_areThoseParts(t *testing.T) {
	b, write, err := parse([]string{"-quick", "-write", "-rows", "idle,join"}, io.Discard)
	if err != nil || !write || !slices.Equal(b.parts, []string{"idle", "join"}) || !reflect.DeepEqual(b.plan, quickPlan()) {
		t.Errorf("%+v, write %v, error %v", b, write, err)
	}
}
