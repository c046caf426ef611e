package chat_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// newer returns an item as a newer program would write it: with known fields in other
// forms.
func newer(k table.Key) table.Item {
	return table.Item{Key: k, Data: fmt.Appendf(nil,
		`{"v":%d,"id":{"new":true},"t":7,"room":[],"agents":"none","at":"now","seq":"one","name":{}}`, room.Version+1)}
}

// as returns what this program has written as a program of another version would write it.
func as(data []byte, version int) []byte {
	return bytes.Replace(data, fmt.Appendf(nil, `"v":%d`, room.Version), fmt.Appendf(nil, `"v":%d`, version), 1)
}

// One item is of a newer version, in its form or in ours, or of the one before. Calls that need it are
// refused as unavailable and change nothing.
func TestOtherVersion_item_isNeitherReadNorOverwritten(t *testing.T) {
	all := []string{"join", "send", "wait", "history", "info", "leave", "newcomer", "look by name"}
	for name, c := range map[string]struct {
		like, sort string   // the item to copy, and where to put it
		needs      []string // the calls that need it
	}{
		"event":    {"LOG#0000000000000003", "LOG#0000000000000004", all},
		"snapshot": {"META", "META", all},
		"part":     {"META#SEAT#00000001", "META#SEAT#00000001", all},
		"presence": {"SEEN#00000001", "SEEN#00000001", []string{"join", "info", "newcomer"}},
		"position": {"AT#00000002", "AT#00000002", []string{"join", "leave"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			w.say(p.ann.Token, "hello") // event 3
			w.look(p.bob.Token, "")
			partition := "ROOM#" + p.ann.Token[:7]
			k := table.Key{Partition: partition, Sort: c.sort}
			ours := w.stored(table.Key{Partition: partition, Sort: c.like}).Data
			for _, data := range [][]byte{newer(k).Data,
				as(ours, room.Version+1), as(ours, room.Version-1)} {
				w.store(table.Item{Key: k, Data: data})
				w.cannotDo(c.needs, p.bob.Token, k)
			}
		})
	}
}

// cannotDo makes calls with token to a room called plans that need the item at k, and
// fails unless all are refused and nothing is written.
func (w *world) cannotDo(needs []string, token string, k table.Key) {
	w.t.Helper()
	meta := table.Key{Partition: k.Partition, Sort: "META"}
	item, snapshot := w.stored(k), w.stored(meta)
	cold := w.elsewhere()
	all := calls(cold, token)
	all["newcomer"] = func() error { _, err := cold.tryJoin("plans", "Cid"); return err }
	all["look by name"] = func() error {
		_, err := cold.RoomInfo(w.t.Context(), chat.InfoRequest{Room: "plans"})
		return err
	}
	for _, call := range needs {
		if err := all[call](); fault.CodeOf(err) != fault.Unavailable {
			w.t.Errorf("%s: %v", call, err)
		}
	}
	for _, before := range []table.Item{item, snapshot} {
		if got := w.stored(before.Key); !bytes.Equal(got.Data, before.Data) {
			w.t.Errorf("%s has become %s", before.Key, got.Data)
		}
	}
}

// The newer program appends while this one has the room cached. The next append here
// meets the newer event and writes nothing.
func TestNewerVersion_eventAfterACachedHead_stopsAppends(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.say(p.ann.Token, "hello") // event 3
	w.store(newer(eventKey(p.ann.Token, 4)))
	_, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "hello yourself"})
	wants(t, err, fault.Unavailable)
	_, err = w.tryJoin("plans", "Cid")
	wants(t, err, fault.Unavailable)
	page, err := w.table.Query(t.Context(), table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "LOG#",
		Limit: 10})
	if err != nil || len(page.Items) != 4 {
		t.Fatalf("the log has %d events, %v", len(page.Items), err)
	}
}

// What the event did to the room is unknown, so it counts as a newer version.
func TestNewerVersion_unknownEventType_isNotSkipped(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	w.store(table.Item{Key: eventKey(p.ann.Token, 3),
		Data: fmt.Appendf(nil, `{"v":%d,"id":"x","st":3,"at":1,"t":"painted"}`, room.Version)})
	_, err := w.Send(t.Context(), chat.SendRequest{Token: p.bob.Token, Text: "hello"})
	wants(t, err, fault.Unavailable)
}

func TestOtherVersion_listedRoom_isTheOnlyOneLeftOut(t *testing.T) {
	for _, version := range []int{room.Version - 1, room.Version + 1} {
		w := newWorld(t)
		for _, name := range []string{"a", "b", "c"} {
			got := w.create(chat.CreateRequest{Room: name, AgentName: "Ann", Public: true})
			k := map[string]table.Key{
				"a": {Partition: "LISTED", Sort: "a"}, "b": {Partition: "ROOM#" + got.Token[:7], Sort: "META"},
			}[name]
			if other := newer(k); k.Sort != "" {
				other.Data = bytes.Replace(other.Data, fmt.Appendf(nil, `{"v":%d`, room.Version+1),
					fmt.Appendf(nil, `{"v":%d`, version), 1)
				w.store(other)
			}
		}
		got, _ := w.list(chat.ListRequest{})
		same(t, fmt.Sprint("listed beside version ", version), got, []string{"c"})
	}
}

func TestNewerVersion_nameItem_isLeftAlone(t *testing.T) {
	w := newWorld(t)
	k := table.Key{Partition: "NAME#plans", Sort: "-"}
	w.store(newer(k))
	_, err := w.tryJoin("plans", "Ann")
	wants(t, err, fault.Unavailable)
	if got := w.stored(k); !bytes.Equal(got.Data, newer(k).Data) {
		t.Errorf("the name has become %s", got.Data)
	}
}
