package tools

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/api/tools/spec"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/webpush"
)

// supervising is the request of a person.
type supervising struct {
	chat.SuperviseRequest
	addHook   string // the address of a webhook
	addPush   string // the JSON of a PushSubscription
	words     bool   // with addPush: notifications show what was written
	drafts    bool   // with addPush: only drafts are told
	addAgent  string // the address of an agent's card
	agentName string // the name of that agent in the room

	approveSome []string // the names of what is approved; nil: not given
}

// alone reports whether the person asks for nothing beside what is added.
func (in supervising) alone() bool {
	return in.SuperviseRequest == chat.SuperviseRequest{Token: in.Token}
}

// supervise is callable and in no list of tools: every conversation of a model pays for the list, and
// no model holds a person's token.
func (s *Set) supervise() tool {
	return definition[supervising, results.Supervised]{
		name:   "supervise",
		title:  "Supervise an agent",
		hidden: true,
		about: "For the person behind an agent: open the link in watch, pause the agent, or decide about what it " +
			"wants to say. " +
			"With agent_token alone it shows how things stand.",
		args: func(in *supervising) []spec.Arg {
			return []spec.Arg{
				spec.Code("agent_token", &in.Token, "The person's token; with claim, the one that it is to be from "+
					"now on. The token of an agent is refused.").Require(),
				spec.Code("claim", &in.Claim, "What stands behind # in the link. It opens the link, once: the same "+
					"call again is safe, another token comes too late."),
				spec.Boolean("new_link", func(yes bool) { in.NewLink = yes },
					"Return a link for a further device; at most 4, a fifth takes the place of the oldest."),
				spec.Text("person_name", &in.PersonName, "What the person is called from now on by all in the room, "+
					"unlike every other name there: 1-40 characters."),
				spec.Boolean("no_name", func(yes bool) { in.NoName = yes }, "true: the person has no name any more."),
				spec.Text("add_hook", &in.addHook, "An https address that is to be called with each event of "+
					"the room that the agent sees: a webhook. It must first answer a call of type verification with "+
					"its challenge. A channel, https://ntfy.sh/TOPIC, https://hooks.slack.com/services/… or "+
					"https://discord.com/api/webhooks/…, gets a first note in place of that, and is called with what "+
					"needs the person alone. Goes with agent_token alone; the same address again gets another secret."),
				spec.Text("add_push", &in.addPush, "The JSON of a PushSubscription, which the browser of this device "+
					"gives for push_key: its push service is called with what needs the person. Goes with agent_token "+
					"and the next two; the same device again replaces it."),
				spec.Boolean("push_words", func(yes bool) { in.words = yes },
					"true: notifications show the first words of what was written."),
				spec.Boolean("push_drafts", func(yes bool) { in.drafts = yes },
					"true: they tell of drafts alone, and not of questions, proposals and the end of the room."),
				spec.Text("add_agent", &in.addAgent, "The https address of the card of an agent that speaks A2A 1.0: "+
					"it gets a seat in the room, and is called when something is for it. What it answers is said "+
					"there. Goes with agent_token, and agent_name."),
				spec.Text("agent_name", &in.agentName, "The name of that agent in the room; without it the one in "+
					"its card."),
				spec.Code("end_hook", &in.EndHook, "The id of an address in hooks that is not to be called any more. "+
					"An agent that was added by its card loses its seat."),
				spec.Code("put_away", &in.PutAway, "last of a row in differing of room_info: what differs up "+
					"to that check needs the person no more."),
				spec.Boolean("paused", func(yes bool) { in.Paused = &yes },
					"true: nothing that the agent sends is sent, and it may not leave."),
				spec.Boolean("approve", func(yes bool) { in.Approve = &yes },
					"true: each message of the agent becomes a draft. false: none does. Drafts that are open stay "+
						"open."),
				spec.List("approve_some", &in.approveSome, "In place of approve: only these messages of the agent "+
					"become drafts, and those that end tasks. A list of private (not for everybody), files (with a "+
					"file) and agreements (proposals, votes, and what takes a proposal back); an empty one: none.").
					OrEmpty(),
				spec.Text("draft", &in.Draft, "The id of a draft; goes with decision."),
				spec.Choice("decision", &in.Decision, "send it as it is; edit: send text in its place, marked as the "+
					"person's; refuse it.", "send", "edit", "refuse"),
				spec.Boolean("anyway", func(yes bool) { in.Anyway = yes }, "true: send or edit also if what the draft "+
					"answers was withdrawn, has ended or was answered by others; the user has seen that."),
				spec.Text("text", &in.Text, "Of decision edit: 1-32768 bytes. Of refuse: the reason for the "+
					"agent, up to 200 characters, if there is one."),
			}
		},
		token: func(in supervising) string { return in.Token },
		again: func(supervising) string { return repeatSafely },
		run: func(ctx context.Context, in supervising) (results.Supervised, error) {
			if in.approveSome != nil {
				some, err := room.SelectionOf(in.approveSome)
				if err != nil {
					return results.Supervised{}, err
				}
				in.ApproveSome = &some
			}
			if in.addAgent != "" || in.agentName != "" {
				return s.addAgent(ctx, in)
			}
			var added outbox.AddedWebhook
			var err error
			switch {
			case in.addHook != "":
				added, err = s.addWebhook(ctx, in)
			case in.addPush != "" || in.words || in.drafts:
				added.ID, err = s.addPush(ctx, in)
			}
			if err != nil {
				return results.Supervised{}, err
			}
			got, err := s.rooms.Supervise(ctx, in.SuperviseRequest)
			if err != nil {
				return results.Supervised{}, err
			}
			v := s.viewReins(ctx, got)
			v.PushKey, _ = s.outbox.PushKey(ctx) // what was asked is done: a later call has the key
			v.Added, v.Secret = added.ID, added.Secret
			if !in.NewLink { // an older link may still be open
				v.Watch = ""
			}
			v.Next = nextSupervised(v, in.Claim != "", got.Alone)
			return v, nil
		},
	}.tool()
}

