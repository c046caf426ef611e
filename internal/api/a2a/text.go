package a2a

import (
	"context"
	"slices"
	"strings"
	"time"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/transcript"
)

// The sentences of the server that a client reads.
const (
	saidTurn    = "All are waiting, and it is your turn: say what comes next, or that you are finished."
	saidAllDone = "All others are done or have left. If all is said, cancel the task: that leaves the room, and " +
		"only another seat of your invite, or a new one, brings you back."
	saidHeld = "Your message was NOT said, as what follows came before it, and may change it. Say it again in " +
		"a new message, as it is or changed."
	saidSecret = "Your message was NOT said, as it seems to hold %s, which others would read. Take that " +
		"out, or send the same again if it may be said."
	saidPaused  = "Your message was NOT said, as your user has paused you in this room. Wait, and say it again later."
	saidPending = "Your user approves what you say here. Your message waits for that."
	saidUnseen  = saidPending + " Nobody may see it, since your user has no page of the room open and no " +
		"notifications: tell your user to open the page of the room, where they decide."
	isPaused    = "Your user has paused you in this room: what you send is not said until your user lets you go on."
	saidNewer   = "A newer call of yours waits in this room, and is given what comes."
	saidLeft    = "You have left the room."
	saidClosed  = "The room was closed."
	saidTimeout = "You were silent for too long, and your seat was given to another agent. To come back, send " +
		"a message without contextId and taskId. If your invite has no seat left, ask the one who gave it to you " +
		"for a new one."
	saidKicked   = "An admin has taken your seat in this room. Tell your user."
	saidReplaced = "Your seat was taken by a newer session of yours."
	saidNothing  = "Nobody has answered yet. Ask again with GetTask or SubscribeToTask, or go on with the next message."
	saidTooLong  = " [the rest of this text is in the history of the task: call GetTask]"
	noTask       = "There is no such task at this address. The answer to your first message has the id of yours."
)

// status returns the status of a task with texts of the server, if any.
func (s *Server) status(at seat, state wire.TaskState, parts []*wire.Part) wire.TaskStatus {
	now := s.o.Clock.Now().UTC()
	got := wire.TaskStatus{State: state, Timestamp: &now}
	if len(parts) > 0 {
		got.Message = wire.NewMessageForTask(wire.MessageRoleAgent, taskOf(at), parts...)
	}
	return got
}

// answer returns the status at the end of a call: what the agent was handed out, and what to do next.
func (s *Server) answer(ctx context.Context, at seat, got *chat.Sent) wire.TaskStatus {
	state, sentence := stateOf(got)
	heard := slices.Concat(at.earlier, got.Waited.Messages)
	said := s.heard(ctx, at.token, heard)
	for more := got.Waited.HasMore; more; {
		rest, err := s.o.Rooms.Wait(ctx, chat.WaitRequest{Token: at.token, Stay: true})
		if err != nil {
			break // the next call brings the message
		}
		heard = append(heard, rest.Messages...)
		said = append(said, s.heard(ctx, at.token, rest.Messages)...)
		more = rest.HasMore && len(rest.Messages) > 0
	}
	var parts []*wire.Part
	if sentence != "" {
		parts = append(parts, wire.NewTextPart(sentence))
	}
	if len(said) > 0 {
		if about := transcript.Notice(heard); about != "" {
			parts = append(parts, wire.NewTextPart(about))
		}
		parts = append(parts, said...)
	}
	return s.status(at, state, inLines(parts))
}

// inLines ends all texts but the last with a line break: many clients print parts without a separator.
func inLines(parts []*wire.Part) []*wire.Part {
	for i, p := range parts[:max(0, len(parts)-1)] {
		if text, ok := p.Content.(wire.Text); ok {
			parts[i].Content = text + "\n"
		}
	}
	return parts
}

// stateOf returns the state of a task after a call with the result got, and the sentence of the server.
func stateOf(got *chat.Sent) (wire.TaskState, string) {
	switch got.Waited.Status {
	case chat.StatusRemoved:
		return endedBy(got.Waited.Situation.Reason)
	case chat.StatusPaused:
		return wire.TaskStateWorking, saidPaused
	case chat.StatusPending:
		if got.Waited.Situation.Unseen {
			return wire.TaskStateWorking, saidUnseen
		}
		return wire.TaskStateWorking, saidPending
	case chat.StatusSuperseded:
		return wire.TaskStateWorking, saidNewer
	case chat.StatusTurn:
		return wire.TaskStateInputRequired, saidTurn
	case chat.StatusAllDone:
		return wire.TaskStateInputRequired, saidAllDone
	}
	switch {
	case !got.Sent && got.Credential != "":
		return wire.TaskStateInputRequired, strings.Replace(saidSecret, "%s", got.Credential, 1)
	case !got.Sent:
		return wire.TaskStateInputRequired, saidHeld
	case got.Waited.Wakes && len(got.Waited.Messages) > 0:
		return wire.TaskStateInputRequired, ""
	case got.Waited.Status == chat.StatusQuiet || len(got.Waited.Messages) > 0: // as GetTask has it
		return wire.TaskStateWorking, saidNothing
	}
	return wire.TaskStateWorking, ""
}

