// Package messenger turns notes for a person into calls of the messengers that Parley knows: ntfy.sh, Slack and
// Discord.
//
// A note has words of strangers. Each messenger gives some characters a meaning, so each has its own way to make words
// plain. Without that, "<!channel>" in a question would ring everybody in a channel of Slack.
package messenger

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
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
	host    string // that is called
	path    string
	*service
}

// service is a messenger.
type service struct {
	name    string // its usual host, also for channels at another
	pattern string // matches what follows the host of a channel: its groups, joined, are stored
	path    string // the same for people: words in capitals stand for what is theirs
	advice  string // where a person finds the rest of the address
	most    int    // bytes of a text
	marks   string // have a meaning in words of others unless they are escaped
	body    string // of a call; %s is the text
}

const (
	ntfy    = "ntfy.sh"
	slack   = "hooks.slack.com"
	discord = "discord.com"
)

// GovSlack is the host of Slack for the government: its channels are not those of slack.
const GovSlack = "hooks.slack-gov.com"

// services are the messengers, each with the rules of its documents:
//
//   - https://docs.ntfy.sh/publish/#publish-as-json. A longer text becomes a file. It has no marks, but for the headers
//     that are an alternative to JSON: words of others could end one. Whoever guesses a topic of less than 8 characters
//     reads it; the service has none of more than 64.
//   - https://docs.slack.dev/messaging/formatting-message-text. Without mrkdwn, only these marks have a meaning.
//   - https://discord.com/developers/docs/resources/webhook#execute-webhook. A longer text is refused. By the flags, no
//     link of others is shown as a picture of its page. One channel has several addresses: with a version, for
//     messages in the form of Slack or GitHub, or with wait. None of these is stored. No number begins with 0, so each
//     channel, and each thread of one, has a single stored address.
var services = [...]service{
	{ntfy, `^([\w-]{8,64})/?$`, "TOPIC",
		"a topic of 8 to 64 letters, digits, - and _ that nobody guesses", 4096, "", ""},
	{slack, `^(services(?:/[\w-]+){3})/?$`, "services/TEAM/APP/TOKEN",
		"as an incoming webhook of an app has it", 4000, "&<>",
		`{"text":%s,"mrkdwn":false,"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false}`},
	{discord, `^(api/)(?:v\d+/)?(webhooks/[1-9]\d*/[\w-]+)(?:/slack|/github)?/?` +
		`(?:(\?)wait=\w+&(thread_id=[1-9]\d*)|\?wait=\w+|(\?thread_id=[1-9]\d*)(?:&wait=\w+)?)?$`,
		"api/webhooks/NUMBER/TOKEN", "as the settings of a channel have it, with ?thread_id=NUMBER for a thread", 2000,
		"\\*_~`|<>#-[]():@+", `{"content":%s,"flags":4,"allowed_mentions":{"parse":[]}}`},
}

// The limits of a line and of a title, in characters. Made plain, a line of each messenger fits into one text.
const (
	maxLine  = 300
	maxTitle = 100
)

// Parse returns the channel at an https address. known is false if the host is that of no messenger. The error tells
// what is right, and nothing of the address.
func Parse(address string) (channel Channel, known bool, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return Channel{}, false, nil
	}
	host, name := hostOf(strings.ToLower(at.Hostname()))
	for i := range services {
		s := &services[i]
		if s.name != name {
			continue
		}
		kept := regexp.MustCompile(s.pattern).FindStringSubmatch(strings.TrimPrefix(at.RequestURI(), "/"))
		if at.Scheme != "https" || kept == nil {
			return Channel{}, true, fmt.Errorf("an address there must be https://%s/%s, %s", host, s.path, s.advice)
		}
		path := strings.Join(kept[1:], "")
		return Channel{"https://" + host + "/" + path, host, path, s}, true, nil
	}
	return Channel{}, false, nil
}

// hostOf returns the host to call for host, which an address has, and the name of the service if host is of one.
// Discord has the same channels under its old name, and under those of its test programs.
func hostOf(host string) (called, name string) {
	switch host {
	case GovSlack:
		return host, slack
	case "ptb." + discord, "canary." + discord, "www." + discord, "discordapp.com", "ptb.discordapp.com",
		"canary.discordapp.com", "www.discordapp.com":
		return discord, discord
	}
	return host, host
}

// IsPublic reports whether everybody who guesses the address can read what the channel is told.
func (c Channel) IsPublic() bool { return c.name == ntfy }

// Host returns the host that is called.
func (c Channel) Host() string { return c.host }

// Call returns the address and the JSON by which the channel is told note. If there are too many lines, the oldest are
// left out.
func (c Channel) Call(note Note) (to, body string) {
	title := c.plain(note.Title, maxTitle)
	text, left := note.Link, c.most-len(title)-len(note.Link)-len("\n")
	for _, line := range slices.Backward(note.Lines) {
		line = c.plain(line, maxLine) + "\n"
		left -= len(line)
		if left < 0 {
			break
		}
		text = line + text
	}
	if c.name != ntfy {
		return c.Address, fmt.Sprintf(c.body, quote(title+"\n"+text))
	}
	priority := 3
	if note.High {
		priority = 4
	}
	return "https://" + ntfy, fmt.Sprintf(`{"topic":%s,"title":%s,"message":%s,"click":%s,"priority":%d}`, quote(c.path),
		quote(title), quote(text), quote(note.Link), priority)
}

// plain returns words of others as the messenger shows them, and at most so many characters of them.
func (s *service) plain(words string, most int) string {
	if utf8.RuneCountInString(words) > most {
		words = string([]rune(words)[:most-1]) + "…"
	}
	var b strings.Builder
	for _, r := range words {
		entity := strings.IndexRune("&<>", r)
		switch {
		case !strings.ContainsRune(s.marks, r):
			b.WriteRune(r)
		case s.name == slack:
			b.WriteString([...]string{"&amp;", "&lt;", "&gt;"}[entity])
		default:
			b.WriteString(`\` + string(r))
		}
	}
	return b.String()
}

// quote returns text as JSON.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a text always has a JSON form
	return string(quoted)
}

// gone are the answers of Slack by which an incoming webhook ends.
const gone = "no_service no_service_id no_active_hooks no_team team_disabled invalid_token channel_is_archived " +
	"channel_not_found user_not_found"

// EndsChannel reports whether an answer says that the channel takes nothing any more. The address is the only
// credential, so 401 says that it has none.
func (c Channel) EndsChannel(status int, body []byte) bool {
	switch status {
	case outcall.StatusUnauthorized, outcall.StatusNotFound, outcall.StatusGone:
		return true
	}
	return c.name == slack && status >= 400 &&
		slices.Contains(strings.Fields(gone), strings.TrimSpace(string(body)))
}
