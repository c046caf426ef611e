package chat_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// local is the context of a caller on the server's own machine.
func (w *world) local() context.Context {
	return ident.WithPrincipal(w.t.Context(), ident.Principal{ID: ident.Local})
}

// joinAs joins as the caller of ctx.
func (w *world) joinAs(ctx context.Context, room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

// refusal returns the refusal of a join by the caller of ctx.
func (w *world) refusal(ctx context.Context, room, agent string, code fault.Code) *fault.Error {
	w.t.Helper()
	_, err := w.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: agent})
	wants(w.t, err, code)
	var refused *fault.Error
	errors.As(err, &refused)
	return refused
}

// Bob does something and falls silent. Then an agent joins as Bob: as its principal, or
// as a stranger. The times count from the end of what Bob does.
func TestWayBack_nameOfASilentAgent_isFreeAfterThisTime(t *testing.T) {
	wait := func(w *world, req chat.WaitRequest) {
		open := w.open(w.t.Context(), req)
		w.clock.Advance(req.Wait)
		take(w.t, open)
	}
	for what, c := range map[string]struct {
		does          func(w *world, bob chat.Seated)
		own, stranger time.Duration
	}{
		"has never used its token": {func(*world, chat.Seated) {}, 20 * time.Second, 90 * time.Second},
		"looked in": {func(w *world, bob chat.Seated) { w.look(bob.Token, "") }, 2 * time.Minute,
			room.Lease},
		"spoke, then waited": {func(w *world, bob chat.Seated) {
			w.say(bob.Token, "hello")
			wait(w, chat.WaitRequest{Token: bob.Token, Wait: longWait})
		}, 2 * time.Minute, room.Lease},
		"said that it would be away": {func(w *world, bob chat.Seated) { w.leaves(bob, time.Hour) }, 2 * time.Minute,
			time.Hour + room.Lease},
		"left a program on standby": {func(w *world, bob chat.Seated) {
			w.look(bob.Token, "")
			wait(w, chat.WaitRequest{Token: bob.Token, Wait: time.Minute, Standby: true})
		}, time.Minute, room.Lease},
	} {
		t.Run(what, func(t *testing.T) {
			for who, ctx := range map[string]func(w *world) context.Context{
				"its principal": (*world).local, "a stranger": func(w *world) context.Context { return w.t.Context() },
			} {
				w := newWorld(t)
				w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3})
				bob := w.joinAs(w.local(), "plans", "Bob")
				c.does(w, bob)
				safe, retry, status := c.stranger, time.Minute, chat.StatusJoined
				if who == "its principal" {
					safe, retry, status = c.own, c.own, chat.StatusReturned
				}
				if e := w.refusal(ctx(w), "plans", "bob", fault.NameTaken); e.RetryAfter != retry {
					t.Errorf("%s may retry after %s, want %s", who, e.RetryAfter, retry)
				}
				w.elsewhere().refusal(ctx(w), "plans", "bob", fault.NameTaken)
				w.clock.Advance(safe - time.Second)
				w.refusal(ctx(w), "plans", "bob", fault.NameTaken)
				w.clock.Advance(time.Second)
				if got := w.joinAs(ctx(w), "plans", "bob"); got.Status != status {
					t.Errorf("%s gets %q", who, got.Status)
				}
			}
		})
	}
}

func TestWayBack_samePrincipal_hasTheWholeSeatAgain(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann := w.joinAs(w.local(), "plans", "Ann") // the admin
		bob := w.join("plans", "Bob")
		w.tell(bob.Token, "for Ann's eyes", "Ann")
		cursor := w.look(ann.Token, ann.Cursor).Cursor
		w.clock.Advance(time.Minute) // so that its position is stored
		w.look(ann.Token, cursor)
		w.say(ann.Token, "my own words")
		w.adds(bob.Token, "sand")
		w.task(ann.Token, chat.TaskTake, "t1")
		id := w.ask(bob.Token, "are you there?", "Ann")
		w.clock.Advance(2 * time.Minute)
		back := there.joinAs(there.local(), "plans", "Ann")
		if back.Status != chat.StatusReturned || back.Token == ann.Token || back.Hidden != 0 || back.Owes != id {
			t.Errorf("Ann gets %+v", back)
		}
		same(t, "seats", seats(back.Room), []string{"Ann (admin)", "Bob (member)"})
		same(t, "after the cursor she receives", texts(back.Messages), []string{"my own words", "are you there?"})
		same(t, "and reads back", texts(there.all(back.Token)),
			[]string{"for Ann's eyes", "my own words", "are you there?"})
		for _, w := range services {
			tasks := w.lists(chat.TaskListRequest{Token: back.Token}).Tasks
			same(t, "the list", board(tasks), []string{"t1 sand taken Ann"})
			if !tasks[0].Mine {
				t.Error("her task is no longer hers")
			}
			_, err := w.send(chat.SendRequest{Token: ann.Token, Text: "it is me"})
			wants(t, err, fault.TokenInvalid)
			if !strings.Contains(err.Error(), "an agent of the same user") {
				t.Errorf("the ended token is told: %v", err)
			}
		}
	})
}

