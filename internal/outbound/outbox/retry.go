package outbox

import (
	"cmp"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// dayPauses are the first pauses before a failed call of a webhook or an endpoint is repeated. Each further pause is an
// hour, until a day is over. Then the hook rests until a new event comes, and goes on with the oldest undelivered
// event.
var dayPauses = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

const hoursOfTries = 24

// renewedLife is how long a webhook or an endpoint lives after its last renewal. A pass renews the hook when less than
// the life of a room is left, so the hook outlives each room in which it receives events.
const renewedLife = 2 * room.Life

// upkeep returns the ops to write before the hook is called; nil if there are none. The ops raise the number of the
// progress, so they need the claim.
//
// The life of a webhook or an endpoint near its end is renewed. A new secret that a person sets at the same moment may
// be lost; the person then sets the secret again. After the refresh of a wake or a webhook, a call to repeat is made at
// once. An endpoint keeps its pause, since its calls may cost money.
func (p *pass) upkeep() []table.Op {
	hook, t := p.hook, p.progress
	if now := p.now(); hook.Form != room.FormWake && time.UnixMilli(hook.UntilMs).Sub(now) < room.Life {
		hook.UntilMs = now.Add(renewedLife).UnixMilli()
		return []table.Op{roomlog.PutHook(hook), p.putProgress(t)}
	}
	if t.RefreshedMs == hook.RefreshedMs {
		return nil
	}
	t.RefreshedMs = hook.RefreshedMs
	switch hook.Form {
	case room.FormWake:
		t.RetryMs, t.News, t.AtMs = 0, 0, max(t.AtMs, t.RefreshedMs) // the refresh shows that the client lives
	case room.FormEach:
		t.RetryMs, t.News, t.Tries = 0, 0, 0 // the host may not know the new secret yet, so all tries begin again
	}
	return []table.Op{p.putProgress(t)}
}

// scheduleRetry returns t after one more failed call. The call is repeated after each of the pauses, and then after an
// hour, so many times as hours says. After the last try RetryMs is 0.
func (p *pass) scheduleRetry(t roomlog.Progress, pauses []time.Duration, hours int) roomlog.Progress {
	now, pause := p.now(), time.Hour
	t.FailingMs = cmp.Or(t.FailingMs, now.UnixMilli())
	if t.Tries < len(pauses) {
		pause = pauses[t.Tries]
	}
	t.Tries++
	if t.Tries > len(pauses)+hours {
		t.Tries, t.RetryMs = 0, 0
		return t
	}
	t.RetryMs = now.Add(pause).UnixMilli()
	return t
}

// scheduleRetryForADay is scheduleRetry for a webhook or an endpoint, with tries for a day. asOf was the last event of
// the room at the call. After the last try asOf is stored as News, so only a newer event calls the hook again.
func (p *pass) scheduleRetryForADay(t roomlog.Progress, asOf int64) roomlog.Progress {
	t = p.scheduleRetry(t, dayPauses[:], hoursOfTries)
	if t.RetryMs == 0 {
		t.News = asOf
	}
	return t
}

// allTriesFailed reports whether calls of a webhook or an endpoint fail and no further try is due. Then only events
// after News call the hook. A refresh sets News to 0, so all events count.
func (p *pass) allTriesFailed() bool { return p.progress.FailingMs != 0 && p.progress.RetryMs == 0 }
