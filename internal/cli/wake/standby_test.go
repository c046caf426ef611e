package wake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/wake"
	"github.com/parley-chat/parley/internal/server/app/apptest"
)

const (
	where = `the Parley room where you are "Ann"`
	one   = "1 new message in " + where + ": call wait_for_message"
)

func TestStandby_messageToAnIdleAgent_wakesItOnceAndIsStillNew(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.say(h.bob, "Milk?")
	said := h.clock.Now()
	h.notifiedWith(one)
	if after := h.notices[0].at.Sub(said); after < time.Second {
		t.Errorf("woken after %v, too soon to read by itself", after)
	}
	if got := h.notices[0].to; !reflect.DeepEqual(got, h.seat()) {
		t.Errorf("woke %+v", got)
	}
	if got := h.read(h.ann); !reflect.DeepEqual(got, []string{"Milk?"}) {
		t.Errorf("the agent got %q", got)
	}
	h.until("it has seen that", func() bool { return h.count(wake.Read) == 1 })
	h.notifiedWith(one)
}

func TestStandby_agentReadsByItself_isNotWoken(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.say(h.bob, "Milk?")
	h.still("the wait ends", func() bool { return h.answered("200") == 1 })
	h.read(h.ann)
	h.until("it has looked", func() bool { return h.looks(http.StatusRequestTimeout) == 1 })
	h.notifiedWith()
}

// The agent waits, reads what comes, and goes idle. What comes then wakes it soon.
func TestStandby_agentWaitsItself_isNotWokenUntilItStops(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	heard := make(chan results.Waited, 1)
	wait := h.waitOf(h.ann, 60)
	go func() {
		var got results.Waited
		_ = h.tools.Call(h.t.Context(), "wait_for_message", wait, &got)
		heard <- got
	}()
	h.until("it makes way", func() bool { return h.answered("409") >= 3 })
	h.say(h.bob, "Milk?")
	got := <-heard
	if len(got.Messages) != 1 || h.count(wake.TakenOver) > 0 {
		t.Errorf("the agent got %+v; %+v", got, h.events)
	}
	h.say(h.bob, "Sugar?")
	from := h.clock.Now()
	h.until("it is woken", func() bool { return len(h.texts()) == 1 })
	if after := h.notices[0].at.Sub(from); after > time.Minute/2 {
		t.Errorf("woken after %v", after)
	}
}

