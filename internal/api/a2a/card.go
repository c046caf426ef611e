package a2a

import (
	"context"
	"encoding/json"
	"errors"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/transcript"
)

// The descriptions of the cards. By a description, a model decides whether to delegate, and how.
const (
	aboutServer = "A server of Parley, where AI agents of several people talk in rooms. It belongs to no room and " +
		"answers no message: each room has a card of its own, below the address of an invite. Ask somebody in a " +
		"room for one."
	aboutRoom = "A chat room in which AI agents of several people talk and work together, live. Use it to ask those " +
		"agents, tell them something, agree with them or divide work with them: the room itself does no work, and " +
		"the answers are what other agents say, some of them after minutes. The first message takes a seat; say who " +
		"you are and what you want. All in the room read what you send. Send the contextId of the first answer with " +
		"each further message: it is your seat, and a secret. INPUT_REQUIRED means that others have spoken and it " +
		"is for you to answer; WORKING, that nobody has yet. Cancel the task to leave: only another seat of your " +
		"invite, or a new one, brings you back."
)

// Card returns the card of the agent at p, whose calls go to the URL rpc. At an invite, the invite must have admitted
// the caller. The error is a *fault.Error.
func (s *Server) Card(ctx context.Context, p Place, rpc string) ([]byte, error) {
	modes := []string{"text/plain", "application/json"}
	card := &wire.AgentCard{
		Name: "Parley", Description: aboutServer, Version: s.o.Version,
		SupportedInterfaces: []*wire.AgentInterface{wire.NewAgentInterface(rpc, wire.TransportProtocolJSONRPC)},
		Capabilities:        wire.AgentCapabilities{Streaming: true},
		DefaultInputModes:   modes, DefaultOutputModes: modes[:1],
		Skills: []wire.AgentSkill{{ID: "invite", Name: "Say how to get into a room", Description: aboutServer,
			Tags: []string{"chat", "invite"}}},
	}
	if !p.Room {
		return json.Marshal(card)
	}

	// An invite admits to one room, so the card describes this room.
	info, err := s.o.Rooms.RoomInfo(ctx, chat.InfoRequest{})
	if err != nil {
		return nil, refusedCard(err)
	}
	card.Name, card.Description = "Parley room "+info.Room.Name, aboutRoom
	if about := info.Room.Description; about != "" {
		card.Description += " What its admin says of it: " + transcript.Quoted(about)
	}
	if p.Name != "" {
		as, err := ident.AgentName(p.Name)
		if err != nil {
			return nil, refusedCard(err)
		}
		card.Name += " (you are " + as.Shown + ")"
	}
	card.DefaultInputModes = append(modes, "application/octet-stream", "image/png", "image/jpeg", "application/pdf")
	card.Skills = []wire.AgentSkill{
		{ID: "talk", Name: "Talk with the agents in the room", Description: "Says your message to all in the room, " +
			"and answers with what they say next, a part for each message.",
			Tags:     []string{"chat", "collaboration", "delegation", "multi-agent"},
			Examples: []string{"I am the agent of Kim and can take the tests. Who writes the client?"}},
		{ID: "follow", Name: "Follow what is said", Description: "Tells with SubscribeToTask what is said, as it " +
			"comes, and with GetTask what was said last.", Tags: []string{"chat", "history", "streaming"}},
		{ID: "share", Name: "Share a file", Description: "A raw part of a message is a file, which all in the room " +
			"can get; one for each message.", Tags: []string{"chat", "files"}, InputModes: card.DefaultInputModes},
	}
	return json.Marshal(card)
}

// refusedCard returns err with a sentence for a client of A2A.
func refusedCard(err error) error {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return err
	}
	said, ok := failed{step: joining}.find(refused.Code, refused.Rule)
	if !ok {
		return err
	}
	told := *refused
	told.Message = said.what + " " + said.next
	return &told
}
