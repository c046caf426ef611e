package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
)

// The server's refusals are for agents, so they name tools, arguments and users. A person reads a sentence of the shell
// in place of each such refusal. The beginnings of refusals are those in the source of the server: a test plays each
// refusal there, and shows in testdata/refusals.golden what a person reads. Another test fails if no refusal has one of
// the beginnings.

// plain returns a refusal as a person at a shell reads it, harmless for a terminal. command writes a command of this
// program as the person runs it.
func plain(refused *fault.Error, command func(words string) string) error {
	if problems := correction.FindStringSubmatch(refused.Message); problems != nil { // the call makes no sense
		list := strings.Split(problems[1], "; ")
		for i, problem := range list {
			list[i] = strings.TrimSuffix(toPerson(problem, command), ".") // some are whole sentences
		}
		return fail(usage, "%s.", strings.Join(list, "; "))
	}
	message := toPerson(refused.Message, command)
	if refused.By != "" { // By has a task, or has ended it
		what, rest, _ := strings.Cut(message, ".")
		who := named([]string{refused.By}, "")
		if before, after, ok := strings.Cut(what, "another agent"); ok {
			what = before + who + after
		} else {
			what += " by " + who
		}
		message = what + "." + rest
	}
	return &fault.Error{Code: refused.Code, Message: HarmlessLine(message), RetryAfter: refused.RetryAfter}
}

// correction is how the server refuses arguments; see spec.Correction.
var correction = regexp.MustCompile(`^Correct this and call \w+ again: (.*)\. It takes [^.]*\.$`)

// ForPeople returns a refusal for an agent as a sentence for a person at a shell.
func ForPeople(message string) string {
	return toPerson(message, func(words string) string { return "parley " + words })
}

// toPerson is ForPeople with commands as the person runs them.
func toPerson(message string, command func(words string) string) string {
	message = straight.Replace(message) // no words of a server look like a command
	message = inCommands(message, command, slices.Concat(sayings(), toPeople())...)
	if at := subject.FindStringSubmatch(message); at != nil {
		is := subjects[at[1]]
		if is == "" && at[2] == ":" { // the command has no name for the argument
			message = strings.TrimPrefix(message[len(at[0]):], " ")
		} else if is != "" {
			message = is + message[len(at[1]):]
		}
	}
	return capital(message)
}

// straight replaces the marks of a command in a sentence.
var straight = strings.NewReplacer("“", `"`, "”", `"`)

// capital begins a sentence with a capital letter, unless its second character is neither a letter nor a blank, as in
// t7 or --to.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	if second, _ := utf8.DecodeRuneInString(text[n:]); unicode.IsLetter(second) || second == ' ' {
		return string(unicode.ToUpper(first)) + text[n:]
	}
	return text
}

// subjects are the arguments at the beginning of the server's sentences, as a person knows them. A sentence need not
// name any other argument.
var subjects = map[string]string{
	"to": "--to", "ask": "--ask", "for": "--for", "after": "--after", "before": "--before", "note": "--note",
	"capacity": "--capacity", "description": "--description", "agent_messages": "--agent-messages",
	"exit": "--exit", "ran": "the command", "dir": "the folder", "system": "the system",
	"reply_to": "--reply-to", "withdraw": "--withdraw", "text": "the text", "title": "the title", "name": "the name",
	"agent_name": "the name", "person_name": "the name",
	"room": "the name of the room", "password": "the password", "search": "the search",
}

// subject is an argument at the beginning of a sentence.
var subject = regexp.MustCompile(`^([a-z_]+)(:| is| has| holds| must| names| does| takes| was)`)

// saying has the words of the shell, is, for those of a server, which match of.
type saying struct {
	of *regexp.Regexp
	is string // $1 is the first group of the expression; commands are in braces
}

// sayings returns the sentences for people, each for a whole refusal.
var sayings = sync.OnceValue(func() []saying { return sayingsOf("^(?:%s).*$", sentences[:]) })

// sayingsOf returns the sayings of a list of expressions, each with its words; whole is what stands around each
// expression. They are compiled when they are first needed: otherwise each start of the program would take 2.5 ms and
// 1.1 MB for them.
func sayingsOf(whole string, list []string) (all []saying) {
	for i := 0; i < len(list); i += 2 {
		all = append(all, saying{regexp.MustCompile(fmt.Sprintf(whole, list[i])), braces.Replace(list[i+1])})
	}
	return all
}

// toPeople has the words for a person in place of those for an agent, in order.
var toPeople = sync.OnceValue(func() []saying { return sayingsOf("%s", people[:]) })