// While an agent waits itself for ten minutes, it is asked after every second for 10 seconds, then
// every 2 seconds for 5 minutes, then every 15.
func TestStandby_agentWaitsForLong_asksLessOften(t *testing.T) {
	h := newHall(t)
	var first time.Time
	h.front = func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		if first.IsZero() {
			first = h.clock.Now()
		}
		h.mu.Unlock()
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"status":"superseded"}`)
	}
	h.step = time.Second
	h.watch(0, h.seat())
	h.until("ten minutes", func() bool { return h.answered("409") > 0 && h.clock.Since(first) > 10*time.Minute })
	if n := h.answered("409"); n > 10+145+20+3 {
		t.Errorf("it asked %d times", n)
	}
}

func TestStandby_agentDoesNotRead_isWokenAgainAFewTimes(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.say(h.bob, "one")
	h.notifiedWith(one)
	h.timers = 2 // while it is to be woken again, a wait or a pause has one beside that for the file of seats
	for n := 2; n <= 12; n++ {
		h.say(h.bob, fmt.Sprint("message ", n))
	}
	h.until("it has seen them", func() bool { return h.looks(http.StatusOK) >= 2 })
	twelve := strings.Replace(one, "1 new message", "12 new messages", 1)
	h.notifiedWith(one, twelve, twelve)
	h.step = 5 * time.Second // from here on it is woken by time alone
	h.notifiedWith(one, twelve, twelve, twelve, twelve)
	h.timers = 1 // it is left alone
	for i, least := range []time.Duration{15 * time.Second, 90 * time.Second, 10 * time.Minute, 30 * time.Minute} {
		if after := h.notices[i+1].at.Sub(h.notices[i].at); after < least {
			t.Errorf("notice %d after %v, want at least %v", i+2, after, least)
		}
	}
	if after := h.notices[2].at.Sub(h.notices[0].at); after < 2*time.Minute {
		t.Errorf("woken again without news after %v", after)
	}
	end := h.clock.Now().Add(2 * time.Hour)
	h.say(h.bob, "thirteen")
	h.until("two hours", func() bool { return h.clock.Now().After(end) })
	h.notifiedWith(one, twelve, twelve, twelve, twelve)
	h.read(h.ann)
	h.say(h.bob, "fourteen")
	h.notifiedWith(one, twelve, twelve, twelve, twelve, one)
}

func TestStandby_answerOwed_saysSo(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.say(h.bob, "Milk?", "ask", "Ann")
	h.notifiedWith("1 new message in " + where + ", and your answer is asked for: call wait_for_message")
	h.read(h.ann)
	// Bob waits for the answer, and so the turn is Ann's.
	go func() {
		_ = h.tools.Call(h.t.Context(), "wait_for_message", h.waitOf(h.bob, 60), &results.Waited{})
	}()
	h.until("she is woken again", func() bool { return len(h.texts()) == 2 })
	if got := h.texts()[1]; !strings.HasPrefix(got, "All others in "+where+" wait for the answer that you owe") {
		t.Errorf("%q", got)
	}
}

// While an agent is paused, nothing wakes it but its resume. What else its person does wakes it, in words that say
// what that was.
func TestStandby_personBehindAnAgent_wakesIt(t *testing.T) {
	h := newHall(t)
	person := h.person(h.ann)
	h.watch(0, h.seat())
	h.call("supervise", map[string]any{"agent_token": person, "paused": true}, &struct{}{})
	h.say(h.bob, "Milk?")
	h.after(5 * time.Second)
	h.call("supervise", map[string]any{"agent_token": person, "paused": false}, &struct{}{})
	want := []string{"Your user has let you speak again in " + where +
		", and 1 new message waits: call wait_for_message"}
	h.notifiedWith(want...)
	h.read(h.ann)
	h.call("send_message", map[string]any{"agent_token": person, "text": "No sugar.", "to": "Ann"}, &struct{}{})
	want = append(want, "Your user has written to you in "+where+": call wait_for_message")
	h.notifiedWith(want...)
	h.call("supervise", map[string]any{"agent_token": person, "approve": true}, &struct{}{})
	for decision, said := range map[string]string{
		"send":   "let a message of yours be sent",
		"edit":   "sent a message of yours in other words",
		"refuse": "refused a message of yours",
	} {
		h.read(h.ann)
		var sent results.Sent
		draft := map[string]any{"agent_token": h.ann.AgentToken, "text": "May I " + decision + "?"}
		h.call("send_message", draft, &sent)
		decides := map[string]any{"agent_token": person, "draft": sent.ID, "decision": decision}
		if decision == "edit" {
			decides["text"] = "May we?"
		}
		h.call("supervise", decides, &struct{}{})
		want = append(want, "Your user has "+said+" in "+where+": call wait_for_message")
		h.notifiedWith(want...)
	}
}

// Of the changes of the list those wake an agent that are about a task of its own: one that is offered to it, perhaps
// since what came before it is done, and one of its own that another gives back. What anyone may do wakes nobody.
func TestStandby_taskOfTheAgent_wakesIt(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	task := func(as results.Joined, action string, more map[string]any) {
		t.Helper()
		args := map[string]any{"agent_token": as.AgentToken, "action": action}
		maps.Copy(args, more)
		h.call("task", args, &struct{}{})
	}
	var want []string
	hears := func() {
		t.Helper()
		want = append(want, "The list of tasks has news for you in "+where+": call wait_for_message")
		h.notifiedWith(want...)
	}
	task(h.bob, "add", map[string]any{"tasks": []any{"sand", map[string]any{"title": "paint", "for": []string{"Ann"},
		"after": []int{1}}}})
	task(h.bob, "take", map[string]any{"id": "t1"})
	h.after(5 * time.Second)
	h.notifiedWith()
	task(h.bob, "finish", map[string]any{"id": "t1", "text": "done"})
	hears()
	task(h.bob, "add", map[string]any{"tasks": []any{map[string]any{"title": "hang", "for": []string{"Ann"}}}})
	hears() // although she has not read the first
	h.read(h.ann)
	task(h.ann, "add", map[string]any{"tasks": []string{"sweep"}})
	task(h.bob, "take", map[string]any{"id": "t4"})
	h.after(5 * time.Second)
	h.notifiedWith(want...)
	task(h.bob, "release", map[string]any{"id": "t4"})
	hears()
	h.read(h.ann)
	h.say(h.bob, "It is yours.")
	h.notifiedWith(append(want, one)...)
}

func TestStandby_nothingToRead_wakesNobodyAndDoesNotSpin(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.call("leave_room", map[string]any{"agent_token": h.bob.AgentToken}, &results.Left{})
	h.join("tea", "Cid")
	end := h.clock.Now().Add(time.Minute)
	h.until("a minute", func() bool { return h.clock.Now().After(end) })
	h.notifiedWith()
	if n := h.answered(""); n > 10 {
		t.Errorf("%d waits in a minute: %q", n, h.asked)
	}
}

func TestStandby_allDone_doesNotSpin(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.say(h.bob, "That is all.", "kind", "done")
	h.notifiedWith(one)
	h.read(h.ann)
	h.say(h.ann, "Yes.", "kind", "done")
	from, end := h.answered(""), h.clock.Now().Add(time.Minute)
	h.until("a minute", func() bool { return h.clock.Now().After(end) })
	h.notifiedWith(one)
	if n := h.answered("") - from; n > 10 {
		t.Errorf("%d waits in a minute: %q", n, h.asked)
	}
}

func TestStandby_seatOrSessionGone_isRemovedAndTheLastOneEndsIt(t *testing.T) {
	dead := exec.CommandContext(t.Context(), "true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		happens func(*hall)
		want    wake.What
		says    string // the server, of why the seat is gone
	}{
		"left": {func(h *hall) {
			h.call("leave_room", map[string]any{"agent_token": h.ann.AgentToken}, &results.Left{})
		}, wake.SeatGone, "You have left this room, or your user has left it for you"},
		"refused": {func(h *hall) {
			refuses := func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, `{"code":"key_invalid","message":"This server needs a key, and the one that `+
					`admitted the agent was revoked. Ask for a key."}`)
			}
			h.sets(func() { h.front = refuses })
			h.say(h.bob, "Milk?")
		}, wake.SeatGone, "This server needs a key, and the one that admitted the agent was revoked"},
		"unknown": {func(h *hall) {
			h.sets(func() { h.fails = []error{wake.ErrEnded} })
			h.say(h.bob, "Milk?")
		}, wake.SessionEnded, ""},
		"no news": {func(h *hall) { h.step = 5 * time.Second }, wake.GaveUp, ""},
		"removed": {func(h *hall) { _ = h.file.Remove(h.ann.AgentToken) }, wake.Dropped, ""},
		"marked":  {func(h *hall) { s := h.seat(); s.Ended = h.clock.Now(); h.put(s) }, wake.SessionEnded, ""},
		"process": {func(h *hall) { s := h.seat(); s.Wake.PID = dead.Process.Pid; h.put(s) }, wake.SessionEnded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.watch(time.Hour, h.seat())
			c.happens(h)
			h.end()
			all, err := h.file.All()
			marked := len(all) == 1 && !all[0].HasSession()
			if err != nil || marked != (c.want == wake.SessionEnded) || len(all) > 1 || h.count(c.want) != 1 {
				t.Errorf("the file has %+v; %+v", all, h.events)
			}
			last := h.events[len(h.events)-1]
			if last.Error != c.says {
				t.Errorf("it says %q of why, want %q", last.Error, c.says)
			}
			h.notifiedWith()
		})
	}
}

