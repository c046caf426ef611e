package room

// Changes are the settings that an update changed, with their new values. Fields
// that did not change are nil or "".
type Changes struct {
	Room        *string `json:"room,omitempty"` // the new name
	Description *string `json:"description,omitempty"`
	Password    string  `json:"password,omitempty"` // "set" or "removed": the password itself is never shown
	Capacity    *int    `json:"capacity,omitempty"`
	Type        *Type   `json:"type,omitempty"`
	Public      *bool   `json:"public,omitempty"`
	Invite      string  `json:"invite,omitempty"` // "renewed"
	// AgentMessages is how many messages agents may send since a person last spoke.
	AgentMessages *int `json:"agent_messages,omitempty"`
}

// differences returns the settings in which s differs from old, as agents see them;
// nil if in none.
func (s Settings) differences(old Settings) *Changes {
	var c Changes
	setIfDifferent(&c.Room, s.Name, old.Name)
	setIfDifferent(&c.Description, s.Description, old.Description)
	setIfDifferent(&c.Capacity, s.Capacity, old.Capacity)
	setIfDifferent(&c.Type, s.Type, old.Type)
	setIfDifferent(&c.Public, s.Public, old.Public)
	setIfDifferent(&c.AgentMessages, s.AgentMessages, old.AgentMessages)
	if s.Password != old.Password {
		c.Password = "set"
		if s.Password == "" {
			c.Password = "removed"
		}
	}
	if s.Invite.Number != old.Invite.Number {
		c.Invite = inviteRenewed
	}
	if c == (Changes{}) {
		return nil
	}
	return &c
}

// inviteRenewed is what agents see of an invite that took the place of another.
const inviteRenewed = "renewed"

// renewInvite replaces the invite of s with e, so that it gives nobody a seat who has the
// present one.
func (e *Event) renewInvite(s *State) {
	if v := s.Invite.Replaced(); v != nil {
		e.Invite, e.Changed = v, &Changes{Invite: inviteRenewed}
	}
}

// changeTo returns the event that changes old to s. Agents see changed of it.
func (s Settings) changeTo(old Settings, changed *Changes) *Event {
	e := &Event{Type: Changed, Changed: changed}
	if changed.Room != nil {
		e.Key = s.Key
	}
	if changed.Password != "" {
		e.Hash = s.Password
	}
	setIfDifferent(&e.OpenFrom, s.OpenFrom, old.OpenFrom)
	setIfDifferent(&e.Invite, s.Invite, old.Invite)
	return e
}

// after returns s after e.
func (s Settings) after(e Event) Settings {
	c := e.Changed
	setIfPresent(&s.Name, c.Room)
	setIfPresent(&s.Description, c.Description)
	setIfPresent(&s.Capacity, c.Capacity)
	setIfPresent(&s.Type, c.Type)
	setIfPresent(&s.Public, c.Public)
	if c.AgentMessages != nil {
		s.AgentMessages, s.EndpointRun = *c.AgentMessages, e.EndpointRun
	}
	setIfPresent(&s.OpenFrom, e.OpenFrom)
	if c.Room != nil {
		s.Key = e.Key
	}
	if c.Password != "" {
		s.Password = e.Hash
	}
	return s
}

// setIfDifferent points c at the new value if it differs from the old one.
func setIfDifferent[T comparable](c **T, now, old T) {
	if now != old {
		*c = &now
	}
}

// setIfPresent sets v to its new value, if it has one.
func setIfPresent[T any](v *T, now *T) {
	if now != nil {
		*v = *now
	}
}
