package shell

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// Screen shows people what was said, one message after the other:
//
//	09:41 Bob [asks "Ann"; mzg1drj]: Which version of the schema?
//	09:42 * joined: Cy
//	09:43 Ann [re mzg1drj]: Version 3 since Monday.
//	      Field net_total is gone.
//	09:44 Bob [file "schema.sql", 12 KB; m7hq2wd]: as I have it
//	09:45 * task done: t3 "compare the schemas"; by Cy: two fields differ
//
// Only a line of Parley begins in the first column: every further line of a text is indented, also where a narrow
// terminal breaks the line. Names hold none of the characters [ ] : ; * " so no name can look like a mark or an event.
type Screen struct {
	Out      io.Writer
	Terminal bool
	Agent    bool // each message has its id: an agent has no other way to it
	Color    bool
	Width    func() int // columns of the terminal; 0 leaves lines as they are
	Now      func() time.Time

	proposed map[string]string // who proposed what, and when, by the id of the proposal
	columns  columns
	err      error // of the first failed write
}

// write writes text, unless an earlier write has failed.
func (s *Screen) write(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.Out, text)
	}
}

// Err returns the error of the first failed write. Nothing was written after that write.
func (s *Screen) Err() error { return s.err }

// indent is where the second line of a message begins, below the name.
const indent = "      "

// narrow is how many columns of text must fit beside a header.
const narrow = 20

// Show prints messages, in the order of the room.
func (s *Screen) Show(messages ...results.Message) {
	for _, message := range messages {
		at := s.time(message.At)
		switch {
		case waits(message):
			s.line(at, strings.TrimSpace("* draft "+message.ID)+": "+who(message), "dim", marks(message),
				string(message.Text))
		case message.Type == "task" && (message.Task != nil || len(message.Tasks) > 0):
			s.tasks(at, message)
		case message.Type != "message":
			more := string(message.Note)
			if s.Agent { // which reads what its user has said in its name
				more = cmp.Or(more, string(message.Text))
			}
			s.line(at, "* "+event(message), "dim", "", more)
		default:
			is := marks(message)
			if s.Agent && !strings.HasSuffix(is, message.ID) {
				is = strings.TrimPrefix(is+"; "+message.ID, "; ")
			}
			s.line(at, who(message), s.colorOf(message.From), is, string(message.Text))
			s.agreement(at, message)
		}
	}
}

// agreement prints on which proposal all agree with message. Who proposed it, and when, is there if the screen knows
// the proposal, but no part of its text: the beginning of a text may say the opposite of the whole. In the list of
// agreements the message is the proposal itself, and the line says who agreed.
func (s *Screen) agreement(at string, message results.Message) {
	s.know(message)
	switch message.Agreed {
	case "":
	case message.ID:
		by := ""
		if len(message.AgreedBy) > 0 { // servers of before do not say it
			by = "; by " + named(message.AgreedBy, ", ")
		}
		if message.RemovedBy != "" {
			by += "; removed by " + named([]string{message.RemovedBy}, "")
		}
		s.line(at, "* agreed: "+message.Agreed+by, "dim", "", "")
	default:
		s.line(at, "* agreed: "+message.Agreed+s.proposed[message.Agreed], "dim", "", "")
	}
}

// know keeps who has proposed m, and when, if m is a proposal. The list of agreements has another time, of the last
// vote.
func (s *Screen) know(m results.Message) {
	if m.Kind != "proposal" || m.Agreed != "" {
		return
	}
	if s.proposed == nil {
		s.proposed = map[string]string{}
	}
	s.proposed[m.ID] = "; proposed by " + who(m) + ", " + s.time(m.At)
}

// who names the agent that said or did what m tells, or the agent's owner. A note has its sender.
func who(m results.Message) string {
	return ident.Actor(cmp.Or(m.From, m.By, m.Agent), m.Person && m.From != "your user", m.PersonName)
}

// taker names the agent that has a task or has ended the task, or that agent's owner.
func taker(t results.Task) string { return ident.Actor(t.By, t.ByPerson || t.ByName != "", t.ByName) }

// line writes one line of Parley, and behind the line a text from others.
func (s *Screen) line(at, head, style, marks, text string) {
	head, marks = HarmlessLine(head), HarmlessLine(marks)
	var b strings.Builder
	b.WriteString(s.paint("dim", at) + " " + s.paint(style, head))
	used := s.columns.text(at) + 1 + s.columns.text(head)
	if marks != "" {
		b.WriteString(" " + s.paint("dim", "["+marks+"]"))
		used += 3 + s.columns.text(marks)
	}
	if text != "" {
		b.WriteString(":")
		s.text(&b, used+1, text)
	}
	s.write(b.String() + "\n")
}

