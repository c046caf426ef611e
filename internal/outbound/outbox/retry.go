package outbox

import (
	"cmp"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// dayPauses are the first pauses before a call of a webhook, or an endpoint, that failed is tried again. Further
// ones are an hour long, until a day is over. Then the hook rests until something new comes, and goes on with the
// oldest event that it has not had.
var dayPauses = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

const hoursOfTries = 24

// renewedLife is how long a webhook, or an endpoint, lives after it was last renewed. A look renews the hook when less
// than the life of a room is left: so the hook outlives each room in which something comes for it.
const renewedLife = 2 * room.Life

// upkeep returns what is to be stored of the hook before it is called; nil: nothing is.
//
// A webhook, or an endpoint, is to live on. If a person gives a webhook another secret at the same moment, the secret
// may be lost, and the person gives it once more. And a look takes into account that a hook was refreshed, or added
// again: a call that is to be repeated is made at once. Only the pauses of an endpoint go on, whose calls may cost
// money.
func (p *pass) upkeep() []table.Op {
	x, t := p.hook, p.progress
	if now := p.now(); x.Form != room.FormWake && time.UnixMilli(x.UntilMs).Sub(now) < room.Life {
		x.UntilMs = now.Add(renewedLife).UnixMilli()
		return []table.Op{roomlog.PutHook(x), p.putProgress(t)}
	}
	if t.RefreshedMs == x.RefreshedMs {
		return nil
	}
	t.RefreshedMs = x.RefreshedMs
	switch x.Form {
	case room.FormWake:
		t.RetryMs, t.News, t.AtMs = 0, 0, max(t.AtMs, t.RefreshedMs) // its client lives
	case room.FormEach:
		t.RetryMs, t.News, t.Tries = 0, 0, 0 // the host is tried before it can know the new secret
	}
	return []table.Op{p.putProgress(t)}
}

// scheduleRetry returns t after one more call that failed. The call is to be repeated after each of the pauses, and
// then so many times after an hour. After the last try its RetryMs is 0.
func (p *pass) scheduleRetry(t roomlog.Told, pauses []time.Duration, hours int) roomlog.Told {
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

// scheduleRetryForADay is scheduleRetry of a webhook, or an endpoint: its tries go on for a day. asOf was the last
// event of the room when it was called. After the last try that is stored, so that only something newer calls the hook
// again.
func (p *pass) scheduleRetryForADay(t roomlog.Told, asOf int64) roomlog.Told {
	t = p.scheduleRetry(t, dayPauses[:], hoursOfTries)
	if t.RetryMs == 0 {
		t.News = asOf
	}
	return t
}

// allTriesFailed reports whether calls of a webhook, or an endpoint, fail and no time is set for a further try. After a
// day of tries the hook is called only for what came since (Told.News). After upkeep has reset News all events count.
func (p *pass) allTriesFailed() bool { return p.progress.FailingMs != 0 && p.progress.RetryMs == 0 }
