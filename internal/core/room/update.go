package room

import (
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Update is a change of a room's settings. Zero fields change nothing.
type Update struct {
	Name           ident.Name
	Description    string
	NoDescription  bool   // removes the description
	Password       string // a hash of ident.HashPassword
	RemovePassword bool
	Capacity       int
	Type           Type
	Public         *bool
	NewInvite      bool  // replaces the invite, for the free seats
	AgentMessages  *int  // 0: no limit
	Close          bool  // for good; goes alone
	AsOf           int64 // if not 0: the event up to which the admin has read
}

// Check refuses an update that no room allows. The error is a *fault.Error of
// InvalidArgument.
func (u Update) Check() error {
	changes := u.Name.Key != "" || u.Password != "" || u.RemovePassword || u.Description != "" || u.NoDescription ||
		u.Capacity != 0 || u.Type != "" || u.Public != nil || u.NewInvite || u.AgentMessages != nil

	// No two fields may ask for opposites: none would win.
	switch {
	case u.Close && changes:
		return fault.Refuse(fault.InvalidArgument,
			"closed must be given alone: a closed room has no settings to change. Nothing was changed.")
	case !u.Close && !changes:
		return fault.Refuse(fault.InvalidArgument, "Say what to change: room (a new name), description, password, "+
			"remove_password, capacity, type, public, new_invite, agent_messages or closed.")
	case u.Password != "" && u.RemovePassword:
		return fault.Refuse(fault.InvalidArgument, "Give either password or remove_password. Nothing was changed.")
	case u.Description != "" && u.NoDescription:
		return fault.Refuse(fault.InvalidArgument,
			"Give either description or remove_description. Nothing was changed.")
	}
	return CheckSettings(u.Description, u.Capacity, u.Type)
}

// Decide returns the event of the change, or nil if nothing changes. taken says that another room has the new
// name. The error is a *fault.Error.
//
// After a change of who can get in, newcomers see no earlier event: the earlier words were meant for those who could
// get in then. More seats are such a change: agents see a stranger knock at the full room and add a seat, and the
// stranger would read the whole talk.
func (u Update) Decide(head *Head, taken bool, now time.Time) (*Event, error) {
	isBehind := u.AsOf != 0 && head.Updated > u.AsOf
	if u.Close {
		if isBehind {
			return nil, refuseBehind()
		}
		return &Event{Type: Changed, Reason: ReasonClosed}, nil
	}
	next := u.apply(head.Settings)
	if u.Password != "" { // else the old invite would admit those who know only the old password
		setIfPresent(&next.Invite, head.Invite.Replaced())
	}
	if u.NewInvite {
		var err error
		next.Invite, err = head.Invite.Renewed(max(0, next.Capacity-len(head.Agents)), now)
		if err != nil {
			return nil, err
		}
	}
	changed := next.differences(head.Settings)
	switch {
	case changed == nil: // a repeated call, too, whose change is later than its cursor
		return nil, nil
	case isBehind:
		return nil, refuseBehind()
	case u.Capacity > 0 && u.Capacity < len(head.Agents):
		return nil, fault.Refuse(fault.InvalidArgument, "capacity: %d agents have a seat, so it cannot be lower. "+
			"Nothing was changed: kick an agent with manage_agent first, or wait until some have left.",
			len(head.Agents))
	case next.Key != head.Key && taken:
		return nil, fault.Refuse(fault.RoomExists,
			"Another room has this name, or had it until recently. Nothing was changed: choose another.")
	}
	if next.Password != head.Password || next.Public != head.Public || next.Capacity > head.Capacity {
		next.OpenFrom = Mark{head.AsOf + 1, head.Messages}
	}
	return next.changeTo(head.Settings, changed), nil
}

func refuseBehind() error {
	return fault.Refuse(fault.InvalidArgument, "The settings have changed since that cursor. Nothing was changed: "+
		"read what changed with wait_for_message, and call again with its cursor if the change is still wanted.")
}

// apply returns settings with the changes of u.
func (u Update) apply(settings Settings) Settings {
	if u.Name.Key != "" {
		settings.Name, settings.Key = u.Name.Shown, u.Name.Key
	}
	if u.Description != "" || u.NoDescription {
		settings.Description = u.Description
	}
	if u.Password != "" || u.RemovePassword {
		settings.Password = u.Password
	}
	if u.Capacity != 0 {
		settings.Capacity = u.Capacity
	}
	if u.Type != "" {
		settings.Type = u.Type
	}
	setIfPresent(&settings.Public, u.Public)
	setIfPresent(&settings.AgentMessages, u.AgentMessages)
	return settings
}
