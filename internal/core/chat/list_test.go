package chat_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// list returns the names on a page of public rooms.
func (w *world) list(req chat.ListRequest) (names []string, next string) {
	w.t.Helper()
	got, err := w.ListRooms(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("list: %v", err)
	}
	for _, r := range got.Rooms {
		names = append(names, r.Name)
	}
	return names, got.NextPage
}

func TestList_invalidArguments_areRefused(t *testing.T) {
	w := newWorld(t)
	for name, req := range map[string]chat.ListRequest{
		"negative limit":    {Limit: -1},
		"limit over 100":    {Limit: 101},
		"page not ours":     {Page: "#"},
		"page not UTF-8":    {Page: base64.RawURLEncoding.EncodeToString([]byte("\xff"))},
		"page with a NUL":   {Page: base64.RawURLEncoding.EncodeToString([]byte("a\x00"))},
		"page far too long": {Page: base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("a", 1025)))},
	} {
		if _, err := w.ListRooms(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One call examines a limited number of rooms and returns where to go on.
func TestList_rareMatch_isFoundOverSeveralCalls(t *testing.T) {
	w := newWorld(t)
	w.create(chat.CreateRequest{Room: "zzz", AgentName: "Ann", Public: true})
	var ops []table.Op
	for i := range 1200 {
		ops = append(ops, table.Put(table.Item{
			Key:  table.Key{Partition: "LISTED", Sort: fmt.Sprintf("a%04d", i)},
			Data: fmt.Appendf(nil, `{"v":%d,"id":"0000000","name":"a"}`, room.Version),
		}, table.Always))
		if len(ops) == table.MaxOps {
			if err := w.table.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
	names, next := w.list(chat.ListRequest{Search: "zz", Limit: 1})
	if len(names) != 0 || next == "" {
		t.Fatalf("the first thousand gave %q, %q", names, next)
	}
	names, next = w.list(chat.ListRequest{Search: "zz", Limit: 1, Page: next})
	same(t, "then", names, []string{"zzz"})
	if next != "" {
		t.Fatalf("and then %q", next)
	}
}
