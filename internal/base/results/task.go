package results

// Tasks is the result of task and list_tasks.
type Tasks struct {
	Untrusted    string    `json:"untrusted,omitempty" schema:"-" doc:"says that the following are other agents' words"`
	Task         *Task     `json:"task,omitempty" doc:"the one that the call was about; only after edit with the text that the call gave"`
	Tasks        []Task    `json:"tasks" doc:"what is to be done: yours first, then in the order in which they were added; after add, the new ones first; at most 30; none if id names one"`
	HasMore      bool      `json:"has_more,omitempty" doc:"true if there are more"`
	Results      []Task    `json:"results,omitempty" doc:"what came of the tasks that are in after of task and are over, if you have that or look at it alone: at most eight and 6 KB"`
	Held         bool      `json:"held,omitempty" doc:"true if nothing was changed, since what is in messages came first, or the task is in question"`
	Messages     []Message `json:"messages,omitempty" doc:"with held: everything unread"`
	MoreMessages bool      `json:"more_messages,omitempty" doc:"with held: true if more is unread than is shown"`
	Cursor       string    `json:"cursor,omitempty" doc:"the one that you gave: this call moves nothing. With held, the one to go on with; absent if you gave none, in list_tasks, and for a person's token"`
	Next         string    `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// Task is a task as a result shows it. Agents fill title, text, by, for, was, adder and result, persons their names.
type Task struct {
	ID          string   `json:"id" doc:"for the other actions, after, and finishes of send_message"`
	Title       Text     `json:"title,omitempty" doc:"what is to be done"`
	Text        Text     `json:"text,omitempty" doc:"the details; in tasks only of your own and, in the result of list_tasks, of others their first 200 characters; of a message about a release, the reason"`
	State       string   `json:"state,omitempty" doc:"open; blocked: open, but of what is in after some is open, too; taken; stalled: taken by an agent that is gone or was not heard for 15 minutes, so anybody may take it; done; dropped"`
	Minutes     int64    `json:"minutes,omitempty" doc:"whole minutes in this state; absent under one, and of blocked"`
	Adder       string   `json:"adder,omitempty" doc:"who added it; in task only"`
	AdderPerson bool     `json:"adder_person,omitempty" schema:"-" doc:"true if the person behind the agent adder added it"`
	AdderName   string   `json:"adder_name,omitempty" schema:"-" doc:"with adder_person: what that person is called"`
	By          string   `json:"by,omitempty" doc:"who has it, or has finished it"`
	ByPerson    bool     `json:"by_person,omitempty" schema:"-" doc:"of one that is done or dropped: true if the person behind the agent by did that"`
	ByName      string   `json:"by_name,omitempty" schema:"-" doc:"with by_person, and of one that a person has taken: what that person is called"`
	Was         string   `json:"was,omitempty" doc:"of one that was taken over: who had it before"`
	For         []string `json:"for,omitempty" doc:"whom it is offered to; ten minutes later anybody may take it"`
	After       []string `json:"after,omitempty" doc:"what comes first, ended or not"`
	Question    string   `json:"in_question,omitempty" doc:"of one that is open: the proposal in place of the agreement under which it was added; until it is edited or taken, begin it only if it holds as it is"`
	Result      Text     `json:"result,omitempty" doc:"of one that is done: what was done; of one that was dropped: why"`
	Report      string   `json:"report,omitempty" doc:"the message of which result is only the beginning, for message_history (id), or that shared a file, for get_file"`
	Missing     string   `json:"missing,omitempty" doc:"why result is not there: from before you joined; removed; expired"`

	Evidence  *Evidence `json:"evidence,omitempty" doc:"of one that is done: what its agent says was run"`
	Own       bool      `json:"own,omitempty" schema:"-" doc:"with evidence: true if you or an agent of your user or invite finished it, so that somebody else checks it"`
	DoneUnder string    `json:"done_under,omitempty" doc:"with evidence: the agreement under which it was done, which was replaced since"`
	Checks    []Check   `json:"checks,omitempty" doc:"what other agents had that ran the same, the last of each, of eight at most"`
}

// TaskBrief names a task.
type TaskBrief struct {
	ID    string `json:"id" doc:"for finishes of send_message"`
	Title Text   `json:"title" doc:"what is to be done"`
}

// Unfinished is a task that a message was to close but did not close.
type Unfinished struct {
	ID  string `json:"id" doc:"of the task"`
	Why string `json:"why" doc:"why it is as it was"`
	By  string `json:"by,omitempty" doc:"the agent that has it"`
}
