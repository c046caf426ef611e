package chat

import (
	"testing"
	"time"
)

// TestDraft_twoNewNames_areTwoWrites: the first name is only known to be free once
// a write has found it so.
func TestDraft_twoNewNames_areTwoWrites(t *testing.T) {
	rename := func(to string) *proposal {
		return &proposal{propose: func(f *fold, _ time.Time) (change, error) {
			next := f.settings
			next.Name, next.Key = to, to
			return change{events: []event{{Type: set, Settings: &next}}}, nil
		}}
	}
	describe := &proposal{propose: func(f *fold, _ time.Time) (change, error) {
		next := f.settings
		next.Description = f.Name
		return change{events: []event{{Type: set, Settings: &next}}}, nil
	}}
	now := time.UnixMilli(1)
	d := newDraft(&fold{id: "room", settings: settings{Name: "plans", Key: "plans"}, diesMs: now.Add(roomLife).UnixMilli()})
	d.take([]*proposal{rename("one"), describe, rename("two")}, now)
	if len(d.entries) != 2 || d.fold.Name != "one" || d.fold.Description != "one" {
		t.Errorf("%d proposals in one write, which makes %+v", len(d.entries), d.fold.settings)
	}
}
