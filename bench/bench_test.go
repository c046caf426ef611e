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

// TestMain lets the test program serve a side, as bench does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveCommand {
		main()
		return
	}
	os.Exit(m.Run())
}

// small returns a run that is too short for useful figures.
func small(t *testing.T) *bench {
	return &bench{
		plan: plan{
			slice: 20 * time.Millisecond, rounds: 1, backlog: 60, deliveries: 3,
			waiters: 20, watched: 50 * time.Millisecond, settled: 50 * time.Millisecond,
			fileBytes: 1 << 20, fileRounds: 1,
		},
		dir:      t.TempDir(),
		progress: io.Discard,
	}
}

func startParley(t *testing.T) *process {
	t.Helper()
	p, err := small(t).startParley(context.WithoutCancel(t.Context())) // which ends before the cleanup
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestMeasure_eachPart_returnsCompleteRows(t *testing.T) {
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
					t.Errorf("an incomplete row: %+v", r)
				}
			}
		})
	}
}

func TestMeasure_end_leavesNoFiles(t *testing.T) {
	b := small(t)
	dir := b.dir
	b.parts = []string{"send"}
	if _, err := b.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, error %v", left, err)
	}
}

func TestMeasure_profilesWanted_areWritten(t *testing.T) {
	b := small(t)
	b.parts, b.profiles = []string{"idle"}, t.TempDir()
	if _, err := b.measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(b.profiles)
	if err != nil || len(files) != 6 { // heap and goroutines of three servers
		t.Errorf("%d profiles, error %v", len(files), err)
	}
}

func TestServer_endedContext_ends(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := small(t).startParley(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := p.cmd.Wait(); err == nil {
		t.Error("a server that was killed exited without an error")
	}
}

func TestSendCall_eachCall_sendsANewMessage(t *testing.T) {
	p := startParley(t)
	c, err := dial(t.Context(), p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	seats, err := seated(c, "room", 2)
	if err != nil {
		t.Fatal(err)
	}
	sender, reader := seats[0], seats[1]
	call, err := sendCall(c, sender.Token)
	if err != nil {
		t.Fatal(err)
	}
	trial := &trial{process: p, calls: []func() error{call}}
	if err := trial.slice(t.Context(), 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	count := len(trial.times)
	if count == 0 || trial.commits < int64(count) || trial.rate() <= 0 {
		t.Errorf("one client sent %d messages in %d transactions, at a rate of %v", count, trial.commits, trial.rate())
	}
	for read := 0; read < count; {
		got, err := c.ask(waitTool, map[string]any{"agent_token": reader.Token, "cursor": reader.Cursor,
			"wait_seconds": 0})
		if err != nil || len(got.Messages) == 0 {
			t.Fatalf("%d of %d messages arrived, error %v", read, count, err)
		}
		read, reader = read+len(got.Messages), reader.after(got)
	}
}

func TestPairs_eachSecond_hasReadEverything(t *testing.T) {
	p := startParley(t)
	first, second, err := pairs(t.Context(), p, joiners+1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dial(t.Context(), p.Address, "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for i, s := range second {
		got, err := c.ask(waitTool, map[string]any{"agent_token": s.Token, "cursor": s.Cursor, "wait_seconds": 0})
		if err != nil || len(got.Messages) > 0 || first[i].Token == "" {
			t.Errorf("in room %d, %v is unread, error %v", i, got.Messages, err)
		}
	}
}

func TestTrial_failedCall_endsTheSlice(t *testing.T) {
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

func TestParse_unknownWord_isRefused(t *testing.T) {
	for _, args := range [][]string{{"-rows", "sned"}, {"send"}, {"-no-such-flag"}} {
		if _, _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

func TestParse_rows_selectsTheParts(t *testing.T) {
	b, write, err := parse([]string{"-write", "-rows", "idle,start"}, io.Discard)
	if err != nil || !write || !slices.Equal(b.parts, []string{"idle", "start"}) ||
		!reflect.DeepEqual(b.plan, fullPlan()) {
		t.Errorf("%+v, write %v, error %v", b, write, err)
	}
}
