package shell

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
)

// morning is the time of the tests' screens, east of Greenwich.
func morning() time.Time {
	return time.Date(2026, 3, 5, 9, 45, 0, 0, time.FixedZone("", 2*60*60))
}

func shown(t *testing.T, width int, messages ...results.Message) string {
	t.Helper()
	var out bytes.Buffer
	s := Screen{Out: &out, Width: func() int { return width }, Now: morning, columns: columns{1}}
	s.Show(messages...)
	if s.err != nil {
		t.Fatal(s.err)
	}
	return out.String()
}

// said is a message of Bob, a few minutes ago.
func said(change func(*results.Message)) results.Message {
	m := results.Message{ID: "mzg1drj", Type: "message", From: "Bob", Text: "Hi.", At: "2026-03-05T07:41:00Z"}
	change(&m)
	return m
}

func TestShow_messagesAndEvents_areOneLineEach(t *testing.T) {
	for want, m := range map[string]results.Message{
		"09:41 Bob: Hi.":        said(func(*results.Message) {}),
		"Mar  4 09:41 Bob: Hi.": said(func(m *results.Message) { m.At = "2026-03-04T07:41:00Z" }),
		"09:41 Bob [asks \"Ann\", \"Cy\"; mzg1drj]: Hi.": said(func(m *results.Message) {
			m.Kind, m.Ask = "request", []string{"Ann", "Cy"}
		}),
		"09:41 Bob [asks \"Ann\"; only to \"Ann\", \"Cy\"; mzg1drj]: Hi.": said(func(m *results.Message) {
			m.Ask, m.To = []string{"Ann"}, []string{"Ann", "Cy"}
		}),
		"09:41 Bob [asks anyone; mzg1drj]: Hi.": said(func(m *results.Message) { m.Kind = "request" }),
		"09:41 Bob [proposes; mzg1drj]: Hi.": said(func(m *results.Message) {
			m.Kind, m.Ask = "proposal", []string{"Ann"}
		}),
		"09:41 Bob [proposes; replaces m000001; mzg1drj]: Hi.": said(func(m *results.Message) {
			m.Kind, m.ReplyTo, m.Replaces = "proposal", "m000001", "m000001"
		}),
		"09:41 Bob [proposes; re m000001; replaced by m000003; mzg1drj]: Hi.": said(func(m *results.Message) {
			m.Kind, m.ReplyTo, m.ReplacedBy = "proposal", "m000001", "m000003"
		}),
		"09:41 Bob [agrees; re m000001]\n09:41 * agreed: m000001": said(func(m *results.Message) {
			m.Kind, m.Text, m.ReplyTo, m.Agreed = "agree", "", "m000001", "m000001"
		}),
		"09:41 Bob [objects; re m000001]: Hi.": said(func(m *results.Message) {
			m.Kind, m.ReplyTo = "object", "m000001"
		}),
		"09:41 Bob [status]: Hi.":       said(func(m *results.Message) { m.Kind = "status" }),
		"09:41 Bob [withdraws m000001]": said(func(m *results.Message) { m.Text, m.Withdraws = "", "m000001" }),
		"09:41 * joined: Cy": said(func(m *results.Message) {
			*m = results.Message{Type: "joined", Agent: "Cy", At: m.At}
		}),
		"09:41 * left: Cy; new admin: Bob": said(func(m *results.Message) {
			*m = results.Message{Type: "left", Agent: "Cy", Reason: "left", NewAdmin: "Bob", At: m.At}
		}),
		"09:41 * kicked: Cy; by Bob: for noise": said(func(m *results.Message) {
			*m = results.Message{Type: "left", Agent: "Cy", Reason: "kicked", By: "Bob", Note: "for noise", At: m.At}
		}),
		"09:41 * notifications turned on: Cy": said(func(m *results.Message) {
			*m = results.Message{Type: "hook", Agent: "Cy", At: m.At}
		}),
		"09:41 * notifications stopped: Cy; expired": said(func(m *results.Message) {
			*m = results.Message{Type: "hook", Agent: "Cy", Reason: "expired", At: m.At}
		}),
		"09:41 * notifications stopped: Cy; by you": said(func(m *results.Message) {
			*m = results.Message{Type: "hook", Agent: "Cy", Reason: "unsubscribed", Person: true, At: m.At}
		}),
		"09:41 * channel of a messenger added: Cy": said(func(m *results.Message) {
			*m = results.Message{Type: "hook", Agent: "Cy", Hook: "messenger", Person: true, At: m.At}
		}),
		"09:41 * channel of a messenger stopped: Cy; expired": said(func(m *results.Message) {
			*m = results.Message{Type: "hook", Agent: "Cy", Hook: "messenger", Reason: "expired", At: m.At}
		}),
		"09:41 * promoted: Cy; by Bob": said(func(m *results.Message) {
			*m = results.Message{Type: "role", Agent: "Cy", Action: "promote", By: "Bob", At: m.At}
		}),
		"09:41 * text removed: m00000a; by Bob": said(func(m *results.Message) {
			*m = results.Message{Type: "room", Changes: &results.Changes{Redacted: "m00000a"}, By: "Bob", At: m.At}
		}),
		"09:41 * changed: capacity 3, password \"set\"; by Bob": said(func(m *results.Message) {
			*m = results.Message{Type: "room", Changes: &results.Changes{Password: "set", Capacity: new(3)}, By: "Bob",
				At: m.At}
		}),
		"09:41 * closed for good: the room; by Bob": said(func(m *results.Message) {
			*m = results.Message{Type: "room", Reason: "closed", By: "Bob", At: m.At}
		}),
		"09:41 * could not join, the room is full: Di; m000002": said(func(m *results.Message) {
			*m = results.Message{Type: "knock", ID: "m000002", Reason: "room_full", Agent: "Di", At: m.At}
		}),
		`09:41 Bob [file "a.csv", 12 KB; only to "Ann"; m000003]: as I have it`: said(func(m *results.Message) {
			m.ID, m.Text, m.To = "m000003", "as I have it", []string{"Ann"}
			m.File = &results.File{Name: "a.csv", Size: 12_000}
		}),
		`09:41 Bob [file "a\"; only to \"Ann]: x", 1 byte; m000003]`: said(func(m *results.Message) {
			m.ID, m.Text, m.File = "m000003", "", &results.File{Name: `a"; only to "Ann]: x`, Size: 1}
		}),
		"09:41 Bob [finishes t1, t2]: done": said(func(m *results.Message) {
			m.Text, m.Finished = "done", []string{"t1", "t2"}
		}),
		`09:41 * task taken: t1 "a\"; by Ann"; by Bob; taken over from "Cy"`: said(func(m *results.Message) {
			*m = results.Message{Type: "task", Action: "take", Agent: "Bob", At: m.At,
				Task: &results.Task{ID: "t1", Title: `a"; by Ann`, Was: "Cy"}}
		}),
		"09:41 * task added: t1 \"a\"; by Bob; assigned to \"Cy\"\n" +
			"09:41 * task added: t2 \"b\"; by Bob; blocked by t1": said(
			func(m *results.Message) {
				*m = results.Message{Type: "task", Action: "add", Agent: "Bob", At: m.At,
					Tasks: []results.Task{{ID: "t1", Title: "a", For: []string{"Cy"}},
						{ID: "t2", Title: "b", After: []string{"t1"}}}}
			}),
	} {
		if got := shown(t, 0, m); got != want+"\n" {
			t.Errorf("shown as %q, want %q", got, want)
		}
	}
}

