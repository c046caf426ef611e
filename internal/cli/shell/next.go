package shell

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
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
	if !s.isAgents() || len(r["next"]) > 0 && json.Unmarshal(r["next"], &said) != nil {
		return
	}
	s.next = inCommands(syntax.ReplaceAllString(said, ""), s.command)
	r["next"], _ = json.Marshal(s.next) // a string
	if s.next == "" {
		delete(r, "next")
	}
}

// syntax is what no sentence of next needs and a shell obeys, even within a line that is pasted as a whole.
var syntax = regexp.MustCompile("[\"'`$|&<>“”\\\\]")

// tell ends a command with the command that lists an agreed file, and with next.
func (s *session) tell() {
	if s.agreed != "" {
		s.out.hint("To list the file of %s in a repository: %s", s.agreed, s.command("agreed --write FILE"))
	}
	if s.next != "" && !s.out.JSON {
		s.out.hint("%s", s.next)
	}
}

// inCommands returns what the server says to an agent in the words of the shell. In a command stand ids, names of own
// seats and words of this file alone, whatever the server says: what is no id stays a word such as ID. A command stands
// in “ ” or, behind a colon, at the end.
//
// The text is made harmless, so that it marks no command; then whole sentences are replaced, calls become commands,
// single words are replaced, and each command is written for the seat.
func inCommands(text string, command func(words string) string, first ...saying) string {
	text = replaced(HarmlessLine(text), slices.Concat(first, before()))
	text = toolCall.ReplaceAllStringFunc(text, func(call string) string {
		at := toolCall.FindStringSubmatch(call)
		return braces.Replace("{" + wordsOf(cmp.Or(at[1], "task"), at[2]+at[3]) + "}")
	})
	return withCommands(run.Replace(replaced(text, after())), command)
}

func replaced(text string, list []saying) string {
	for _, s := range list {
		text = s.of.ReplaceAllString(text, s.is)
	}
	return text
}

// withCommands writes the commands in a text.
func withCommands(text string, command func(words string) string) string {
	text = commandIn.ReplaceAllStringFunc(text, func(words string) string {
		return "“" + command(words[1:len(words)-1]) + "”"
	})
	return lastCommand.ReplaceAllString(text, ": $1")
}

// Braces stand for the marks of a command in the sentences of this package: no text of a server has the marks.
var (
	braces      = strings.NewReplacer("{", "\x01", "}", "\x02")
	run         = strings.NewReplacer("call \x01", "run \x01", "Call \x01", "Run \x01")
	commandIn   = regexp.MustCompile("\x01[^\x02]*\x02")
	lastCommand = regexp.MustCompile(`: “([^”]*)”$`)
)

// toolCall matches a tool, or a call with arguments in parentheses. Without them, task is a word of English.
var toolCall = regexp.MustCompile(`\b(?:(send_message|share_file|wait_for_message|list_tasks|` +
	`leave_room|update_room|room_info|message_history|get_file|manage_agent|join_room)\b(?: \(([^()]*)\))?|` +
	`task \(([^()]*)\))`)

// wordsOf returns the command for a call of a tool.
func wordsOf(tool, arguments string) string {
	words := inShell[tool]
	for argument := range strings.SplitSeq(arguments, ", ") {
		word, known := inShell[argument]
		if name, value, _ := strings.Cut(argument, " "); !known && anID.MatchString(value) {
			word = placeholder.ReplaceAllString(inShell[name], value)
		} else if !known {
			word = inShell[name]
		}
		words = strings.TrimSpace(words + " " + word)
	}
	return words
}

// inShell has what the shell says for a tool, and for an argument with one value or with any: an id, or a kind, takes
// the place of the capitals. The shell itself sees to the arguments that are not here.
var inShell = map[string]string{
	"send_message": "say TEXT", "share_file": "put FILE", "wait_for_message": "wait", "list_tasks": "tasks",
	"leave_room": "leave", "room_info": "who", "message_history": "history", "get_file": "get ID", "join_room": "join",
	"update_room": "room", "manage_agent": "manage kick NAME", "task": "task",

	"kind": "--kind KIND", "reply_to": "--reply-to ID", "to": "--to NAME", "id": "ID", "text": "TEXT",
	"for_me": "--for-me", "wait_seconds 0": "--timeout 1s", "back_in_minutes": "--away TIME",
	"capacity": "--capacity N", "closed true": "--close",

	"action add": "add TITLE", "action take": "take", "action release": "unassign", "action edit": "edit",
	"action finish": "finish", "action next": "finish", "action drop": "cancel",
}