// text writes a text behind a header of so many columns.
func (s *Screen) text(b *strings.Builder, used int, text string) {
	width := s.Width()
	for i, line := range strings.Split(strings.TrimRight(Harmless(text), "\n"), "\n") {
		beside := i == 0
		for _, piece := range s.fold(line, width, width-used-1, &beside) {
			switch {
			case beside:
				b.WriteString(" " + piece)
			case piece == "":
				b.WriteString("\n")
			default:
				b.WriteString("\n" + indent + piece)
			}
			beside = false
		}
	}
}

// fold breaks a line at the width of the terminal. beside says whether the line may stand beside a header, and then
// whether it does; first is the room there.
func (s *Screen) fold(line string, width, first int, beside *bool) []string {
	if width == 0 {
		return []string{line}
	}
	rest := max(narrow, width-len(indent))
	line = s.columns.untab(line)
	*beside = *beside && (first >= narrow || s.columns.text(line) <= first)
	if !*beside {
		first = rest
	}
	return s.columns.fold(line, first, rest)
}

// time returns a time as a person reads a clock: without the day if the day is today.
func (s *Screen) time(at string) string {
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return "--:--"
	}
	now := s.Now()
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("Jan _2 15:04")
}

// marks says, in brackets behind the sender, to which agents a message goes and which kind it has. The marks of a
// message that wants an answer hold the id.
func marks(message results.Message) string {
	var is []string
	add := func(word, rest string) { is = append(is, strings.TrimSpace(word+" "+rest)) }
	if message.Person && who(message) == message.From {
		add("in person", "")
	}
	if message.File != nil {
		add("file", fileOf(*message.File))
	}

	// At most one mark tells the kind.
	asks := asks(message)
	switch {
	case message.Kind == "proposal":
		add("proposes", "")
	case asks && len(message.Ask) == 0:
		add("asks anyone", "")
	case asks:
		add("asks", named(message.Ask, ", "))
	case message.Kind == "agree":
		add("agrees", "")
	case message.Kind == "object":
		add("objects", "")
	default:
		if message.Kind != "" {
			add(message.Kind, "")
		}
	}

	// The other marks tell the receivers and the subject.
	if len(message.To) > 0 {
		add("only to", named(message.To, ", "))
	}
	switch {
	case message.OldFile != nil:
		add("replaces", message.Replaces+", "+fileOf(*message.OldFile))
	case message.Replaces != "":
		add("replaces", message.Replaces)
	case message.ReplyTo != "":
		add("re", message.ReplyTo)
	}
	if message.ReplacedBy != "" {
		add("replaced by", message.ReplacedBy)
	}
	if message.Withdraws != "" {
		add("withdraws", message.Withdraws)
	}
	if message.Type == "message" && message.Draft != "" { // the message has another id since it was sent
		add("was draft", message.Draft)
	}
	if len(message.Finished) > 0 {
		add("finishes", strings.Join(message.Finished, ", "))
	}
	if (asks || message.File != nil) && !waits(message) { // the line of a draft begins with the id
		add(message.ID, "")
	}
	return strings.Join(is, "; ")
}

// asks reports whether a message wants an answer.
func asks(m results.Message) bool {
	return m.Kind == "request" || m.Kind == "proposal" || len(m.Ask) > 0
}

// fileOf describes the file of a message. The sender chose the file's name, which may hold any mark.
func fileOf(f results.File) string {
	is := strconv.Quote(string(f.Name)) + ", " + size(f.Size)
	if f.Sum != "" {
		is += ", SHA-256 " + f.Sum
	}
	return is
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 10<<10:
		return fmt.Sprintf("%d KB", (n+1<<9)>>10)
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	case n == 1:
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// tasks writes what an agent did with tasks. Titles may hold any mark.
func (s *Screen) tasks(at string, message results.Message) {
	list := message.Tasks
	if len(list) == 0 {
		list = []results.Task{*message.Task}
	}
	what := map[string]string{"add": "added", "take": "taken", "release": "unassigned", "finish": "done",
		"drop": "canceled", "edit": "edited"}[message.Action]
	for _, task := range list {
		if message.Action == "check" {
			if message.Redacted {
				s.line(at, "* task "+finishedTask(task)+": the check by "+who(message)+" was removed", "dim", "", "")
			}
			for _, check := range task.Checks {
				check.By, check.ByPerson, check.ByName = who(message), false, ""
				s.line(at, "* task "+finishedTask(task)+": "+check.Checked(), "dim", "", "")
			}
			continue
		}
		head := "* task " + cmp.Or(what, message.Action) + ": " + strings.TrimSpace(task.ID+" "+titleOf(task)) +
			"; by " + who(message)
		if task.Was != "" {
			head += "; taken over from " + named([]string{task.Was}, "")
		}
		if len(task.For) > 0 {
			head += "; assigned to " + named(task.For, ", ")
		}
		if len(task.After) > 0 {
			head += "; blocked by " + strings.Join(task.After, ", ")
		}
		if ran := task.Evidence; ran != nil {
			head += "; " + ran.ReportedQuoted()
		}
		s.line(at, head, "dim", "", cmp.Or(resultOf(task), string(task.Text)))
	}
}

// finishedTask names a task that was checked, who finished it, and what was run.
func finishedTask(task results.Task) string {
	text := strings.TrimSpace(task.ID + " " + titleOf(task))
	if task.By != "" {
		text += ", done by " + named([]string{taker(task)}, "")
	}
	if task.Evidence != nil {
		text += "; " + task.Evidence.ReportedQuoted()
	}
	return text
}

func titleOf(t results.Task) string {
	if t.Title == "" {
		return ""
	}
	return strconv.Quote(string(t.Title))
}

// named lists names in quotes, which no name holds: the name "Bob and Ann" does not pass for two names, nor a name for
// a word such as anyone.
func named(names []string, between string) string {
	return `"` + strings.Join(names, `"`+between+`"`) + `"`
}

// The colors of speakers: readable on light and dark, without red, which is for errors.
var palette = []string{"32", "33", "34", "35", "36", "92", "94", "95", "96"}

// colorOf returns the color of a speaker, the same in every run.
func (s *Screen) colorOf(name string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, name) // cannot fail
	return "1;" + palette[h.Sum32()%uint32(len(palette))]
}

