package transfer_test

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/transfer"
)

// aging is a table in which time passes once: when its partitions have been told,
// or when the items of a room are read.
type aging struct {
	transfer.Source
	told, read func()
}

func (s aging) Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error] {
	var all []string
	for p, err := range s.Source.Partitions(ctx, prefix, sort) {
		if err != nil {
			return func(yield func(string, error) bool) { yield("", err) }
		}
		all = append(all, p)
	}
	s.told()
	return func(yield func(string, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (s aging) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if !r.Reverse {
		s.read()
	}
	return s.Source.Query(ctx, r)
}

func TestExport_roomWhoseTimeEndsMeanwhile_leavesTheOthersWhole(t *testing.T) {
	nothing := func() {}
	for name, when := range map[string]func(pass func()) (told, read func()){
		"before it is announced": func(pass func()) (told, read func()) { return pass, nothing },
		"before it is read":      func(pass func()) (told, read func()) { return nothing, pass },
	} {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClockAt(time.Now())
			from := inFileAt(t, clock)
			from.join("deserted", "Ann")
			clock.Advance(29 * 24 * time.Hour)
			from.say(from.join("tea", "Bob"), "hello")
			passed := false
			told, read := when(func() {
				if !passed {
					passed = true
					clock.Advance(2 * 24 * time.Hour)
				}
			})
			var out bytes.Buffer
			did, err := transfer.Export(t.Context(), aging{from.table, told, read}, "", &out)
			if err != nil || did.Rooms != 1 {
				t.Fatalf("exported %d rooms, %v; want 1", did.Rooms, err)
			}
			to := inFileAt(t, clock)
			if did := to.imports(out.Bytes()); did.Rooms != 1 || did.There != 0 {
				t.Errorf("%+v; want 1 room", did)
			}
			if _, err := to.RoomInfo(t.Context(), chat.InfoRequest{Room: "tea"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestImport_linesAfterTheEnd_areNotPassedOver(t *testing.T) {
	from := inFile(t)
	from.join("tea", "Ann")
	first := from.export("")
	from.join("coffee", "Ann")
	two := append(first, from.export("coffee")...)
	_, err := transfer.Import(t.Context(), inFile(t).table, bytes.NewReader(two))
	if err == nil || !strings.Contains(err.Error(), "one export at a time") {
		t.Errorf("%v; want to be told that there is more", err)
	}
}
