// Package secretscan finds secrets of Parley in what programs print, for tests. Tokens, claims,
// keys, invites, tickets and the addresses of files have check characters, so each is known by its form, whichever
// test made it.
package secretscan

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

var runs = regexp.MustCompile(`(?i:p[kacr]_)?[0-9A-Za-z]+`)

// Find returns an error that says which kinds of secrets text holds, and nil if it holds
// none. The error does not show them.
func Find(text string) error {
	var found []error
	for _, run := range runs.FindAllString(text, -1) {
		if kind := kindOf(run); kind != "" {
			found = append(found, fmt.Errorf("the output holds %s, %d characters that begin with %.4s", kind, len(run),
				run))
		}
	}
	return errors.Join(found...)
}

// kindOf returns what kind of secret a run of letters and digits is; "" for none.
func kindOf(run string) string {
	if _, ok := ident.ParseKey(run); ok {
		return "a key"
	}
	if _, ok := ident.ParseSignIn(run); ok {
		return "a token of a sign-in"
	}
	if _, ok := ident.ParseLinkCode(run); ok {
		return "a claim"
	}
	if _, ok := ident.ParseInvite(run); ok {
		return "an invite"
	}
	if _, ok := ident.ParseUploadCode(run); ok {
		return "the address of an upload"
	}
	if _, ok := ident.ParseTaskID("task-" + run); ok { // a run ends at the hyphen
		return "the id of a context or a task"
	}
	if _, ok := ident.ParseView("view-" + run); ok {
		return "a token that looks at a room"
	}
	if _, ok := ident.ParseTicket(run); ok {
		return "the address of a download"
	}
	if t, err := ident.ParseToken(run); err == nil && t.Person {
		return "a person's token"
	} else if err == nil {
		return "a token or a ticket"
	}
	return ""
}

// Sink takes what a program prints and reports each secret in it, once for each line. It
// may be used by many goroutines.
type Sink struct {
	Report func(error) // nil: nobody wants to know

	mu   sync.Mutex
	rest []byte // an unfinished line
}

// Write implements io.Writer. It never fails.
func (s *Sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, p...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if s.Report != nil {
			if err := Find(string(line)); err != nil {
				s.Report(err)
			}
		}
		s.rest = rest
	}
}

// Logger returns a log of everything, for what runs in the process of a test. The test
// fails at its end if a line held a secret.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(search(t), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Buffer keeps what is written to it. It may be written and read at once.
type Buffer struct {
	mu     sync.Mutex
	text   bytes.Buffer
	search *Sink
}

// NewBuffer returns an empty Buffer. The test fails at its end if a line held a secret.
func NewBuffer(t testing.TB) *Buffer { return &Buffer{search: search(t)} }

// Write implements io.Writer. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, _ = b.search.Write(p) // never fails
	return b.text.Write(p)
}

// String returns all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// search returns a Sink that fails the test at its end for each secret.
func search(t testing.TB) *Sink {
	var mu sync.Mutex
	var found []error
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, err := range found {
			t.Error(err)
		}
	})
	return &Sink{Report: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, err)
	}}
}
