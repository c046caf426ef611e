package wake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/wake"
)

// forgetful is a server that does not know what Ann has read: each look shows all messages
// of a list that grows, and a wait shows what came after its cursor.
func (h *hall) forgetful() (say func(id string)) {
	var ids []string
	more := make(chan struct{}, 100)
	h.front = func(w http.ResponseWriter, r *http.Request) {
		from := 0
		_, _ = fmt.Sscanf(r.URL.Query().Get("cursor"), "c%d", &from)
		for looks := r.URL.Query().Get("wait_seconds") == "0"; ; {
			h.mu.Lock()
			got := results.Waited{Status: "messages", Cursor: fmt.Sprintf("c%d", len(ids))}
			for _, id := range ids[min(from, len(ids)):] {
				got.Messages = append(got.Messages, results.Message{ID: id, Type: "message"})
			}
			h.mu.Unlock()
			if len(got.Messages) > 0 || looks {
				_ = json.NewEncoder(w).Encode(got)
				return
			}
			select {
			case <-more:
			case <-r.Context().Done():
				return
			}
		}
	}
	return func(id string) {
		h.mu.Lock()
		ids = append(ids, id)
		h.mu.Unlock()
		more <- struct{}{}
	}
}

// gaps returns the times between the notices, in whole seconds.
func (h *hall) gaps() (all []int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := 1; i < len(h.notices); i++ {
		all = append(all, int(h.notices[i].at.Sub(h.notices[i-1].at)/time.Second))
	}
	return all
}

// after returns when that much time has passed.
func (h *hall) after(d time.Duration) {
	h.t.Helper()
	end := h.clock.Now().Add(d)
	h.until(d.String(), func() bool { return !h.clock.Now().Before(end) })
}

func TestStandby_newerMessageWhileTheServerShowsTheSameOldest_wakesAgainSoon(t *testing.T) {
	h := newHall(t)
	say := h.forgetful()
	h.watch(0, h.seat())
	say("m1")
	h.until("it is woken", func() bool { return len(h.texts()) == 1 })
	h.after(3 * time.Second)
	say("m2")
	h.until("it is woken again", func() bool { return len(h.texts()) == 2 })
	if gaps := h.gaps(); gaps[0] < 15 || gaps[0] > 20 {
		t.Errorf("woken again after %v seconds, want 15", gaps)
	}
	h.after(40 * time.Second)
	say("m3") // late enough to be told at once
	h.until("it is woken for the third", func() bool { return len(h.texts()) == 3 })
	if gaps := h.gaps(); gaps[1] < 40 || gaps[1] > 45 {
		t.Errorf("woken again after %v seconds, want 40", gaps)
	}
}

func TestStandby_busyRoomThatNobodyReads_wakesLessAndLessAndThenNoMore(t *testing.T) {
	h := newHall(t)
	say := h.forgetful()
	h.step = 2 * time.Second
	h.watch(0, h.seat())
	for n := 0; n < 120; n++ {
		say(fmt.Sprint("m", n))
		h.after(30 * time.Second)
	}
	gaps := h.gaps()
	if gaps[0] < 15 || gaps[1] < 30 || gaps[2] < 60 {
		t.Errorf("gaps of %v seconds", gaps)
	}
	for _, gap := range gaps[3:] {
		if gap < 120 {
			t.Errorf("a gap of %d seconds: %v", gap, gaps)
		}
	}
	if last := h.clock.Now().Sub(h.notices[len(h.notices)-1].at); last < 10*time.Minute {
		t.Errorf("woken again %v before the end: %v", last, gaps)
	}
}

func TestStandby_moreUnreadThanOneAnswerHolds_doesNotSpin(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	for n := range 5 {
		h.say(h.bob, fmt.Sprint(n)+strings.Repeat("long ", 1000))
	}
	h.until("it is woken", func() bool { return len(h.texts()) == 1 })
	from := h.answered("")
	h.after(time.Minute)
	if n := h.answered("") - from; n > 20 {
		t.Errorf("%d waits in a minute: %q", n, h.asked)
	}
	before, at := len(h.texts()), h.clock.Now()
	h.say(h.bob, "news")
	h.until("it is woken again", func() bool { return len(h.texts()) > before })
	if after := h.notices[before].at.Sub(at); after > 5*time.Second {
		t.Errorf("woken after %v; gaps %v", after, h.gaps())
	}
}

func TestStandby_messageBehindManyThatComeAndGo_wakes(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.call("leave_room", map[string]any{"agent_token": h.bob.AgentToken}, &results.Left{})
	for range 60 {
		h.call("leave_room", map[string]any{"agent_token": h.join("tea", "Cid").AgentToken}, &results.Left{})
	}
	h.say(h.join("tea", "Bob"), "Milk?")
	h.notifiedWith(one)
	from := h.answered("")
	h.after(time.Minute)
	if n := h.answered("") - from; n > 10 {
		t.Errorf("%d waits in a minute: %q", n, h.asked)
	}
}

// A turn may take hours. The hook that wakes its session listens only afterwards.
func TestStandby_sessionThatWorksForHours_isWokenAfterwards(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.sets(func() { h.fails = slices.Repeat([]error{wake.ErrDeaf}, 100) }) // more than two hours
	h.say(h.bob, "Milk?")
	h.step = 5 * time.Second
	h.notifiedWith(one)
}

// Without room on the disk a seat cannot be removed from the file. The others are watched
// all the same.
func TestStandby_fileThatCannotBeReadOrWritten_endsNoWait(t *testing.T) {
	h := newHall(t)
	milk := h.join("milk", "Ann")
	h.join("milk", "Bob")
	h.read(milk)
	other := h.seat()
	other.Room, other.Token = "milk", milk.AgentToken
	h.watch(0, h.seat(), other)
	if err := os.WriteFile(h.file.Path(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.after(3 * time.Second)
	h.call("leave_room", map[string]any{"agent_token": milk.AgentToken}, &results.Left{})
	h.until("the seat is gone", func() bool { return h.count(wake.SeatGone) == 1 })
	h.after(3 * time.Second)
	h.say(h.bob, "Milk?")
	h.notifiedWith(one)
	if h.count(wake.Watching) != 2 {
		t.Errorf("%+v", h.events)
	}
}
