package chat

import "testing"

// The cases are those above decideStatus.
func TestDecideStatus(t *testing.T) {
	hello, nothing := found{end: woken, news: true}, found{}
	over, done := found{ended: true}, found{end: woken, news: true, parted: true, ended: true}
	with := func(f found, change func(*found)) found { change(&f); return f }
	for _, c := range []struct {
		name  string
		found found
		stop  stop
		want  WaitStatus
	}{
		{"1. Bob says hello, and a newer wait of Ann hands that out: superseded.",
			with(hello, func(f *found) { f.superseded = true }), stop{turn: true}, StatusSuperseded},
		{"2. A program looks in for Ann, who waits herself: superseded.", nothing, stop{yields: true},
			StatusSuperseded},
		{"3. Bob says hello, then an admin removes Ann: removed.",
			with(done, func(f *found) { f.end = lost }), stop{turn: true}, StatusRemoved},
		{"4. Bob leaves: all_done.", done, stop{}, StatusAllDone},
		{"5. Bob leaves, and more events follow than fit: messages.",
			with(done, func(f *found) { f.end = full }), stop{}, StatusMessages},
		{"6. Bob, who is done, says hello: messages.",
			with(hello, func(f *found) { f.ended = true }), stop{}, StatusMessages},
		{"7. Bob is done, and nothing has happened since: all_done.", over, stop{silently: true}, StatusAllDone},
		{"8. Bob is done, and the person of Ann watches, or a program while she is paused: quiet.",
			with(over, func(f *found) { f.watches = true }), stop{}, StatusQuiet},
		{"9. Bob, Ann's partner from a queue, is silent: all_done.", nothing, stop{noPartner: true},
			StatusAllDone},
		{"10. Bob, Ann's partner from a queue, is silent, and the person of Ann watches: quiet.",
			found{watches: true}, stop{noPartner: true}, StatusQuiet},
		{"11. Bob, Ann's partner from a queue, is silent, but has said hello before: messages.", hello,
			stop{noPartner: true}, StatusMessages},
		{"12. It is Ann's turn: your_turn.", nothing, stop{turn: true}, StatusTurn},
		{"13. Bob says hello, and it is Ann's turn: your_turn.", hello, stop{turn: true}, StatusTurn},
		{"14. It is Ann's turn, but Bob is done: all_done.", over, stop{turn: true}, StatusAllDone},
		{"15. Bob says hello: messages.", hello, stop{}, StatusMessages},
		{"16. Nothing happens: quiet.", nothing, stop{}, StatusQuiet},
		{"17. Ann does not wait, but has sent something, and nothing is unread: no status.", nothing,
			stop{silently: true}, ""},
	} {
		if got := decideStatus(c.found, c.stop); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
