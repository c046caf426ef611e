package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/outcall"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// deliverAfter are the first pauses before a call of a webhook, or an endpoint, that failed is tried again. Further
// ones are an hour long, until a day is over. Then the hook rests until something new comes, and goes on with the
// oldest event that it has not had.
var deliverAfter = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

const hoursOfTries = 24

// webhookLife is how long a webhook lives after it was last renewed. It is renewed at a look when less than the life of
// a room is left: so it outlives each room in which something comes for it.
const webhookLife = 2 * room.Life

// seeNext adds to s, of a webhook, what is to be delivered next. While it may not be called nothing is read.
func (b *Box) seeNext(ctx context.Context, s sight) (sight, error) {
	var err error
	if s.told, err = b.o.Rooms.Store().Told(ctx, s.hook); err != nil {
		return s, err
	}
	if until := time.UnixMilli(s.told.RetryMs); until.After(b.now()) {
		s.pause = until
		return s, nil
	}
	if s.next, err = b.o.Rooms.Delivery(ctx, s.hook, s.told.Upto); err != nil || s.next.N == 0 {
		s.gone = s.next.Gone
		return s, err
	}
	if s.told.FailingMs != 0 && s.told.RetryMs == 0 {
		fresh, err := b.o.Rooms.Delivery(ctx, s.hook, s.told.News)
		if err != nil {
			return s, err
		}
		s.resting = fresh.N == 0
	}
	return s, nil
}

// renewable reports whether a webhook, or an endpoint, is to be renewed.
func (s sight) renewable(now time.Time) bool {
	return s.hook.Form != room.FormWake && !s.gone && !s.revoked && max(s.next.AsOf, s.heard.AsOf) > 0 &&
		time.UnixMilli(s.hook.UntilMs).Sub(now) < room.Life
}

// renew has a webhook, or an endpoint, live on. A person may give a webhook another secret at the same moment, and have
// to do so once more.
func (b *Box) renew(ctx context.Context, s sight) error {
	s.hook.UntilMs = b.now().Add(webhookLife).UnixMilli()
	return b.o.Rooms.Store().Table().Write(ctx, roomlog.PutHook(s.hook), roomlog.PutTold(s.hook, s.told))
}

// isLate reports whether the time of ctx may not do for one more call of a hook after a pause, with the wait for a
// place.
func isLate(ctx context.Context, form room.Form, pause time.Duration) bool {
	takes := 30 * time.Second
	if form == room.FormAgent {
		takes = answersBy + 5*time.Second
	}
	end, bounded := ctx.Deadline()
	return bounded && time.Until(end)-pause < takes
}

// deliver calls a webhook with its next event, and stores what became of it. It fails as call does. The id is the same
// for each try, and what the host is told again it can so recognize: a process may end before it has stored that the
// host has taken the call, or another may make the same call.
func (b *Box) deliver(ctx context.Context, s sight) error {
	x, n, t := s.hook, s.next, s.told
	answer, why, err := b.post(ctx, x, t.Tries > 0, outcall.Call{ID: fmt.Sprintf("evt_%s_%d", x.ID, n.N),
		Body: b.bodyOf(n)})
	if err != nil {
		return err
	}
	if answer.Status == outcall.StatusGone {
		return b.o.Rooms.DropHook(ctx, x)
	}
	t.TriedMs, t.RetryMs, t.Error = b.now().UnixMilli(), 0, why
	if why == "" || ends(answer) {
		t.Upto, t.Tries, t.FailingMs = n.N, 0, 0
	} else {
		t = b.postponed(t, n.AsOf)
	}
	if why == "" {
		t.LastMs = t.TriedMs
	}
	return b.store(context.WithoutCancel(ctx), roomlog.PutTold(x, t))
}

// postponed returns t, of a webhook or an endpoint, after one more call that failed. asOf was the last event of the
// room by then.
func (b *Box) postponed(t roomlog.Told, asOf int64) roomlog.Told {
	now, pause := b.now(), time.Hour
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

// delivery is the body of a call of a webhook, in the form that Standard Webhooks recommend.
type delivery struct {
	Type      string        `json:"type"`
	Timestamp string        `json:"timestamp"`
	Data      deliveredData `json:"data"`
}

type deliveredData struct {
	Room    string `json:"room"`
	RoomID  string `json:"room_id"`
	Agent   string `json:"agent_name"`
	Missed  bool   `json:"missed,omitempty"`
	Message any    `json:"message"`
}

// bodyOf returns what a webhook is told of an event. It is the same for each try, unless a text was removed.
func (b *Box) bodyOf(n chat.Delivery) []byte {
	return roomlog.Encode(delivery{
		Type: "room." + string(n.Message.Type), Timestamp: n.Message.At.UTC().Format(time.RFC3339),
		Data: deliveredData{Room: n.Room, RoomID: n.RoomID, Agent: n.Agent, Missed: n.Missed,
			Message: b.o.View(n.Message)},
	})
}
