package tools

import (
	"io"
	"net/http"
	"regexp"
	"slices"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/room"
)

// The two generations of the protocol.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// ViewURI is the address of a view, so that there is a tool for the view. It is as long as the real one.
const ViewURI = "ui://parley/room-0123456789abcdef"

// Handler serves the tools with nothing in front of them.
func (s *Set) Handler(more ...mcp.Tool) http.Handler {
	o := mcp.Options{
		Version: "test", Instructions: s.Instructions, Prompts: s.Prompts(),
		Log:       s.log,
		Resources: s.Resources(),
		Tools:     append(s.Tools(), more...),
	}
	if s.viewURI != "" {
		o.View = &mcp.View{URI: s.viewURI, Name: "room", Document: func() string { return "<!doctype html>" }}
	}
	server := mcp.NewServer(o)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has left
		}
		m, refused := mcp.Parse(body)
		if refused != nil {
			http.Error(w, refused.Message, http.StatusBadRequest)
			return
		}
		server.Serve(w, r, m)
	})
}

// Sentences returns the pattern of each sentence in the table of next, by the words of the sentence. Two sentences of
// outs are missing: only the wait of a program, or in another process, ends so.
func Sentences() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{}
	form := func(text string) {
		like := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(text), ".*?")
		switch text {
		case "{wait}": // and nothing else
			like = `\Acall wait_for_message \([^)]+\)\.\z`
		case "{rest}": // after a draft that waits for the user
			like = `.*NOT sent yet: do not send that again\. call wait_for_message`
		case "{else}":
			like = "go on with t"
		case "{unread}":
			like = "there is more to read before you speak: call wait_for_message"
		case "{owed}":
			like = "[0-9]+ answers? to .+? (is|are) outstanding"
		}
		forms[text] = regexp.MustCompile(`(?i)(^|\. )` + like)
	}
	for _, r := range slices.Concat(facts, imperatives, asides) {
		switch {
		case r.reason == "{out}":
		case r.reason == "" || r.call == "":
			form(r.reason + r.call)
		default:
			form(r.reason + ": " + r.call)
		}
	}
	for why, said := range outs {
		if why != room.ReasonReturned && why != room.ReasonTimeout {
			form(said)
		}
	}
	return forms
}

// NextOfSecrets returns next beside the secret of a webhook, and beside the secret of an agent that is called.
func NextOfSecrets() []string {
	return []string{nextSupervised(results.Supervised{Added: "a", Secret: "s"}, false, false), nextAdded}
}

// WithCursor returns the names of the tools whose results have a cursor.
func WithCursor() (names []string) {
	for _, t := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		if _, has := t.out.FieldByName("Cursor"); has {
			names = append(names, t.Name)
		}
	}
	return names
}

// Arguments returns the names of the arguments of each tool, those that no schema shows included.
func Arguments() map[string][]string {
	all := map[string][]string{}
	for _, t := range New(nil, nil, Options{ViewURI: ViewURI}).all() {
		for _, arg := range t.args {
			all[t.Name] = append(all[t.Name], arg.Name)
		}
	}
	return all
}
