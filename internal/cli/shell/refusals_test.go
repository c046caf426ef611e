package shell_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/testkit/refusals"
)

var update = flag.Bool("update", false, "write what a person reads of each refusal")

// refused returns the refusals of the server, without refusals of packages that answer no command of the shell: a2a,
// agentcall and fetch serve other clients, and the shell never calls the tool of pairing. Refusals of httpapi and mcp
// are left out, too: they are about requests that the server does not read or cuts off, the shell passes their
// sentences on, and the tests of package client play each kind of answer once.
func refused(t *testing.T) []refusals.Refusal {
	t.Helper()
	all, err := refusals.All()
	if err != nil {
		t.Fatal(err)
	}
	answer := []string{"access", "chat", "ident", "outbox", "password", "ratelimit", "room", "tools"}
	return slices.DeleteFunc(all, func(r refusals.Refusal) bool {
		pkg, _, _ := strings.Cut(r.File, "/")
		return !slices.Contains(answer, pkg)
	})
}

// blanks are the texts for the blanks in sentences, by the beginning of a sentence. The usual texts are a number and
// the id of a task.
var blanks = []struct {
	format string
	with   [][]string
}{
	{"%s holds %s. Nothing", [][]string{{"text", "a key"}, {"note", "a key"}, {"The file", "a key"}}},
	{"%s holds %s. That", [][]string{{"agent_name", "a key"}, {"room", "a key"}}},
	{"%s: at most %d characters of UTF-8 without control characters. Nothing was changed.", [][]string{{"note",
		"200"}}},
	{"%s: at most %d characters of UTF-8 without control characters. Nothing was changed: put", [][]string{{"text",
		"2000"}}},
	{"No task is free now", [][]string{{""}}},
	{"capacity must be", [][]string{{"2", "100"}}},
	{"%s: 1 to", [][]string{{"title", "200"}}},
	{"%s is missing", [][]string{{"agent_name", "40"}, {"room", "40"}}},
	{"%s is not valid", [][]string{{"agent_name"}, {"room"}}},
	{"%s is too long", [][]string{{"agent_name", "40"}, {"room", "40"}}},
	{"%s: use ordinary", [][]string{{"agent_name"}, {"room"}}},
	{"%s: this name could pass for the server, for its operator, for", [][]string{{"agent_name"}}},
	{"%s: this name could", [][]string{{"room"}}},
	{"%s: this looks like an invite", [][]string{{"room"}}},
	{"%s: at most %d names", [][]string{{"to", "100"}, {"ask", "100"}}},
	{"%s: number %d left", [][]string{{"to", "2", "just now"}, {"ask", "2", "7 minutes ago"}}},
	{"%s: number", [][]string{{"to", "2"}, {"ask", "2"}}},
	{"%s names only", [][]string{{"to"}, {"ask"}}},
	{"%s: there is no", [][]string{{"id"}, {"reply_to"}, {"before"}, {"redact"}}},
	{"%s: name %d in it", [][]string{{"for", "2"}}},
	{"%s: what this message carried", [][]string{{"id"}}},
	{"%s: that message carries no file", [][]string{{"id"}}},
	{"%s: that draft was decided", [][]string{{"id"}}},
	{"%s is %s already", [][]string{{"t7", "done"}, {"t7", "dropped"}}},
	{"%s cannot be taken yet", [][]string{{"t7", "t5", "the next free one is t9."}, {"t7", "t5", instead}}},
	{"%s is offered to", [][]string{{"t7", "60", "the next free one is t9."}, {"t7", "60", instead}}},
	{"%s is taken by another agent, last", [][]string{{"t7", "3", "5", instead}}},
	{"%s is taken by", [][]string{{"t7", instead}}},
	{"%s You came", [][]string{{"This call is about other rooms."}}},
	{"%s You sent", [][]string{{"This call is about other rooms."}}},
	{"%s %d subscriptions", [][]string{{"You have", "8"}}},
	{"ask does not go with kind", [][]string{{"status"}}},
	{"text holds what looks like", [][]string{{"a password"}}},
	{"The words hold", [][]string{{"a password"}}},
	{"Several open proposals", [][]string{{"m2, m3"}}},
	{"This server has no space", [][]string{{""}, {": it takes 7 bytes more"}}},
	{"This invite ended", [][]string{{"2026-01-02 15:04 UTC"}}},
	{"Another agent here has this name. If", [][]string{{"7", "15:04 UTC"}}},
	{"Agents in this room", [][]string{{"7 messages"}}},
	{"The room changed too often while you", [][]string{{"joined"}}},
	{"Too many requests", [][]string{{"your key or address"}}},
	{"Too many messages from", [][]string{{"your key or address"}}},
	{"Too much text from", [][]string{{"your key or address"}}},
	{"This server takes %d bytes of files", [][]string{{"7", "your key or address"}}},
	{"This server sends %d bytes of files an hour to %s", [][]string{{"7", "your key or address"}}},
	{"add_agent: ", [][]string{{"The address must begin with https://."}}},
	{"add_hook: the channel at %s", [][]string{{"ntfy.sh", "It answered with status 503.", "try again"}}},
	{"add_hook: ", [][]string{{"It answered with the status 404."}}},
	{"%s: %s Nothing was changed", [][]string{{"add_hook", "The address must begin with https://."}}},
	{"%s. Nothing was changed%s", [][]string{{"Only callers with a key of this server can add a webhook", ""}}},
	{"This server calls other", [][]string{{""}}},
	{"This server %s", [][]string{{"needs a key"}}},
	{"Your user has paused you, or approves what you say, so you cannot change the list", [][]string{{""}}},
}

