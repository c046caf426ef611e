package client

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// WhyNoSeat says why the invite by which c calls gives a newcomer no seat, and what helps; "" if the invite may give a
// seat. While a seat is free, only a join shows that an invite is used up or too old.
func (c *Client) WhyNoSeat(ctx context.Context) (why, help string) {
	const anew = "ask the person who invited you for a new one, unless you have a seat by it"
	var got results.Info
	err := c.Call(ctx, "room_info", map[string]any{}, &got)
	switch code := fault.CodeOf(err); {
	case code == fault.RoomClosed:
		return "its room has ended", "ask the person who invited you for an invite to another room"
	case code == fault.NotAllowed:
		return "it was renewed, and admits nobody any more", anew
	case err == nil && len(got.Room.Agents) >= got.Room.Capacity:
		return fmt.Sprintf("all %d seats of its room are taken", got.Room.Capacity), anew
	}
	return "", ""
}