// people are expressions in refusals, each with what a person reads.
var people = [...]string{
	`: room_info tells who is(?: admin)?; ask one of them with send_message\.`, ". To see who is an admin: {who}",
	`: room_info tells who is(?: there)?\.`, ". To see who is there: {who}",
	`[.:] room_info lists what is open(?: and what was agreed)?\..*`, ". To see what is open: {who}",
	`: no other is free, and wait_for_message ends when one becomes free\.`, ", and no other is free. To wait until one " +
		"is: {wait}",
	`: call wait_for_message, which ends when one is\.`, ". To wait until one is: {wait}",
	`; list shows those that are open\.`, ". To see those that are open: {tasks}",
	`list_tasks with its id`, "{tasks --closed}",
	`remove it with redact\.`, "remove it: {remove ID}",
	`a password with update_room\.`, "a password: {room --lock}",
	`a channel with update_room\.`, "a channel: {room --channel}",
	`is offered to another agent: nobody else may take it for (\d+) more seconds, .*? releases it\.`, "is reserved for " +
		"another agent for $1 more seconds.",
	`to the agent in by with send_message`, "to the one who ended it",
	` with send_message`, " in a message",
	`, or without waiting \(wait_seconds 0\)`, "",
	` If you have a seat by it, pass only your agent_token to join_room\.`, "",
	`\bCall again`, "Run the command again",
	`\b(?:call again|repeat (?:this|the) call)`, "run the command again",
	`two calls`, "two commands",
	`\bYour user\b`, "The owner of your seat",
	`\byour user\b`, "the owner of your seat",
	`\bleave (to|ask|for) out`, "leave --$1 out",
	`\b(in|with|without) (to|ask|for)\b`, "$1 --$2",
	`as agent_name`, "with --name",
	`give verdict`, "say",
	`update_room with capacity`, "{room --capacity N}",
	`\b(be|or) offered`, "$1 assigned",
	`\brelease(s?)\b`, "unassign$1",
}