const instead = "no other is free, and wait_for_message ends when one becomes free."

// filled returns a sentence with texts in its blanks.
func filled(format string) (all []string) {
	with := [][]string{nil}
	for _, b := range blanks {
		if strings.HasPrefix(format, b.format) {
			with = b.with
			break
		}
	}
	for _, values := range with {
		n := 0
		all = append(all, blank.ReplaceAllStringFunc(format, func(verb string) string {
			n++
			if n <= len(values) {
				return values[n-1]
			}
			return map[byte]string{'d': "7", 'q': `"x"`}[verb[len(verb)-1]] +
				map[bool]string{true: "t7"}[verb[len(verb)-1] == 's']
		}))
	}
	return all
}

var blank = regexp.MustCompile(`%(\[\d\])?[dsqv]`)

// unmet are refusals that nobody meets at a shell, by reason and beginning.
var unmet = map[string][]string{
	"no command passes the argument, or such arguments together": {"finishes goes", "finishes: ", "wait_seconds must",
		"idempotency_key: ", "back_in_minutes must", "activity: ", "cursor is not", "The settings have changed",
		"offset ", "id: at most", "kind of a file", "limit must", "page must", "add: give", "%s does not take",
		"after of number", "files goes", "Give only one of",
		"Give either", "Give add_",
		"agent_name goes", "decision, text", "text goes with", "closed must", "redact must", "edit: say",
		"Say what to change", "room holds a password",
		"There is no room of",
		"id must be that of a task, such as t7: the closed", "%s is missing: give a name", "text is missing or",
		"Your user has paused you, or approves what you say, so you cannot show"},
	"the command line takes no other": {"action must", "decision must", "type must", "kind must", "text is not valid"},
	"the shell takes care of the token, the claim, the cursor or the address": {"agent_token must",
		"agent_token belongs", "cursor is %s",
		"claim is mistyped", "This upload address", "This download address", "This is the token of",
		"Only the person behind", "Only a person adds"},
	"another client asks for it": {"This contextId", "contextId is", "The file has %d bytes: a resource",
		"delivery.secret", "Your user has ended this subscription",
		"The person behind this",
		"text has %d bytes, at most %d are allowed. Nothing was shared", "agent_token holds a ticket",
		"The arguments of %s are wrong", "delivery.url"},
	"a person reads each problem alone, as package spec names it": {"Correct this and call"},
	"parley keys says it": {"There is no key with", "%d keys have this"},
}

// forAgents matches words that a person at a shell does not know.
var forAgents = regexp.MustCompile(`\b[a-z]+_[a-z_]+\b|[Cc]all again|[Yy]our user\b|your client's|contextId|` +
	`repeat (this|the) call|\b(leave|in|with|give|use) (to|ask|kind|reply_to|withdraw|redact)\b[ .,:]|` +
	`^(to|ask|for|after|id|text|note|kind|redact|draft)\b`)

// refuser answers the calls of tools with a refusal, in the server's place.
type refuser struct{ code, message string }

func (r *refuser) RoundTrip(req *http.Request) (*http.Response, error) {
	said := map[string]any{"code": r.code, "message": r.message}
	return answerTool(req, r.message, map[string]any{"isError": true, "structuredContent": said})
}

// answerTool answers a call of a tool with a text and a result, and lets the server answer any other request.
func answerTool(req *http.Request, said string, result map[string]any) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var call struct {
		ID     any
		Method string
	}
	if err := json.Unmarshal(body, &call); err != nil || call.Method != "tools/call" {
		req.Body = io.NopCloser(bytes.NewReader(body))
		return http.DefaultTransport.RoundTrip(req)
	}
	result["content"] = []any{map[string]any{"type": "text", "text": said}}
	text, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": call.ID, "result": result})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(text)), Request: req}, err
}

// ofUpload and ofDownload match refusals of the addresses where files are uploaded and downloaded, by place and
// beginning.
var (
	ofUpload = regexp.MustCompile(`^(chat/file_upload\.go: (The file|The upload|This address does not take|Your user|Another)|` +
		`chat/file\.go: The file has more|ratelimit/files\.go: .* may share)`)
	ofDownload = regexp.MustCompile(`^(chat/file_get\.go: (This address does|The bytes of)|` +
		`ratelimit/files\.go: .* (may download|to all))`)
)

// transferRefuser gives an address for a file, and refuses the transfer there, as the server does.
type transferRefuser struct {
	base    string
	refuses refuser
}

