package chat

import "context"

// comeBack is JoinRoom for an agent that still has its token.
func (s *Service) comeBack(ctx context.Context, req JoinRequest) (Seated, error) {
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Seated{}, err
	}
	defer c.room.done()
	if c.fold.closed {
		return Seated{}, errClosed()
	}
	if err := c.samePlace(req); err != nil {
		return Seated{}, err
	}
	p, err := c.place(ctx)
	if err != nil {
		return Seated{}, err
	}
	c.room.glance(ctx, c.agent)
	room, err := c.room.view(ctx, c.fold, c.agent.Seat)
	if err != nil {
		return Seated{}, err
	}
	got := Seated{
		Status: StatusReturned, Token: c.token.String(), Name: c.agent.Name, Room: room, Now: s.now(),
	}
	err = c.catchUp(ctx, p, &got)
	return got, err
}

// samePlace refuses a token together with the name of another room or agent.
func (c *caller) samePlace(req JoinRequest) error {
	if req.Room != "" {
		room, _, err := splitPassword(req.Room, req.Password)
		if err != nil {
			return err
		}
		if n, err := roomName(room); err != nil || n.key != c.fold.Key {
			return refuse(InvalidArgument, "agent_token belongs to another room than room says. Pass only agent_token to return to its room, or only room and agent_name to join the other.")
		}
	}
	if req.AgentName != "" {
		if n, err := agentName(req.AgentName); err != nil || n.key != c.agent.Key {
			return refuse(InvalidArgument, "agent_token belongs to an agent of another name. Pass only agent_token to return as that agent, or only room and agent_name to join as a new one.")
		}
	}
	return nil
}

// catchUp adds what came after the acknowledged cursor, the agent's own included.
func (c *caller) catchUp(ctx context.Context, p place, got *Seated) error {
	after := max(p.Named, p.From)
	b := batch{events: wordsEvents, limit: wordsBytes}
	scanned, before := after, max(p.Handed, c.shown(0))
scan:
	for scanned < c.fold.asOf {
		events, err := c.room.read(ctx, scanned)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if e.n > c.fold.asOf {
				break scan // the answer is of one moment
			}
			if c.agent.visible(e) {
				m := c.agent.message(e)
				m.Repeated = e.n <= before && e.Seat != c.agent.Seat
				if !b.add(m) {
					break scan
				}
			}
			scanned = e.n
		}
	}
	got.Messages, got.HasMore, got.Cursor = b.messages, scanned < c.fold.asOf, cursorOf(c.token, scanned)
	oldest, err := c.room.oldest(ctx, c.agent.Since)
	if err != nil {
		return err
	}
	got.Earlier = max(0, after+1-oldest)
	if scanned > p.Handed { // last: what is noted is handed out
		err = c.noteGiven(ctx, p.given(after, scanned, 0, 0))
	}
	return err
}
