package shell

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// waitCall is how long one call waits: servers on Lambda and proxies allow no more.
const waitCall = 50 * time.Second

// agentsWait is how long an agent waits that does not say how long: the clients of agents end a command after five
// minutes.
const agentsWait = 280 * time.Second

// usualWait is how long a command waits for an answer, or for a room, if nobody says how long.
const usualWait = 10 * time.Minute

// patience returns how long a command waits: as long as it was told or, told nothing, as is usual. For an agent that is
// agentsWait.
func patience(told, usual time.Duration, agents bool) time.Duration {
	if agents {
		usual = agentsWait
	}
	return cmp.Or(told, usual)
}

// WaitRequest asks for news.
type WaitRequest struct {
	ForMe  bool          // where more than two talk, only a message for this person ends the wait
	Within time.Duration // give up after this time; 0: never, and an agent after agentsWait
	Away   time.Duration // announce an absence of this length, and do not wait; 0: none

	ends func([]results.Message) bool // whether messages end the wait; nil: any do
}

// Wait shows what was said since the last Wait. If nothing was said, Wait waits.
func (s *Shell) Wait(ctx context.Context, which Which, req WaitRequest) error {
	return s.with(which, func(s *session) error {
		if req.Away > 0 {
			return s.goAway(ctx, req.Away)
		}
		req.Within = patience(req.Within, 0, s.isAgents())
		return s.within(ctx, req.Within, "Nothing came within %s.",
			func(ctx context.Context) error { return s.wait(ctx, req) })
	})
}

// within calls do with a context that is canceled after d; a d of 0 sets no limit. If the time ends do, the person
// reads why, a format with d as its argument.
func (s *session) within(ctx context.Context, d time.Duration, why string, do func(context.Context) error) error {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	if d > 0 {
		defer s.clock.AfterFunc(d, cancel).Stop()
	}
	err := do(limited)
	ended := limited.Err() != nil && errors.Is(err, context.Canceled)
	if ctx.Err() == nil && (ended || errors.Is(err, errLate)) {
		s.out.hint(why, Spoken(d))
		return ErrQuiet
	}
	return err
}

// errLate ends a wait of an agent shortly before its time is up: a call that is cut off brings no next.
var errLate = errors.New("the time is up")

// Spoken writes a duration without the zeros of Go: 10m, not 10m0s.
func Spoken(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// wait makes calls until a call has messages. wait stores the cursor after printing the messages: a command that is
// killed in between prints them again, and loses none. Once the server has answered, the wait outlasts a restart of the
// server.
func (s *session) wait(ctx context.Context, req WaitRequest) error {
	until := s.clock.Now().Add(req.Within)
	if _, err := s.client.Protocol(ctx); err != nil && fault.CodeOf(err) != fault.KeyInvalid { // which call heeds
		return err
	}
	for heard := false; ; {
		most := waitCall
		switch {
		case heard: // the rest of the news is there already
			most = 0
		case s.isAgents():
			most = max(0, min(most, s.clock.Until(until)-time.Second))
		}
		a := args{"wait_seconds": int(most / time.Second)}
		a.flag("for_me", req.ForMe)
		got, r, err := s.news(ctx, a)
		if err != nil {
			return err
		}
		quiet := got.Status == results.StatusQuiet
		late := s.isAgents() && quiet && s.clock.Until(until) < 2*time.Second // a restart ends a call early
		if len(got.Messages) > 0 || s.isAgents() && (late || !quiet) {
			if err := s.messages(ctx, r, got.Messages...); err != nil {
				return err
			}
		}
		if len(got.Messages) > 0 && (req.ends == nil || req.ends(got.Messages)) {
			heard = true
		}
		if len(got.Messages) > 0 || got.Status == "returned" { // else a command of the same seat may have read further
			if err := s.file.Read(s.seat.Token, got.Cursor); err != nil {
				return err
			}
		}
		if err := s.file.Rename(&s.seat, newName(got.Messages)); err != nil {
			return err
		}
		s.seat.Cursor = got.Cursor
		if late && !heard {
			return errLate
		}
		if done, err := s.endOfWait(ctx, got, heard); done || err != nil {
			return err
		}
	}
}

// goAway tells the room that the agent is away for a time from now on, in whole minutes, and shows what is new.
func (s *session) goAway(ctx context.Context, away time.Duration) error {
	minutes := int((away + time.Minute - 1) / time.Minute)
	for range 2 { // the first call may be a join instead, which announces no absence: see news
		got, r, err := s.news(ctx, args{"wait_seconds": 0, "back_in_minutes": minutes})
		if err != nil {
			return err
		}
		until, errUntil := time.Parse(time.RFC3339, got.AwayUntil) // no time if nothing was announced
		err = s.hand(ctx, r, got.Messages, got.Cursor, func() {
			if errUntil == nil {
				s.out.hint("Others see you as away until %s.", until.Local().Format("15:04"))
			}
		})
		if err != nil || errUntil == nil {
			return err
		}
	}
	return fail(failed, "Nothing was announced: only an agent can be away, and not while its user pauses it.")
}

// news waits for news, as arguments of wait_for_message say. A seat without a cursor, or whose messages the server has
// lost, returns to the room instead.
func (s *session) news(ctx context.Context, a args) (got results.Waited, r result, err error) {
	if s.seat.Cursor != "" || s.seat.Person {
		a.set("cursor", s.seat.Cursor)
		err = s.persist(ctx, passing, func() (err error) {
			r, err = s.call(ctx, "wait_for_message", a, &got)
			return err
		})
		if fault.CodeOf(err) != fault.InvalidArgument {
			return got, r, err
		}
	}
	r, err = s.call(ctx, "join_room", args{}, &got)
	got.Messages = client.NewsTo(s.seat.Name, got.Messages)
	return got, r, err
}

// endOfWait reports whether a wait is over, with the result of the wait as its error.
func (s *session) endOfWait(ctx context.Context, got results.Waited, heard bool) (done bool, err error) {
	switch got.Status {
	case results.StatusRemoved:
		if _, _, err := s.history(ctx, args{"limit": 1}); err != nil {
			return true, err
		}
		return true, &fault.Error{Code: fault.RoomClosed} // only then the history can still be read
	case results.StatusSuperseded:
		s.out.hint("A newer wait for this seat has taken over.")
		return true, ErrQuiet
	case results.StatusTurn:
		if s.isAgents() { // next says which
			return true, nil
		}
		s.out.hint("It is your turn: everybody waits, or a task is free. To see the tasks: %s", s.command("tasks"))
	case results.StatusDone:
		if !s.isAgents() { // whose next says so
			s.out.hint("All others have left or are finished.")
		}
		if !heard {
			return true, ErrQuiet
		}
	}
	return heard && !got.HasMore, nil
}