// sentences are the beginnings of refusals, each with its replacement.
var sentences = [...]string{
	// Files on their way.
	`This address does not (take|lead to) a file`,
	"The transfer did not start in time, or you have left the room. Nothing was done: run the command again.",
	// Speaking.
	`What you say to your own agent is a note`,
	"What you say to your own agent is a note, which nobody else sees. Nothing was sent: leave --kind, --ask and " +
		"--withdraw out, or name others with --to.",
	`to names everyone beside others`,
	"--to names everyone beside others. Nothing was sent: give only everyone, for all, or only names.",
	`text is missing \(only`,
	"The text is missing: only --kind agree and --withdraw need none",
	`text has (\d+) bytes, at most (\d+) are allowed\. Nothing was sent`,
	"The text has $1 bytes, and a message can have at most $2. Nothing was sent: say it shorter, or share it as a " +
		"file: {put FILE}",
	`Agents in this room may send (.*) until a person speaks`,
	"Agents in this room may send $1 without a human reply, and have sent them. Nothing was sent: a person " +
		"must speak first, in a browser or with a watch link.",
	`Your user has not let you (send this message|share this file)`,
	"The owner of your seat did not let you $1, or did not decide within a day. Nothing was done.",
	`What this draft answers (.*?)\. Nothing was sent`,
	"What this draft answers $1. Nothing was sent: --anyway sends it all the same. To see what came since: {history}",
	`draft: no draft with this id waits`,
	"No draft with this id waits for you. It has been decided, perhaps on another device, or is more than a day " +
		"old. Nothing was decided. To see those that wait: {supervise drafts}",
	`(.*) You came by an invite`,
	"Your invite admits you to its own room and nothing else. Nothing was changed: name the server itself with --url.",
	`(.*) You sent an agent token to be admitted`,
	"Your seat admits you to its own room and nothing else. Nothing was changed: ask the person who runs the server " +
		"for a key.",

	// The id of a message.
	`(reply_to|before|redact): there is no message of this id`,
	"$1: there is no message of this id that you may see, or it has expired. Nothing was done. To see the id of each " +
		"message: {history --json}",

	// Files.
	`name has invisible characters`,
	"The file's name has invisible characters, or is not UTF-8. Nothing was shared: give it another with --name, " +
		"such as report.pdf.",
	`name is missing: give the file's name`,
	"The file has no name. Nothing was shared: give it one with --name, such as report.pdf.",
	`name has (\d+) characters, at most (\d+)`,
	"The file's name has $1 characters, and at most $2 are allowed. Nothing was shared: give it a shorter one with " +
		"--name.",
	`This server has no space for the file(.*?)\. Nothing`,
	"This server has no space for the file$1. Nothing was shared: share a smaller one, or ask the person who runs " +
		"the server.",
	`The file has (?:more|\d+) bytes(?: than|, and) share_file was told`,
	"The file grew while it was shared. Nothing was shared: run the command again.",
	`You have (\d+) open uploads, the most allowed\. Nothing was shared: .* in (\d+) seconds`,
	"You have $1 open uploads, the most allowed. Nothing was shared: try again in $2 seconds.",
	`id: there is no message of this id`,
	"There is no message of this id that you may see, or it has expired. Nothing was done. A file's id stands in " +
		"brackets behind its name: {history --files}",
	`id: that message carries no file`,
	"That message carries no file. To see those that do: {history --files}",

	// Tasks.
	`id must be that of a task`,
	"The id of a task looks like t7. Nothing was changed. To see the ids: {tasks}",
	`id: there is no task of this id`,
	"There is no task of this id. To see those that are open: {tasks}",
	`redact: there is no task of this id`,
	"There is no task of this id. Nothing was changed. To see those that are open: {tasks}",
	`after: (".*"|number \d+) is not a task`,
	"--after: $1 is not a task. Nothing was changed: name tasks by their ids, such as t7.",
	`after: there is no task (\w+)`,
	"--after: there is no task $1. Nothing was changed. To see the ids: {tasks}",
	`ran: the command that was run`,
	"A task keeps a command of at most 500 bytes, without line breaks and hidden characters: put the rest into a " +
		"script, and run that.",
	`(\w+) was finished by you`,
	"You have finished $1 yourself, so somebody else checks it. Nothing was changed.",
	`(\w+) was finished by an agent of the same user`,
	"$1 was finished by an agent with your key, account or invite, so somebody else checks it. Nothing was changed.",
	`title: 1 to (\d+) characters`,
	"A title has 1 to $1 characters, on one line. Nothing was changed: put details into --text.",

	// The room and its agents.
	`agent_name is your own name`,
	"That is your own name, or another spelling of it. Nothing was changed. To leave: {leave}",
	`redact: that is no message`,
	"That is no message, and no check that a task shows. Nothing was changed.",
	`Your user said that`,
	"The owner of this seat said that, and nobody else may remove it. Nothing was changed.",

	// Joining.
	`This agent_name looks like that of another`,
	"Your name looks like that of somebody else in this room: some letters look alike, such as I and l, or only " +
		"spaces or punctuation differ. Join under a name that nobody can confuse with it.",
	`(?:agent|person)_name: this name could pass`,
	"Others could take this name for the server, for who runs it or for themselves. Choose one that says who you are.",
	`room: this link leads to no invite`,
	"This link leads to no invite. Nothing was done: copy the whole link again, from http to the end, or give the " +
		"name of the room.",
	`room: this is a whole line that invites`,
	"This is a whole line that invites to a room. Nothing was done: give only the name of the room in it, and the " +
		"address of its server with --url.",
	`room: this looks like an invite`,
	"This looks like an invite with a mistake in it. Nothing was done: copy the whole link again, from http to the " +
		"end; or choose another name.",
	`password: this is an invite`,
	"This password is an invite. Nothing was done: choose another; to join the room of the invite, give the invite " +
		"in place of the room.",
	`room: a name has no colon`,
	"A room's name has no colon, and what follows this one looks like a part of a title or a time, not like a " +
		"password. Nothing was done: write the name without the colon.",
	`room: this name could pass`,
	"This name could pass for the server, for its operator or for a person. Choose one that says what the room is for.",
	`Another agent here has this name(?:\.|, and was heard)`,
	"Someone in the room has this name: join under another. If it is you, on another machine or in another client, " +
		"the name is free again once that seat has been inactive for a while, or once an admin kicks it: they see " +
		"that you asked.",
	`A room of this name exists`,
	"There is a room of that name: leave out --new to join it.",
	`All \d+ seats of this room are taken\. If one`,
	"The room is full. Take a seat once somebody has left, or ask an admin of the room for more seats: " +
		"{room --capacity N}",
	`An admin has banned this agent_name`,
	"An admin has banned this name from the room, in any spelling. Ask the people of the room.",
	`Another agent here has this name, and your invite`,
	"Someone in the room has this name, and the invite gives no more seats. Ask the one who gave it to you for a new " +
		"one, and join under another name.",
	`Every seat of this invite has been used`,
	"Every seat of this invite has been used. Ask the one who gave it to you for a new one, which an admin of the " +
		"room makes: {invite --new}",
	`Your user holds you in this room`,
	"You have paused your agent in this room, or approve what it says, so you cannot take another seat there. " +
		"Nothing was changed: resume that agent, or end its approval, first.",
	`There is no such room, or it has expired: a room ends (\d+)`,
	"There is no such room, or it has expired: a room ends $1 days after it was last used.",
	`This room has no password`,
	"This room has no password. If you were given one, it may be for another room: check the name, or unset " +
		"PARLEY_PASSWORD.",
	`This room needs a password`,
	"This room needs a password: set PARLEY_PASSWORD, or type it when asked on a terminal.",
	`The password is not this room's`,
	"That is not the password of this room: set PARLEY_PASSWORD, or type it when asked on a terminal.",
	`Too many wrong passwords were given for this room(.*) in (\d+) seconds`,
	"Too many wrong passwords were given for this room, by you or by others. Nothing was done, and yours was not " +
		"checked: try again in $2 seconds.",
}
