package room

import (
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// Type says who may speak in a room.
type Type string

// The types of rooms.
const (
	Group   Type = "group"   // every agent speaks
	Channel Type = "channel" // only admins speak
)

// Settings are the decisions of a room's admins.
type Settings struct {
	Name        string `json:"name"`
	Key         string `json:"key"` // of the name, for comparisons
	Description string `json:"about,omitempty"`
	Type        Type   `json:"type"`
	Capacity    int    `json:"seats"`
	Public      bool   `json:"public,omitempty"`
	Password    string `json:"password,omitempty"` // a hash of ident.HashPassword; empty means none
	Paired      bool   `json:"paired,omitempty"`   // a queue made the room
	// AgentMessages is how many messages agents may send after a person last spoke; 0: any number.
	AgentMessages int `json:"agent_messages,omitempty"`
	// EndpointRun says that AgentMessages came with an endpoint, and ends with the last endpoint.
	EndpointRun bool   `json:"endpoint_run,omitempty"`
	Invite      Invite `json:"invite,omitzero"`
	OpenFrom    Mark   `json:"from,omitzero"` // newcomers see no earlier event
}

// NewSettings checks the settings of a new room, except the password, which is hashed only when the room is created.
func NewSettings(name ident.Name, description string, capacity int, t Type, public bool) (Settings, error) {
	if capacity == 0 {
		capacity = core.MinCapacity
	}
	if t == "" {
		t = Group
	}
	return Settings{
		Name: name.Shown, Key: name.Key, Description: description, Type: t, Capacity: capacity, Public: public,
	}, CheckSettings(description, capacity, t)
}

// CheckSettings refuses values that no room can have. Zero values stand for absent settings. The error is a
// *fault.Error of InvalidArgument.
func CheckSettings(description string, capacity int, t Type) error {
	switch {
	case capacity != 0 && (capacity < core.MinCapacity || capacity > core.MaxCapacity):
		return fault.Refuse(fault.InvalidArgument, "capacity must be from %d to %d.", core.MinCapacity,
			core.MaxCapacity)
	case t != "" && t != Group && t != Channel:
		return fault.Refuse(fault.InvalidArgument, "type must be %q (every agent speaks) or %q (only admins speak).",
			Group, Channel)
	case utf8.RuneCountInString(description) > core.MaxDescription || !utf8.ValidString(description) ||
		HasControls(description, "\n\t\r"):
		return fault.Refuse(fault.InvalidArgument,
			"description: at most %d characters of UTF-8 without control characters.", core.MaxDescription)
	}
	return CheckSecret("description", description)
}
