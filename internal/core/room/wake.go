package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// WokenBy reports whether event, which is news to c, ends the wait of c.
//
// With at most two agents every event does, but what becomes of hooks never, and a change of tasks only under
// the rule of larger rooms. In larger rooms messages wake, except of kind Status, and so do knocks. Joins,
// leaves and changes wait for the next event that wakes: a crowd must not wake everybody for everything. An
// event meant for c (see isMeantFor) wakes c in every room, whatever its kind. With forMe only events meant for c
// wake, and requests to all. An agent is woken by what its person does about it: a note, a decision about a
// draft, and the end of a pause; see Sleeps. Everything wakes a person.
func (c Caller) WokenBy(event Event, agents int, forMe bool) bool {
	switch {
	// What wakes c in every room.
	case event.Type == SupervisionSet, event.Type == Knocked, event.ClosesRoom(), event.Type == Managed &&
		event.Seat == c.Seat:
		return true
	case len(c.AgreedIn(event)) > 0, c.HearsOfTask(event), c.IsPerson() && !forMe:
		return true
	case agents <= 2 && event.Type != TaskChanged && event.Type != Hooked: // either of two hears all
		return true
	case event.Type != Said:
		return false

	// Only messages to more than two agents are left.
	case event.isMeantFor(c.Seat):
		return true
	case event.Kind == Status:
		return false
	}
	return !forMe || event.Kind == Request && len(event.Ask) == 0
}

// HearsOfTask reports whether e is about a task of a, news to a everywhere: the task is offered to a, a has the
// task, or a added it. TaskOrder.Decide says for each change who hears.
func (a Agent) HearsOfTask(e Event) bool { return slices.Contains(e.Wakes, a.Seat) }

// Sleeps reports whether nothing that happens ends a wait of c: the person has paused c, so c could not act on
// what it reads. A wait goes on, through the pause itself, until the person lets the agent go on; then the wait
// brings all events of the pause. The end of a seat or of the room ends a wait in any case.
func (s *State) Sleeps(c Caller) bool {
	now, here := s.Seated(c.Seat)
	return here && Caller{now, c.Device}.IsPaused() && !s.Closed
}

// mentionable returns text in the form to search for mentions, reduced as names are (RFC 8266); "" if text
// mentions nobody.
func mentionable(text string) string {
	if !strings.ContainsAny(text, "@\uff20\ufe6b") {
		return ""
	}
	lower := cases.Lower(language.Und, cases.HandleFinalSigma(false))
	return lower.String(norm.NFKC.String(text))
}

// mentions reports whether text, from mentionable, contains @ and the name with this key, as a whole word.
func mentions(text, key string) bool {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			return false
		}
		if behind, yes := strings.CutPrefix(after, key); yes && !continues(behind) {
			return true
		}
		rest = after
	}
}

// strayMentions returns the mentionable form of text without code, and without @ and the names of agents that
// are here; "" if no word behind an @ is left. An address such as ann@example.org is no mention.
func (s *State) strayMentions(text string) string {
	text = mentionable(withoutCode(text))
	for _, agent := range s.Agents {
		for rest := text; ; {
			at := strings.Index(rest, "@"+agent.Key)
			if at < 0 {
				break
			}
			rest = rest[at+len("@"+agent.Key):]
			if !continues(rest) {
				text = text[:len(text)-len(rest)-len("@"+agent.Key)] + " " + rest
			}
		}
	}
	stray, before := false, ' '
	for i, r := range text {
		if r != '@' {
			before = r
			continue
		}
		if next, _ := utf8.DecodeRuneInString(text[i+1:]); isWordRune(before) || !isWordRune(next) {
			text = text[:i] + " " + text[i+1:] // a byte for a byte
		} else {
			stray = true
		}
		before = r
	}
	if !stray {
		return ""
	}
	return text
}

// withoutCode returns text without the parts between backticks, Markdown's mark of code.
func withoutCode(text string) string {
	for _, mark := range []string{"```", "`"} {
		parts := strings.Split(text, mark)
		for i := 1; i < len(parts); i += 2 {
			if i < len(parts)-1 || mark == "```" { // a lone backtick marks nothing
				parts[i] = " "
			}
		}
		text = strings.Join(parts, " ")
	}
	return text
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// continues reports whether behind, the text after a name, makes the name longer.
func continues(behind string) bool {
	behind = strings.TrimLeft(behind, "-_")
	r, _ := utf8.DecodeRuneInString(behind)
	return behind != "" && isWordRune(r)
}
