package shell

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/parley-chat/parley/internal/client"
)

// Hooks shows which addresses are called for the agents that the person watches, or ends the one with the id end.
// An agent about which nothing can be learned hides no other.
func (s *Shell) Hooks(ctx context.Context, which Which, end string) error {
	which.Watched = true
	seats, err := s.Seats.All()
	if err != nil {
		return err
	}
	seats = slices.DeleteFunc(seats, func(seat client.Seat) bool { return !s.fits(which, seat) })
	if len(seats) == 0 {
		return s.none(which)
	}
	var rows [][]string
	var broken error // the first of what went wrong
	for _, seat := range seats {
		ended := false
		err := s.on(seat, func(on *session) (err error) {
			if end != "" {
				ended, err = s.endHook(ctx, on, end)
				return err
			}
			more, err := on.hooks(ctx)
			rows = append(rows, more...)
			return err
		})
		switch {
		case ended:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && broken == nil:
			broken = err
		}
	}
	switch {
	case end != "" && broken == nil:
		return fail(failed, "No address with the id %s is called for an agent that you watch%s. Nothing was changed. "+
			"To see which are: parley hooks", end, which)
	case end == "" && broken == nil && len(rows) == 0 && !s.Out.JSON:
		s.Out.note("No address is called for an agent that you watch%s.", which)
	}
	s.Out.table(rows)
	if broken != nil {
		return broken
	}
	return s.Out.Screen.err
}

// hooks returns what is called for the agent, as rows for a person; as JSON it prints them.
func (s *session) hooks(ctx context.Context) (rows [][]string, err error) {
	var got client.Supervised
	r, err := s.call(ctx, "supervise", args{}, &got)
	if err != nil {
		return nil, err
	}
	if s.out.JSON {
		list := r["hooks"]
		if list == nil {
			list = json.RawMessage("[]")
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
		rows = append(rows, []string{k.ID, s.seat.Room, s.seat.Name, k.Host, s.called(k)})
	}
	return rows, nil
}

// called says how a hook stands.
func (s *session) called(k client.Hook) string {
	only := ""
	if k.ForMe {
		only = "; only for what is meant for it"
	}
	switch at := s.out.Screen.time; {
	case k.FailingSince != "":
		return "fails since " + at(k.FailingSince) + ": " + k.Error + only
	case k.LastCall != "":
		return "since " + at(k.Since) + ", last called " + at(k.LastCall) + only
	default:
		return "since " + at(k.Since) + ", not called yet" + only
	}
}

// endHook ends a hook of the agent of a seat. It returns false if the agent has none with that id, or keeps it.
func (s *Shell) endHook(ctx context.Context, on *session, id string) (ended bool, err error) {
	var got client.Supervised
	if _, err := on.call(ctx, "supervise", args{}, &got); err != nil {
		return false, err
	}
	i := slices.IndexFunc(got.Hooks, func(k client.Hook) bool { return k.ID == id })
	if i < 0 {
		return false, nil
	}
	if err := s.refuseAgents(on.seat.Name); err != nil {
		return false, err
	}
	defer touch(s.Seats)
	r, err := on.call(ctx, "supervise", args{"end_hook": id}, &client.Supervised{})
	if err != nil {
		return false, err
	}
	return true, on.out.show(r, func() {
		on.out.print("%s is no longer called for %s in the room %s.", got.Hooks[i].Host, on.seat.Name, on.seat.Room)
	})
}