// endedBy returns the state of a stay that has ended, and the sentence of the server.
func endedBy(why room.Reason) (wire.TaskState, string) {
	switch why {
	case room.ReasonClosed, room.ReasonBegunAnew:
		return wire.TaskStateCompleted, saidClosed
	case room.ReasonTimeout:
		return wire.TaskStateFailed, saidTimeout
	case room.ReasonKicked, room.ReasonBanned:
		return wire.TaskStateFailed, saidKicked
	case room.ReasonReturned:
		return wire.TaskStateFailed, saidReplaced
	}
	return wire.TaskStateCanceled, saidLeft
}

// heard returns a part for each message and event, and a part for each file that a program may fetch.
func (s *Server) heard(ctx context.Context, token string, messages []chat.Message) (parts []*wire.Part) {
	questioned := s.questioned(ctx, token, messages)
	for _, message := range messages {
		text, err := s.whole(ctx, token, message)
		if err != nil { // the message counts as handed out, so heard must show it
			text += saidTooLong
		}
		file := s.fileOf(ctx, token, message)
		line := transcript.Of(message, text, transcript.Way{HasAddress: file != nil, Questioned: questioned})
		if line == "" {
			continue
		}
		p := wire.NewTextPart(line)
		p.Metadata = about(message, questioned)
		parts = append(parts, p)
		if file != nil {
			file.Metadata = about(message, questioned)
			parts = append(parts, file)
		}
	}
	return parts
}

// questioned returns the tasks that proposals among messages put in question; nil if no such proposal is there, or the
// room does not tell.
func (s *Server) questioned(ctx context.Context, token string, messages []chat.Message) map[string][]string {
	if !slices.ContainsFunc(messages, func(message chat.Message) bool { return message.Replaces != "" }) {
		return nil
	}
	list, err := s.o.Rooms.Questioned(ctx, token)
	if err != nil {
		return nil
	}
	return list
}

// fileOf returns the address at which a program gets the file of a message; nil if the message has no file.
func (s *Server) fileOf(ctx context.Context, token string, message chat.Message) *wire.Part {
	if message.File == nil {
		return nil
	}
	got, err := s.o.Rooms.GetFile(ctx, chat.FileRequest{Token: token, ID: message.ID, Unread: true})
	if err != nil {
		return nil // the text has the name of the file
	}
	at := s.o.Tools.FileAddress(ctx, got.Ticket)
	if at == "" {
		return nil
	}
	p := wire.NewFileURLPart(wire.URL(at), got.File.Type)
	p.Filename = transcript.Words(got.File.Name)
	return p
}

// about returns what a program reads of a message beside the text. See Server.questioned.
func about(message chat.Message, questioned map[string][]string) map[string]any {
	got := map[string]any{"id": message.ID, "type": string(message.Type), "at": message.At.UTC().Format(time.RFC3339)}
	if message.From != "" {
		got["from"] = message.From
	}
	if message.Person {
		got["person"] = message.Actor() // anybody can copy the look of a text
	}
	if message.Replaces != "" {
		got["replaces"] = message.Replaces
	}
	if tasks := questioned[message.ID]; len(tasks) > 0 {
		got["in_question"] = strings.Join(tasks, ", ")
	}
	if message.Agreed != "" {
		got["agreed"] = message.Agreed
	}
	return got
}

// whole returns the whole text of a message. The result of chat may have only a part of the text.
func (s *Server) whole(ctx context.Context, token string, message chat.Message) (string, error) {
	var text strings.Builder
	text.WriteString(message.Text)
	for message.More != nil {
		page, err := s.o.Rooms.History(ctx, chat.HistoryRequest{Token: token, ID: message.More.ID,
			Offset: message.More.Offset})
		if err != nil || len(page.Messages) == 0 {
			return transcript.Words(text.String()), err
		}
		message = page.Messages[0]
		text.WriteString(message.Text)
	}
	return transcript.Words(text.String()), nil
}
