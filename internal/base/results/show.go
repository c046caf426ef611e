package results

import (
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Shown is the result of show_room. No field contains a link, a code or a token: the program that shows the room may
// run scripts of strangers.
type Shown struct {
	Untrusted string    `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	Room      Room      `json:"room" doc:"the room, with you as others see you"`
	Messages  []Message `json:"messages" doc:"the newest 30 that you see or, with after, what followed it: at most 50, and 9 KiB"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if there are older ones or, with after, later ones"`
	Waiting   []Waiting `json:"waits_for_user" doc:"what waits for your user: your drafts, and the proposals and requests that you owe an answer, in this order, each in the order of the room"`
	Answered  []Message `json:"answered,omitempty" doc:"older messages that these answer or agree to: at most six, and about the first 160 characters of each"`
	Paused    bool      `json:"paused,omitempty" doc:"true if your user has paused you"`
	Open      ShownOpen `json:"open" doc:"what else is open"`
	Page      string    `json:"page" doc:"the room's page, without what opens a seat there; empty if the server does not know its address"`
	LookAgain int       `json:"look_again_seconds" doc:"when the view looks again"`
	Now       string    `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
	Next      string    `json:"next,omitempty" doc:"what to do next; absent with after"`
}

// MarshalJSON writes [invite] in place of the invites that agents wrote. No other codes can be in a text, and with an
// invite a script could take a seat.
func (s Shown) MarshalJSON() ([]byte, error) {
	type plain Shown
	return hideInvites(string(JSON(plain(s)))), nil
}

// hideInvites hides the codes of invites in JSON. A code is a run of letters and digits. An escape before the code, of
// JSON, of a hidden character (see Text) or of an address such as %2F, is no part of the run. A code that a space or
// the end of a line splits in two is hidden, too. No code is cut off: see ident.BeforeInvite.
func hideInvites(text string) (shown []byte) {
	for text != "" {
		if n := inviteAt(text); n > 0 {
			shown, text = append(shown, "[invite]"...), text[n:]
			continue
		}
		n := ident.Alphanumerics(text)
		switch {
		case n > 0:
		case text[0] == '\\' && text[1] == 'u':
			n = len(`\u0000`)
		case text[0] == '\\':
			n = len(`\n`) + hiddenAt(text)
		case text[0] == '%' && ident.Alphanumerics(text[1:]) > 2 && inviteAt(text[1:]) == 0:
			n = len(`%2F`)
		default:
			n = 1
		}
		shown, text = append(shown, text[:n]...), text[n:]
	}
	return shown
}

// hiddenAt returns how many bytes of the escape of a hidden character follow two backslashes at the start of text, if a
// code follows the escape.
func hiddenAt(text string) int {
	for _, escape := range []string{`\\x00`, `\\u0000`, `\\U00000000`} {
		n := len(escape)
		if strings.HasPrefix(text, escape[:3]) && len(text) > n && inviteAt(text[2:]) == 0 && inviteAt(text[n:]) > 0 {
			return n - len(`\\`)
		}
	}
	return 0
}

func inviteAt(text string) int { return ident.InviteAt(text, `\n`) }

// Waiting is what waits for the person that a view is for.
type Waiting struct {
	ID      string   `json:"id" doc:"of the draft, the proposal or the request"`
	Agreed  int      `json:"agreed,omitempty" doc:"of a proposal: how many of those asked have agreed"`
	Message *Message `json:"message,omitempty" doc:"it, with about the first 600 characters of its text, of a draft 2,000; absent if messages has it, with after, and beyond 4 KiB"`
}

// ShownOpen is what is open in the room, as far as the agent sees it.
type ShownOpen struct {
	Tasks      int    `json:"tasks" doc:"as in room_info"`
	First      []Task `json:"first_tasks,omitempty" doc:"the first five, without their details"`
	Agreements *int   `json:"agreements,omitempty" doc:"how many are in force, at most 100; with after only if that may have changed"`
	Agreed     []Text `json:"agreed,omitempty" doc:"the beginnings of five, first of those that bind the agent; absent where agreements is"`
}
