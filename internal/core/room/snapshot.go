package room

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Snapshot is the stored form of a State, without its Talk, which is in events, and without its parts. An event
// that changes the room writes the Snapshot and at most PartsChanged parts, so the cost does not grow with the
// room. In the largest room a join writes 8 units; one item for all would take 254.
type Snapshot struct {
	V         int       `json:"v"`
	AsOf      int64     `json:"as_of"`
	Settings  Settings  `json:"room"` // without the description
	Seated    int       `json:"agents"`
	NextSeat  int       `json:"next_seat"`
	LastFreed Mark      `json:"freed,omitzero"`
	LastTalk  int64     `json:"lt,omitempty"`
	Messages  int64     `json:"p,omitempty"`
	Run       int       `json:"run,omitempty"`
	LogKey    string    `json:"key"`
	Updated   int64     `json:"set,omitempty"`
	Retired   bool      `json:"retired,omitempty"`
	Closed    bool      `json:"closed,omitempty"`
	ExpiresMs int64     `json:"expires"`
	HeadMs    int64     `json:"at"`
	Departed  Departure `json:"departed,omitzero"`
	LastTask  int64     `json:"task,omitempty"`
	TaskEnds  []TaskEnd `json:"task_ends,omitempty"`
	Parts     string    `json:"parts"` // digestOf the parts: a reader detects parts of another time
}

// Part is an agent, a ban, a muting, an open task, the description or the knocks of a room, as stored.
type Part struct {
	Name   string  `json:"-"` // which part of the room
	V      int     `json:"v"`
	N      int64   `json:"n"` // the event that last wrote the part
	Agent  *Agent  `json:"agent,omitempty"`
	Ban    *Ban    `json:"ban,omitempty"`
	Mute   *Ban    `json:"mute,omitempty"`
	Task   *Task   `json:"task,omitempty"`
	About  string  `json:"about,omitempty"`
	Knocks []Knock `json:"knocks,omitempty"`

	written *int64 // where the state has N
}

// ErrTorn reports parts that do not belong to a Snapshot: a write came between the reads.
var ErrTorn = errors.New("room: the parts of a snapshot are of different times")

// Snapshot returns the stored form of s, but for its parts.
func (s *State) Snapshot() Snapshot {
	settings := s.Settings
	settings.Description = ""
	return Snapshot{
		V: Version, AsOf: s.AsOf, Settings: settings, Seated: len(s.Agents), NextSeat: s.NextSeat,
		LastFreed: s.LastFreed, LastTalk: s.LastTalk, Messages: s.Messages, Run: s.Run, LogKey: s.LogKey,
		Updated: s.Updated,
		Retired: s.Retired, Closed: s.Closed, ExpiresMs: s.ExpiresMs, HeadMs: s.HeadMs, Departed: s.Departed,
		LastTask: s.LastTask, TaskEnds: s.TaskEnds,
		Parts: digestOf(s.Parts()),
	}
}

// Parts returns the parts of s. The parts refer to s.
func (s *State) Parts() []Part {
	parts := make([]Part, 0, len(s.Agents)+len(s.Bans)+len(s.Mutes)+len(s.Tasks)+2)
	add := func(part Part, written *int64) {
		part.Name, part.V, part.N, part.written = part.nameOf(), Version, *written, written
		parts = append(parts, part)
	}
	if s.Description != "" {
		add(Part{About: s.Description}, &s.Described)
	}
	if len(s.Knocks) > 0 {
		add(Part{Knocks: s.Knocks}, &s.Knocked)
	}
	for i := range s.Agents {
		agent := &s.Agents[i]
		add(Part{Agent: agent}, &agent.Written)
	}
	for i := range s.Bans {
		ban := &s.Bans[i]
		add(Part{Ban: ban}, &ban.Written)
	}
	for i := range s.Mutes {
		ban := &s.Mutes[i]
		add(Part{Mute: ban}, &ban.Written)
	}
	for i := range s.Tasks {
		task := &s.Tasks[i]
		add(Part{Task: task}, &task.Written)
	}
	return parts
}

// nameOf returns the name of a part with the content of p.
func (p *Part) nameOf() string {
	switch {
	case p.Agent != nil:
		seat := strconv.Itoa(p.Agent.Seat)
		return "SEAT#00000000"[:max(len("SEAT#"), len("SEAT#00000000")-len(seat))] + seat
	case p.Ban != nil:
		return "BAN#" + shortKey(p.Ban.Key)
	case p.Mute != nil:
		return "MUTE#" + shortKey(p.Mute.Key)
	case p.Task != nil:
		return "TASK#" + TaskID(p.Task.No)
	case p.About != "":
		return "ABOUT"
	}
	return "KNOCKS"
}

