package shell

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// Hooks shows which addresses are called for the agents that the person watches, or ends the hook with the id end. If a
// call for an agent fails, the other agents are still shown.
func (s *Shell) Hooks(ctx context.Context, which Which, end string) error {
	return s.hooks(ctx, which, end, hooksAsked{
		shown: func(results.Hook) bool { return true },
		none:  "No address is called for an agent that you watch%s.",
		unknown: "No address with the id %s is called for an agent that you watch%s. Nothing was changed. To list " +
			"them: %s",
		listed: "hooks",
	})
}

// hooksAsked says which hooks a command shows, and what the command says if there are none.
type hooksAsked struct {
	agents        bool // the hooks are agents
	shown         func(results.Hook) bool
	none, unknown string
	listed        string // the command that shows the hooks
}

func (s *Shell) hooks(ctx context.Context, which Which, end string, asked hooksAsked) error {
	which.Watched = true
	seats, err := s.Seats.All()
	if err != nil {
		return err
	}
	// The seats that their servers know come first.
	slices.SortStableFunc(seats, func(a, b client.Seat) int { return a.UnknownAt.Compare(b.UnknownAt) })
	seats = oneOfNamesakes(slices.DeleteFunc(seats, func(seat client.Seat) bool { return !s.fits(which, seat) }))
	if len(seats) == 0 {
		return s.none(which)
	}
	var rows [][]string
	var broken error // the first error
	for _, seat := range seats {
		ended := false
		err := s.on(seat, func(on *session) (err error) {
			if end != "" {
				ended, err = s.endHook(ctx, on, end, asked)
				return err
			}
			more, err := on.hooks(ctx, asked)
			rows = append(rows, more...)
			return err
		})
		switch {
		case ended:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && broken == nil &&
			(seat.UnknownAt.IsZero() || !seats[0].UnknownAt.IsZero()): // else it is no news
			broken = err
		}
	}
	switch {
	case end != "" && broken == nil:
		return fail(failed, asked.unknown, end, which, s.command(asked.listed))
	case end == "" && broken == nil && len(rows) == 0 && !s.Out.JSON:
		s.Out.hint(asked.none, which)
	}
	s.Out.table(rows)
	if broken != nil {
		return broken
	}
	return s.Out.Screen.err
}

// AddHook has an address called with each event that an agent of the person sees, and shows the secret of the calls. A
// channel of a messenger is told what needs the person, and has no secret.
func (s *Shell) AddHook(ctx context.Context, which Which, address string) error {
	which.Watched, which.Positional = true, true
	return s.inPerson(which, func(on *session) error {
		var got results.Supervised
		r, err := on.call(ctx, "supervise", args{"add_hook": address}, &got)
		if err != nil {
			return err
		}
		return on.out.show(r, func() {
			if got.Secret == "" { // it is a channel of a messenger
				on.out.print("The channel %s is now told what needs you in the room %s.", got.Added, on.seat.Room)
				return
			}
			on.out.print("The webhook %s is now called with each event that %s sees in the room %s. Its calls are "+
				"signed with this secret, which is not shown again:", got.Added, on.seat.Name, on.seat.Room)
			on.out.print("%s", got.Secret)
		})
	})
}

// hooks returns the hooks of the agent as rows for a person; as JSON it prints them.
func (s *session) hooks(ctx context.Context, asked hooksAsked) (rows [][]string, err error) {
	var got results.Supervised
	r, err := s.call(ctx, "supervise", args{}, &got)
	if err != nil {
		return nil, err
	}
	if s.out.JSON {
		all, list := []json.RawMessage{}, []json.RawMessage{}
		if r["hooks"] != nil {
			if err := json.Unmarshal(r["hooks"], &all); err != nil {
				return nil, err
			}
		}
		for i, k := range got.Hooks {
			if asked.shown(k) {
				list = append(list, all[i])
			}
		}
		text, err := json.Marshal(map[string]any{"server": s.seat.Server, "room": s.seat.Room,
			"agent_name": s.seat.Name, "hooks": list})
		if err != nil {
			return nil, err
		}
		s.out.Screen.write(string(text) + "\n")
		return nil, nil
	}
	for _, k := range got.Hooks {
		if !asked.shown(k) {
			continue
		}
		rows = append(rows, []string{k.ID, s.seat.Room, s.seat.Name, k.Host, s.called(k, asked.agents)})
	}
	return rows, nil
}

// called says how a hook stands. It leaves the kind of the hook out where all hooks are agents.
func (s *session) called(k results.Hook, agents bool) string {
	only, why := "", strings.TrimSuffix(k.Error, ".")
	switch {
	case agents:
	case k.Webhook:
		only = "; a webhook"
	case k.Push:
		only = "; a browser of yours"
	case k.Messenger:
		only = "; told what needs you"
	case k.Agent:
		only = "; the agent itself"
	case k.ForMe:
		only = "; only for what is meant for it"
	}
	switch at := s.out.Screen.time; {
	case k.Ended:
		return "ended, its push service refuses the calls: " + why + only
	case k.FailingSince != "":
		return "failing since " + at(k.FailingSince) + ": " + why + only
	case k.LastCall != "" && k.Error != "": // the result of the last call is no failure of the address
		return "since " + at(k.Since) + ", last called " + at(k.LastCall) + ": " + why + only
	case k.LastCall != "":
		return "since " + at(k.Since) + ", last called " + at(k.LastCall) + only
	default:
		return "since " + at(k.Since) + ", not called yet" + only
	}
}

// endHook ends a hook of the agent of a seat. It returns false if the agent has no hook with that id, or keeps the
// hook.
func (s *Shell) endHook(ctx context.Context, on *session, id string, asked hooksAsked) (ended bool, err error) {
	var got results.Supervised
	if _, err := on.call(ctx, "supervise", args{}, &got); err != nil {
		return false, err
	}
	i := slices.IndexFunc(got.Hooks, func(k results.Hook) bool { return k.ID == id && asked.shown(k) })
	if i < 0 {
		return false, nil
	}
	if err := s.refuseAgents(on.seat.Name); err != nil {
		return false, err
	}
	defer touch(s.Seats)
	r, err := on.call(ctx, "supervise", args{"end_hook": id}, &results.Supervised{})
	if err != nil {
		return false, err
	}
	if got.Hooks[i].Agent { // the agent leaves with its hook
		if err := s.Seats.Remove(on.seat.Token); err != nil {
			return true, err
		}
		return true, on.out.show(r, func() { on.out.print("%s has left the room %s.", on.seat.Name, on.seat.Room) })
	}
	return true, on.out.show(r, func() {
		on.out.print("%s is no longer called for %s in the room %s.", got.Hooks[i].Host, on.seat.Name, on.seat.Room)
	})
}
