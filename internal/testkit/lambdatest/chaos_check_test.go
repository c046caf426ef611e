package lambdatest_test

import (
	"slices"
	"testing"
	"time"
)

// drain reads until nothing comes any more.
func (a *talker) drain() {
	for quiet := 0; quiet < 2 && !a.t.Failed(); {
		got, ok := a.call("wait_for_message", args{"wait_seconds": 0}, 0)
		if ok && len(got.Messages) == 0 {
			quiet++
		}
	}
}

// history returns all messages of the agent's room.
func (a *talker) history() (all []message) {
	arguments := args{"agent_token": a.seat.AgentToken, "limit": 100}
	for {
		page := call(a.t, on(a.fleet, 0), "message_history", arguments)
		all = slices.Concat(page.Messages, all)
		if !page.HasMore || len(page.Messages) == 0 {
			return slices.DeleteFunc(all, func(m message) bool { return m.Type != "message" })
		}
		arguments["before"] = page.Messages[0].ID
	}
}

// checkTalk checks what was said in a room against what its agents said and read.
func checkTalk(t *testing.T, talkers []*talker) {
	t.Helper()
	all := talkers[0].history()
	texts := map[string]int{}
	var last time.Time
	for _, m := range all {
		texts[m.From+m.Text]++
		if texts[m.From+m.Text] > 1 {
			t.Errorf("%s: said %d times: %q", talkers[0].room, texts[m.From+m.Text], m.Text)
		}
		if silence := m.At.Sub(last); !last.IsZero() && silence > longestSilence {
			t.Errorf("%s: nobody spoke for %v", talkers[0].room, silence)
		}
		last = m.At
	}
	for _, a := range talkers {
		for _, text := range a.said {
			if texts[a.name+text] == 0 {
				t.Errorf("%s in %s: lost: %q", a.name, a.room, text)
			}
		}
		a.checkRead(all)
	}
	checkTurns(t, talkers)
	t.Logf("%s: %d messages", talkers[0].room, len(all))
}

// checkRead checks that the agent read what others said, complete and in order.
func (a *talker) checkRead(all []message) {
	a.t.Helper()
	next := 0
	for _, m := range all {
		switch {
		case m.From == a.name:
		case next < len(a.seen) && a.seen[next].ID == m.ID:
			next++
		case a.known[m.ID]:
			a.t.Errorf("%s in %s: out of order: %q", a.name, a.room, m.Text)
			return
		default:
			a.t.Errorf("%s in %s never read %q of %s", a.name, a.room, m.Text, m.At)
		}
	}
	if next < len(a.seen) {
		a.t.Errorf("%s in %s read %q, which is not in the room", a.name, a.room, a.seen[next].Text)
	}
}

// checkTurns checks that in a silence each agent had the turn once, and half a minute
// after another one that was there.
func checkTurns(t *testing.T, talkers []*talker) {
	t.Helper()
	var turns []turn
	for _, a := range talkers {
		turns = append(turns, a.turns...)
	}
	slices.SortFunc(turns, func(x, y turn) int { return x.at.Compare(y.at) })
	given := map[string]turn{}
	for _, x := range turns {
		if before, again := given[x.word]; again && x.at.Sub(before.at) < 29*time.Second {
			t.Errorf("%s: %s had the turn after %s, and %s got it %v later", talkers[0].room, before.who, x.word, x.who,
				x.at.Sub(before.at))
		}
		given[x.word] = x
	}
}

// report logs what happened.
func report(t *testing.T, kills, started int, talkers []*talker) {
	t.Helper()
	var times []time.Duration
	sum := talker{}
	turns, said, read := 0, 0, 0
	for _, a := range talkers {
		times = append(times, a.times...)
		sum.lost, sum.vanished, sum.refused = sum.lost+a.lost, sum.vanished+a.vanished, sum.refused+a.refused
		turns, said, read = turns+len(a.turns), said+len(a.said), read+len(a.seen)
	}
	t.Logf("%d messages sent, %d read; %d turns; %d kills, %d instances started; %d calls left by their clients, %d "+
		"answers lost, %d calls refused with 429",
		said, read, turns, kills, started, sum.vanished, sum.lost, sum.refused)
	if len(times) == 0 || turns == 0 || kills == 0 || sum.vanished == 0 || said < 1000 {
		t.Error("too little happened")
		return
	}
	slices.Sort(times)
	t.Logf("delivery: median %v, nine in ten within %v", median(times).Round(time.Millisecond),
		times[len(times)*9/10].Round(time.Millisecond))
}
