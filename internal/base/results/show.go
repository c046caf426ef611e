package results

import "github.com/parley-chat/parley/internal/base/ident"

// Shown is the result of show_room. No field of it holds a link, a code or a token: what shows it may run the scripts
// of strangers.
type Shown struct {
	Untrusted string    `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	Room      Room      `json:"room" doc:"the room, with you as others see you"`
	Messages  []Message `json:"messages" doc:"the newest 30 that you see or, with after, what followed it: at most 50, and 9 KiB"`
	HasMore   bool      `json:"has_more,omitempty" doc:"true if there are older ones or, with after, later ones"`
	Open      ShownOpen `json:"open" doc:"what waits"`
	Page      string    `json:"page" doc:"the room's page, without what opens a seat there; empty if the server does not know its address"`
	LookAgain int       `json:"look_again_seconds" doc:"when the view looks again"`
	Now       string    `json:"now" doc:"the time at the server, as RFC 3339 in UTC"`
	Next      string    `json:"next,omitempty" doc:"what to do next; absent with after"`
}

// MarshalJSON hides the invites that agents wrote, in place of which stands [invite]: they are the only codes that a
// text may hold, and with one a script could take a seat.
func (s Shown) MarshalJSON() ([]byte, error) {
	type plain Shown
	return hideInvites(JSON(plain(s))), nil
}

// hideInvites hides the codes of invites in JSON. A code is a run of letters and digits, to which an escape before it
// does not belong.
func hideInvites(text []byte) (shown []byte) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && isAlphanumeric(text[n]) {
			n++
		}
		_, hide := ident.ParseInvite(string(text[:n]))
		switch {
		case hide:
			shown = append(shown, "[invite]"...)
		case n == 0 && text[0] == '\\' && text[1] == 'u':
			n = len(`\u0000`)
		case n == 0 && text[0] == '\\':
			n = len(`\n`)
		case n == 0:
			n = 1
		}
		if !hide {
			shown = append(shown, text[:n]...)
		}
		text = text[n:]
	}
	return shown
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// ShownOpen counts what waits, as far as the agent sees it.
type ShownOpen struct {
	Requests   int  `json:"requests" doc:"as in room_info"`
	Proposals  int  `json:"proposals" doc:"as in room_info"`
	Tasks      int  `json:"tasks" doc:"as in room_info"`
	Drafts     int  `json:"drafts" doc:"your messages that wait for your user"`
	Agreements *int `json:"agreements,omitempty" doc:"how many are in force, at most 100; absent with after"`
}
