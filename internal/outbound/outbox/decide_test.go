package outbox

import (
	"net/url"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// noon is when a hook was last called, in most cases.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// ms returns the time that is so long after noon, as it is stored.
func ms(after time.Duration) int64 { return noon().Add(after).UnixMilli() }

// decided is a case of a decision: the wanted action, and the wanted time after noon of the next pass.
type decided struct {
	name string
	got  decision
	do   action
	at   time.Duration
}

func (c decided) check(t *testing.T) {
	t.Helper()
	var at time.Time
	if c.at != 0 {
		at = noon().Add(c.at)
	}
	if c.got.do != c.do || !c.got.at.Equal(at) || (len(c.got.ops) > 0) != (c.do == doRecord) {
		t.Errorf("%s: got %+v, want to do %d at %v", c.name, c.got, c.do, at)
	}
}

// The cases are those above decideCall of a wake.
func TestWake_decideCall(t *testing.T) {
	taken := roomlog.Progress{Upto: 41, TriedMs: ms(0),
		WakeProgress: roomlog.WakeProgress{Read: 40, Told: 41, Settled: true}}
	failed, allFailed := taken, taken
	failed.Settled, failed.Failing, failed.NotBeforeMs = false, roomlog.Failing{SinceMs: ms(0), Tries: 1},
		ms(30*time.Second)
	allFailed.Settled, allFailed.Failing = false, roomlog.Failing{SinceMs: ms(0), GaveUp: true}
	only41, also42 := chat.News{Read: 40, Unread: 1, Last: 41}, chat.News{Read: 40, Unread: 2, Last: 42}
	decide := func(progress roomlog.Progress, n chat.News, after time.Duration) decision {
		w := wake{&pass{progress: progress}, n}
		return w.decideCall(noon().Add(after))
	}
	for _, c := range []decided{
		{"He has read 41, and nothing new came: nothing is done.",
			decide(taken, chat.News{Read: 41}, time.Minute), doEnd, 0},
		{"He has read 41, and 42 came: he is called.",
			decide(taken, chat.News{Read: 41, Unread: 1, Last: 42}, time.Minute), doCall, 0},
		{"He has read nothing, and nothing new came: nothing is done.", decide(taken, only41, 2*time.Hour), doEnd, 0},
		{"He has read nothing, and 42 came at 12:20: he is called at 13:00.",
			decide(taken, also42, 20*time.Minute), doEnd, time.Hour},
		{"He has read nothing, 42 came, and it is 13:00: he is called, since his turn may have failed.",
			decide(taken, also42, time.Hour), doCall, 0},
		{"The host did not take the call, and a try is due: he is called again.",
			decide(failed, only41, 30*time.Second), doCall, 0},
		{"The host has taken none of the tries, and nothing new came: nothing is done.",
			decide(allFailed, only41, time.Hour), doEnd, 0},
		{"The host has taken none of the tries, and 42 came: he is called.",
			decide(allFailed, also42, 20*time.Minute), doCall, 0},
		{"His hook was never called, and 41 came: he is called.", decide(roomlog.Progress{}, only41, 0), doCall, 0},
		{"The pass has read 16 events: the cursor is recorded, and the next pass begins there.",
			decide(taken, chat.News{Read: 40, Unread: 2, Last: 42, Looked: 16}, 0), doRecord, 0},
		{"Bob has left, or ended the hook: the hook is gone.", decide(taken, chat.News{Gone: true}, 0), doRecheck, 0},
	} {
		c.check(t)
	}
}

// The cases are those above decideCall of a webhook.
func TestWebhook_decideCall(t *testing.T) {
	had := roomlog.Progress{Upto: 41}
	allFailed := roomlog.Progress{Upto: 41, Failing: gaveUp()}
	decide := func(progress roomlog.Progress, d chat.WebhookCall, newer bool) decision {
		w := webhook{&pass{progress: progress}, d, newer}
		return w.decideCall()
	}
	for _, c := range []decided{
		{"Nothing came: nothing is done.", decide(had, chat.WebhookCall{}, false), doEnd, 0},
		{"42 came: the webhook is called.", decide(had, chat.WebhookCall{N: 42}, false), doCall, 0},
		{"All tries for 42 have failed, and nothing new came: nothing is done.",
			decide(allFailed, chat.WebhookCall{N: 42}, false), doEnd, 0},
		{"All tries for 42 have failed, and 43 came: the webhook is called with 42.",
			decide(allFailed, chat.WebhookCall{N: 42}, true), doCall, 0},
		{"Ann has left, or ended the webhook: the hook is gone.",
			decide(had, chat.WebhookCall{Gone: true}, false), doRecheck, 0},
	} {
		c.check(t)
	}
}

// The cases are those above decideCall of an endpoint.
func TestEndpoint_decideCall(t *testing.T) {
	answered := roomlog.Progress{Upto: 41, TriedMs: ms(0)}
	works := roomlog.Progress{Upto: 40, TriedMs: ms(0),
		EndpointProgress: roomlog.EndpointProgress{Sent: 41, Task: "t1", PollMs: ms(15 * time.Second)}}
	allFailed := roomlog.Progress{Upto: 41, TriedMs: ms(0), Failing: gaveUp(),
		EndpointProgress: roomlog.EndpointProgress{Sent: 42}}
	came, none := chat.Heard{N: 42}, chat.Heard{}
	decide := func(p pass, h chat.Heard, newer bool, after time.Duration) decision {
		p.Dispatcher = New(Options{Clock: clockwork.NewFakeClockAt(noon())})
		e := endpoint{&p, h, newer}
		return e.decideCall(noon().Add(after))
	}
	for _, c := range []decided{
		{"It has answered, and nothing came: nothing is done.",
			decide(pass{progress: answered}, none, false, time.Second), doEnd, 0},
		{"It has answered, and 42 came: at 12:00:01 nothing is done until 12:00:02.",
			decide(pass{progress: answered}, came, false, time.Second), doEnd, 2 * time.Second},
		{"It has answered, and 42 came: at 12:00:02 it is called.",
			decide(pass{progress: answered}, came, false, 2*time.Second), doCall, 0},
		{"The pass may pause: at 12:00:01 the pass waits for 12:00:02.",
			decide(pass{progress: answered, hasDeadline: true}, came, false, time.Second), doPause, 2 * time.Second},
		{"It works on 41, and is to be asked at 12:00:15: at 12:00:02 nothing is done until then.",
			decide(pass{progress: works, hasDeadline: true}, came, false, 2*time.Second), doEnd, 15 * time.Second},
		{"It works on 41, and the pass has called it: at 12:00:02 the pass waits for 12:00:15.",
			decide(pass{progress: works, hasDeadline: true, hasCalled: true}, came, false, 2*time.Second), doPause,
			15 * time.Second},
		{"It works on 41: at 12:00:15 it is asked.",
			decide(pass{progress: works}, came, false, 15*time.Second), doCall, 0},
		{"All tries for 42 have failed, and nothing new came: nothing is done.",
			decide(pass{progress: allFailed}, came, false, time.Hour), doEnd, 0},
		{"All tries for 42 have failed, and 43 came: it is called.",
			decide(pass{progress: allFailed}, came, true, time.Hour), doCall, 0},
		{"200 events came of which none calls it: that 100 are left out is recorded.",
			decide(pass{progress: answered}, chat.Heard{Skip: 141}, false, time.Hour), doRecord, 0},
		{"Its person has ended it: the hook is gone.",
			decide(pass{progress: answered}, chat.Heard{Gone: true}, false, time.Hour), doRecheck, 0},
	} {
		c.check(t)
	}
}

// gaveUp is how calls fail of which no further try is due, as of event 42.
func gaveUp() roomlog.Failing { return roomlog.Failing{SinceMs: 1, GaveUp: true, Known: 42} }

// The cases are those above decideCall of a browser. Event 41 came at noon, and 42 a minute later.
func TestPush_decideCall(t *testing.T) {
	told := roomlog.Progress{Upto: 41, TriedMs: ms(-time.Hour), LastMs: ms(-time.Hour)}
	need := func(n int64, kind chat.NeedKind) chat.Need {
		return chat.Need{N: n, Kind: kind, At: noon().Add(time.Duration(n-41) * time.Minute)}
	}
	check := need(42, chat.NeedsLook)
	check.Differing = []room.Difference{{N: 42, Group: "seat:3"}}
	draft, asked := need(42, chat.NeedsDecision), need(42, chat.NeedsAnswer)
	with := func(change func(*roomlog.Progress)) roomlog.Progress {
		progress := told
		change(&progress)
		return progress
	}
	gaveUp := with(func(p *roomlog.Progress) { p.Failing = roomlog.Failing{GaveUp: true, Known: 42} })
	decide := func(progress roomlog.Progress, needs chat.Needs, after time.Duration) decision {
		return (&push{&pass{progress: progress}, needs}).decideCall(noon().Add(after))
	}
	open := func(all ...chat.Need) chat.Needs { return chat.Needs{Open: all} }
	reminds := room.DraftLife - remindBefore
	old, ended := need(41, chat.NeedsDecision), need(42, chat.NeedsNothing)
	for _, c := range []decided{
		{"Nothing needs Ann: no call.", decide(told, open(), time.Hour), doEnd, 0},
		{"What needs her is older than 42: no call.",
			decide(told, open(need(41, chat.NeedsAnswer)), time.Hour), doEnd, 0},
		{"Draft 42 waits: a call at once.", decide(told, open(draft), time.Minute), doCall, 0},
		{"Drafts 42 and 43 wait: one call.",
			decide(told, open(draft, need(43, chat.NeedsDecision)), 2*time.Minute), doCall, 0},
		{"42 asks her or her agent: not at once.", decide(told, open(asked), time.Minute), doEnd, 3 * time.Minute},
		{"42 asks her or her agent: a call after two minutes.", decide(told, open(asked), 3*time.Minute), doCall, 0},
		{"42 asks her to agree: not at once.",
			decide(told, open(need(42, chat.NeedsVote)), time.Minute), doEnd, 3 * time.Minute},
		{"42 asks Ann, who has no agent here: a call at once.",
			decide(told, chat.Needs{Open: []chat.Need{asked}, Alone: true}, time.Minute), doCall, 0},
		{"Draft 42 waits, and Ann sees the page: a call after a minute.",
			decide(told, chat.Needs{Open: []chat.Need{draft}, Watches: true}, time.Minute), doEnd, 2 * time.Minute},
		{"Draft 42 waits, and the last call was 20 s ago: a call three minutes after that.",
			decide(with(func(p *roomlog.Progress) { p.TriedMs = ms(40 * time.Second) }), open(draft), time.Minute),
			doEnd, 220 * time.Second},
		{"Draft 41 ends in more than two hours: no call yet.", decide(told, open(old), time.Hour), doEnd, reminds},
		{"Draft 41 ends in less than two hours: a call.", decide(told, open(old), reminds), doCall, 0},
		{"That call was made: no other.",
			decide(with(func(p *roomlog.Progress) { p.TriedMs = ms(reminds) }), open(old), 23*time.Hour), doEnd, 0},
		{"That call has failed: it is repeated.",
			decide(with(func(p *roomlog.Progress) { p.TriedMs, p.Failing.Tries = ms(reminds), 1 }), open(old),
				23*time.Hour), doCall, 0},
		{"The room was closed: a call at once.",
			decide(told, chat.Needs{Open: []chat.Need{ended}, Ended: true, Watches: true}, time.Minute), doCall, 0},
		{"The room was closed, and Ann was told: the hook ends.",
			decide(with(func(p *roomlog.Progress) { p.Upto = 42 }),
				chat.Needs{Open: []chat.Need{ended}, Ended: true}, time.Minute), doEndHook, 0},
		{"Ann has ended the hook, or no longer has the device: the hook is gone.",
			decide(told, chat.Needs{Gone: true}, time.Minute), doRecheck, 0},
		{"All tries to tell question 42 have failed: no call.",
			decide(gaveUp, open(asked), time.Hour), doEnd, 0},
		{"All tries to tell draft 42 have failed: a call two hours before it ends.",
			decide(gaveUp, open(draft), time.Hour), doEnd, reminds + time.Minute},
		{"The check of 42 differs: a call after two minutes.",
			decide(told, open(check), time.Minute), doEnd, 3 * time.Minute},
		{"The check of 42 differs, and Ann was told of another of the checker: a call an hour after that.",
			decide(with(func(p *roomlog.Progress) { p.Looked = map[string]int64{"seat:3": ms(0)} }), open(check),
				3*time.Minute), doEnd, time.Hour},
		{"The check of 42 differs, and Ann was told of one of another checker: a call after two minutes.",
			decide(with(func(p *roomlog.Progress) { p.Looked = map[string]int64{"seat:4": ms(0)} }), open(check),
				3*time.Minute), doCall, 0},
		{"Something newer needs Ann: a call.",
			decide(gaveUp, open(draft, need(43, chat.NeedsDecision)), time.Hour), doCall, 0},
	} {
		c.check(t)
	}
}

func TestOriginOf_eachSpelling_isOne(t *testing.T) {
	for _, address := range []string{"https://fcm.googleapis.com/fcm/send/x", "HTTPS://FCM.googleapis.com:443/x?y#z"} {
		at, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := originOf(at); got != "https://fcm.googleapis.com" {
			t.Errorf("%s has the origin %s", address, got)
		}
	}
}
