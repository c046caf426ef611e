package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
)

const day = 24 * time.Hour

// roomKeys returns the keys of the items that expire one hour after the room of a
// token.
func roomKeys(token, name string) []table.Key {
	return []table.Key{
		{Partition: "NAME#" + name, Sort: "-"},
		{Partition: "ROOM#" + token[:7], Sort: "META"},
		{Partition: "LISTED", Sort: name},
	}
}

func eventKey(token string, n int64) table.Key {
	return table.Key{Partition: "ROOM#" + token[:7], Sort: fmt.Sprintf("LOG#%016d", n)}
}

func TestLifetime_eventADayAfterTheLastRenewal_renews(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
	made, name := w.clock.Now(), "plans"
	ends := func(want time.Time) {
		t.Helper()
		for _, k := range roomKeys(ann.Token, name) {
			if got := w.stored(k).Expires; !got.Equal(want.Add(time.Hour)) {
				t.Errorf("%s expires %s after the creation, want one hour after %s", k, got.Sub(made), want.Sub(made))
			}
		}
	}
	ends(made.Add(30 * day))
	w.clock.Advance(day)
	w.say(ann.Token, "a day later, not more")
	ends(made.Add(30 * day))
	w.clock.Advance(time.Second)
	w.say(ann.Token, "more than a day later")
	ends(made.Add(31*day + time.Second))
	w.say(ann.Token, "at once after it")
	ends(made.Add(31*day + time.Second))
	w.clock.Advance(2 * day)
	w.update(chat.UpdateRequest{Token: ann.Token, Room: "plots"}) // which renews it under its new name
	name = "plots"
	ends(made.Add(33*day + time.Second))
	w.clock.Advance(2 * day)
	w.say(ann.Token, "renews the new name")
	ends(made.Add(35*day + time.Second))
}

func TestLifetime_event_outlivesItsRoom(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.clock.Advance(day) // the last moment that does not renew
	w.say(ann.Token, "hello")
	if got := w.stored(eventKey(ann.Token, 2)).Expires; !got.Equal(w.clock.Now().Add(32 * day)) {
		t.Fatalf("the event lives for %s", got.Sub(w.clock.Now()))
	}
}

func TestLifetime_aMonthAfterTheLastRenewal_roomIsGone(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
	w.say(ann.Token, "hello")
	w.clock.Advance(30*day - time.Second)
	for _, w := range []*world{w, w.elsewhere()} {
		if got := w.history(ann.Token, chat.HistoryRequest{}); len(got.Messages) != 2 {
			t.Fatalf("in its last second the room holds %+v", got)
		}
	}
	for _, later := range []time.Duration{time.Second, 59 * time.Minute, time.Minute, 3 * day} {
		w.clock.Advance(later)
		for _, w := range []*world{w, w.elsewhere()} {
			for call, err := range everyCall(w, ann.Token) {
				if call == "leave" && err == nil {
					continue // already left
				}
				if fault.CodeOf(err) != fault.RoomNotFound {
					t.Errorf("%s: %v", call, err)
				}
			}
			_, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"})
			wants(t, err, fault.RoomNotFound)
			_, err = w.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: "Bob", OnlyExisting: true})
			wants(t, err, fault.RoomNotFound)
			if names, _ := w.list(chat.ListRequest{}); len(names) != 0 {
				t.Errorf("listed %q", names)
			}
		}
	}
	if log, err := readLog(t.Context(), w.table, ann.Token[:7]); err != nil || len(log.events) != 0 {
		t.Errorf("the log holds %+v, %v", log, err)
	}
}

func TestLifetime_renewedEveryMonth_lastsAndNeverReusesANumber(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	for n := int64(2); n < 8; n++ {
		w.clock.Advance(30*day - time.Second)
		if got := w.elsewhere().say(ann.Token, fmt.Sprintf("message %d", n)); got.ID != w.id(ann.Token, n) {
			t.Fatalf("month %d: %+v", n, got)
		}
	}
	got := w.elsewhere().info(ann.Token)
	same(t, "seats", seats(got.Room), []string{"Ann (admin)"})
	if got.Earlier != 2 {
		t.Errorf("%d events are left", got.Earlier)
	}
}

