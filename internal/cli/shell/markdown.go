package shell

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
)

// markdown returns a talk as a file, with the minutes at the end, like an export of the page. Texts of people and
// agents stand between fences that are longer than any fence in the text, so no text can end its block early or pass
// for anything else.
func (t *talk) markdown(seat string, now time.Time, screen *Screen) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nExported from Parley at %s, as the seat of %s sees it.\nWhat agents and people wrote "+
		"is in fenced blocks. Everything else is from the server.\n", t.info.Room.Name,
		stamp(now.UTC().Format(time.RFC3339)), seat)
	if about := t.info.Room.Description; about != "" {
		b.WriteString("\n" + fenced(string(about)))
	}
	b.WriteString("\n## Who takes part\n\n")
	for _, a := range t.info.Room.Agents {
		is := "- " + a.Name
		if a.Role == "admin" {
			is += ", admin"
		}
		if a.Person {
			is += strings.TrimSuffix(", with a person, "+a.PersonName, ", ")
		}
		b.WriteString(is + "\n")
	}
	b.WriteString("\n## Conversation\n")
	var events bytes.Buffer // since the last message
	plain := *screen
	plain.Out, plain.Color, plain.Width = &events, false, func() int { return 0 }
	plain.Now = func() time.Time { return time.Time{} } // each event gets its day, in UTC as the messages
	flush := func() {
		if events.Len() > 0 {
			b.WriteString("\n" + fenced(events.String()))
			events.Reset()
		}
	}
	for _, e := range t.said {
		if e.Type == "message" {
			flush()
			b.WriteString("\n" + messageIn(e.Message))
		} else {
			plain.Show(e.Message)
		}
	}
	flush()
	b.WriteString(t.outcome())
	return Harmless(b.String())
}

// outcome returns the minutes: the agreements, the tasks done and open, and the files. Empty parts are left out.
func (t *talk) outcome() string {
	var b strings.Builder
	part := func(title string, all []string) {
		if len(all) > 0 {
			b.WriteString("\n## " + title + "\n\n" + strings.Join(all, "\n"))
		}
	}
	var agreed, done, open, files []string

	for _, e := range t.agreed {
		by := slices.DeleteFunc(slices.Clone(e.AgreedBy), func(name string) bool { return name == who(e.Message) })
		one := fmt.Sprintf("### Proposed by %s, agreed by %s\n\n%s · %s", who(e.Message),
			cmp.Or(strings.Join(by, ", "), "all who were asked"), stamp(e.At), e.ID)
		if e.Replaces != "" {
			one += " · replaces " + e.Replaces
		}
		if len(e.Bound) > 0 {
			one += ", which bound " + strings.Join(e.Bound, ", ")
		}
		if len(e.NoSay) > 0 {
			one += " (without " + strings.Join(e.NoSay, ", ") + ", who had no say)"
		}
		if e.ReplacedBy != "" {
			one += " · replaced by " + e.ReplacedBy
		}
		if e.RemovedBy != "" {
			one += " · removed by " + e.RemovedBy
		}
		one += "\n"
		if e.Text != "" {
			one += "\n" + fenced(string(e.Text))
		}
		if f := e.File; f != nil {
			one += "\nA file" + agreedIn(*f)
		}
		if f := e.OldFile; f != nil {
			one += "\nIt replaces a file" + agreedIn(*f)
		}
		agreed = append(agreed, one)
	}

	// Each task is done or open; a question without an answer is open.
	for _, task := range t.closed.Tasks {
		how := "canceled"
		if task.State != "dropped" {
			how = "done by " + taker(task)
		}
		done = append(done, taskIn(how, task))
	}
	for _, task := range t.open.Tasks {
		how := "to do"
		switch {
		case task.State == "taken":
			how = "in progress by " + taker(task)
		case task.State == "stalled":
			how = "stalled with " + taker(task)
		case task.State == "blocked":
			how = "blocked by " + strings.Join(task.After, ", ")
		case len(task.For) > 0:
			how += ", assigned to " + strings.Join(task.For, ", ")
		}
		open = append(open, taskIn(how, task))
	}
	for _, q := range t.info.Requests {
		asked := cmp.Or(strings.Join(q.OwedBy, ", "), "anyone")
		asks := map[bool]string{true: "proposes to", false: "asks"}[q.Proposal]
		open = append(open, fmt.Sprintf("### %s %s %s · %s\n\n%s",
			ident.Actor(q.From, q.Person, q.PersonName), asks, asked, q.ID, fenced(string(q.Text))))
	}
	for _, e := range t.files {
		files = append(files, fmt.Sprintf("### %s · %d bytes · %s\n\n%s · %s\n\n%s", who(e.Message), e.File.Size,
			e.File.Type, stamp(e.At), e.ID, fenced(string(e.File.Name))))
	}
	part("Agreements", agreed)
	part("Done", done)
	part("Open", open)
	part("Files", files)
	return b.String()
}

// agreedIn returns size, digest and name of an agreed file.
func agreedIn(f results.File) string {
	return fmt.Sprintf(" of %d bytes, SHA-256 %s:\n\n%s", f.Size, f.Sum, fenced(string(f.Name)))
}

// messageIn returns a message with its sender, kind, receivers and time.
func messageIn(message results.Message) string {
	file, id := message.File, message.ID
	message.File, message.ID = nil, "" // the file's name is in the fence below, and the id beside the time
	head := who(message)
	if is := strings.TrimSuffix(marks(message), "; "); is != "" {
		head += " · " + strings.ReplaceAll(is, "; ", " · ")
	}
	text := "### " + head + "\n\n" + stamp(message.At) + " · " + id + "\n"
	if message.Text != "" {
		text += "\n" + fenced(string(message.Text))
	}
	if file != nil {
		text += fmt.Sprintf("\nA file of %d bytes, %s:\n\n%s", file.Size, file.Type, fenced(string(file.Name)))
	}
	return text
}

func taskIn(how string, task results.Task) string {
	if task.Question != "" {
		how += ", in question by " + task.Question
	}
	if task.DoneUnder != "" {
		how += ", under " + task.DoneUnder + ", replaced since"
	}
	text := "### " + task.ID + " · " + how + "\n"
	for _, words := range []results.Text{task.Title, task.Text, task.Result} {
		if words != "" {
			text += "\n" + fenced(string(words))
		}
	}
	if ran := task.Evidence; ran != nil {
		text += "\nWhat was run:\n\n" + fenced(ran.Reported())
	}
	for _, check := range task.Checks {
		text += "\n- " + check.Checked() + "\n"
	}
	return text
}

// stamp writes a time that readers in any time zone understand.
func stamp(at string) string { return strings.NewReplacer("T", " ", "Z", " UTC").Replace(at) }

var backticks = regexp.MustCompile("`{3,}")

// fenced returns a text as a block of Markdown; no line of the text can end the block.
func fenced(text string) string {
	fence := "```"
	for _, run := range backticks.FindAllString(text, -1) {
		if len(run) >= len(fence) {
			fence = run + "`"
		}
	}
	return fence + "text\n" + strings.TrimSuffix(text, "\n") + "\n" + fence + "\n"
}
