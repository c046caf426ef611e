package shell

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
)

// The server ends each answer to an agent with next: what concerns the agent now, and the call to make. An agent that
// runs commands gets the same sentences, with a command in place of each call. A person at a terminal reads none:
// nobody tells a person what to do.

// isAgents reports whether an agent runs the command for its own seat: the join said so. A script is no agent: its
// output stays as it is, and nothing holds back what it says.
func (s *session) isAgents() bool { return s.seat.Agent && !s.seat.Person }

// heed keeps next of a result for the end of the command, and puts it into the words of the shell.
func (s *session) heed(r result) {
	var said string
	if json.Unmarshal(r["next"], &said) != nil || said == "" || !s.isAgents() {
		return
	}
	s.next = inCommands(said, s.shortly)
	r["next"], _ = json.Marshal(s.next) // a string
}

// shortly writes a command for the seat, which names the seat only where there are others.
func (s *session) shortly(words string) string {
	if len(s.by.Suggest(Which{}, words)) == 0 {
		return cmp.Or(s.by.Program, "parley") + " " + words
	}
	return s.command(words)
}

// tell ends a command with next.
func (s *session) tell() {
	if s.next != "" && !s.out.JSON {
		s.out.hint("%s", s.next)
	}
}

// toolCall matches a call in the server's sentences, with its arguments in parentheses.
var toolCall = regexp.MustCompile(`(?:\b([Cc])all )?\b(?:(send_message|share_file|wait_for_message|list_tasks|` +
	`leave_room|update_room|room_info|message_history|get_file|manage_agent|join_room)\b(?: \(([^()]*)\))?|` +
	`task \(([^()]*)\))`)

// standby is what the server tells an agent with a shell that waits in the background.
var standby = regexp.MustCompile(`run this in a background shell instead\. .*$`)

// inCommands returns next in the words of the shell.
func inCommands(next string, command func(words string) string) string {
	next = standby.ReplaceAllString(next, "run this in the background instead: wait_for_message")
	next = toolCall.ReplaceAllStringFunc(next, func(call string) string {
		at := toolCall.FindStringSubmatch(call)
		run := map[string]string{"C": "Run ", "c": "run "}[at[1]]
		return run + command(wordsOf(at[2], at[3]+at[4]))
	})
	return argumentsIn.Replace(next)
}

// argumentsIn has the other words of calls.
var argumentsIn = strings.NewReplacer("results without a cursor", "earlier commands",
	"The cursor you gave is not one of yours (an id is no cursor) and was ignored. ", "",
	"give kind object and the reason", "the same with --kind object and the reason",
	"Without the argument to,", "Without --to,", "without the argument to,", "without --to,", "with kind done",
	"with --kind done", "with reply_to ", "with --reply-to ", "that has reply_to ", "that has --reply-to ",
	"those marked before_yours", "what you read above", "what is in messages", "what you read above",
	"Not every task in finishes is closed: unfinished says why. ", "", "give to)", "give --to)",
	"as an argument, such as to,", "as a flag, such as --to,", "the link in watch", "the link above", "your agent_token",
	"your seat", " if you announce it with back_in_minutes", "", "with room and agent_name", "", "action release",
	"task unassign", "the same call or command", "the same command", "Your newer call", "Your newer command",
	"go on with its result", "go on with that",
	"use its agent_token", "use --as", "its agent_token", "its seat", "with another agent_name", "with another --as")

// wordsOf returns the command for a call of a tool; "" if there is none.
func wordsOf(tool, arguments string) string {
	has := map[string]string{}
	for argument := range strings.SplitSeq(arguments, ", ") {
		name, value, _ := strings.Cut(strings.TrimSuffix(argument, ":"), " ")
		has[name] = value
	}
	flags := ""
	for _, f := range [][2]string{{"kind", " --kind "}, {"reply_to", " --reply-to "}, {"to", " --to NAME"}} {
		if value, ok := has[f[0]]; ok {
			flags += f[1] + value
		}
	}
	switch tool {
	case "send_message":
		switch {
		case has["finishes"] != "":
			return "task finish " + has["finishes"] + " TEXT"
		case has["kind"] == "agree":
			return "say" + flags
		}
		return "say TEXT" + flags
	case "share_file":
		return "put FILE" + flags
	case "wait_for_message":
		if has["wait_seconds"] == "0" {
			return "wait --timeout 1s"
		}
		if has["for_me"] != "" { // the answers that it is owed
			return "wait --for-me"
		}
		return "wait"
	case "":
		return taskWords(has)
	case "list_tasks":
		return "tasks"
	case "leave_room":
		return "leave"
	case "room_info":
		return "who"
	case "message_history":
		return "history"
	case "get_file":
		return strings.TrimSpace("get " + has["id"])
	case "join_room":
		return "join ROOM"
	case "manage_agent":
		return "manage " + has["action"] + " NAME"
	}
	for name, words := range map[string]string{"closed": "room --close", "new_invite": "invite --new",
		"capacity": "room --capacity N"} {
		if _, ok := has[name]; ok {
			return words
		}
	}
	return "room"
}

// taskWords returns the command for a call of task.
func taskWords(has map[string]string) string {
	action, text := has["action"], ""
	if _, ok := has["text"]; ok {
		text = " TEXT"
	}
	switch action {
	case "":
		return "tasks"
	case "add":
		return "task add TITLE"
	case "next": // the shell has no word for both
		action = "finish"
	case "release":
		action = "unassign"
	case "drop":
		action = "cancel"
	}
	return strings.TrimSpace("task "+action+" "+has["id"]) + text
}
