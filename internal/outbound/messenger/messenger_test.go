package messenger_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/outbound/messenger"
)

const (
	ntfy    = "https://ntfy.sh/tea-Room_1"
	slack   = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
	gov     = "https://hooks.slack-gov.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
	discord = "https://discord.com/api/webhooks/1234567890/ab-C_d"
)

func parse(t *testing.T, address string) messenger.Channel {
	t.Helper()
	c, known, err := messenger.Parse(address)
	if err != nil || !known {
		t.Fatalf("%s: known %t, %v", address, known, err)
	}
	return c
}

func TestParse_addressesOfTheseHosts_haveTheRightFormOrAreRefused(t *testing.T) {
	for address, want := range map[string]string{
		ntfy: ntfy, slack: slack, gov: gov, discord: discord,
		"https://NTFY.SH:443/tea-Room_1/":                       ntfy,
		"https://ntfy.sh/tea-Room_1#about":                      ntfy,
		"https://Hooks.Slack-Gov.com/services/T1/B1/x/":         "https://hooks.slack-gov.com/services/T1/B1/x",
		"https://discordapp.com/api/webhooks/1234567890/ab-C_d": discord,

		"https://PTB.discord.com/api/webhooks/1234567890/ab-C_d/":             discord,
		"https://canary.discordapp.com/api/v10/webhooks/1234567890/ab-C_d":    discord,
		"https://www.discord.com/api/v9/webhooks/1234567890/ab-C_d/slack":     discord,
		"https://discord.com/api/webhooks/1234567890/ab-C_d/github?wait=true": discord,
		// A thread is a channel of its own.
		"https://canary.discord.com/api/webhooks/1234567890/ab-C_d?thread_id=98765": discord + "?thread_id=98765",
		discord + "?wait=true&thread_id=98765":                                      discord + "?thread_id=98765",
		discord + "?thread_id=98765&wait=false":                                     discord + "?thread_id=98765",
	} {
		if got := parse(t, address); got.Address != want {
			t.Errorf("%s is %s, want %s", address, got.Address, want)
		}
	}
	for address, says := range map[string]string{
		"https://ntfy.sh":                                 "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/":                                "8 to 64",
		"https://ntfy.sh/seven77":                         "8 to 64",
		"https://ntfy.sh/" + strings.Repeat("a", 65):      "8 to 64",
		"https://ntfy.sh/tea room 1":                      "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/tea-Room%5F1":                    "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/tea-Room_1,tea-Room_2":           "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/tea-Room_1/json":                 "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/tea-Room_1?auth=x":               "https://ntfy.sh/TOPIC",
		"https://ntfy.sh/tea-Room_1?":                     "https://ntfy.sh/TOPIC",
		"http://ntfy.sh/tea-Room_1":                       "https://ntfy.sh/TOPIC",
		"https://hooks.slack.com/":                        "incoming webhook",
		"https://hooks.slack.com/workflows/T0/A0/1/x":     "incoming webhook",
		"https://hooks.slack.com/triggers/T0/1/x":         "incoming webhook",
		"https://hooks.slack.com/services/T0/B0":          "incoming webhook",
		"https://hooks.slack.com/services/T0/B0/":         "incoming webhook",
		"https://hooks.slack.com/services/T0/B0/x/y":      "incoming webhook",
		"https://hooks.slack.com/services/T0/B0/../x":     "incoming webhook",
		"https://discord.com/channels/1/2":                "settings of a channel",
		"https://discord.com/api/webhooks/1":              "settings of a channel",
		"https://discord.com/api/webhooks/x/ab":           "settings of a channel",
		"https://discord.com/api/webhooks/01/ab":          "settings of a channel",
		"https://discord.com/api/webhooks/1/ab/x":         "settings of a channel",
		discord + "?thread_id=x":                          "?thread_id=NUMBER",
		discord + "?thread_id=01":                         "?thread_id=NUMBER",
		discord + "?thread_id=1&thread_id=2":              "?thread_id=NUMBER",
		discord + "?thread_name=x":                        "?thread_id=NUMBER",
		gov + "?thread_id=1":                              "incoming webhook",
		"https://hooks.slack-gov.com/workflows/T0/A0/1/x": "https://hooks.slack-gov.com/services/TEAM",
		"https://discordapp.com/api/users/@me":            "settings of a channel",
	} {
		_, known, err := messenger.Parse(address)
		if !known || err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: known %t, %v", address, known, err)
		}
	}
	for _, address := range []string{
		"https://ntfy.sh.evil.example/tea-Room_1", "https://evil.ntfy.sh/tea-Room_1", "https://ntfy.example/tea-Room_1",
		"https://slack.com/services/T0/B0/x", "https://ptb.hooks.slack.com/services/T0/B0/x",
		"https://evil.discord.com/api/webhooks/1/ab", "https://hooks.slack.com.evil.example/services/T0/B0/x",
		"https://example.org/https://ntfy.sh/tea-Room_1", "https://ntfy.sh@evil.example/tea-Room_1", "://",
	} {
		if _, known, err := messenger.Parse(address); known || err != nil {
			t.Errorf("%s: known %t, %v", address, known, err)
		}
	}
}