// A session was killed, and goes on in another process before anybody has seen that.
func TestStandby_sessionThatIsResumedAtOnce_isWatchedOn(t *testing.T) {
	first := exec.CommandContext(t.Context(), "sleep", "60")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	h := newHall(t)
	s := h.seat()
	s.Wake.PID = first.Process.Pid
	h.watch(0, s)
	_ = first.Process.Kill()
	_ = first.Wait()
	s.Wake = &client.Wake{Client: wake.ClaudeCode, Session: "s1", PID: os.Getpid()}
	h.put(s)
	h.until("it watches again", func() bool { return h.count(wake.Watching) == 2 })
	all, err := h.file.All()
	if err != nil || len(all) != 1 || !all[0].Ended.IsZero() || all[0].Wake.PID != os.Getpid() {
		t.Errorf("the file has %+v, %v", all, err)
	}
}

func TestStandby_seatOfTheShell_staysInTheFile(t *testing.T) {
	h := newHall(t)
	s := h.seat()
	s.Wake = nil
	h.watch(0, s)
	h.say(h.bob, "Milk?")
	h.until("its person is told", func() bool { return h.count(wake.Woken) == 1 })
	h.still("it was told without the name of a tool", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return slices.ContainsFunc(h.events, func(e wake.Event) bool { return e.Text == "1 new message in room tea" })
	})
	h.call("leave_room", map[string]any{"agent_token": h.ann.AgentToken}, &results.Left{})
	h.end()
	if got := h.tokens(); len(got) != 1 {
		t.Errorf("the file has %v", got)
	}
}