// shortKey shortens a name's key for the name of a part.
func shortKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// digestOf returns a digest of the names of parts, in any order, and of the events that last wrote the parts.
// One query reads all parts, but not at one moment; parts of different moments have another digest, and the
// reader reads again.
func digestOf(parts []Part) string {
	var digest uint64
	var text []byte
	for _, part := range parts {
		text = strconv.AppendInt(append(append(text[:0], part.Name...), ' '), part.N, 10)
		sum := sha256.Sum256(text)
		digest += binary.BigEndian.Uint64(sum[:])
	}
	return strconv.FormatUint(digest, 36)
}

// State returns the state of the room with this id, from x and its parts, without the Talk, which event LastTalk has.
// State fails with ErrTorn if the parts do not belong to x.
func (x Snapshot) State(id string, parts []Part) (State, error) {
	if digestOf(parts) != x.Parts {
		return State{}, ErrTorn
	}
	state := State{
		Settings: x.Settings, ID: id, AsOf: x.AsOf, LastChange: x.AsOf, NextSeat: x.NextSeat,
		LastFreed: x.LastFreed, LastTalk: x.LastTalk, Messages: x.Messages, Run: x.Run, Updated: x.Updated,
		Retired: x.Retired, Closed: x.Closed, ExpiresMs: x.ExpiresMs, HeadMs: x.HeadMs, Departed: x.Departed,
		LastTask: x.LastTask, TaskEnds: x.TaskEnds,
	}
	for _, part := range parts {
		if part.Name != part.nameOf() {
			return State{}, ErrTorn // a part at the key of another
		}
		state.add(part)
	}
	// The compiler makes a sort for each type. A stable one has a third of the code, which delays a cold start.
	slices.SortStableFunc(state.Agents, func(agent, b Agent) int { return int(agent.Joined - b.Joined) })
	slices.SortStableFunc(state.Tasks, func(task, b Task) int { return int(task.No - b.No) })
	return state, state.useLogKey(x.LogKey)
}

// Open reports whether others can find the room of x: the room has not ended, and is not deserted.
func (x *Snapshot) Open(now time.Time) bool {
	s := State{Retired: x.Retired, ExpiresMs: x.ExpiresMs}
	return !s.Expired(now) && !x.Closed && (x.Seated > 0 || x.Settings.Password != "")
}

// add adds part to s.
func (s *State) add(part Part) {
	switch {
	case part.Agent != nil:
		s.Agents = append(s.Agents, *part.Agent)
		s.Agents[len(s.Agents)-1].Written = part.N
	case part.Ban != nil:
		s.Bans = withBan(s.Bans, part.Ban, part.N)
	case part.Mute != nil:
		s.Mutes = withBan(s.Mutes, part.Mute, part.N)
	case part.Task != nil:
		s.Tasks = append(s.Tasks, *part.Task)
		s.Tasks[len(s.Tasks)-1].Written = part.N
	case part.About != "":
		s.Description, s.Described = part.About, part.N
	default:
		s.Knocks, s.Knocked = part.Knocks, part.N
	}
}

// How many parts one event writes at most.
const (
	// PartsChanged is how many parts an event changes, beside tasks: see Event.Parts.
	PartsChanged = 3
	// PartsRenewed is how many parts an event rewrites when it renews the room, the oldest first.
	PartsRenewed = 16
)

// renewParts marks the PartsRenewed oldest parts, to be rewritten by event, an event that renews the room. So parts
// without changes live as long as the room, and no event writes all parts.
func (s *State) renewParts(event Event) {
	s.Agents, s.Bans, s.Mutes = slices.Clone(s.Agents), slices.Clone(s.Bans), slices.Clone(s.Mutes)
	s.Tasks = slices.Clone(s.Tasks)
	parts := s.Parts()
	slices.SortFunc(parts, func(a, b Part) int {
		if a.N != b.N {
			return int(a.N - b.N)
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, part := range parts[:min(PartsRenewed, len(parts))] {
		*part.written = event.N
	}
}

// PartExpires returns until when a part written now must live: Life for every PartsRenewed parts of the room.
// Each renewal rewrites the oldest parts, and moves the end of the room by Life at most. In the worst case all
// other parts are older, and so many renewals come before this part.
func (s *State) PartExpires(parts int) time.Time {
	return s.Expires().Add(time.Duration(max(parts-1, 0)/PartsRenewed) * Life)
}
