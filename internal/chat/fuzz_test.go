package chat

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
)

// FuzzStored reads what may stand in a table. Whatever it is, it is refused or
// understood, and what is understood is kept as it was.
func FuzzStored(f *testing.F) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	ann := agent{Seat: 1, Name: "Ann", Key: "ann", Role: Admin, Hash: hashSecret("0000000000000000"), Joined: 1, AtMs: at, Since: 1}
	room := settings{Name: "tea", Key: "tea", Type: Group, Capacity: 2}
	for _, e := range []event{
		{V: version, ID: "a", State: 1, AtMs: at, Type: joined, Seat: 1, Name: "Ann", Agent: &ann, Settings: &room, DiesMs: at},
		{V: version, ID: "b", State: 1, AtMs: at, Type: said, Seat: 1, Name: "Ann", Text: "hello", ReplyTo: 1},
		{V: version, ID: "c", State: 3, AtMs: at, Type: left, Seat: 1, Name: "Ann", Reason: "left", Promoted: 2},
		{V: version, ID: "d", State: 4, AtMs: at, Type: moved},
		{V: version, ID: "e", State: 5, AtMs: at, Type: ruled, By: 1, Action: "ban", Name: "Bob", Ban: &ban{Key: "bob"}},
		{V: version, ID: "f", State: 6, AtMs: at, Type: set, By: 1, Settings: &room, Changed: []string{"room"}},
		{V: version, ID: "g", State: 7, AtMs: at, Type: knock, Name: "Bob"},
		{V: version + 1, Type: "sang"},
	} {
		f.Add(logSort(2), encode(e), encode(snapshot{V: version, AsOf: 1, Settings: room, Agents: []agent{ann}, NextSeat: 2, DiesMs: at, HeadMs: at}))
	}
	f.Fuzz(func(t *testing.T, sort string, data, meta []byte) {
		var s snapshot
		if err := decode(table.Item{Key: metaKey("0000000"), Data: meta}, &s); err != nil {
			s = snapshot{AsOf: 1}
		}
		folded := foldOf("0000000", s)
		e, err := decodeEvent(table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: data})
		if err != nil {
			return
		}
		e.n = s.AsOf + 1
		next, err := folded.apply(e)
		if err != nil {
			return
		}
		if next.asOf != e.n || next.dead(time.UnixMilli(at)) && !next.ended && next.diesMs > at {
			t.Errorf("after event %d the fold is %+v", e.n, next)
		}
		for _, a := range next.agents {
			next.seated(a.Seat)
			next.successor(a.Seat)
		}
		kept := encode(next.snapshot())
		var again snapshot
		if err := json.Unmarshal(kept, &again); err != nil {
			t.Fatalf("%s: %v", kept, err)
		}
		if back := encode(foldOf(next.id, again).snapshot()); !reflect.DeepEqual(back, kept) {
			t.Errorf("kept as %s, it is read as %s", kept, back)
		}
	})
}

// FuzzListPage asks for a page of the list of rooms by any name of a page.
func FuzzListPage(f *testing.F) {
	tab, err := bolttable.Open(filepath.Join(f.TempDir(), "parley.db"), bolttable.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = tab.Close() })
	rooms := New(tab, Options{Alone: true, GroupFrom: 1, Logger: slog.New(slog.DiscardHandler)})
	for _, name := range []string{"ash", "birch", "cedar", "élan"} {
		if _, err := rooms.CreateRoom(f.Context(), CreateRequest{Room: name, AgentName: "Ann", Public: true}); err != nil {
			f.Fatal(err)
		}
	}
	first, err := rooms.ListRooms(f.Context(), ListRequest{Limit: 1})
	if err != nil || first.NextPage == "" {
		f.Fatalf("%+v, %v", first, err)
	}
	f.Add(first.NextPage, "", 2)
	f.Add("", "A", 0)
	f.Add("____", "c", 100)
	f.Fuzz(func(t *testing.T, page, search string, limit int) {
		got, err := rooms.ListRooms(t.Context(), ListRequest{Page: page, Search: search, Limit: limit})
		if err != nil {
			if CodeOf(err) != InvalidArgument {
				t.Fatalf("page %q: %v", page, err)
			}
			return
		}
		var names []string
		for _, r := range got.Rooms {
			names = append(names, r.Name)
		}
		if !slices.IsSorted(names) || len(names) > 4 {
			t.Errorf("page %q has %q", page, names)
		}
		if got.NextPage != "" {
			if _, err := rooms.ListRooms(t.Context(), ListRequest{Page: got.NextPage}); err != nil {
				t.Errorf("the page after %q: %v", page, err)
			}
		}
	})
}

// FuzzRoomAndPassword reads the name of a room with its password in any form.
func FuzzRoomAndPassword(f *testing.F) {
	f.Add("tea:with milk", "")
	f.Add("tea", "milk")
	f.Add(":", ":")
	f.Fuzz(func(t *testing.T, room, password string) {
		name, got, err := splitPassword(room, password)
		if err != nil {
			if CodeOf(err) != InvalidArgument {
				t.Fatalf("%q, %q: %v", room, password, err)
			}
			return
		}
		if len(got) > MaxPassword || name+":"+got != room && (name != room || got != password) {
			t.Errorf("%q, %q is read as %q and %q", room, password, name, got)
		}
	})
}

// FuzzTicket reads a ticket in any form.
func FuzzTicket(f *testing.F) {
	f.Add("lobby", int64(1767225600000), "0000000000000000", "d1jj-0000000000")
	f.Add("", int64(-1), "zzzzzzzzzzzzzzzz", "-")
	f.Add("\xff", int64(1)<<50, "", "0")
	f.Fuzz(func(t *testing.T, queue string, atMs int64, secret, written string) {
		if got, err := parseTicket(written); err == nil {
			if again, err := parseTicket(got.String()); err != nil || again != got {
				t.Fatalf("%q reads as %+v, and that as %+v, %v", written, got, again, err)
			}
		} else if CodeOf(err) != InvalidArgument && CodeOf(err) != TokenInvalid {
			t.Fatalf("%q: %v", written, err)
		}
		made := ticket{queue: queue, atMs: atMs & (1<<50 - 1), secret: fit(secret, secretChars)}
		got, err := parseTicket(made.String())
		if table.CheckKey(made.key()) != nil || queue == "" {
			if err == nil {
				t.Fatalf("%+v cannot be kept, and is read as %+v", made, got)
			}
			return
		}
		if err != nil || got != made || !holdsToken("<"+made.String()+">") {
			t.Fatalf("%q reads as %+v, %v", made, got, err)
		}
	})
}
