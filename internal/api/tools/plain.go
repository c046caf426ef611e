package tools

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// Plain describes a call that is no tool.
type Plain struct {
	Name  string         // in the log and the metrics, beside the names of the tools
	Kind  ratelimit.Kind // how the call counts against the budget
	Wait  time.Duration  // the longest wait; 0: none
	Calls int            // how many calls it counts as; 0: one
}

// Do makes a call that is no tool. Like the call of a tool, the call counts against the budget of its caller and, if
// it waits, among the waiting calls. A refusal of work becomes what a caller reads; repeating the call must be safe.
func (s *Set) Do(ctx context.Context, p Plain, work mcp.Work) mcp.Outcome {
	return mcp.Do(ctx, s.log, p.Name, func(ctx context.Context, r *mcp.Record) (any, error) {
		ctx, err := s.rooms.Limits().BeginSeveral(ctx, p.Kind, max(1, p.Calls))
		if err != nil {
			return nil, refusal(err, "")
		}
		ctx, end, err := begin(ctx, p.Wait)
		if err != nil {
			return nil, err
		}
		defer end()
		got, err := work(ctx, r)
		if err != nil {
			return nil, refusal(err, repeatSafely)
		}
		return got, nil
	})
}

// RoomOf returns a function that returns the id of the room of a token, for a [mcp.Record].
func RoomOf(token string) func() string { return roomOf(token) }

// Watch returns the link by which the person behind a seat watches the seat, from the claim of a result of chat; ""
// if there is none.
func (s *Set) Watch(ctx context.Context, claim string) string {
	return watchLink(s.address(ctx), claim)
}

// FileAddress returns the address at which a program gets the file of a ticket; "" if the address of this server is not
// known.
func (s *Set) FileAddress(ctx context.Context, ticket string) string {
	return s.reached(ctx, DownloadPath+ticket)
}
