package outbox

import (
	"cmp"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// dayPauses are the first pauses before a failed call of a webhook or an endpoint is repeated. Each further pause is
// an hour, until a day is over. Then no call is made until a new event comes; that call delivers the oldest
// undelivered event.
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
	hook, progress := p.hook, p.progress
	if now := p.now(); hook.Form != room.FormWake && time.UnixMilli(hook.UntilMs).Sub(now) < room.Life {
		hook.UntilMs = now.Add(renewedLife).UnixMilli()
		return []table.Op{roomlog.PutHook(hook), p.putProgress(progress)}
	}
	if progress.RefreshedMs == hook.RefreshedMs {
		return nil
	}
	progress.RefreshedMs = hook.RefreshedMs
	switch hook.Form {
	case room.FormWake:
		progress.NotBeforeMs, progress.Told = 0, 0
		progress.AtMs = max(progress.AtMs, progress.RefreshedMs) // the refresh shows that the client lives
	case room.FormWebhook, room.FormPush, room.FormMessenger, room.FormLaterMessenger:
		// The host may not know the new secret yet, so all tries begin again.
		progress.NotBeforeMs, progress.Failing = 0, roomlog.Failing{SinceMs: progress.Failing.SinceMs}
	}
	return []table.Op{p.putProgress(progress)}
}

// scheduleRetry returns progress after one more failed call. The call is repeated after each of the pauses, and then
// as many times as hours says, an hour apart. asOf was the last event of the room at the call.
func (p *pass) scheduleRetry(progress roomlog.Progress, pauses []time.Duration, hours int, asOf int64,
) roomlog.Progress {
	now, pause, tries := p.now(), time.Hour, progress.Failing.Tries
	since := cmp.Or(progress.Failing.SinceMs, now.UnixMilli())
	if tries < len(pauses) {
		pause = pauses[tries]
	}
	if tries >= len(pauses)+hours {
		progress.NotBeforeMs, progress.Failing = 0, roomlog.Failing{SinceMs: since, GaveUp: true, Known: asOf}
		return progress
	}
	progress.NotBeforeMs = now.Add(pause).UnixMilli()
	progress.Failing = roomlog.Failing{SinceMs: since, Tries: tries + 1}
	return progress
}

// scheduleRetryForADay is scheduleRetry for a webhook or an endpoint, with tries for a day.
func (p *pass) scheduleRetryForADay(progress roomlog.Progress, asOf int64) roomlog.Progress {
	return p.scheduleRetry(progress, dayPauses[:], hoursOfTries, asOf)
}
