package room

// Changes are the settings changed by an update, with the new values. An unchanged setting is nil or "".
type Changes struct {
	Room        *string `json:"room,omitempty"` // the new name
	Description *string `json:"description,omitempty"`
	Password    string  `json:"password,omitempty"` // "set" or "removed", never the password
	Capacity    *int    `json:"capacity,omitempty"`
	Type        *Type   `json:"type,omitempty"`
	Public      *bool   `json:"public,omitempty"`
	Invite      string  `json:"invite,omitempty"` // "renewed"
	// AgentMessages is how many messages agents may send since a person last spoke.
	AgentMessages *int `json:"agent_messages,omitempty"`
}

// differences returns the differences between s and old, as agents see them; nil for none.
func (s Settings) differences(old Settings) *Changes {
	var changes Changes
	setIfDifferent(&changes.Room, s.Name, old.Name)
	setIfDifferent(&changes.Description, s.Description, old.Description)
	setIfDifferent(&changes.Capacity, s.Capacity, old.Capacity)
	setIfDifferent(&changes.Type, s.Type, old.Type)
	setIfDifferent(&changes.Public, s.Public, old.Public)
	setIfDifferent(&changes.AgentMessages, s.AgentMessages, old.AgentMessages)
	if s.Password != old.Password {
		changes.Password = "set"
		if s.Password == "" {
			changes.Password = "removed"
		}
	}
	if s.Invite.Number != old.Invite.Number {
		changes.Invite = inviteRenewed
	}
	if changes == (Changes{}) {
		return nil
	}
	return &changes
}

// inviteRenewed is all that agents see of a new invite.
const inviteRenewed = "renewed"

// renewInvite makes e replace the invite of s, so holders of the old invite get no seat.
func (e *Event) renewInvite(s *State) {
	if v := s.Invite.Replaced(); v != nil {
		e.Invite, e.Changed = v, &Changes{Invite: inviteRenewed}
	}
}

// changeTo returns the event that changes old to s. Agents see only changed.
func (s Settings) changeTo(old Settings, changed *Changes) *Event {
	event := &Event{Type: Changed, Changed: changed}
	if changed.Room != nil {
		event.Key = s.Key
	}
	if changed.Password != "" {
		event.Hash = s.Password
	}
	setIfDifferent(&event.OpenFrom, s.OpenFrom, old.OpenFrom)
	setIfDifferent(&event.Invite, s.Invite, old.Invite)
	return event
}

// after returns s after event.
func (s Settings) after(event Event) Settings {
	changes := event.Changed
	setIfPresent(&s.Name, changes.Room)
	setIfPresent(&s.Description, changes.Description)
	setIfPresent(&s.Capacity, changes.Capacity)
	setIfPresent(&s.Type, changes.Type)
	setIfPresent(&s.Public, changes.Public)
	if changes.AgentMessages != nil {
		s.AgentMessages, s.EndpointRun = *changes.AgentMessages, event.EndpointRun
	}
	setIfPresent(&s.OpenFrom, event.OpenFrom)
	if changes.Room != nil {
		s.Key = event.Key
	}
	if changes.Password != "" {
		s.Password = event.Hash
	}
	return s
}

// setIfDifferent points c at now, the new value, if the values differ.
func setIfDifferent[T comparable](c **T, now, old T) {
	if now != old {
		*c = &now
	}
}

// setIfPresent sets v to the new value, unless now is nil.
func setIfPresent[T any](v *T, now *T) {
	if now != nil {
		*v = *now
	}
}
