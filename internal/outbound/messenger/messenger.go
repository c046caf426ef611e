// Package messenger turns notes for a person into calls of the messengers that Parley knows: ntfy.sh, Slack and
// Discord.
//
// A note has words of strangers. Each messenger gives some characters a meaning, so each has its own way to make words
// plain. Without that, "<!channel>" in a question would ring everybody in a channel of Slack.
package messenger

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Note is what a channel is told.
type Note struct {
	Title string   // the name of a room; untrusted
	Lines []string // oldest first; untrusted
	Link  string   // of this server
	High  bool     // somebody waits
}

// Channel is a place of a messenger that has an address of its own: whoever knows the address can write there.
type Channel struct {
	Address string // in the one spelling that is stored
	service *service
	path    string
}

// service is a messenger.
type service struct {
	hosts []string // the first is called
	form  string   // of a right address, for a person
	fits  func(path []string) bool
	post  func(path string, p post) (to string, body any)
	plain *strings.Replacer // makes words of others plain
	most  int               // bytes of a text
	gone  []string          // answers that end a channel, beside the statuses of EndsChannel
}

// post is a note whose words are plain.
type post struct {
	Note
	text string // the lines that fit, and the link
}

// The limits of a line and of a title, in characters. Made plain, a line of each messenger fits into one text.
const (
	maxLine  = 300
	maxTitle = 100
)

// minTopic is the shortest topic of ntfy.sh that is told: whoever guesses a topic reads it.
const minTopic = 8

// services returns the messengers.
func services() []*service {
	return []*service{{
		// https://docs.ntfy.sh/publish/#publish-as-json. A longer text becomes a file. Headers would have words of
		// others, which may end a header, and have letters that no header has.
		hosts: []string{"ntfy.sh"}, most: 4096, plain: strings.NewReplacer(),
		form: "https://ntfy.sh/TOPIC, with a topic of 8 to 64 letters, digits, - and _ that nobody guesses",
		fits: func(path []string) bool {
			return len(path) == 1 && len(path[0]) >= minTopic && len(path[0]) <= 64 && isWord(path[0])
		},
		post: func(topic string, p post) (string, any) {
			priority := 3
			if p.High {
				priority = 4
			}
			return "/", map[string]any{"topic": topic, "title": p.Title, "message": p.text, "click": p.Link,
				"priority": priority}
		},
	}, {
		// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
		// https://docs.slack.dev/messaging/formatting-message-text. Without mrkdwn, only & < > have a meaning.
		hosts: []string{"hooks.slack.com"}, most: 4000,
		plain: strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;"),
		form:  "https://hooks.slack.com/services/T…/B…/…, as an incoming webhook of an app has it",
		fits: func(path []string) bool {
			return len(path) == 4 && path[0] == "services" && isWord(path[1]) && isWord(path[2]) && isWord(path[3])
		},
		post: func(path string, p post) (string, any) {
			return "/" + path, map[string]any{"text": p.Title + "\n" + p.text, "mrkdwn": false, "parse": "none",
				"link_names": false, "unfurl_links": false, "unfurl_media": false}
		},
		gone: []string{"no_service", "no_service_id", "no_active_hooks", "no_team", "team_disabled", "invalid_token",
			"channel_is_archived", "channel_not_found", "user_not_found"},
	}, {
		// https://discord.com/developers/docs/resources/webhook#execute-webhook. A longer text is refused.
		hosts: []string{"discord.com", "discordapp.com"}, most: 2000, plain: escaping("\\*_~`|<>#-[]():@+"),
		form: "https://discord.com/api/webhooks/NUMBER/TOKEN, as the settings of a channel have it",
		fits: func(path []string) bool {
			return len(path) == 4 && path[0] == "api" && path[1] == "webhooks" && isNumber(path[2]) && isWord(path[3])
		},
		post: func(path string, p post) (string, any) {
			return "/" + path, map[string]any{"content": p.Title + "\n" + p.text, "flags": suppressEmbeds,
				"allowed_mentions": map[string][]string{"parse": {}}}
		},
	}}
}

// suppressEmbeds is a flag of messages of Discord: no link of others is shown as a picture of its page.
const suppressEmbeds = 4

// escaping returns what puts a backslash before each of some characters.
func escaping(marks string) *strings.Replacer {
	var pairs []string
	for _, mark := range marks {
		pairs = append(pairs, string(mark), `\`+string(mark))
	}
	return strings.NewReplacer(pairs...)
}

func isWord(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return text != "" && strings.Trim(text, letters) == ""
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// FormError says that an address has the host of a messenger, and is no channel there.
type FormError struct{ form string }

// Error says what is right.
func (e *FormError) Error() string { return "An address there must be " + e.form + "." }

// Parse returns the channel at an https address. known is false if the host is that of no messenger. The error is a
// *FormError, and tells nothing of the address.
func Parse(address string) (channel Channel, known bool, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return Channel{}, false, nil
	}
	for _, s := range services() {
		if !slices.Contains(s.hosts, strings.ToLower(at.Hostname())) {
			continue
		}
		path := strings.TrimSuffix(strings.TrimPrefix(at.EscapedPath(), "/"), "/")
		if at.Scheme != "https" || at.RawQuery != "" || at.ForceQuery || !s.fits(strings.Split(path, "/")) {
			return Channel{}, true, &FormError{s.form}
		}
		return Channel{"https://" + s.hosts[0] + "/" + path, s, path}, true, nil
	}
	return Channel{}, false, nil
}

// IsPublic reports whether everybody who guesses the address can read what the channel is told.
func (c Channel) IsPublic() bool { return c.service.hosts[0] == "ntfy.sh" }

// Host returns the host that is called.
func (c Channel) Host() string { return c.service.hosts[0] }

// Call returns the address and the JSON by which the channel is told note. If there are too many lines, the oldest are
// left out.
func (c Channel) Call(note Note) (to string, body []byte) {
	s := c.service
	note.Title = s.plain.Replace(cut(note.Title, maxTitle))
	left := s.most - len(note.Title) - len(note.Link) - len("\n\n")
	var lines []string
	for _, line := range slices.Backward(note.Lines) {
		line = s.plain.Replace(cut(line, maxLine)) + "\n"
		left -= len(line)
		if left < 0 {
			break
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	path, value := s.post(c.path, post{note, strings.Join(lines, "") + note.Link})
	body, _ = json.Marshal(value) // maps of texts and numbers always have a JSON form
	return "https://" + s.hosts[0] + path, body
}

// cut returns the beginning of a text of more than so many characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// EndsChannel reports whether an answer says that the channel takes nothing any more. The address is the only
// credential, so 401 says that it has none.
func (c Channel) EndsChannel(status int, body []byte) bool {
	switch status {
	case outcall.StatusUnauthorized, outcall.StatusNotFound, outcall.StatusGone:
		return true
	}
	return status >= 400 && slices.Contains(c.service.gone, strings.TrimSpace(string(body)))
}