func TestLifetime_nameOfAnExpiredRoom_isFreeAndShowsNothingOfIt(t *testing.T) {
	for name, later := range map[string]time.Duration{
		"at its end": 30 * day, "before its name expires": 30*day + 59*time.Minute,
		"when its name expires": 30*day + time.Hour, "long after": 40 * day,
	} {
		w := newWorld(t)
		old := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Public: true})
		w.say(old.Token, "of an earlier room")
		for _, service := range []*world{w, w.elsewhere()} {
			if service == w {
				w.clock.Advance(later)
			}
			got := service.join("plans", "Ann")
			if got.Token[:7] == old.Token[:7] || got.Status != chat.StatusCreated && service == w {
				t.Errorf("%s: got %+v", name, got)
				continue
			}
			if got.Earlier != 0 || len(got.Messages) > 0 ||
				len(service.history(got.Token, chat.HistoryRequest{}).Messages) > 1 {
				t.Errorf("%s: the new room holds %+v", name, got)
			}
			if list, err := service.ListRooms(t.Context(), chat.ListRequest{}); err != nil || len(list.Rooms) != 0 {
				t.Errorf("%s: listed %+v, %v", name, list, err)
			}
			_, err := service.Send(t.Context(), chat.SendRequest{Token: old.Token, Text: "hello?"})
			wants(t, err, fault.RoomNotFound)
			service.leave(got.Token)
		}
	}
}

// A process whose clock is an hour behind takes a room for alive that has expired for
// the others.
func TestLifetime_clockAnHourBehind_doesNotReviveAnExpiredRoom(t *testing.T) {
	for _, sinceItsEnd := range []time.Duration{time.Second, 30 * time.Minute, time.Hour} {
		w := newWorld(t)
		behind := &world{t: t, clock: w.clock, table: w.table, Service: chat.New(w.table, chat.Options{
			Clock: lateClock{hurriedClock{w.clock}, time.Hour},
		})}
		made := w.clock.Now()
		ann := behind.join("plans", "Ann") // for the others it expires an hour early
		behind.say(ann.Token, "hello")
		w.clock.Advance(29*day + 23*time.Hour + sinceItsEnd)
		bob := w.elsewhere().join("plans", "Bob")
		if bob.Status != chat.StatusCreated || bob.Token[:7] == ann.Token[:7] {
			t.Fatalf("%s after the end of the room Bob got %+v", sinceItsEnd, bob)
		}
		_, err := behind.Send(t.Context(), chat.SendRequest{Token: ann.Token, Text: "still here"})
		wants(t, err, fault.RoomNotFound)
		for _, w := range []*world{behind, w.elsewhere()} {
			if cid := w.enter(chat.JoinRequest{Token: bob.Token}); cid.Name != "Bob" {
				t.Fatalf("Bob got %+v", cid)
			}
			if got, err := w.RoomInfo(t.Context(), chat.InfoRequest{Room: "plans"}); err != nil ||
				!slices.Equal(seats(got.Room), []string{"Bob (admin)"}) {
				t.Errorf("%s after %s the name leads to %+v, %v", sinceItsEnd, made, got, err)
			}
		}
	}
}

// lateClock is a clock that is behind.
type lateClock struct {
	hurriedClock
	by time.Duration
}

func (c lateClock) Now() time.Time                  { return c.hurriedClock.Now().Add(-c.by) }
func (c lateClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

func TestLifetime_eventsExpiredUnread_areReportedAsMissed(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for n := range 40 {
		w.say(p.ann.Token, fmt.Sprintf("day %d", n))
		w.clock.Advance(day)
	}
	there := w.elsewhere()
	got := there.look(p.bob.Token, p.bob.Cursor)
	if said := texts(got.Messages); !got.Situation.Missed || len(said) == 0 || said[0] != "day 9" ||
		said[len(said)-1] != "day 39" {
		t.Fatalf("missed %v, received %q", got.Situation.Missed, said)
	}
	if again := there.look(p.bob.Token, got.Cursor); again.Situation.Missed || again.Status != chat.StatusQuiet {
		t.Fatalf("then received %+v", again)
	}
	page := there.history(p.bob.Token, chat.HistoryRequest{After: w.id(p.bob.Token, 12), Limit: 3})
	same(t, "history", texts(page.Messages), []string{"day 10", "day 11", "day 12"})
	if got := there.info(p.bob.Token).Earlier; got != 31 {
		t.Errorf("history is said to hold %d events", got)
	}
	_, err := there.History(t.Context(), chat.HistoryRequest{Token: p.bob.Token, ID: w.id(p.bob.Token, 3)})
	wants(t, err, fault.InvalidArgument)
}