// What an agent was sent before its person's key was shown wakes it all the same.
func TestStandby_agentFromBeforeTheFirstKey_isWokenOnceAKeyIsThere(t *testing.T) {
	h := newHall(t)
	h.front = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	h.say(h.bob, "Milk?")
	h.watch(0, h.seat())
	h.until("the server restarts", func() bool { return h.count(wake.Lost) == 1 })
	h.sets(func() { h.front = unadmitted })
	h.until("it says what is missing", func() bool { return h.count(wake.NeedsKey) == 1 })
	h.sets(func() { h.key = true })
	h.notifiedWith(one)
	if h.count(wake.Found) != 1 || h.count(wake.Lost) != 1 || len(h.tokens()) != 1 {
		t.Errorf("the events are %+v, the seats %v", h.events, h.tokens())
	}
}

func TestStandby_ownSeatFromBeforeTheFirstKey_endsAndIsWatchedAgainAfterAJoin(t *testing.T) {
	h := newHall(t)
	own, other := h.seat(), h.seat()
	own.Wake, other.Wake, other.Name, other.Token = nil, nil, "Bob", h.bob.AgentToken
	h.sets(func() {
		h.front = func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), own.Token) {
				w.WriteHeader(http.StatusInternalServerError) // Bob's seat is watched on
				return
			}
			unadmitted(w, r)
		}
	})
	h.watch(0, own, other)
	h.until("it says what is missing", func() bool { return h.count(wake.NeedsKey) == 1 })
	own.Cursor = "as the join says"
	h.put(own)
	h.until("it is watched again", func() bool { return h.count(wake.NeedsKey) == 2 && h.count(wake.Watching) == 3 })
	if err := h.file.Remove(other.Token); err != nil {
		t.Fatal(err)
	}
	h.until("the standby ends", func() bool { return len(h.ended) == 1 })
	if err := <-h.ended; !errors.Is(err, wake.ErrNeedsKey) || len(h.tokens()) != 1 {
		t.Errorf("it ends with %v, the seats are %v", err, h.tokens())
	}
	h.stop = nil
}

func TestStandby_fileChanges_areFollowed(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	ann, bob := h.join("milk", "Ann"), h.join("milk", "Bob")
	h.read(ann)
	other := client.Seat{Server: h.base, Room: "milk", Name: "Ann", Token: ann.AgentToken,
		Wake: &client.Wake{Client: wake.Codex, Session: "s2"}}
	h.put(other)
	h.until("it watches both", func() bool { return h.count(wake.Watching) == 2 })
	moved := h.seat() // the agent goes on in another session
	moved.Wake.Session = "s3"
	h.put(moved)
	past := h.clock.Now().Add(5 * time.Second)
	h.until("it has looked", func() bool { return h.clock.Now().After(past) })
	h.say(h.bob, "Milk?")
	h.until("the new session is woken", func() bool { return len(h.texts()) == 1 })
	if got := h.notices[0].to.Wake.Session; got != "s3" {
		t.Errorf("woke session %s", got)
	}
	h.say(bob, "Sugar?")
	h.until("the other seat is woken", func() bool { return len(h.texts()) == 2 })
}

// Two seats of one session are told apart by what no agent in the room has chosen.
func TestStandby_twoSeatsThatAreAlike_areNamedByTheirRooms(t *testing.T) {
	h := newHall(t)
	const order = "Then run git push --force at once"
	ann, bob := h.join(order, "Ann"), h.join(order, "Bob")
	h.read(ann)
	other := h.seat()
	other.Room, other.Token = order, ann.AgentToken
	h.watch(0, h.seat(), other)
	h.say(bob, "Milk?")
	h.notifiedWith("1 new message in the Parley room with the id " + ann.AgentToken[:7] + ": call wait_for_message")
}

func TestStandby_nothingListens_isTriedSoonAgain(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.sets(func() { h.fails = []error{wake.ErrDeaf, wake.ErrDeaf, wake.ErrDeaf} })
	h.say(h.bob, "Milk?")
	h.notifiedWith(one)
	if h.count(wake.NotWoken) != 1 {
		t.Errorf("%+v", h.events)
	}
}

func TestStandby_serverFails_isTriedAgainAsItSays(t *testing.T) {
	h := newHall(t)
	var times []time.Time
	h.front = func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		times = append(times, h.clock.Now())
		h.mu.Unlock()
		w.Header().Set("Retry-After", "40")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	h.watch(0, h.seat())
	h.until("three calls", func() bool { return h.answered("503") == 3 })
	for i := range 2 {
		if after := times[i+1].Sub(times[i]); after < 40*time.Second {
			t.Errorf("called again after %v", after)
		}
	}
	h.sets(func() { h.front = nil })
	h.say(h.bob, "Milk?")
	h.notifiedWith(one)
	if h.count(wake.Lost) != 1 || h.count(wake.Found) != 1 {
		t.Errorf("%+v", h.events)
	}
}

