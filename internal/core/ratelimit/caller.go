package ratelimit

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// Caller is a caller as the limits count: the groups for which each act counts. The first group is the caller itself,
// as ident.ClientKey names it.
type Caller []ident.Group

// callerOf returns the caller of ctx.
func callerOf(ctx context.Context) Caller { return Caller{{Key: ident.ClientKey(ctx), Times: 1}} }

// CallerFor returns the caller of ctx that acts for the seat of c in a room. A caller without a principal may have any
// number of addresses, so it counts for the seat, too, and a guest for the invite: the guests of one invite may have as
// much as a room. Without this rule, one seat could write 28 MB in ten seconds from 24 networks, past the room's
// budget. The person behind a seat counts apart from the agent, so the person can stop an agent that runs away. A
// newcomer has no seat yet.
func CallerFor(ctx context.Context, id string, c room.Caller) Caller {
	if c.IsPerson() {
		return callerFor(ctx, id, c, ofPerson)
	}
	return callerFor(ctx, id, c, ofSeat)
}

// ViewerFor returns the caller of ctx that reads with the view of c. A view counts apart from its agent: else whoever
// got hold of a view could mute the agent.
func ViewerFor(ctx context.Context, id string, c room.Caller) Caller {
	return callerFor(ctx, id, c, ofView)
}

// callerFor returns the caller of ctx with its seat and invite. of is what the seat counts as.
func callerFor(ctx context.Context, id string, caller room.Caller, of string) Caller {
	groups := callerOf(ctx)
	if ident.PrincipalOf(ctx).Counts() {
		return groups
	}
	if caller.Seat != 0 {
		groups = append(groups, ident.Group{Key: of + id + " " + strconv.Itoa(caller.Seat), Times: 1})
	}
	if caller.IsGuest() {
		groups = append(groups, ident.Group{Key: ofInvite + id + " " + strconv.Itoa(caller.Invite), Times: roomTimes})
	}
	return groups
}

// alone returns c without the groups that c shares with others.
func (c Caller) alone() Caller {
	return slices.DeleteFunc(slices.Clone(c), func(g ident.Group) bool { return g.Times > 1 })
}

// The prefixes of the keys of groups that are no callers.
const (
	ofSeat   = "seat "
	ofPerson = "person "
	ofView   = "view "
	ofInvite = "invite "
	ofRoom   = "room "
)

// roomTimes is how many times as much as a caller a room may cost, and the guests of one invite together.
const roomTimes = 2

// whose names a group in a refusal.
func whose(group ident.Group) string {
	switch {
	case strings.HasPrefix(group.Key, ofSeat):
		return "your seat"
	case strings.HasPrefix(group.Key, ofPerson):
		return "your devices"
	case strings.HasPrefix(group.Key, ofView):
		return "this view"
	case isInvite(group):
		return "all guests of your invite"
	case isRoom(group):
		return "the agents of this room"
	}
	return "your key or address"
}

// isRoom reports whether g is the group of a room.
func isRoom(g ident.Group) bool { return strings.HasPrefix(g.Key, ofRoom) }

// isInvite reports whether g is the group of the guests of an invite.
func isInvite(g ident.Group) bool { return strings.HasPrefix(g.Key, ofInvite) }

// roomOf returns the group of everything done in a room.
func roomOf(id string) ident.Group { return ident.Group{Key: ofRoom + id, Times: roomTimes} }