// paint colors a text, if the screen is colored.
func (s *Screen) paint(style, text string) string {
	if !s.Color {
		return text
	}
	if style == "dim" {
		style = "2"
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// event says what happened in a room, other than a message. The word for the event comes first and ends with a colon,
// which no name holds: an agent with the name "Bob left" cannot make others believe that Bob left.
func event(message results.Message) string {
	// what is the word, and about is the subject; more follows in parts of its own.
	what, about := message.Type, message.Agent
	var more []string
	switch message.Type {
	case "left":
		switch message.Reason {
		case "", "left":
		case "timeout":
			what = "timed out"
		default:
			what = message.Reason
		}
		if message.NewAdmin != "" {
			more = append(more, "new admin: "+message.NewAdmin)
		}
	case "role":
		what = done(message.Action)
	case "room":
		what, about = "changed", changed(message.Changes)
		if message.Reason == "closed" {
			what, about = "closed for good", "the room"
		} else if message.Changes != nil && message.Changes.Redacted != "" {
			what, about = "text removed", message.Changes.Redacted
		}
		if message.Task != nil {
			what, about = "check removed", finishedTask(*message.Task)
			more = append(more, "which was by "+named([]string{message.Agent}, ""))
		}
	case "draft":
		what, about = "draft "+cmp.Or(map[string]string{"refused": "rejected"}[message.Reason], message.Reason),
			message.Draft
	case "supervision":
		what, about = cmp.Or(message.PersonName, "the owner"), supervised(message.Reason)
	case "hook":
		is, begun := "notifications", "turned on"
		switch message.Hook {
		case "each":
			is, begun = "webhook", "added"
		case "messenger":
			is, begun = "channel of a messenger", "added"
		}
		what = is + " " + begun
		if message.Reason != "" {
			what = is + " stopped"
			more = append(more, map[bool]string{true: "by you", false: message.Reason}[message.Person])
		}
	case "paired":
		about = "the two here"
	case "knock":
		what = "could not join, the name is taken"
		if message.Reason == "room_full" {
			what = "could not join, the room is full"
		}
		more = append(more, message.ID)
	}

	// The other parts may come with any type of event.
	if message.Type != "room" && message.Changes != nil && message.Changes.Invite != "" {
		more = append(more, "the invite link was replaced")
	}
	if message.By != "" {
		more = append(more, "by "+who(message))
	}
	return strings.Join(append([]string{strings.TrimSuffix(what+": "+about, ": ")}, more...), "; ")
}

// supervised says what the owner of an agent did about the agent.
func supervised(reason string) string {
	switch reason {
	case "opened":
		return "opened the room on another device"
	case "opened_twice":
		return "somebody tried to open a link that was already used; if that was not you, have the agent join " +
			"under another name"
	}
	return reason
}

// done says that an admin did something to an agent.
func done(action string) string {
	switch action {
	case "promote", "demote", "mute", "unmute":
		return strings.TrimSuffix(action, "e") + "ed"
	case "ban", "unban":
		return action + "ned"
	}
	return action
}

// changed lists the settings of a room that have changed.
func changed(c *results.Changes) string {
	text, _ := json.Marshal(c) // c came as JSON
	var settings map[string]any
	_ = json.Unmarshal(text, &settings)
	var is []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		switch value := settings[name].(type) {
		case string:
			is = append(is, fmt.Sprintf("%s %q", name, value))
		default:
			is = append(is, fmt.Sprintf("%s %v", name, value))
		}
	}
	return strings.Join(is, ", ")
}
