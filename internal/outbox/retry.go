package outbox

import (
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// deliverAfter are the first pauses before a call of a webhook, or an endpoint, that failed is tried again. Further
// ones are an hour long, until a day is over. Then the hook rests until something new comes, and goes on with the
// oldest event that it has not had.
var deliverAfter = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

const hoursOfTries = 24

// webhookLife is how long a webhook, or an endpoint, lives after it was last renewed. It is renewed at a look when less
// than the life of a room is left: so it outlives each room in which something comes for it.
const webhookLife = 2 * room.Life

// renewal returns what has a webhook, or an endpoint, live on; nil: it lives long enough. A person may give a webhook
// another secret at the same moment, and have to do so once more.
func (l *look) renewal(now time.Time) []table.Op {
	if time.UnixMilli(l.hook.UntilMs).Sub(now) >= room.Life {
		return nil
	}
	x := l.hook
	x.UntilMs = now.Add(webhookLife).UnixMilli()
	return []table.Op{roomlog.PutHook(x), l.putTold(l.told)}
}

// refresh returns what stores that the hook was refreshed, or added again, since a look last stored that: a call that
// is to be repeated is made at once. Only the pauses of an endpoint go on, whose calls may cost money.
func (l *look) refresh() (s step) {
	t := l.told
	if t.RefreshedMs == l.hook.RefreshedMs {
		return s
	}
	switch t.RefreshedMs = l.hook.RefreshedMs; l.hook.Form {
	case room.FormWake:
		t.RetryMs, t.News, t.AtMs = 0, 0, max(t.AtMs, t.RefreshedMs) // its client lives
	case room.FormEach:
		t.RetryMs, t.News, t.Tries = 0, 0, 0 // the host is tried before it can know the new secret
	}
	s.ops = []table.Op{l.putTold(t)}
	return s
}

// hasRested reports whether calls of a webhook, or an endpoint, have failed for a day.
func (l *look) hasRested() bool { return l.told.FailingMs != 0 && l.told.RetryMs == 0 }

// postponed returns t, of a webhook or an endpoint, after one more call that failed. asOf was the last event of the
// room by then.
func (l *look) postponed(t roomlog.Told, asOf int64) roomlog.Told {
	now, pause := l.now(), time.Hour
	if t.FailingMs == 0 {
		t.FailingMs = now.UnixMilli()
	}
	if t.Tries < len(deliverAfter) {
		pause = deliverAfter[t.Tries]
	}
	if t.Tries++; t.Tries > len(deliverAfter)+hoursOfTries {
		t.Tries, t.News = 0, asOf
		return t
	}
	t.RetryMs = now.Add(pause).UnixMilli()
	return t
}
