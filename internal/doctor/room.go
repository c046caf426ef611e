package doctor

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/parley-chat/parley/internal/client"
)

// room is where things are tried: a new one with a name that is hard to guess, so that
// nobody is disturbed.
type room struct {
	server *client.Client
	name   string
	first  string // the tokens of its two agents
	second string
}

// The names of the two agents.
const (
	firstName  = "doctor"
	secondName = "visitor"
)

// openRoom takes the first seat.
func (v *visit) openRoom(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	var made client.Joined
	if err := v.server.Call(ctx, "create_room", map[string]any{"agent_name": firstName}, &made); err != nil {
		return v.fail("room", "", "create_room: %v", err)
	}
	v.room = &room{server: v.server, name: made.Room.Name, first: made.AgentToken}
	return true
}

// join takes the second seat.
func (r *room) join(ctx context.Context) error {
	var joined client.Joined
	if err := r.server.Call(ctx, "join_room", map[string]any{"agent_name": secondName, "room": r.name}, &joined); err != nil {
		return err
	}
	r.second = joined.AgentToken
	return nil
}

// say sends a message from the second seat.
func (r *room) say(ctx context.Context, text string) error {
	return r.server.Call(ctx, "send_message", map[string]any{"agent_token": r.second, "text": text}, &client.Sent{})
}

// stateOfFirst returns what the second agent sees of the first.
func (r *room) stateOfFirst(ctx context.Context) (string, error) {
	var info client.Info
	if err := r.server.Call(ctx, "room_info", map[string]any{"agent_token": r.second}, &info); err != nil {
		return "", err
	}
	for _, a := range info.Room.Agents {
		if a.Name == firstName {
			return a.State, nil
		}
	}
	return "", errors.New("the seat is gone")
}

// isAt reports whether the room is at another address, too.
func (r *room) isAt(ctx context.Context, p client.Place, version string) bool {
	ctx, cancel := context.WithTimeout(ctx, quick)
	defer cancel()
	other := client.New(p.Base, client.Options{Version: version, Bearer: p.Key, Invite: p.Invite})
	defer func() { _ = other.Close() }()
	var info json.RawMessage
	return other.Call(ctx, "room_info", map[string]any{"room": r.name}, &info) == nil
}

// leave gives up the seats, even after ctx has ended. What cannot be given up ends after
// 15 minutes.
func (r *room) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), quick)
	defer cancel()
	for _, token := range []string{r.second, r.first} {
		if token != "" {
			_ = r.server.Call(ctx, "leave_room", map[string]any{"agent_token": token}, &client.Left{})
		}
	}
}
