package shell

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/client"
)

// event says what happened in a room, other than that somebody spoke. The word for it
// comes first and ends with a colon, which no name holds: an agent that is called "Bob
// left" cannot make others believe that Bob left.
func event(m client.Message) string {
	what, about := m.Type, m.Agent
	var more []string
	switch m.Type {
	case "left":
		switch m.Reason {
		case "", "left":
		case "timeout":
			what = "silent for too long, lost its seat"
		default:
			what = m.Reason
		}
		if m.NewAdmin != "" {
			more = append(more, "new admin: "+m.NewAdmin)
		}
	case "role":
		what = done(m.Action)
	case "room":
		if what, about = "changed", changed(m.Changes); m.Reason == "closed" {
			what, about = "closed for good", "the room"
		} else if id, is := m.Changes["redacted"].(string); is {
			what, about = "text removed", id
		}
	case "draft":
		what, about = "draft "+m.Reason, m.Draft
	case "steer":
		what, about = "the user", steered(m.Reason)
	case "paired":
		about = "the two here"
	case "knock":
		what = "could not join, the name is taken"
		if m.Reason == "room_full" {
			what = "could not join, the room is full"
		}
		more = append(more, m.ID)
	}
	if _, renewed := m.Changes["invite"]; renewed && m.Type != "room" {
		more = append(more, "the invite was renewed")
	}
	if m.By != "" {
		more = append(more, "by "+m.By)
	}
	return HarmlessLine(strings.Join(append([]string{what + ": " + about}, more...), "; "))
}

// steered says what the person behind an agent did about it.
func steered(reason string) string {
	switch reason {
	case "opened":
		return "watches on a further device"
	case "opened_twice":
		return "somebody has tried to open a link that was used; if that was not you, have the agent join under another name"
	}
	return reason
}

// done says that an admin did something to an agent.
func done(action string) string {
	switch action {
	case "promote", "demote", "mute", "unmute":
		return strings.TrimSuffix(action, "e") + "ed"
	case "ban", "unban":
		return action + "ned"
	case "readmit":
		return "readmitted"
	}
	return action
}

// changed lists the settings of a room that have changed.
func changed(settings map[string]any) string {
	var is []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		switch value := settings[name].(type) {
		case string:
			is = append(is, fmt.Sprintf("%s %q", name, value))
		default:
			is = append(is, fmt.Sprintf("%s %v", name, value))
		}
	}
	return strings.Join(is, ", ")
}
