package chat

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// FuzzListPage lists rooms with any page token.
func FuzzListPage(f *testing.F) {
	tab, err := sqlite.Open(filepath.Join(f.TempDir(), "parley.db"), sqlite.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = tab.Close() })
	rooms := New(tab, Options{SingleProcess: true, MinBatch: 1, Logger: slog.New(slog.DiscardHandler)})
	for _, name := range []string{"ash", "birch", "cedar", "élan"} {
		if _, err := rooms.CreateRoom(f.Context(),
			CreateRequest{Room: name, AgentName: "Ann", Public: true}); err != nil {
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
			if fault.CodeOf(err) != fault.InvalidArgument {
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