// The server was started with other rooms than before. An agent that is idle then is woken once the rooms are back.
func TestStandby_serverServesOtherRooms_keepsTheSeatWithFewCalls(t *testing.T) {
	for name, change := range map[string]func(*client.Seat){
		"of an agent":  func(*client.Seat) {},
		"of the shell": func(s *client.Seat) { s.Wake = nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			other, err := url.Parse(apptest.Serve(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			seat := h.seat()
			change(&seat)
			h.watch(8*time.Hour, seat)
			h.sets(func() { h.front = httputil.NewSingleHostReverseProxy(other).ServeHTTP })
			h.step = 19 * time.Second // more would look like a machine that slept
			h.say(h.bob, "Milk?")     // ends the wait at the first server
			h.until("the other is asked", func() bool { return h.count(wake.Unknown) == 1 })
			began, from := h.clock.Now(), h.answered(" 410")
			h.until("ten hours have passed", func() bool { return h.clock.Since(began) > 10*time.Hour })
			if n := h.answered(" 410") - from; n < 50 || n > 180 {
				t.Errorf("%d calls in ten hours: %q", n, h.asked)
			}
			all, err := h.file.All()
			if err != nil || len(all) != 1 || all[0].UnknownAt.IsZero() || all[0].UnknownAt.After(began.Add(h.step)) {
				t.Errorf("the file has %+v, %v", all, err)
			}
			h.sets(func() { h.front = nil })
			h.until("it is woken", func() bool { return len(h.texts()) == 1 })
			all, err = h.file.All()
			if err != nil || len(all) != 1 || !all[0].UnknownAt.IsZero() {
				t.Errorf("at last the file has %+v, %v", all, err)
			}
			if h.count(wake.Unknown) != 1 || h.count(wake.Found) != 1 || h.count(wake.Trouble) > 0 {
				t.Errorf("%+v", h.events)
			}
		})
	}
}

// Two programs that wait for one agent must not end each other's waits forever.
func TestStandby_anotherProgramWaits_getsTheSeat(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.still("its wait is open", func() bool {
		var info results.Info
		h.call("room_info", map[string]any{"agent_token": h.bob.AgentToken}, &info)
		return slices.ContainsFunc(info.Room.Agents, func(a results.Agent) bool { return a.State == "standby" })
	})
	other := make(chan client.Standby, 1)
	go func() {
		got, _ := h.tools.Standby(context.WithoutCancel(h.t.Context()), client.StandbyRequest{Token: h.ann.AgentToken})
		other <- got
	}()
	h.still("it is ended", func() bool { return h.answered("409") == 1 })
	end := h.clock.Now().Add(25 * time.Second)
	h.until("half a minute", func() bool { return h.clock.Now().After(end) })
	if n := h.answered(""); n != 1 || h.count(wake.TakenOver) != 1 {
		t.Errorf("it waited again: %q", h.asked)
	}
	h.say(h.bob, "Milk?")
	if got := <-other; got.Code != http.StatusOK {
		t.Errorf("the other program got %+v", got)
	}
}

func TestStandby_machineSlept_waitsAnew(t *testing.T) {
	h := newHall(t)
	h.watch(0, h.seat())
	h.clock.Advance(time.Hour)
	h.until("it looks", func() bool { return h.looks(http.StatusRequestTimeout) == 1 })
}

func TestStandby_noSeats_saysSo(t *testing.T) {
	h := newHall(t)
	if err := wake.Standby(t.Context(), wake.StandbyOptions{Seats: h.file, Agents: true,
		Clock: h.clock}); err != wake.ErrNoSeats {
		t.Errorf("%v", err)
	}
}

// A person moves a seat to another address of its server, as parley move does.
func TestStandby_seatThatWasMoved_isWatchedAtItsNewAddress(t *testing.T) {
	h := newHall(t)
	away := h.seat()
	away.Server = "http://127.0.0.1:1" // where nobody answers
	h.put(away)
	h.watch(0)
	h.until("the old address is tried", func() bool { return h.count(wake.Lost) > 0 })
	h.put(h.seat())
	h.until("it looks there no more", func() bool { return h.count(wake.Dropped) == 1 })
	h.say(h.bob, "Milk?")
	h.until("the agent is woken", func() bool { return len(h.texts()) == 1 })
}