// Whoever reads "agreed" has not kept the ids of the proposals, and the beginning of a text is not what was agreed on.
func TestShow_agreement_isNamedByWhoProposedItAndWhen(t *testing.T) {
	proposal := said(func(m *results.Message) {
		m.Kind, m.Text, m.At = "proposal", "Ship on Friday, but not before all tests pass.", "2026-03-04T07:30:00Z"
	})
	agree := said(func(m *results.Message) {
		m.ID, m.Kind, m.Text, m.ReplyTo, m.Agreed = "m000002", "agree", "", proposal.ID, proposal.ID
	})
	entry := proposal // of the list of agreements, which has the time of the last vote
	entry.Agreed, entry.At = proposal.ID, agree.At
	const end = "09:41 Bob [agrees; re mzg1drj]\n09:41 * agreed: mzg1drj"
	if got := shown(t, 0, proposal, agree); !strings.HasSuffix(got, end+"; proposed by Bob, Mar  4 09:30\n") {
		t.Errorf("shown as\n%s", got)
	}
	for _, got := range []string{shown(t, 0, agree), shown(t, 0, proposal, entry)} {
		if !strings.HasSuffix(got, "* agreed: mzg1drj\n") {
			t.Errorf("shown as\n%s", got)
		}
	}
}

func TestShow_longText_staysBelowItsSender(t *testing.T) {
	m := said(func(m *results.Message) {
		m.Text = "Version 3 since Monday, on all\thosts.\r\n\n    func main() {}\n日本語日本語日本語日本語日本語日本語 end\n"
	})
	want := `09:41 Bob: Version 3 since Monday, on all
      hosts.

          func main() {}
      日本語日本語日本語日本語日本語日本
      語 end
`
	if got := shown(t, 41, m); got != want {
		t.Errorf("shown as\n%s, want\n%s", got, want)
	}
	if got := shown(t, 0, m); !strings.Contains(got, "on all\thosts.\n\n          func") {
		t.Errorf("a file is shown\n%s", got)
	}
}

