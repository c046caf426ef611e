package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const root = "../.."

func TestPage_isWhatTheSimulationGives(t *testing.T) {
	files, err := written(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 {
		t.Errorf("%d files are written", len(files))
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
			t.Errorf("%s is out of date: go run ./scripts/scale (%v)", name, err)
		}
	}
}

func TestWritten_figureMissing_isNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "docs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{page, costs} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		without := strings.Replace(string(text), "\n| agents in a room |", "\n| people in a room |", 1)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(without), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := written(dir); err == nil || !strings.Contains(err.Error(), ": agents in a room") {
		t.Errorf("the error is %v", err)
	}
}

func TestPoll_readsAndFinds(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		what               string
		opened, last, next time.Duration
		reads              int
		found              time.Duration
	}{
		{"two reads find nothing, the third has it", 0, 0, 5 * s / 2, 2, 3 * s},
		{"the first read has it", 7 * s, 0, 15 * s / 2, 0, 8 * s},
		{"a read at that very moment has it", 0, 0, 2 * s, 1, 2 * s},
		{"it was there when the wait began", 3 * s, 0, 2 * s, 0, 3 * s},
	} {
		if reads, found := poll(always(s), c.opened, c.last, c.next); reads != c.reads || found != c.found {
			t.Errorf("%s: %d reads, found at %v", c.what, reads, found)
		}
	}
}

// docs/cost.md has the units of real waits, counted on DynamoDB Local and rounded to tens.
func TestPoll_aWait_readsAsManyUnitsAsAreCounted(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, costs))
	if err != nil {
		t.Fatal(err)
	}
	counted, err := tableOf(string(text), "| what | read units |")
	if err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	assumed, err := tableOf(string(text), "| what | figure |")
	if err != nil {
		t.Fatal(err)
	}
	beside := assumed.of("read units of a wait, without its polls")
	for what, since := range map[string]time.Duration{
		"a wait of 50 s, the last word under ten minutes ago": 0,
		"a wait of 50 s, later":                               15 * time.Minute,
	} {
		reads, _ := poll(polled, since, 0, since+50*time.Second)
		if units := float64(reads)/2 + beside; math.Abs(units-counted.of(what)) > 5 {
			t.Errorf("%s takes %v read units by the simulation, and %v were counted", what, units, counted.of(what))
		}
	}
	if missing := append(counted.missing, assumed.missing...); len(missing) > 0 {
		t.Errorf("no row says: %q", missing)
	}
}

// In a room that was not silent for ten minutes, news is late by a tenth of the silence before it
// at most, or by 100 ms, and never by more than half a second.
func TestPollEvery_news_isLateByATenthAtMost(t *testing.T) {
	random := seeded()
	for range 2000 {
		gap := between(random, time.Millisecond, 9*time.Minute)
		opened := time.Duration(random.Int64N(int64(gap)))
		_, found := poll(polled, opened, 0, gap)
		if delay := found - gap; delay > min(max(gap/10, 100*time.Millisecond), 500*time.Millisecond) {
			t.Fatalf("news after a silence of %v is late by %v", gap, delay)
		}
	}
}

func TestTalk_allAtOneProcess_readsOnceForAll(t *testing.T) {
	one := talk{agents: 4, processes: 1, messages: 1, after: 10 * time.Second, call: time.Minute}
	each := one
	each.processes = 4
	if s := one.play(always(time.Second), 1); s.reads != 9 || s.waits != 4 || s.waited != 40*time.Second {
		t.Errorf("one process: %+v", s)
	}
	if s := each.play(always(time.Second), 1); s.reads != 36 || s.waits != 4 || s.waited != 40*time.Second {
		t.Errorf("four processes: %+v", s)
	}
}

func TestTalk_answerOfAnotherProcess_isLateForThoseWhoWait(t *testing.T) {
	pair := talk{agents: 2, processes: 2, messages: 2, least: 2500 * time.Millisecond, most: 2500 * time.Millisecond,
		call: time.Minute}
	s := pair.play(always(time.Second), 1)
	if s.reads != 3 || len(s.delays) != 1 || s.delays.mean() != 500*time.Millisecond || s.waited != 3*time.Second {
		t.Errorf("%+v", s)
	}
}
