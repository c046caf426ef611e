package wake

import (
	"testing"
	"time"
)

// The cases are those above reminder. A case says when Ann was woken again, or could not be, and what is decided then.
func TestReminder_cases(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	type notice struct {
		at     time.Duration // after noon
		newest string
		missed int // how often in a row she could not be woken
	}
	at := func(minutes, seconds int) time.Duration {
		return time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
	}
	const never = -1 // until she has read
	for _, c := range []struct {
		name   string
		first  string
		since  []notice
		newest string
		want   time.Duration // after noon
	}{
		{"Nothing came: she is woken again at 12:02:00.", "41", nil, "41", at(2, 0)},
		{"42 came: she is woken again at 12:00:15.", "41", nil, "42", at(0, 15)},
		{"42 came, she was woken for it at 12:00:15, and 43 came: she is woken again at 12:00:45.", "41",
			[]notice{{at: at(0, 15), newest: "42"}}, "43", at(0, 45)},
		{"Nothing came, and she was woken again at 12:02:00: she is woken again at 12:12:00.", "41",
			[]notice{{at: at(2, 0), newest: "41"}}, "41", at(12, 0)},
		{"Nothing came, and she was woken again at 12:02:00 and 12:12:00: she is woken again at 12:42:00.", "41",
			[]notice{{at: at(2, 0), newest: "41"}, {at: at(12, 0), newest: "41"}}, "41", at(42, 0)},
		{"She was woken again at 12:02:00, 12:12:00 and 12:42:00, and 42 came: she is left alone until she has read.",
			"41", []notice{{at: at(2, 0), newest: "41"}, {at: at(12, 0), newest: "41"}, {at: at(42, 0), newest: "41"}},
			"42", never},
		{"42 came, and at 12:00:15 she could not be woken: she is tried again at 12:00:16.", "41",
			[]notice{{at: at(0, 15), missed: 1}}, "42", at(0, 16)},
		{"42 came, and from 12:00:15 on she could not be woken for 281 times: she is left alone until she has read.",
			"41", []notice{{at: at(0, 15), missed: 281}}, "42", never},
		{"She was woken for her turn, with nothing to read, and 42 came: she is left alone until she has read.",
			"", nil, "42", never},
	} {
		ann := reminder{oldest: c.first}
		ann.recordWoken(noon, c.first)
		for _, n := range c.since {
			for range n.missed {
				ann.recordFailure(noon.Add(n.at))
			}
			if n.missed == 0 {
				ann.recordWoken(noon.Add(n.at), n.newest)
			}
		}
		due, later := noon.Add(c.want), 100*time.Hour
		switch {
		case c.want == never && ann.wakesAt(noon.Add(later), c.newest):
			t.Errorf("%s: she is woken again at %v", c.name, ann.due(c.newest))
		case c.want != never && (ann.wakesAt(due.Add(-time.Millisecond), c.newest) || !ann.wakesAt(due, c.newest)):
			t.Errorf("%s: she is woken again at %v", c.name, ann.due(c.newest))
		}
	}
	fresh := reminder{oldest: "42"}
	if !fresh.wakesAt(noon, "42") {
		t.Error("Ann has read, and 42 came: she is woken at once.")
	}
}
