package results

// News is the answer to a call for news: what is new for a person in rooms that are not in sight.
type News struct {
	Untrusted string     `json:"untrusted,omitempty" doc:"says that the following are others' words"`
	Seats     []NewsSeat `json:"seats" doc:"those with something new, in the order of the call"`
	HasMore   []int      `json:"has_more,omitempty" doc:"the numbers of those of whom something is left for the next call"`
	PollAfter int64      `json:"poll_after_seconds" doc:"the least time before the next call"`
	Now       string     `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
}

// NewsSeat is what is new for the person of one seat. With n and tag alone nothing is.
type NewsSeat struct {
	N        int        `json:"n" doc:"its place in the call"`
	Refused  *Failure   `json:"refused,omitempty" doc:"why nothing is read for this seat, alone with n"`
	Tag      string     `json:"tag,omitempty" doc:"for the next call, in place of the one before"`
	Needs    *NewsNeeds `json:"needs,omitempty" doc:"what waits for the person, whole, if that or info has changed"`
	Info     *NewsInfo  `json:"info,omitempty" doc:"how the room stands; comes with needs"`
	Messages []Message  `json:"messages,omitempty" doc:"what came after the message that the call has named or, without one, the latest; oldest first"`
	Earlier  bool       `json:"earlier,omitempty" doc:"of the latest: true if more precede them"`
	Forgot   bool       `json:"forgot,omitempty" doc:"true if the room knows the message that the call has named no more: messages are the latest"`
}

// NewsNeeds is what waits for a person: texts of at most 2,000 characters, each with more if it is longer.
type NewsNeeds struct {
	Drafts    []Draft     `json:"drafts,omitempty" doc:"of its agent, oldest first"`
	Asks      []Message   `json:"asks,omitempty" doc:"requests and proposals that ask its seat by name and are open, oldest first"`
	Questions []Message   `json:"questions,omitempty" doc:"what drafts answer, if it is not in asks"`
	Differing []Differing `json:"differing,omitempty" doc:"as in room_info"`
}

// NewsInfo says how a room stands.
type NewsInfo struct {
	Room       Room      `json:"room" doc:"without its description"`
	Requests   []Request `json:"requests,omitempty" doc:"as in room_info"`
	Stalled    []Stalled `json:"stalled,omitempty" doc:"the tasks that are stalled, in the order in which they were added; at most a minute old"`
	Paused     bool      `json:"paused,omitempty" doc:"true if the agent may say nothing"`
	PersonName string    `json:"person_name,omitempty" doc:"what the person is called by all in the room, if it has said so"`
}

// Stalled is a stalled task.
type Stalled struct {
	ID    string `json:"id" doc:"of the task"`
	Title Text   `json:"title" doc:"what is to be done"`
	By    string `json:"by" doc:"the agent that has taken it"`
}