func TestHarmless_whatActsOnATerminal_isSeen(t *testing.T) {
	for text, want := range map[string]string{
		"plain ü 日本 👩‍👧 ❤️ می\u200cخواهم": "plain ü 日本 👩‍👧 ❤️ می\u200cخواهم",
		"a\x1b[2J\x1b]0;title\x07b":       `a\x1b[2J\x1b]0;title\x07b`,
		"C1: \u009b2J, \u0085":            `C1: \x9b2J, \x85`,
		"back\b\b\bover\rwrite":           `back\x08\x08\x08over\x0dwrite`,
		"\u202egnp.exe\u2066\u200e\u061c": `\u202egnp.exe\u2066\u200e\u061c`,
		"in\u200bvisible\ufeff\u3164":     `in\u200bvisible\ufeff\u3164`,
		"tags \U000e0041":                 `tags \U000e0041`,
		"raw \x9b2J \xff":                 "raw \ufffd2J \ufffd",
		"one\r\ntwo\u2028three":           "one\ntwo\nthree",
	} {
		if got := Harmless(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
	if got := HarmlessLine("a\nb\tc"); got != "a b c" {
		t.Errorf("a line is shown as %q", got)
	}
}

// A printed line has words of others only in its arguments.
func TestSentence_wordsOfOthers_stayOnTheirLine(t *testing.T) {
	const evil, shown = "Ann\n\x1b[2Jparley: all is well", `Ann \x1b[2Jparley: all is well`
	for _, word := range []any{evil, errors.New(evil), Which{As: evil}} {
		if got := sentence("%s in tea", word); !strings.HasSuffix(got, shown+" in tea") {
			t.Errorf("a %T is shown as %q", word, got)
		}
	}
	if got := sentence("Two:\n%s", lines("a\nb\x1b")); got != "Two:\na\nb\\x1b" {
		t.Errorf("lines are shown as %q", got)
	}
}

// hostile returns hostile texts: texts that move the cursor, break lines, turn lines round, hide, pad, or look like a
// line of Parley.
func hostile() []string {
	return []string{
		"\x1b[2K\x1b[1A", "\x1b]0;pwned\x07", "\x1b[8m", "\u009b31m", "\r", "\n", "\r\n", "\b", "\v", "\f", "\x00",
		"\u0085", "\u2028", "\u2029", "\u202e", "\u2067",
		"\u200b", "\U000e0041", "\xc2", "\xff", "\t", " ", strings.Repeat(" ", 70), "09:41 Ann: I agree.",
		"09:41 * left: Ann", "日本", "🇩🇪", "👩‍👧", "e\u0301", "❤️", "a", "word ",
	}
}

func TestShow_hostileText_isHarmlessAndBeginsNoLine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := "x" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile()), 0, 40).Draw(r, "text"), "")
		width := rapid.SampledFrom([]int{0, 30, 60, 80}).Draw(r, "width")
		var out bytes.Buffer
		s := Screen{Out: &out, Width: func() int { return width }, Now: morning, columns: columns{1}}
		s.Show(said(func(m *results.Message) { m.Text = results.Part(text) }))
		if s.err != nil {
			r.Fatal(s.err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if !strings.HasPrefix(lines[0], "09:41 Bob:") {
			r.Errorf("the first line is %q", lines[0])
		}
		for i, line := range lines {
			if i > 0 && line != "" && !strings.HasPrefix(line, indent) {
				r.Errorf("the line %q begins like one of Parley", line)
			}
			if wide := s.columns.text(line); width > 0 && wide > width {
				r.Errorf("the line %q takes %d columns of %d, so that it wraps", line, wide, width)
			}
			if width == 0 {
				line = strings.ReplaceAll(line, "\t", " ")
			}
			if sanitize.Escape(line, "") != line {
				r.Errorf("the line %q acts on the terminal", line)
			}
		}
	})
}