func TestWayBack_oldCursorAfterARegain_countsAsAbsent(t *testing.T) {
	w := newWorld(t)
	w.join("plans", "Ann")
	bob := w.joinAs(w.local(), "plans", "Bob")
	old := w.look(bob.Token, "").Cursor
	w.clock.Advance(2 * time.Minute)
	back := w.joinAs(w.local(), "plans", "Bob")
	if got := w.look(back.Token, old); !got.CursorIgnored {
		t.Errorf("the old cursor is one of the new token: %+v", got)
	}
}

func TestWayBack_agentThatWaits_keepsItsName(t *testing.T) {
	w := newWorld(t)
	w.join("plans", "Ann")
	bob := w.joinAs(w.local(), "plans", "Bob")
	cursor := bob.Cursor
	for range 3 {
		open := w.open(t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: cursor, Wait: longWait})
		w.clock.Advance(4 * time.Minute)
		for _, w := range []*world{w, w.elsewhere()} {
			w.refusal(w.local(), "plans", "Bob", fault.NameTaken)
			w.refusal(t.Context(), "plans", "Bob", fault.NameTaken)
		}
		w.clock.Advance(longWait - 4*time.Minute)
		cursor = take(t, open).Cursor     // past the knock
		w.clock.Advance(10 * time.Second) // between two waits
		w.refusal(w.local(), "plans", "Bob", fault.NameTaken)
	}
}

func TestWayBack_strangerAfterTheLease_getsANewSeatThatShowsNothing(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		ann, bob := w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 3}), w.join("plans", "Bob")
		w.say(ann.Token, "the plan is secret")
		w.say(bob.Token, "Bob agrees with it")
		w.tell(bob.Token, "for Ann's eyes", "Ann")
		w.clock.Advance(room.Lease)
		heir := there.join("plans", "BOB")
		if heir.Status != chat.StatusJoined || heir.Token[7:12] == bob.Token[7:12] || heir.Hidden != 2 {
			t.Errorf("the new Bob gets %+v", heir)
		}
		same(t, "seats", seats(heir.Room), []string{"Ann (admin)", "BOB (member)"})
		same(t, "it reads back", texts(there.all(heir.Token)), nil)
		for _, w := range services {
			_, err := w.send(chat.SendRequest{Token: bob.Token, Text: "it is me"})
			wants(t, err, fault.Removed)
		}
		same(t, "Ann sees", lines(w.look(ann.Token, ann.Cursor).Messages[3:]),
			[]string{"left Bob (timeout)", "joined BOB"})
	})
}

func TestWayBack_fullRoom_listsTheCallersIdleSeats(t *testing.T) {
	w := newWorld(t)
	w.joinAs(w.local(), "plans", "Ann")
	bob := w.joinAs(w.local(), "plans", "Bob")
	w.clock.Advance(2 * time.Minute)
	w.look(bob.Token, "")
	for _, w := range []*world{w, w.elsewhere()} {
		same(t, "yours", w.refusal(w.local(), "plans", "Cid", fault.RoomFull).Yours, []string{"Ann"})
		same(t, "a stranger's", w.refusal(t.Context(), "plans", "Dora", fault.RoomFull).Yours, nil)
	}
	if got := w.joinAs(w.local(), "plans", "Ann"); got.Status != chat.StatusReturned {
		t.Errorf("Ann gets %q", got.Status)
	}
}

// A program on standby keeps waiting with the old token.
func TestWayBack_openWaitOfTheEndedToken_endsAndGetsNothing(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	bob := w.joinAs(w.local(), "plans", "Bob")
	bob.Cursor = w.look(bob.Token, "").Cursor
	w.clock.Advance(2 * time.Minute)
	shell := w.shell(bob)
	w.joinAs(w.local(), "plans", "Bob")
	w.tell(ann.Token, "for the true Bob", "Bob")
	got := take(t, shell)
	if got.Status != chat.StatusRemoved || got.Reason != room.ReasonReturned || len(got.Messages) != 0 {
		t.Errorf("the program gets %+v", got)
	}
	w.clock.Advance(20 * time.Minute)
	back := w.joinAs(w.local(), "plans", "Bob")
	same(t, "the third Bob receives", texts(back.Messages), []string{"for the true Bob"})
	if got := w.look(back.Token, ""); got.Status == chat.StatusRemoved {
		t.Error("the third Bob is removed by the return of the second")
	}
}
