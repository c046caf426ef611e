package shell

import (
	"hash/fnv"
	"io"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
)

// Screen shows people what was said, one message after the other:
//
//	09:41 Bob [asks "Ann"; mzg1drj]: Which version of the schema?
//	09:42 * joined: Cy
//	09:43 Ann [re mzg1drj]: Version 3 since Monday.
//	      Field net_total is gone.
//
// Only a line of Parley begins in the first column: every further line of a text is
// indented, also where a narrow terminal breaks it. Names hold none of the characters
// [ ] : ; * " so that no name can look like a mark or an event.
type Screen struct {
	Out      io.Writer
	Terminal bool
	Color    bool
	Width    func() int // of the terminal, in columns; 0 leaves lines as they are
	Now      func() time.Time

	columns columns
}

// indent is where the second line of a message begins: below the name.
const indent = "      "

// narrow is how many columns of text must fit beside a header.
const narrow = 20

// Show prints messages. Their order is that of the room.
func (s *Screen) Show(messages ...client.Message) error {
	for _, m := range messages {
		if err := s.show(m); err != nil {
			return err
		}
	}
	return nil
}

func (s *Screen) show(m client.Message) error {
	at := s.time(m.At)
	if waits(m) {
		return s.print(at, "* draft "+HarmlessLine(m.ID)+": "+HarmlessLine(m.From), "dim", marks(m), m.Text)
	}
	if m.Type != "message" {
		return s.print(at, "* "+event(m), "dim", "", m.Note)
	}
	name := HarmlessLine(m.From)
	if err := s.print(at, name, s.colorOf(name), marks(m), m.Text); err != nil {
		return err
	}
	if m.Agreed != "" {
		return s.print(at, "* agreed: "+HarmlessLine(m.Agreed), "dim", "", "")
	}
	return nil
}

// print writes one line of Parley, with a text behind it that others wrote.
func (s *Screen) print(at, head, style, marks, text string) error {
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
	b.WriteString("\n")
	_, err := io.WriteString(s.Out, b.String())
	return err
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

// fold breaks a line at the width of the terminal. beside says that it stands beside a
// header, if it may; first is the room there.
func (s *Screen) fold(line string, width, first int, beside *bool) []string {
	if width == 0 {
		return []string{line}
	}
	rest := max(narrow, width-len(indent))
	line = s.columns.untab(line)
	if *beside = *beside && (first >= narrow || s.columns.text(line) <= first); !*beside {
		first = rest
	}
	return s.columns.fold(line, first, rest)
}

// time is when something was said, as a person reads a clock: without the day if it was
// today.
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

// marks say of a message to whom it goes and what it is, in brackets behind its sender.
// They have the id of a message that wants an answer.
func marks(m client.Message) string {
	var is []string
	add := func(word, rest string) { is = append(is, strings.TrimSpace(word+" "+rest)) }
	if m.Person {
		add("in person", "")
	}
	asks := m.Kind == "request" || m.Kind == "proposal" || len(m.Ask) > 0
	switch {
	case m.Kind == "proposal":
		add("proposes", "")
	case asks && len(m.Ask) == 0:
		add("asks anyone", "")
	case asks:
		add("asks", named(m.Ask, ", "))
	case m.Kind == "agree":
		add("agrees", "")
	case m.Kind == "object":
		add("objects", "")
	default:
		if m.Kind != "" {
			add(m.Kind, "")
		}
	}
	if len(m.To) > 0 {
		add("only to", named(m.To, ", "))
	}
	if m.ReplyTo != "" {
		add("re", m.ReplyTo)
	}
	if m.Withdraws != "" {
		add("withdraws", m.Withdraws)
	}
	if asks {
		add(m.ID, "")
	}
	return HarmlessLine(strings.Join(is, "; "))
}

// named lists names in quotes, which no name holds: one that is called "Bob and Ann" does not
// pass for two, nor one for a word such as anyone.
func named(names []string, between string) string {
	return `"` + strings.Join(names, `"`+between+`"`) + `"`
}

// The colors that speakers get: those that are readable on light and dark, without red,
// which is for errors.
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