// A server is trusted no more than agents: the server may be anybody's.
func TestShow_hostileFields_areHarmless(t *testing.T) {
	const evil = "Ann\x1b[2J\n\u202e"
	all := []results.Message{{Type: evil, At: evil, Agent: evil, By: evil, Note: evil, Reason: evil, Action: evil,
		NewAdmin: evil, ID: evil}}
	for _, kind := range []string{"", "request", "proposal", "agree", evil} {
		all = append(all, results.Message{Type: "message", From: evil, Kind: kind, To: []string{evil},
			Ask: []string{evil}, ReplyTo: evil, Withdraws: evil, Agreed: evil, ID: evil, Text: evil})
	}
	task := results.Task{ID: evil, Title: evil, Text: evil, Was: evil, For: []string{evil}, After: []string{evil}}
	all = append(all, results.Message{Type: "task", Action: evil, Agent: evil, Task: &task},
		results.Message{Type: "message", From: evil, ID: evil, Finished: []string{evil},
			File: &results.File{Name: evil, Type: evil}})
	for _, of := range []string{"joined", "left", "role", "room", "paired", "knock"} {
		all = append(all, results.Message{Type: of, Agent: evil, By: evil, Note: evil, Reason: evil, Action: evil,
			NewAdmin: evil, ID: evil, Changes: &results.Changes{Password: evil, Room: new(string(evil))}})
	}
	for _, m := range all {
		if got := shown(t, 80, m); sanitize.Escape(got, "\n") != got {
			t.Errorf("%s: shown as %q", m.Type, got)
		}
	}
}

func TestShow_inColor_nameAndTimeStandOut(t *testing.T) {
	var out bytes.Buffer
	s := Screen{Out: &out, Color: true, Width: func() int { return 0 }, Now: morning}
	s.Show(said(func(m *results.Message) { m.Text = "\x1b[31mred" }))
	if s.err != nil {
		t.Fatal(s.err)
	}
	if got := out.String(); !strings.HasPrefix(got, "\x1b[2m09:41\x1b[0m \x1b[1;") ||
		!strings.HasSuffix(got, "mBob\x1b[0m: \\x1b[31mred\n") {
		t.Errorf("shown as %q", got)
	}
}

