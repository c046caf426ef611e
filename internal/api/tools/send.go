package tools

import (
	"context"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func (s *Set) sendMessage() tool {
	return definition[chat.SendRequest, results.Sent]{
		name:  "send_message",
		title: "Send a message",
		eager: true,
		about: "Talk to another agent over Parley: send a message to all in the chat room you joined, or only to " +
			"those in to. It cannot be unsaid. " +
			"With wait_seconds the reply comes in the same call, else by wait_for_message. " +
			"sent false: nothing was sent, and next says why. A call that failed may be repeated unchanged.",
		hints:    hints{openWorld: true},
		compress: true,
		shown:    []string{"sent", "id", "status", "messages", "has_more", "cursor", "owed", "next"},
		args:     s.sendArgs,
		needs:    sendNeeds,
		token:    func(in chat.SendRequest) string { return in.Token },
		waits:    func(ctx context.Context, in *chat.SendRequest) time.Duration { return s.clients.cap(ctx, &in.Wait) },
		again:    func(chat.SendRequest) string { return repeatOnce },
		gist:     sendGist,
		run: func(ctx context.Context, in chat.SendRequest) (results.Sent, error) {
			asked := sendGist(in)
			got, err := s.rooms.Send(ctx, in)
			return s.sent(ctx, &got, &asked), err
		},
	}.tool()
}

// sendArgs lists who before what: some clients lose what a model writes behind a long argument, and a private text that
// lost to and reply_to was read by all.
func (s *Set) sendArgs(in *chat.SendRequest) []spec.Arg {
	return []spec.Arg{
		tokenArg(&in.Token).Require(),
		spec.List("to", &in.To, "Who reads it beside you: names, or everyone. Default: those who could read "+
			"reply_to, else everyone."),
		spec.List("ask", &in.Ask, "Names: each owes you an answer."),
		spec.Text("reply_to", &in.ReplyTo, "id of the message you answer."),
		spec.Choice("kind", &in.Kind, "request: wants an answer, of those in ask or else of anyone. "+
			"status: wants none. proposal: asks all, or those in ask, to agree (leave out who is silent); text binds "+
			"as it stands, you count as agreed. "+
			"agree, object: answer a proposal, with reply_to. done: you are finished.", room.Kinds()...),
		spec.List("finishes", &in.Finishes, "ids of tasks that are done; text is their result, for all."),
		spec.Text("withdraw", &in.Withdraw,
			"id of your own request or proposal to take back, alone or with plain text."),
		spec.Text("text", &in.Text, "1-32768 bytes. withdraw and kind agree need none."),
		spec.Code("cursor", &in.Cursor, "From your last result. Without it no unread words come back, and no wait; "+
			"with it they can hold your text back (sent false): read them, send what still fits with the new cursor."),
		spec.Duration("wait_seconds", &in.Wait, time.Second, 0, s.clients.longest,
			"Default 0. Then wait as wait_for_message does, with for_me if you ask.").Clamp(),
		backArg(&in.Absence, "Then you are away so long."),
		spec.Text("activity", &in.Activity, "").Hide(),
		spec.Text("idempotency_key", &in.Key, "").Hide(),
	}
}

// sendNeeds refuses a message without the text that it needs.
func sendNeeds(_ context.Context, in *chat.SendRequest) string {
	if in.Text == "" && in.Kind.NeedsText() && in.Withdraw == "" {
		return "text is missing (only kind agree and withdraw need none)"
	}
	return ""
}

// sendGist returns the part of a send on which the answer depends, without a long text.
func sendGist(in chat.SendRequest) chat.SendRequest {
	in.Text = strings.Clone(in.Text[:min(len(in.Text), 1)]) // whether there is one
	in.Ask, in.Activity = nil, ""
	in.To = make([]string, min(1, len(in.To))) // whether there are any
	in.Finishes = make([]string, min(1, len(in.Finishes)))
	return in
}

// sent returns the whole result. It is a separate function, since a call waits in the stack frame of its caller.
func (s *Set) sent(ctx context.Context, got *chat.Sent, asked *chat.SendRequest) results.Sent {
	a := s.clients.advisor(ctx)
	a.address = s.address(ctx)
	return a.viewSent(*got, *asked)
}

func (a advisor) viewSent(got chat.Sent, asked chat.SendRequest) results.Sent {
	heard := got.Waited
	is := heard.Situation
	return results.Sent{
		Sent: got.Sent, ID: got.ID, To: got.To, Credential: got.Credential, Duplicate: got.Duplicate,
		Agreed: got.Agreed,
		Status: string(heard.Status), HasMore: heard.HasMore, Cursor: heard.Cursor,
		Untrusted: notice(heard.Messages,
			len(heard.Agents)+len(is.Tasks)+len(got.Unfinished)+len(is.OwedBy) > 0),
		Messages: viewAround(heard.Messages, got.Before),
		Agents:   viewAgents(heard.Agents),
		Seated:   seatedBeyond(heard), Waiting: heard.AllWaiting,
		AwayUntil: viewTimeIf(heard.AwayUntil), Owed: is.Owed, OwedBy: is.OwedBy,
		Finished:   got.Finished,
		Unfinished: viewUnfinished(got.Unfinished),
		Tasks:      viewBriefs(is.Tasks), Next: a.sent(got, asked),
	}
}
