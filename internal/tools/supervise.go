package tools

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/outbox"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/tools/spec"
)

// supervision is the result of supervise.
type supervision struct {
	Paused    bool    `json:"paused" doc:"whether the agent may say nothing"`
	Approve   bool    `json:"approve" doc:"whether each message of the agent waits for a decision"`
	Untrusted string  `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Drafts    []draft `json:"drafts" doc:"the messages that wait for a decision, oldest first, at most 8"`
	Hooks     []hook  `json:"hooks,omitempty" doc:"the addresses that are called when there is something new, at most 4"`
	Added     string  `json:"added,omitempty" doc:"with add_hook and add_agent: the id of the address that is called"`
	AgentName string  `json:"agent_name,omitempty" doc:"with add_agent: the name of the agent in the room"`
	Secret    string  `json:"secret,omitempty" doc:"with add_hook and add_agent: the secret by which the calls are signed; it is not shown again"`
	Watch     string  `json:"watch,omitempty" doc:"with new_link: a link for a further device; with add_agent: the link of the agent; it opens once"`
	Next      string  `json:"next" doc:"what to do next"`
}

// draft is a message that waits for the person's decision.
type draft struct {
	ID      string   `json:"id" doc:"for the decision"`
	Text    string   `json:"text,omitempty" doc:"what the agent wants to say"`
	To      []string `json:"to,omitempty" doc:"of a private one: who is to read it"`
	Ask     []string `json:"ask,omitempty" doc:"who is to owe an answer"`
	ReplyTo string   `json:"reply_to,omitempty" doc:"the id of the message that it answers"`
	Kind    string   `json:"kind,omitempty" doc:"as of a message"`
	At      string   `json:"at" doc:"when the agent sent it, as RFC 3339 in UTC; it is dropped a day later"`

	File     *fileView `json:"file,omitempty" doc:"that it carries: get_file takes the id of the draft"`
	Finishes []string  `json:"finishes,omitempty" doc:"the ids of the tasks that it would end"`
}

// hook is an address that is called when the agent has something to read, since it cannot wait, a webhook, or the agent
// itself.
type hook struct {
	ID           string `json:"id" doc:"for end_hook"`
	Webhook      bool   `json:"webhook,omitempty" doc:"true if it is called for you, with each event, and not for the agent"`
	Agent        bool   `json:"agent,omitempty" doc:"true if it is the agent itself, which speaks A2A; its end is that of the seat"`
	Host         string `json:"host" doc:"of the address, of which nothing else is shown"`
	ForMe        bool   `json:"for_me,omitempty" doc:"whether it is called only for what is meant for the agent"`
	Since        string `json:"since" doc:"when it was added or first subscribed, as RFC 3339 in UTC"`
	LastCall     string `json:"last_call,omitempty" doc:"when a call last woke the agent, was taken by a webhook, or answered by the agent"`
	FailingSince string `json:"failing_since,omitempty" doc:"since when calls fail"`
	Error        string `json:"error,omitempty" doc:"why the last call failed: timeout, connection_refused, tls_error, unreachable, bad_answer, busy, forbidden or http_ and a status; of an agent a sentence, which may have its words"`
}

// supervising is what a person asks for.
type supervising struct {
	chat.SuperviseRequest
	addHook   string // the address of a webhook
	addAgent  string // that of the card of an agent
	agentName string // of that in the room
}

// alone reports whether nothing is asked for but what is added.
func (in supervising) alone() bool {
	return in.SuperviseRequest == chat.SuperviseRequest{Token: in.Token}
}

// supervise is callable and in no list of tools: every conversation of a model pays for the list, and
// no model holds a person's token.
func (s *Set) supervise() tool {
	return definition[supervising, supervision]{
		name:   "supervise",
		title:  "Supervise an agent",
		hidden: true,
		about: "For the person behind an agent: open the link in watch, pause the agent, or decide about what it " +
			"wants to say. " +
			"With agent_token alone it shows how things stand.",
		hints: hints{idempotent: true},
		args: func(in *supervising) []spec.Arg {
			return []spec.Arg{
				spec.Code("agent_token", &in.Token, "The person's token; with claim, the one that it is to be from "+
					"now on. The token of an agent is refused.").Require(),
				spec.Code("claim", &in.Claim, "What stands behind # in the link. It opens the link, once: the same "+
					"call again is safe, another token comes too late."),
				spec.Boolean("new_link", func(yes bool) { in.NewLink = yes },
					"Return a link for a further device; at most 4, a fifth takes the place of the oldest."),
				spec.Text("add_hook", &in.addHook, "An https address that is to be called with each event of "+
					"the room that the agent sees: a webhook. It must first answer a call of type verification with "+
					"its challenge. Goes with agent_token alone; the same address again gets another secret."),
				spec.Text("add_agent", &in.addAgent, "The https address of the card of an agent that speaks A2A 1.0: "+
					"it gets a seat in the room, and is called when something is for it. What it answers is said "+
					"there. Goes with agent_token, and agent_name."),
				spec.Text("agent_name", &in.agentName, "The name of that agent in the room; without it the one in "+
					"its card."),
				spec.Code("end_hook", &in.EndHook, "The id of an address in hooks that is not to be called any more. "+
					"An agent that was added by its card loses its seat."),
				spec.Boolean("paused", func(yes bool) { in.Paused = &yes },
					"true: nothing that the agent sends is sent, and it may not leave."),
				spec.Boolean("approve", func(yes bool) { in.Approve = &yes },
					"true: each message of the agent becomes a draft. Those that are open stay open if it is set to "+
						"false."),
				spec.Text("draft", &in.Draft, "The id of a draft; goes with decision."),
				spec.Choice("decision", &in.Decision, "send it as it is; edit: send text in its place, marked as the "+
					"person's; refuse it.", "send", "edit", "refuse"),
				spec.Text("text", &in.Text, "Of decision edit: 1-32768 bytes. Of refuse: the reason for the "+
					"agent, up to 200 characters, if there is one."),
			}
		},
		token: func(in supervising) string { return in.Token },
		again: func(in supervising) string {
			if in.Draft != "" {
				return "The decision may have been made: call supervise with only agent_token, and repeat it if the " +
					"draft is still among drafts."
			}
			return repeatSafely
		},
		run: func(ctx context.Context, in supervising) (supervision, error) {
			if in.addAgent != "" || in.agentName != "" {
				return s.addAgent(ctx, in)
			}
			var added outbox.Webhook
			if in.addHook != "" {
				var err error
				added, err = s.addWebhook(ctx, in)
				if err != nil {
					return supervision{}, err
				}
			}
			got, err := s.rooms.Supervise(ctx, in.SuperviseRequest)
			v := s.viewReins(ctx, got)
			v.Added, v.Secret = added.ID, added.Secret
			if !in.NewLink { // an older one may still be open
				v.Watch = ""
			}
			v.Next = nextSupervised(v, in.Claim != "", got.Alone)
			return v, err
		},
	}.tool()
}

// addWebhook adds a webhook, which goes with nothing else.
func (s *Set) addWebhook(ctx context.Context, in supervising) (outbox.Webhook, error) {
	switch {
	case !in.alone():
		return outbox.Webhook{}, fault.Refuse(fault.InvalidArgument, "Give add_hook with agent_token alone. Nothing "+
			"was changed: use two calls.")
	case !s.outbox.CallsAnybody():
		return outbox.Webhook{}, refuseCalls()
	}
	return s.outbox.AddWebhook(ctx, in.Token, in.addHook)
}

func refuseCalls() error {
	return fault.Refuse(fault.NotAllowed, "This server calls no addresses. Nothing was changed: its operator can say "+
		"under which address it is reached (--public-url).")
}

// addAgent adds an agent by its card. The result is not about the seat of the caller.
func (s *Set) addAgent(ctx context.Context, in supervising) (v supervision, err error) {
	switch {
	case in.addAgent == "":
		return v, fault.Refuse(fault.InvalidArgument, "agent_name goes with add_agent. Nothing was changed.")
	case !in.alone() || in.addHook != "":
		return v, fault.Refuse(fault.InvalidArgument, "Give add_agent with agent_token and agent_name alone. Nothing "+
			"was changed: use two calls.")
	case !s.outbox.CallsAnybody():
		return v, refuseCalls()
	}
	got, err := s.outbox.AddAgent(ctx, in.Token, in.addAgent, in.agentName)
	if err != nil {
		return v, err
	}
	return supervision{Drafts: []draft{}, Added: got.Hook, AgentName: got.Name, Secret: got.Secret,
		Watch: watchLink(s.address(ctx), got.Watch), Next: nextAdded}, nil
}

// errsInWords reports whether an error of an endpoint is shown, which may have its words.
func errsInWords(hooks []chat.HookView) bool {
	return slices.ContainsFunc(hooks, func(k chat.HookView) bool { return k.Form == room.FormAgent && k.Error != "" })
}

func (s *Set) viewReins(ctx context.Context, got chat.Supervised) supervision {
	v := supervision{
		Paused: got.Paused, Approve: got.Approve, Untrusted: noticeIf(len(got.Drafts) > 0 || errsInWords(got.Hooks)),
		Drafts: make([]draft, len(got.Drafts)), Hooks: make([]hook, len(got.Hooks)),
		Watch: watchLink(s.address(ctx), got.Watch),
	}
	for i, k := range got.Hooks {
		v.Hooks[i] = hook{ID: k.ID, Webhook: k.Form == room.FormEach, Agent: k.Form == room.FormAgent,
			Host: hostOf(k.URL), ForMe: k.ForMe, Since: viewTime(k.Since), LastCall: viewTimeIf(k.LastCall),
			FailingSince: viewTimeIf(k.FailingAt), Error: k.Error}
	}
	for i, d := range got.Drafts {
		v.Drafts[i] = draft{ID: d.ID, Text: words(d.Text), To: d.To, Ask: d.Ask, ReplyTo: d.ReplyTo, At: viewTime(d.At),
			File: viewFileIf(d.File), Finishes: d.Finished}
		if d.Kind != room.Plain {
			v.Drafts[i].Kind = string(d.Kind)
		}
	}
	return v
}