func (r *transferRefuser) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := func(kind, text string) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {kind}},
			Body: io.NopCloser(strings.NewReader(text)), Request: req}, nil
	}
	switch {
	case strings.HasPrefix(req.URL.Path, "/v1/upload/"):
		text, err := json.Marshal(map[string]string{"code": r.refuses.code, "message": r.refuses.message})
		if err != nil {
			return nil, err
		}
		return answer("application/json", string(text))
	case strings.HasPrefix(req.URL.Path, "/v1/file/"):
		return answer("text/plain; charset=utf-8", r.refuses.message+"\n")
	}
	return answerTool(req, "", map[string]any{"structuredContent": map[string]any{
		"status": "upload", "upload": map[string]any{"page": r.base + "/v1/upload/x"},
		"from": "Bob", "file": map[string]any{"name": "x", "size": 5, "type": "text/plain"},
		"download": "curl -sS -o 'parley-x.txt' '" + r.base + "/v1/file/x'"}})
}

// hurried is a clock with waits that end at once.
type hurried struct{ *clockwork.FakeClock }

func (c hurried) After(d time.Duration) <-chan time.Time {
	c.Advance(d)
	over := make(chan time.Time, 1)
	over <- c.Now()
	return over
}

// met returns a refusal as a person reads it who meets the refusal with a fitting command.
func met(t *testing.T, base string, r refusals.Refusal, message string) string {
	t.Helper()
	c := at(t, base, &refuser{r.Code, message})
	joins := regexp.MustCompile(`^(room/(seatrequest|invite|lookalike)|chat/(join|guest)|password/|ident/name|` +
		`ratelimit/rooms)`)
	var err error
	switch {
	case strings.HasSuffix(r.File, "/link.go"):
		claim := ident.NewLinkCode(strings.Repeat("0", 32), "r000000", 3, 17, 0)
		err = c.Watch(t.Context(), base+"/r/r000000#"+claim.String())
	case joins.MatchString(r.File):
		err = c.Join(t.Context(), shell.JoinRequest{Room: "pie", As: "Bob"})
	default:
		if err := c.Seats.Put(client.Seat{Server: base, Room: "tea", Name: "Ann", Token: "t1"}); err != nil {
			t.Fatal(err)
		}
		transfers := &transferRefuser{base, refuser{r.Code, message}}
		switch {
		case ofUpload.MatchString(r.File + ": " + message):
			c = at(t, base, transfers)
			c.Clock = hurried{clockwork.NewFakeClock()}
			err = c.Put(t.Context(), as("Ann"), shell.PutRequest{Path: "-", In: strings.NewReader("bytes")})
		case ofDownload.MatchString(r.File + ": " + message):
			c = at(t, base, transfers)
			c.Clock = hurried{clockwork.NewFakeClock()}
			err = c.Get(t.Context(), as("Ann"), shell.GetRequest{ID: "m1", Path: filepath.Join(t.TempDir(), "x")})
		default:
			err = c.Who(t.Context(), as("Ann"))
		}
	}
	var told *shell.Failure
	var refused *fault.Error
	switch {
	case errors.As(err, &told):
		return told.Text
	case errors.As(err, &refused):
		return refused.Message
	}
	t.Errorf("%s: %v", message, err)
	return ""
}

// TestRefusals_ofTheServer_eachInAPersonsWords plays every refusal in the source of the server. Read the golden file
// after an update: each line must make sense to a person who does not know tools.
func TestRefusals_ofTheServer_eachInAPersonsWords(t *testing.T) {
	base := serve(t)
	var golden strings.Builder
	used := map[string]bool{}
	reason := func(format string) string {
		for why, all := range unmet {
			for _, begins := range all {
				if strings.HasPrefix(format, begins) {
					used[begins] = true
					return why
				}
			}
		}
		return ""
	}
	all := refused(t)
	for _, r := range all {
		if why := reason(r.Format); why != "" {
			fmt.Fprintf(&golden, "%s %s\n  - %s\n  (%s)\n", r.File, r.Code, r.Format, why)
			continue
		}
		for _, message := range filled(r.Format) {
			reads := strings.ReplaceAll(met(t, base, r, message), base, "http://parley.example")
			fmt.Fprintf(&golden, "%s %s\n  - %s\n", r.File, r.Code, message)
			if reads != message {
				fmt.Fprintf(&golden, "  + %s\n", strings.ReplaceAll(reads, "\n", "\n    "))
			}
			if bad := forAgents.FindString(reads); bad != "" {
				t.Errorf("%q speaks to an agent: %q", reads, bad)
			}
		}
	}
	for _, list := range unmet {
		for _, begins := range list {
			if !used[begins] {
				t.Errorf("no refusal begins with %q", begins)
			}
		}
	}
	if len(all) < 200 {
		t.Errorf("only %d refusals were found", len(all))
	}
	path := filepath.Join("testdata", "refusals.golden")
	if *update {
		if err := os.WriteFile(path, []byte(golden.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != golden.String() {
		t.Errorf("the refusals are others than in %s (%v): run with -update, and read each that is new", path, err)
	}
}