// called returns the address and the fields of the call that tells a channel a note.
func called(t *testing.T, address string, note messenger.Note) (to string, fields map[string]any) {
	t.Helper()
	to, body := parse(t, address).Call(note)
	if err := json.Unmarshal([]byte(body), &fields); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return to, fields
}

func TestCall_wordsOfOthers_doNothing(t *testing.T) {
	const link = "https://parley.example/r/abcdefg#m1"
	hostile := []string{"<!channel> & <@U1> <https://evil.example|ok> &lt;!here&gt;", "*b* _i_ ~s~ `c` :tada:",
		"@everyone <@&1> [ok](https://evil.example) ||s|| # h \\* - x", "日本語\"}\r\nX-Title: evil"}
	note := messenger.Note{Title: "*tea* <!here>", Lines: hostile, Link: link, High: true}
	to, got := called(t, ntfy, note)
	want := map[string]any{"topic": "tea-Room_1", "title": note.Title, "click": link, "priority": 4.0,
		"message": strings.Join(hostile, "\n") + "\n" + link} // it has no markdown, so nothing there has a meaning
	if to != "https://ntfy.sh" || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ntfy: %s, %q", to, got)
	}
	to, got = called(t, slack, note)
	text := "*tea* &lt;!here&gt;\n" +
		"&lt;!channel&gt; &amp; &lt;@U1&gt; &lt;https://evil.example|ok&gt; &amp;lt;!here&amp;gt;\n" +
		strings.Join(hostile[1:2], "\n") + "\n" +
		"@everyone &lt;@&amp;1&gt; [ok](https://evil.example) ||s|| # h \\* - x\n" + hostile[3] + "\n" + link
	want = map[string]any{"text": text, "mrkdwn": false, "parse": "none", "link_names": false, "unfurl_links": false,
		"unfurl_media": false}
	if to != slack || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("slack: %s, %q, want %q", to, got, want)
	}
	if to, same := called(t, gov, note); to != gov || fmt.Sprint(same) != fmt.Sprint(got) {
		t.Errorf("the government's slack: %s, %q", to, same)
	}
	to, got = called(t, discord, note)
	text = `\*tea\* \<!here\>` + "\n" +
		`\<!channel\> & \<\@U1\> \<https\://evil.example\|ok\> &lt;!here&gt;` + "\n" +
		`\*b\* \_i\_ \~s\~ ` + "\\`c\\`" + ` \:tada\:` + "\n" +
		`\@everyone \<\@&1\> \[ok\]\(https\://evil.example\) \|\|s\|\| \# h \\\* \- x` + "\n" +
		`日本語"}` + "\r\n" + `X\-Title\: evil` + "\n" + link
	want = map[string]any{"content": text, "flags": 4.0, "allowed_mentions": map[string]any{"parse": []any{}}}
	if to != discord || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("discord: %s, %q, want %q", to, got, want)
	}
}

// A messenger cuts or refuses what is longer, so the oldest lines are left out. The newest and the link always fit.
func TestCall_manyLongLines_fit(t *testing.T) {
	for address, most := range map[string]int{ntfy: 4096, slack: 4000, gov: 4000, discord: 2000} {
		for _, char := range []string{"*", "&", "é", "👩", "a"} {
			note := messenger.Note{Title: strings.Repeat(char, 500), Link: "https://parley.example/r/abcdefg#m1"}
			for n := range 40 {
				note.Lines = append(note.Lines, fmt.Sprintf("line%d", n)+strings.Repeat(char, 500))
			}
			_, got := called(t, address, note)
			text := ""
			for _, field := range []string{"message", "text", "content"} {
				part, _ := got[field].(string)
				text += part
			}
			if len(text) > most || !strings.Contains(text, "line39") || !strings.HasSuffix(text, "\n"+note.Link) ||
				strings.Contains(text, "line0") {
				t.Errorf("%s of %q: %d bytes", address, char, len(text))
			}
		}
	}
}

func TestEndsChannel(t *testing.T) {
	for _, c := range []struct {
		address string
		status  int
		body    string
		ends    bool
	}{
		{ntfy, 404, "", true}, {ntfy, 410, "", true}, {ntfy, 403, `{"code":40301}`, false}, {ntfy, 429, "", false},
		{ntfy, 507, "", false}, {ntfy, 400, "no_service", false},
		{slack, 404, "no_service", true}, {slack, 403, "invalid_token\n", true},
		{slack, 410, "channel_is_archived", true}, {gov, 403, "invalid_token", true},
		{slack, 400, "user_not_found", true}, {slack, 500, "no_team", true}, {slack, 403, "action_prohibited", false},
		{slack, 400, "invalid_payload", false}, {slack, 500, "rollup_error", false}, {slack, 429, "", false},
		{slack, 200, "no_service", false},
		{discord, 404, `{"message":"Unknown Webhook","code":10015}`, true},
		{discord, 401, `{"message":"Invalid Webhook Token","code":50027}`, true},
		{discord, 429, `{"retry_after":1}`, false}, {discord, 500, "", false}, {discord, 204, "", false},
	} {
		if got := parse(t, c.address).EndsChannel(c.status, []byte(c.body)); got != c.ends {
			t.Errorf("%s answers %d %s: ends %t", c.address, c.status, c.body, got)
		}
	}
}
