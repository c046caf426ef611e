package main

import (
	"testing"
	"time"
)

func TestSpeaker_newsOfOthers_isReadBeforeItSpeaks(t *testing.T) {
	p := startParley(t)
	all, err := speakersIn(t.Context(), p, "room", 2)
	if err != nil {
		t.Fatal(err)
	}
	first, second := all[0], all[1]
	for range 3 { // each has something to read whenever it speaks
		if err := first.say(); err != nil {
			t.Fatal(err)
		}
		if err := second.say(); err != nil {
			t.Fatal(err)
		}
	}
	if first.said != 4 || second.said != 4 || first.calls != 4+3 || second.calls != 4+3+1 {
		t.Errorf("said %d and %d messages with %d and %d calls", first.said, second.said, first.calls, second.calls)
	}
}

func TestPoll_round_oneVotesWithOneCallAndAnswersWithTwoAtMost(t *testing.T) {
	p := startParley(t)
	for reply, most := range map[string]int{"message": 1 + 3*2, "agree": 4} {
		all, err := newPoll(t.Context(), p, reply, 5)
		if err != nil {
			t.Fatal(err)
		}
		question := map[string]string{"message": "request", "agree": "proposal"}[reply]
		if err := all.round(question, reply); err != nil || all.said != 4 || all.calls > most {
			t.Errorf("%s: %d answers with %d calls, %v", reply, all.said, all.calls, err)
		}
	}
}

func TestCircle_round_everyWaiterHearsTheMessage(t *testing.T) {
	p := startParley(t)
	c, err := newCircle(t.Context(), p, "room", 5)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.round(); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.heard) != 0 || c.speaker.said != 3 || c.speaker.calls != 3 {
		t.Errorf("%d heard too much; said %d messages with %d calls", len(c.heard), c.speaker.said, c.speaker.calls)
	}
}

func TestReader_backlog_isReadAgainAndAgain(t *testing.T) {
	p := startParley(t)
	const messages = 60
	r, err := newReader(t.Context(), p, "room", messages)
	if err != nil {
		t.Fatal(err)
	}
	for r.messages < 2*messages {
		if err := r.read(); err != nil {
			t.Fatal(err)
		}
	}
	if r.messages != 2*messages || r.answers < 4 {
		t.Errorf("%d messages in %d answers, want %d in at least 4", r.messages, r.answers, 2*messages)
	}
}

func TestRoomRows_countWhatAMessageTakes(t *testing.T) {
	r := rooms{
		heard: once(1, 150*time.Microsecond), chorus: once(1, 160*time.Microsecond), said: once(1, 50*time.Microsecond),
		backlog: once(1, 50*time.Microsecond), call: once(1, 10*time.Microsecond),
		crowd: []*speaker{{calls: 3, said: 2}, {calls: 5, said: 3}},
		asked: &poll{calls: 29, said: 15}, voted: &poll{calls: 17, said: 15},
		readers: []*reader{{answers: 2, messages: 60}, {answers: 2, messages: 40}},
	}
	r.said.commits, r.said.times = 4, make([]float64, 10)
	rows := r.rows()
	for i, want := range []row{
		{Parley: "10 µs", Ratio: "1.00"},
		{Parley: "50 µs", Ratio: "5.00"},
		{Parley: "1.60", Ratio: "1.60", Goal: "at most 2.00: met"},
		{Parley: "1.93", Ratio: "1.93", Goal: "at most 2.00: met"},
		{Parley: "1.13", Ratio: "1.13", Goal: "at most 1.10: missed"},
		{Parley: "0.40", Ratio: "0.40", Goal: "at most 0.50: met; aim 0.30: missed"},
		{Parley: "100 µs", Ratio: "10.00", Goal: "at most 9.70: missed; aim 6.50: missed"},
	} {
		if got := rows[i]; got.Parley != want.Parley || got.Ratio != want.Ratio || got.Goal != want.Goal {
			t.Errorf("%s: %+v", got.What, got)
		}
	}
}
