package ratelimit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

func TestUpload_countsBytesOfAnHour(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{FilesIn: 3600, FilesOut: 100}, clock)
	ann, bob := ratelimit.CallerOf(from(t, "192.0.2.1")), ratelimit.CallerOf(from(t, "192.0.2.2"))
	back, err := l.Upload(ann, 3000)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Upload(ann, 700)
	if wait := refusedFor(t, err); wait != 100*time.Second || !strings.Contains(err.Error(), "600 are left") {
		t.Errorf("%v", err)
	}
	if _, err := l.Upload(bob, 3600); err != nil {
		t.Errorf("another caller: %v", err)
	}
	if _, err := l.Download(ann, 100); err != nil {
		t.Errorf("the other direction: %v", err)
	}
	back(100)
	if _, err := l.Upload(ann, 700); err != nil {
		t.Errorf("once some did not come: %v", err)
	}
	clock.Advance(time.Hour)
	if _, err := l.Upload(ann, 3600); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if _, err := l.Upload(ann, 1); err == nil {
		t.Error("more than the limit passes")
	}
}

// What leaves AWS is billed, from how many addresses ever it is asked for.
func TestDownload_limitOfAll_holdsForManyCallers(t *testing.T) {
	clock := clockwork.NewFakeClock()
	l := ratelimit.New(ratelimit.Limits{FilesOut: 60, AllFilesOut: 100}, clock)
	one := ratelimit.CallerOf(ident.WithAddress(t.Context(), "192.0.2.1"))
	other := ratelimit.CallerOf(ident.WithAddress(t.Context(), "192.0.2.2"))
	back, err := l.Download(one, 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Download(other, 60); fault.CodeOf(err) != fault.RateLimited {
		t.Errorf("more than all may take: %v", err)
	}
	back(20)
	if _, err := l.Download(other, 60); err != nil { // the refusal has taken nothing of its own
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
