package tools

import (
	"io"
	"net/http"
	"regexp"
	"slices"

	"github.com/parley-chat/parley/internal/mcp"
)

// The two generations of the protocol.
const (
	legacy = "2025-11-25"
	modern = "2026-07-28"
)

// Handler serves the tools with nothing in front of them.
func (s *Set) Handler(more ...mcp.Tool) http.Handler {
	server := mcp.NewServer(mcp.Options{
		Version: "test", Instructions: s.Instructions, Prompts: s.Prompts(),
		Log:       s.log,
		Resources: s.Resources(),
		Tools:     append(s.Tools(), more...),
	})
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

// Sentences returns what matches each sentence of the table of next, by its words.
func Sentences() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{}
	form := func(text string) {
		begins := map[string]string{"{wait}": "call wait_for_message", "{rest}": "call wait_for_message",
			"{else}": "go on with t"}[text]
		like := regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(text), ".+?")
		if begins != "" {
			like = begins
		}
		forms[text] = regexp.MustCompile(`(?i)(^|\. )` + like)
	}
	for _, r := range slices.Concat(facts, imperatives) {
		switch {
		case r.reason == "{out}", r.reason == "{owed}":
		case r.reason == "" || r.call == "":
			form(r.reason + r.call)
		default:
			form(r.reason + ": " + r.call)
		}
	}
	return forms
}
