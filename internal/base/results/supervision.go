package results

// Supervised is the result of supervise.
type Supervised struct {
	PersonName string `json:"person_name,omitempty" doc:"what the person is called by all in the room, if it has said so"`
	Paused     bool   `json:"paused" doc:"whether the agent may say nothing"`
	Approve    bool   `json:"approve" doc:"whether each message of the agent waits for a decision"`

	ApproveSome []string `json:"approve_some,omitempty" doc:"which messages of the agent wait for a decision, if not all: private, files, agreements"`

	Duplicate bool `json:"duplicate,omitempty" schema:"-" doc:"true if the draft was decided so before; nothing was done again"`

	Untrusted string  `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Drafts    []Draft `json:"drafts" doc:"the messages that wait for a decision, oldest first, at most 8"`
	Hooks     []Hook  `json:"hooks,omitempty" doc:"the addresses that are called when there is something new, at most 4 and one for each device"`
	Added     string  `json:"added,omitempty" doc:"with add_hook, add_push and add_agent: the id of the address that is called"`
	PushKey   string  `json:"push_key,omitempty" doc:"the key with which a browser subscribes for add_push, if this server calls browsers"`
	AgentName string  `json:"agent_name,omitempty" doc:"with add_agent: the name of the agent in the room"`
	Secret    string  `json:"secret,omitempty" doc:"with add_hook and add_agent: the secret by which the calls are signed; it is not shown again"`
	Watch     string  `json:"watch,omitempty" doc:"with new_link: a link for a further device; with add_agent: the link of the agent; it opens once"`
	Next      string  `json:"next" doc:"what to do next"`
}

// Draft is a message that waits for the person's decision.
type Draft struct {
	ID      string   `json:"id" doc:"for the decision"`
	Text    Text     `json:"text,omitempty" doc:"what the agent wants to say"`
	More    *More    `json:"more,omitempty" schema:"-" doc:"in news: where the rest of a long text begins"`
	To      []string `json:"to,omitempty" doc:"of a private one: who is to read it"`
	Ask     []string `json:"ask,omitempty" doc:"who is to owe an answer"`
	ReplyTo string   `json:"reply_to,omitempty" doc:"the id of the message that it answers"`
	Kind    string   `json:"kind,omitempty" doc:"as of a message"`
	At      string   `json:"at" doc:"when the agent sent it, as RFC 3339 in UTC; it is dropped a day later"`

	File     *File    `json:"file,omitempty" doc:"that it carries: get_file takes the id of the draft"`
	Finishes []string `json:"finishes,omitempty" doc:"the ids of the tasks that it would end"`

	Answers       *Answered `json:"answers,omitempty" doc:"what it answers, while that can be read"`
	MessagesSince int       `json:"messages_since,omitempty" doc:"how many messages of others the agent was sent since, at most 100"`
}

// Answered is what a draft answers.
type Answered struct {
	From  string `json:"from" doc:"who said it"`
	Text  Text   `json:"text,omitempty" doc:"what was said, or both ends of it"`
	State string `json:"state,omitempty" doc:"of a question: open, withdrawn, answered (by others) or ended; absent if the agent has answered it"`
}

// Hook is an address that is called for new events: a wake, a webhook, a browser, a channel of a messenger, or an agent
// that speaks A2A.
type Hook struct {
	ID           string `json:"id" doc:"for end_hook"`
	Webhook      bool   `json:"webhook,omitempty" doc:"true if it is called for you, with each event, and not for the agent"`
	Agent        bool   `json:"agent,omitempty" doc:"true if it is the agent itself, which speaks A2A; its end is that of the seat"`
	Push         bool   `json:"push,omitempty" doc:"true if it is a browser of yours, called with what needs you"`
	Messenger    bool   `json:"messenger,omitempty" doc:"true if it is a channel of a messenger, called with what needs you"`
	ThisDevice   bool   `json:"this_device,omitempty" doc:"of a browser: true if it is that of this device"`
	PushWords    bool   `json:"push_words,omitempty" doc:"of a browser: as in add_push"`
	PushDrafts   bool   `json:"push_drafts,omitempty" doc:"of a browser: as in add_push"`
	Ended        bool   `json:"ended,omitempty" doc:"of a browser: true if its push service still refuses the calls, with error, so that there are no more"`
	Host         string `json:"host" doc:"of the address, of which nothing else is shown"`
	ForMe        bool   `json:"for_me,omitempty" doc:"whether it is called only for what is meant for the agent"`
	Since        string `json:"since" doc:"when it was added or first subscribed, as RFC 3339 in UTC"`
	LastCall     string `json:"last_call,omitempty" doc:"when a call last woke the agent, was taken by a webhook, or answered by the agent"`
	FailingSince string `json:"failing_since,omitempty" doc:"since when calls fail"`
	Error        string `json:"error,omitempty" doc:"why the last call failed: timeout, connection_refused, tls_error, unreachable, bad_answer, busy, forbidden or http_ and a status; of an agent a sentence, which may have its words"`
}