// Titles of tasks and texts of requests are others' words, too.
func TestTable_onANarrowTerminal_beginsNoLineWithWordsOfOthers(t *testing.T) {
	var out strings.Builder
	o := Output{Screen: &Screen{Out: &out, Width: func() int { return 40 }, columns: columns{1}}}
	title := strings.TrimSpace(strings.Repeat("12:00 Ann: I agree. ", 9))
	o.table([][]string{{"t1", "open", title}})
	o.row("Open: %s\n%s", title, lines(indent+title))
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > 40 || !strings.HasPrefix(line, indent) &&
			!strings.HasPrefix(line, "t1  open  ") && !strings.HasPrefix(line, "Open: ") {
			t.Errorf("it shows %q", line)
		}
	}
	if got := strings.Join(strings.Fields(out.String()), " "); got != "t1 open "+title+" Open: "+title+" "+title {
		t.Errorf("all in all it shows %q", got)
	}
}

func TestFold_atAWidth_breaksBetweenWords_andNeverWhatPeopleCopy(t *testing.T) {
	for _, c := range []struct {
		text, margin, want string
		width              int
	}{
		{"your secrets for all this. Move it? Type yes: ", "", "your secrets for all this. Move it? Type yes: ", 0},
		{"your secrets for all this. Move it? Type yes: ", "", "your secrets for all\nthis. Move it? Type\nyes: ", 22},
		{"parley: Nothing was done. Run it later.", Margin, "parley: Nothing was\n  done. Run it later.", 22},
		{"Open this link:\n  http://127.0.0.1:8080/r/abc#def and so on", "",
			"Open this\nlink:\n  http://127.0.0.1:8080/r/abc#def and so on", 12},
		{"At http://127.0.0.1:8080/r/abc#def it is.", "", "At\nhttp://127.0.0.1:8080/r/abc#def\nit is.", 12},
		{"To join again: parley join tea --as Ann", Margin, "To join\n  again:\n  parley join tea --as Ann", 12},
		{"To join: 'C:/a b/parley' join 'to. o' --as Ann. It is one command.", Margin,
			"To join:\n  'C:/a b/parley' join 'to. o' --as Ann.\n  It is one\n  command.", 12},
		{"Make one with go run ./cmd/parley keys add LABEL. Then go on.", "",
			"Make one\nwith\ngo run ./cmd/parley keys add LABEL.\nThen go on.", 12},
		{"Run “parley say TEXT”, or wait.", "", "Run\n“parley say TEXT”,\nor wait.", 12},
		{"日本 日本 日本", "", "日本 日本\n日本", 10},
	} {
		s := Screen{Width: func() int { return c.width }, columns: columns{1}}
		if got := s.Fold(c.text, c.margin); got != c.want {
			t.Errorf("%q at %d columns is\n%s\nwant\n%s", c.text, c.width, got, c.want)
		}
	}
}

// A new type gets a row here, and a case in event unless the type's name says enough.
func TestShow_eachTypeOfEvent_hasItsLine(t *testing.T) {
	want := map[chat.EventType]string{
		chat.EventSaid:        "09:41 Cy: Hi.",
		chat.EventJoined:      "09:41 * joined: Cy",
		chat.EventLeft:        "09:41 * left: Cy",
		chat.EventRole:        "09:41 * muted: Cy",
		chat.EventRoom:        "09:41 * changed",
		chat.EventPaired:      "09:41 * paired: the two here",
		chat.EventKnocked:     "09:41 * could not join, the name is taken: Cy; mzg1drj",
		chat.EventSupervision: "09:41 * the owner",
		chat.EventDrafted:     "09:41 * draft mzg1drj: Cy: Hi.",
		chat.EventHook:        "09:41 * notifications turned on: Cy",
		chat.EventTask:        "09:41 * task: Cy",
	}
	for _, is := range chat.EventTypes() {
		got := strings.TrimSuffix(shown(t, 0, said(func(m *results.Message) {
			m.Type, m.From, m.Agent, m.Action = string(is), "", "Cy", "mute"
			if is == chat.EventSaid {
				m.From = "Cy"
			}
		})), "\n")
		if line, ok := want[is]; !ok || got != line {
			t.Errorf("%q is shown as %q, and its row here says %q (a row is there: %v)", is, got, line, ok)
		}
	}
}
