package ratelimit

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Bytes that leave AWS are billed, from however many addresses they are requested.
func TestDownload_limitOfAll_holdsForManyCallers(t *testing.T) {
	clock := clockwork.NewFakeClock()
	l := New(Limits{FilesOut: 60, AllFilesOut: 100}, clock)
	one := CallerOf(ident.WithAddress(t.Context(), "192.0.2.1"))
	other := CallerOf(ident.WithAddress(t.Context(), "192.0.2.2"))
	back, err := l.Download(one, 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Download(other, 60); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("more than all may take: %v", err)
	}
	back(20)
	if _, err := l.Download(other, 60); err != nil { // the refusal has spent nothing of the caller's own budget
		t.Errorf("what was not read is free again: %v", err)
	}
	if _, err := l.Download(one, 1); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("nothing is left for all: %v", err)
	}
	clock.Advance(time.Hour)
	if _, err := l.Download(one, 60); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
