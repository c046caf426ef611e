package shell

import (
	"regexp"
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
	for _, s := range sayings() {
		if at := s.of.FindStringSubmatchIndex(message); at != nil {
			is := commandIn.ReplaceAllStringFunc(s.is, func(words string) string {
				return strings.ReplaceAll(command(strings.Trim(words, "{}")), "$", "$$")
			})
			message = string(s.of.ExpandString(nil, is, message, at))
			break
		}
	}
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

// capital begins a sentence with a capital letter, unless the sentence begins with an id or a flag.
func capital(text string) string {
	first, n := utf8.DecodeRuneInString(text)
	if second, _ := utf8.DecodeRuneInString(text[n:]); unicode.IsLetter(second) {
		return string(unicode.ToUpper(first)) + text[n:]
	}
	return text
}

// subjects are the arguments at the beginning of the server's sentences, as a person knows them; "" for an argument
// that the sentence need not name.
var subjects = map[string]string{
	"to": "--to", "ask": "--ask", "for": "--for", "after": "--after", "before": "--before", "note": "--note",
	"capacity": "--capacity", "description": "--description", "agent_messages": "--agent-messages",
	"exit": "--exit", "ran": "the command", "dir": "the folder", "system": "the system",
	"reply_to": "--reply-to", "withdraw": "--withdraw", "text": "the text", "title": "the title", "name": "the name",
	"agent_name": "the name", "person_name": "the name",
	"room": "the name of the room", "password": "the password", "search": "the search",
	"id": "", "draft": "", "redact": "", "add_hook": "", "add_push": "", "add_agent": "",
}

// subject is an argument at the beginning of a sentence.
var subject = regexp.MustCompile(`^([a-z_]+)(:| is| has| holds| must| names)\b?`)

// commandIn matches a command in a sentence of the shell. The command stands at the end of the sentence, for copying.
var commandIn = regexp.MustCompile(`\{[^}]+\}`)

// saying gives a person the sentence is for each refusal whose beginning matches of.
type saying struct {
	of *regexp.Regexp
	is string // $1 is the first group of the expression; commands are in braces
}

// sayings returns the sentences for people. They are compiled at the first refusal: otherwise each start of the program
// would take 2.5 ms and 1.1 MB for them.
var sayings = sync.OnceValue(func() (all []saying) {
	for i := 0; i < len(sentences); i += 2 {
		all = append(all, saying{regexp.MustCompile(`^(?:` + sentences[i] + `)`), sentences[i+1]})
	}
	return all
})

// sentences are the beginnings of refusals, each with its replacement.
var sentences = [...]string{
	// Waiting.
	`(This server has as many waiting agents as it can hold|Your address has as many waiting agents as this server ` +
		`allows)`,
	"$1. Nothing was done: run the command again later.",
	// Files on their way.
	`This address does not (take|lead to) a file`,
	"The transfer did not start in time, or you have left the room. Nothing was done: run the command again.",
	// Speaking.
	`(to|ask): (".*"|number \d+) left (just now|\d+ \w+ ago)\.`,
	"--$1: $2 left $3. Nothing was sent. To see who is there: {who}",
	`(to|ask): (".*"|number \d+) is nobody here`,
	"--$1: nobody in this room is called $2. Nothing was sent. To see who is there: {who}",
	`(to|ask): an agent that you name has just left`,
	"--$1 names somebody who has just left the room. Nothing was sent. To see who is there: {who}",
	`(to|ask) names only yourself`,
	"--$1 names only yourself. Nothing was sent: name others.",
	`to names yourself, and you have no agent here`,
	"--to names yourself, and you have no agent here that could read it. Nothing was sent: name others.",
	`What you say to your own agent is a note`,
	"What you say to your own agent is a note, which nobody else sees. Nothing was sent: leave --kind, --ask and " +
		"--withdraw out, or name others with --to.",
	`ask names yourself`,
	"--ask names yourself. Nothing was sent: name those who are to answer.",
	`ask names an agent that could not read`,
	"--ask names somebody who could not read the question. Nothing was sent: name all readers with --to.",
	`to names everyone beside others`,
	"--to names everyone beside others. Nothing was sent: give only everyone, for all, or only names.",
	`reply_to: nobody else here can read that message`,
	"Nobody else here can read that message. Nothing was sent: say it by another message, with its readers in --to.",
	`ask names an agent that may only read`,
	"--ask names somebody who may only read here. Nothing was sent: ask others.",
	`ask does not go with kind (\w+)`,
	"--ask does not go with --kind $1, which wants no answer. Nothing was sent: leave one of them out.",
	`A proposal needs somebody to agree`,
	"A proposal needs somebody to agree to it, and nobody who can is here. Nothing was sent: wait until another has " +
		"joined, or name a person with --ask.",
	`No open proposal asks you`,
	"No open proposal asks you, so there is nothing to agree or object to. Nothing was sent. To see what was agreed: " +
		"{history --agreed}",
	`(\w+) is agreed on, so no objection`,
	"$1 is agreed on, so no objection ends it. Nothing was sent: to take it back, propose what is to hold in its " +
		"place, if only that it ends, with --kind proposal --reply-to $1. If that replaces it, and it binds you, its " +
		"open tasks are in question from then on.",
	`Several open proposals ask you: (.*)\. Nothing`,
	"Several open proposals ask you: $1. Nothing was sent: say with --reply-to which one you mean.",
	`You have agreed to that proposal already`,
	"You have agreed to that proposal already, and others have yet to vote. Nothing was sent. To wait for them: " +
		"{wait}",
	`That proposal does not ask you`,
	"That proposal does not ask you: it asks those who were here when it was made, or whom it names. Nothing was " +
		"sent: say what you think without --kind.",
	`reply_to was replaced by (\w+)`,
	"--reply-to was replaced by $1. Nothing was sent: if that still asks you, vote on it with --reply-to $1. To see " +
		"what is open: {who}",
	`reply_to is not an open proposal`,
	"--reply-to is not an open proposal: it has been agreed, objected to, withdrawn or replaced by a newer one, " +
		"or it is not a proposal. Nothing was sent. To see what is open: {who}",
	`withdraw must be the id of an open request`,
	"--withdraw takes the id of an open request or proposal of your own. Nothing was sent. To see what is open: {who}",
	`withdraw takes a request or proposal back`,
	"--withdraw takes a request or proposal back, and goes without --kind, --to and --ask. Nothing was sent: use two " +
		"commands.",
	`An answer to a proposal, or a withdrawal`,
	"An answer to a proposal, and what takes something back, goes to all who saw it. Nothing was sent: leave --to " +
		"out, and use another message for others.",
	`text is missing \(only`,
	"The text is missing: only --kind agree and --withdraw need none",
	`text has (\d+) bytes, at most (\d+) are allowed\. Nothing was sent`,
	"The text has $1 bytes, and a message can have at most $2. Nothing was sent: say it shorter, or share it as a " +
		"file: {put FILE}",
	`text holds what looks like (.*), and (?:anyone|all here)`,
	"The text holds what looks like $1, and all here would read it. You have not left: take it out, or run " +
		"the command once more if others are meant to have it.",
	`(.*) holds (.*)\. Nothing was done: that is a secret`,
	"$1 holds $2. Nothing was done: that is a secret, which lets others act as its owner. Take it out.",
	`An admin of this room has muted you`,
	"An admin of this room has muted you. Nothing was sent; an admin can let you speak again.",
	`Only admins speak in this channel`,
	"Only admins speak in this room. Nothing was sent.",
	`Agents in this room may send (.*) until a person speaks`,
	"Agents in this room may send $1 without a human reply, and have sent them. Nothing was sent: a person " +
		"must speak first, in a browser or with a watch link.",
	`Agents have sent as many messages as they may`,
	"Agents have sent as many messages as they may in this room without a human reply. You have not left: leave " +
		"without a last word.",
	`(\d+) of your messages wait for your user`,
	"$1 of your messages wait for the owner of your seat, and no more can. Nothing was sent.",
	`Your user has not let you (send this message|share this file)`,
	"The owner of your seat did not let you $1, or did not decide within a day. Nothing was done.",
	`Your user has paused you, or approves what you say, so you cannot (.*?)\. `,
	"The owner of your seat has paused you, or approves what you say, so you cannot $1. Nothing was changed.",
	`Your user has paused you, or approves what you say, so you do not leave`,
	"The owner of your seat has paused you, or approves what you say. You have not left: the owner can leave " +
		"for you.",
	`What this draft answers (.*?)\. Nothing was sent`,
	"What this draft answers $1. Nothing was sent: --anyway sends it all the same. To see what came since: {history}",
	`draft: no draft with this id waits`,
	"No draft with this id waits for you. It has been decided, perhaps on another device, or is more than a day " +
		"old. Nothing was decided. To see those that wait: {supervise drafts}",
	`The room changed too often (meanwhile|while you \w+)`,
	"The room changed too often $1. Nothing was done: run the command again.",
	`A text that you sent at the same time was removed`,
	"A text that you sent at the same time was removed, and this may be the same one. Nothing was sent: if it is " +
		"another, run the command again in 2 seconds.",
	`Too many requests (.*?)\. Nothing was done: call again in (\d+) seconds`,
	"Too many requests $1. Nothing was done: run the command again in $2 seconds, and then less often.",
	`This server has more passwords`,
	"The server has more passwords to check than it can at once. Nothing was done: run the command again in 5 seconds.",
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
	`This room has (\d+) files, the most allowed`,
	"This room has $1 files, the most allowed. Nothing was shared: an admin, or the one who shared a file, can " +
		"remove it: {remove ID}",
	`This room has (\d+) bytes left for files`,
	"This room has $1 bytes left for files, and this one is larger. Nothing was shared: share a smaller file. An " +
		"admin, or the one who shared a file, can remove it: {remove ID}",
	`This server has no space for the file(.*?)\. Nothing`,
	"This server has no space for the file$1. Nothing was shared: share a smaller one, or ask the person who runs " +
		"the server.",
	`The file has (?:more|\d+) bytes(?: than|, and) share_file was told`,
	"The file grew while it was shared. Nothing was shared: run the command again.",
	`You have (\d+) open uploads, the most allowed\. Nothing was shared: .* in (\d+) seconds`,
	"You have $1 open uploads, the most allowed. Nothing was shared: try again in $2 seconds.",
	`Another file was shared through this address`,
	"Another file was shared through the same address, which takes one. Nothing was shared: run the command again.",
	`id: there is no message of this id`,
	"There is no message of this id that you may see, or it has expired. Nothing was done. A file's id stands in " +
		"brackets behind its name: {history --files}",
	`id: that message carries no file`,
	"That message carries no file. To see those that do: {history --files}",

	// Tasks.
	`(\w+) is offered to another agent: nobody else may take it for (\d+) more seconds, .*: no other is free`,
	"$1 is reserved for another agent for $2 more seconds. Nothing was taken, and no other is free. To wait until " +
		"one is: {wait}",
	`(\w+) is offered to another agent: nobody else may take it for (\d+) more seconds, .* (Nothing .*)`,
	"$1 is reserved for another agent for $2 more seconds. $3",
	`(\w+) cannot be taken: it waits for what was dropped: (.*?)\. `,
	"$1 is blocked by what was canceled: $2. Nothing was taken: the one who added it, or an admin, can unblock it: " +
		"{task edit ID --no-after}",
	`(\w+) cannot be taken yet: (.*) must be done first\. Nothing was taken: no other is free`,
	"$1 is blocked by $2. Nothing was taken, and no other is free. To wait until one is: {wait}",
	`(\w+) cannot be taken yet: (.*) must be done first\. (.*)`,
	"$1 is blocked by $2. $3",
	`(.*) Nothing was (taken|changed): no other is free`,
	"$1 Nothing was $2, and no other is free. To wait until one is: {wait}",
	`No task is free now`,
	"No task is free now. Nothing was changed. To wait until one is: {wait}",
	`id: there is no open task of this id`,
	"There is no open task of this id: it is done or canceled, or there never was one. Nothing was changed. To see " +
		"those that are open: {tasks}",
	`id must be that of a task`,
	"The id of a task looks like t7. Nothing was changed. To see the ids: {tasks}",
	`(\w+) is with another agent now`,
	"$1 is with another agent now. Nothing was changed: send it your work. To see who has it: {tasks}",
	`id: there is no task of this id`,
	"There is no task of this id. To see those that are open: {tasks}",
	`redact: there is no task of this id`,
	"There is no task of this id. Nothing was changed. To see those that are open: {tasks}",
	`after: (".*"|number \d+) is not a task`,
	"--after: $1 is not a task. Nothing was changed: name tasks by their ids, such as t7.",
	`after: there is no task (\w+)`,
	"--after: there is no task $1. Nothing was changed. To see the ids: {tasks}",
	`before: there is no open task (\w+)`,
	"--before: there is no open task $1. Nothing was added. To see the ids: {tasks}",
	`before must have ids of open tasks`,
	"--before takes ids of open tasks, such as t7. Nothing was added. To see them: {tasks}",
	`for: (".*"|name \d+ in it) does not name anyone`,
	"--for: $1 does not name anyone who is in this room or could still join. Nothing was changed: correct it, or " +
		"leave --for out, so that anyone can take the task.",
	`for names an agent that joined later, and cannot see (\w+)`,
	"--for names somebody who joined later, and cannot see $1. Nothing was changed: add it again as a new task, and " +
		"cancel this one.",
	`(\w+) is done already, and what was run stays`,
	"$1 is done already, and what was run stays as it was reported. Nothing was changed: say in a message what " +
		"you ran since.",
	`You have ended (\w+) already, and what you said`,
	"You have ended $1 already, and what you said then stays. Nothing was changed: say in a message what is new. To " +
		"see it: {tasks --closed}",
	`(\w+) is free already, or offered as you say`,
	"$1 is free already, or assigned as you say. Nothing was changed: say why in a message.",
	`(\w+) is done already`,
	"$1 is done already. Nothing was changed. To see those that are open: {tasks}",
	`(\w+) is dropped already`,
	"$1 is canceled already. Nothing was changed. To see those that are open: {tasks}",
	`ran: the command that was run`,
	"A task keeps a command of at most 500 bytes, without line breaks and hidden characters: put the rest into a " +
		"script, and run that.",
	`a check has no words`,
	"A check has no words. Nothing was changed: say them in a message.",
	`(\w+) is not done: nothing to check`,
	"$1 is not done, so there is nothing to check. Nothing was changed. To see what is: {tasks --closed}",
	`(\w+) says nothing of what was run`,
	"$1 says nothing of what was run, so there is nothing to check. Nothing was changed: ask who finished it.",
	`(\w+) was finished by you`,
	"You have finished $1 yourself, so somebody else checks it. Nothing was changed.",
	`(\w+) was finished by an agent of the same user`,
	"$1 was finished by an agent with your key, account or invite, so somebody else checks it. Nothing was changed.",
	`verdict: exit (\S+) was reported, and you give (\S+)\.`,
	"Exit code $1 was reported, and you give $2. Nothing was changed: same goes with the same exit code, differs " +
		"with another.",
	`tree: you ran it on other files`,
	"You ran it on other files, which says nothing of these. Nothing was changed: check out the commit first, or " +
		"report cannot.",
	`(\w+) is taken, so it cannot be offered`,
	"$1 is in progress, so it cannot be assigned. Nothing was changed: unassign it, with --for.",
	`Only the agent that has (\w+), the one`,
	"Only the one who has $1, the one who added it, or an admin may unassign it. Nothing was changed: ask one of them.",
	`Only the agent that added (\w+), or an admin`,
	"Only the one who added $1, or an admin, may edit or cancel it. Nothing was changed: ask one of them.",
	`title: 1 to (\d+) characters`,
	"A title has 1 to $1 characters, on one line. Nothing was changed: put details into --text.",

	// The room and its agents.
	`Only admins of this room may do that`,
	"Only admins of this room may do that, and you are not one. Nothing was changed. To see who is: {who}",
	`As the other of two you may kick this admin .* in (\d+) seconds`,
	"As the other of two you may kick this admin once they have been inactive for longer. Nothing was changed: if " +
		"they stay inactive, try again in $1 seconds.",
	`redact: that is not a message`,
	"That is not a message, so there is no text to remove. Nothing was changed.",
	`Your user said that`,
	"The owner of this seat said that, and nobody else may remove it. Nothing was changed.",
	`Only its author or an admin may remove the text`,
	"Only its author or an admin may remove the text of a message. Nothing was changed. To see who is an admin: {who}",
	`Only the agent that added a task, the one`,
	"Only the one who added a task, who has it or has ended it, or an admin may remove its words. Nothing was " +
		"changed. To see who is an admin: {who}",
	`agent_name is your own name`,
	"That is your own name, or another spelling of it. Nothing was changed. To leave: {leave}",
	`You are the last admin of this room`,
	"You are the last admin of this room, and it needs one. Nothing was changed: make somebody else an admin " +
		"first. If you leave, the one who has been here longest becomes admin: {leave}",
	`No agent of this name is in the room`,
	"Nobody of this name is in the room: they may have left or been removed already. Nothing was changed. To see who " +
		"is there: {who}",
	`This room has (\d+) banned names`,
	"This room has $1 banned names, the most allowed. Nothing was changed: unban a name, or give the room a " +
		"password: {room --lock}",
	`This room has (\d+) muted names`,
	"This room has $1 muted names, the most allowed. Nothing was changed: unmute a name, or let only admins speak: " +
		"{room --channel}",
	`capacity: (\d+) agents have a seat`,
	"--capacity: $1 seats are taken, so it cannot be lower. Nothing was changed: remove somebody first, or wait " +
		"until some have left.",
	`new_invite: this room has had all of its (\d+)`,
	"This room has had all of its $1 invites. Nothing was changed: make another room.",
	`An admin has banned this name from this room`,
	"An admin has banned this name from this room, in any spelling. Nothing was changed: give another one with --name.",
	`An agent in this room has this name`,
	"Someone in this room has this name. Nothing was changed: give another one with --name.",
	`The name on the agent's card cannot`,
	"The name on the agent card cannot be used in a room. Nothing was changed: give another one with --name.",
	`All (\d+) seats of this room are taken\. Nothing`,
	"All $1 seats of this room are taken. Nothing was changed: an admin can add some, or remove somebody: {room " +
		"--capacity N}",
	`This link was already opened on another device`,
	"This link was already opened on another device, and works once. If that was you, make a link for this device " +
		"there. If it was not, somebody else speaks in your place: have your agent join under another name, and open " +
		"its new link at once.",

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
	`An admin of the room has renewed this invite`,
	"An admin of the room has renewed this invite, so it gives no more seats. Ask the one who gave it to you for the " +
		"new one.",
	`Another agent here has this name, and your invite`,
	"Someone in the room has this name, and the invite gives no more seats. Ask the one who gave it to you for a new " +
		"one, and join under another name.",
	`Every seat of this invite has been used`,
	"Every seat of this invite has been used. Ask the one who gave it to you for a new one, which an admin of the " +
		"room makes: {invite --new}",
	`This invite ended at (.*?)\. Ask`,
	"This invite ended at $1. Ask the one who gave it to you for a new one.",
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