var (
	anID        = regexp.MustCompile(`^[a-z0-9]{1,40}$`)
	placeholder = regexp.MustCompile(`\b[A-Z]{2,}$`)
)

// idOr returns an id of the server for a command; ID if it is none.
func idOr(given string) string {
	if anID.MatchString(given) {
		return given
	}
	return "ID"
}

// before and after have the words of the shell for those of the server beside calls, in order.
var (
	before = sync.OnceValue(func() []saying { return sayingsOf("%s", phrases[:]) })
	after  = sync.OnceValue(func() []saying { return sayingsOf("%s", terms[:]) })
)

// phrases are sentences, and several calls in one or calls with words of their own, each with what the shell says.
var phrases = [...]string{
	// What the shell does by itself, or shows.
	`(?:(?:A text with more|For (?:the rest|older|later)|This is a part|To open this file|To work on it|Run download|` +
		`Not shared yet|Without a shell|Not every task in finishes|This call gave no cursor|There is more that it builds on)[^.]*(?:\.\w[^.]*)*|NOT (?:sent|done), so nothing happened yet: what is in ` +
		`messages came first)\.(?: |$)`, "",
	`run this in a background shell instead\. .*`, "run this in the background instead: {wait}",
	` and, if you want another, enter_queue without ticket| with room and agent_name`, "",
	`Your newer call has the rest: go on with its result`, "A newer command of yours has the rest: go on with that",
	`hat is in messages`, "hat you read above",
	`those marked before_yours`, "what you read above",
	`the link in watch`, "the link to watch the room",
	`that has lost its agent_token`, "that has lost its seat",
	`and note may say`, "and a note may say",
	`The agent in new_admin`, "Another agent",
	`call join_room with room and an agent_name that is free there`, "run {join --as NAME} with a name that is free there",

	// Several calls, or one with a word of its own.
	`send_message \([^()]*reply_to ([a-z0-9]+), kind agree\), or give kind object and the reason`,
	"{say --kind agree --reply-to $1} or, with the reason, {say TEXT --kind object --reply-to $1}",
	`send_message \([^()]*reply_to ([a-z0-9]+), kind agree\), or give kind object, each without text`,
	"{say --kind agree --reply-to $1} or {say --kind object --reply-to $1}, each without text",
	`once it is done, call (?:send_message|task) \([^()]*(?:finishes|id) ([a-z0-9]+)(?:, text)?\)(\.|$)`,
	"once it is done, run {prove $1 -- COMMAND} with the command that tested it or, without one, " +
		"{task finish $1 TEXT}$2",
	`([Ii]f (?:it still fits|yours is still to be said)), call (?:send_message|share_file|task) \([^()]*\)`,
	"$1, run the same command again",
	`share_file or send_message (\([^()]*\))`, "share_file $1 or send_message $1",
	`propose anew with reply_to ([a-z0-9]+)`, "run {say TEXT --kind proposal --reply-to $1}",
	`task \(action edit, or drop\)`, "{task edit ID TITLE} or {task cancel ID}",
	`message ([a-z0-9]+): get_file with .*? saves it`, "message $1: {get $1 -o FILE} saves it",
	`get_file with one of these ids .*? saves all`, "{get ID -o FILE} saves one",
	`room_info shows it`, "{history --agreed} shows it",
	`give your user the invite(?: that you got when you joined)?`, "give your user what {invite} prints",
	`update_room with new_invite true and a greater capacity`, "{room --capacity N} and {invite --new}",
	`update_room (?:\(new_invite true\)|with new_invite true( makes))`, "{invite --new}$1",
	`unless update_room sets`, "unless {room --lock} sets",
	`give your user what they need of it`, "give your user what they need of it, which {history --minutes --markdown} prints",
	` (?:by|with) send_message`, "",
}

// terms are what else of a call stands in a sentence, each with the word of the shell.
var terms = [...]string{
	`your last call`, "your last command",
	`(same|[Tt]his) call(?: or command)?`, "$1 command",
	`([ (])reply_to\b`, "$1--reply-to",
	`([ (])kind (agree|object|proposal|request|status|done|message)\b`, "$1--kind $2",
	`(--reply-to and|such as|those in|in|without) to([ ,.])`, "$1 --to$2",
	`as an argument`, "as a flag",
	`\bdropped\b`, "canceled",
	`\bdrop\b`, "cancel",
}