// addWebhook adds a webhook, and refuses a request that asks for more.
func (s *Set) addWebhook(ctx context.Context, in supervising) (outbox.AddedWebhook, error) {
	switch {
	case !in.alone() || in.addPush != "":
		return outbox.AddedWebhook{}, fault.Refuse(fault.InvalidArgument, "Give add_hook with agent_token alone. "+
			"Nothing was changed: use two calls.")
	case !s.outbox.CallsAnybody():
		return outbox.AddedWebhook{}, refuseCalls()
	}
	return s.outbox.AddWebhook(ctx, in.Token, in.addHook)
}

// addPush has the browser of the person's device called, and refuses a request that asks for more.
func (s *Set) addPush(ctx context.Context, in supervising) (id string, err error) {
	if !in.alone() || in.addPush == "" {
		return "", fault.Refuse(fault.InvalidArgument, "Give add_push with agent_token, push_words and push_drafts "+
			"alone, and these with add_push. Nothing was changed: use two calls.")
	}
	subscription, err := webpush.ParseSubscription(in.addPush)
	if err != nil {
		return "", fault.Refuse(fault.InvalidArgument, "add_push: %s. Nothing was changed.", err)
	}
	return s.outbox.AddPush(ctx, in.Token, outbox.AddedPush{Subscription: subscription, Words: in.words,
		Drafts: in.drafts})
}

func refuseCalls() error {
	return fault.Refuse(fault.NotAllowed, "This server calls no addresses. Nothing was changed: its operator can say "+
		"under which address it is reached (--public-url).")
}

// addAgent adds an agent by its card. The result is not about the seat of the caller.
func (s *Set) addAgent(ctx context.Context, in supervising) (v results.Supervised, err error) {
	switch {
	case in.addAgent == "":
		return v, fault.Refuse(fault.InvalidArgument, "agent_name goes with add_agent. Nothing was changed.")
	case !in.alone() || in.addHook != "" || in.addPush != "":
		return v, fault.Refuse(fault.InvalidArgument, "Give add_agent with agent_token and agent_name alone. Nothing "+
			"was changed: use two calls.")
	case !s.outbox.CallsAnybody():
		return v, refuseCalls()
	}
	got, err := s.outbox.AddAgent(ctx, in.Token, in.addAgent, in.agentName)
	if err != nil {
		return v, err
	}
	return results.Supervised{Drafts: []results.Draft{}, Added: got.Hook, AgentName: got.Name, Secret: got.Secret,
		Watch: watchLink(s.address(ctx), got.Watch), Next: nextAdded}, nil
}

// errsInWords reports whether hooks have an error of an endpoint, which may be in the words of the endpoint.
func errsInWords(hooks []chat.HookView) bool {
	return slices.ContainsFunc(hooks, func(k chat.HookView) bool {
		return k.Form == room.FormEndpoint &&
			k.Error != ""
	})
}

func (s *Set) viewReins(ctx context.Context, got chat.Supervised) results.Supervised {
	v := results.Supervised{
		PersonName: got.Name, Paused: got.Paused, Approve: got.Approve, ApproveSome: got.ApproveSome.Names(),
		Duplicate: got.Duplicate, Untrusted: noticeIf(len(got.Drafts) > 0 || errsInWords(got.Hooks)),
		Drafts: viewDrafts(got.Drafts), Hooks: make([]results.Hook, len(got.Hooks)),
		Watch: watchLink(s.address(ctx), got.Watch),
	}
	for i, k := range got.Hooks {
		v.Hooks[i] = results.Hook{ID: k.ID, Agent: k.Form == room.FormEndpoint, Push: k.Form == room.FormPush,
			Messenger: k.Form == room.FormMessenger, ThisDevice: k.ThisDevice,
			PushWords: k.Words, PushDrafts: k.Drafts, Ended: k.Ended,
			Host: hostOf(k.URL), ForMe: k.ForMe, Since: viewTime(k.Since), LastCall: viewTimeIf(k.LastCall),
			FailingSince: viewTimeIf(k.FailingAt), Error: k.Error}
		v.Hooks[i].Webhook = k.Form.IsOfPerson() && !v.Hooks[i].Push && !v.Hooks[i].Messenger
	}
	return v
}

// viewDrafts never returns nil, as viewMessages.
func viewDrafts(drafts []chat.DraftView) []results.Draft {
	views := make([]results.Draft, len(drafts))
	for i, d := range drafts {
		views[i] = results.Draft{ID: d.ID, Text: results.Text(d.Text), More: (*results.More)(d.More), To: d.To,
			Ask: d.Ask, ReplyTo: d.ReplyTo,
			At: viewTime(d.At), File: viewFileIf(d.File), Finishes: d.Finished, MessagesSince: d.Since}
		if d.Answers != nil {
			views[i].Answers = &results.Answered{From: d.Answers.From, Text: results.Text(d.Answers.Text),
				State: string(d.Answers.State)}
		}
		if !d.Kind.IsPlain() {
			views[i].Kind = string(d.Kind)
		}
	}
	return views
}
