package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestCopy_nameOfAnotherRoom_isRefusedAndTheOthersAreCopied(t *testing.T) {
	from, to := inFile(t), inFile(t)
	from.join("tea", "Ann")
	from.join("coffee", "Ann")
	to.join("Tea", "somebody else")
	other := to.content()
	if err := to.refuse(from.table, transfer.ErrNameTaken); !strings.Contains(err.Error(), `"tea"`) {
		t.Errorf("the error does not name the room: %v", err)
	}
	for key, item := range other {
		if to.content()[key] != item {
			t.Errorf("%s was changed", key)
		}
	}
	tea := from.roomPartition("tea")
	if items := to.partition(tea); len(items) > 0 {
		t.Errorf("the refused room has items at the destination: %q", items)
	}
	if items := to.partition(from.roomPartition("coffee")); len(items) == 0 {
		t.Error("the other room was not copied")
	}
}

// roomPartition is the partition of the room with that key.
func (s site) roomPartition(key string) string {
	s.t.Helper()
	item, err := s.table.Get(s.t.Context(), roomlog.LayoutOf("", key).Name, table.Strong)
	if err != nil {
		s.t.Fatal(err)
	}
	id, err := roomlog.LeadsTo(item)
	if err != nil {
		s.t.Fatal(err)
	}
	return roomlog.LayoutOf(id, key).Partition
}

func TestCopy_nameTakenDuringTheCopy_leavesNoVisibleRoom(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	joined := false
	racing := hooked{Source: to.table, beforeWrite: func([]table.Op) error {
		if !joined {
			joined = true
			to.join("tea", "somebody else")
		}
		return nil
	}}
	if _, err := transfer.Copy(t.Context(), from.table, racing, none, ""); !errors.Is(err, transfer.ErrNameTaken) {
		t.Errorf("got %v; want ErrNameTaken", err)
	}
	if _, err := to.Send(t.Context(), chat.SendRequest{Token: ann.token, Text: "hello"}); err == nil {
		t.Error("the refused room can be reached by a token")
	}
	if got := to.partitions("ROOM#", "META"); slices.Contains(got, from.roomPartition("tea")) {
		t.Errorf("the refused room is visible: %q", got)
	}
}

func TestCopy_roomUsedDuringTheCopy_isRefusedAndCopiedLater(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	n := 0
	busy := hooked{Source: from.table, beforeRead: func() error {
		n++
		from.say(ann, fmt.Sprint("message ", n))
		return nil
	}}
	to.refuse(busy, transfer.ErrBusy)
	if got := to.partitions("ROOM#", "META"); len(got) > 0 {
		t.Errorf("a part of the room is visible: %q", got)
	}
	to.copyFrom(from.table)
	to.sameAs(from.content())
}

// A second copy completes at any moment of the first copy, and the room is used at once.
func TestCopy_roomThatAnotherCopyBrought_isLeftAlone(t *testing.T) {
	for moment := 0; ; moment++ {
		from, to := inFile(t), inFile(t)
		ann := from.join("tea", "Ann")
		from.say(ann, "at the source")
		var used map[table.Key]string
		calls := 0
		faster := func() {
			calls++
			if calls == moment+1 {
				to.copyFrom(from.table)
				to.say(ann, "at the destination")
				to.say(ann, "and more")
				used = to.content()
			}
		}
		racing := hooked{
			Source:      to.table,
			beforeRead:  func() error { faster(); return nil },
			beforeWrite: func([]table.Op) error { faster(); return nil },
		}
		_, err := transfer.Copy(t.Context(), from.table, racing, none, "")
		if used == nil {
			if err != nil || moment == 0 {
				t.Fatalf("after %d calls the copy ended: %v", calls, err)
			}
			return
		}
		if err != nil && !errors.Is(err, transfer.ErrDiverged) && !errors.Is(err, transfer.ErrNameTaken) {
			t.Errorf("at call %d: got %v; want nil or a refusal", moment+1, err)
		}
		to.sameAs(used)
	}
}

func TestCopy_roomThatOnlyTheDestinationContinued_isLeftAlone(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	to.copyFrom(from.table)
	to.say(ann, "since then")
	before := to.content()
	if got := to.copyFrom(from.table); got != (transfer.Summary{AlreadyPresent: 1}) {
		t.Errorf("got %+v; want that the room is already present", got)
	}
	to.sameAs(before)
}

func TestCopy_roomInAnotherState_isRefusedAndUnchanged(t *testing.T) {
	for name, messages := range map[string]struct{ source, destination int }{
		"used in both places": {1, 2},
		"same number":         {1, 1},
		"source ahead":        {2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := inFile(t), inFile(t)
			ann := from.join("tea", "Ann")
			to.copyFrom(from.table)
			for n := range messages.source {
				from.say(ann, fmt.Sprint("at the source ", n))
			}
			for n := range messages.destination {
				to.say(ann, fmt.Sprint("at the destination ", n))
			}
			before := to.content()
			if err := to.refuse(from.table, transfer.ErrDiverged); !strings.Contains(err.Error(),
				"copy to a new file or table") {
				t.Errorf("it does not say what to do: %v", err)
			}
			to.sameAs(before)
		})
	}
}

// The last event has its text at the source, and not at the destination.
func TestCopy_lastTextRemovedAtTheDestination_isTheSameRoom(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	id := from.say(ann, "the key is 4711")
	to.copyFrom(from.table)
	to.redact(ann, id)
	if got := to.copyFrom(from.table); got != (transfer.Summary{AlreadyPresent: 1}) {
		t.Errorf("a further copy: %+v", got)
	}
}

func TestCopy_unreadableItem_refusesItsRoomOnly(t *testing.T) {
	replace := func(old, text string) func(data string) string {
		return func(data string) string { return strings.Replace(data, old, text, 1) }
	}
	event := table.Key{Sort: "LOG#0000000000000001"}
	for name, c := range map[string]struct {
		of     table.Key // an empty partition is the room's
		change func(string) string
	}{
		"newer event":              {event, replace(`"v":`, `"v":9`)},
		"event that is no JSON":    {event, replace(`{`, ``)},
		"newer snapshot":           {table.Key{Sort: "META"}, replace(`"v":`, `"v":9`)},
		"snapshot without a name":  {table.Key{Sort: "META"}, func(string) string { return "null" }},
		"snapshot with a bad name": {table.Key{Sort: "META"}, replace(`"key":"tea"`, `"key":"\u0000"`)},
		"part of another time":     {table.Key{Sort: "META#SEAT#00000001"}, replace(`"n":1`, `"n":2`)},
		"part of another agent":    {table.Key{Sort: "META#SEAT#00000001"}, replace(`"seat":1`, `"seat":2`)},
		"newer name":               {table.Key{Partition: "NAME#tea", Sort: "-"}, replace(`"v":`, `"v":9`)},
		"name that leads nowhere":  {table.Key{Partition: "NAME#tea", Sort: "-"}, replace(`"id"`, `"x"`)},
		"newer item of a new kind": {table.Key{Sort: "NEW#1"}, func(string) string { return `{"v":99}` }},
		"newer listing": {table.Key{Partition: "LISTED", Sort: "tea"},
			func(string) string { return `{"v":99}` }},
		"newer presence of an agent": {table.Key{Sort: "SEEN#00000001"}, replace(`"v":`, `"v":9`)},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := inFile(t), inFile(t)
			from.join("tea", "Ann")
			others := []string{"NAME#room 0", "NAME#room 1", "NAME#room 2"}
			for n := range others {
				from.join(fmt.Sprint("room ", n), "Ann")
			}
			if c.of.Partition == "" {
				c.of.Partition = from.roomPartition("tea")
			}
			from.damage(c.of, c.change)
			_, err := transfer.Copy(t.Context(), from.table, to.table, none, "")
			if err == nil || !strings.Contains(err.Error(), "damaged") && !strings.Contains(err.Error(), "invalid") {
				t.Errorf("got %v; want ErrMalformed", err)
			}
			if got := to.partitions("NAME#", "-"); !slices.Equal(got, others) {
				t.Errorf("the destination has %q; want only the other rooms", got)
			}
		})
	}
}

// damage changes the data of an item, which need not exist.
func (s site) damage(k table.Key, change func(string) string) {
	s.t.Helper()
	item, _ := s.table.Get(s.t.Context(), k, table.Strong)
	data := change(string(item.Data))
	if data == string(item.Data) {
		s.t.Fatalf("%s is unchanged: %s", k, data)
	}
	item.Key, item.Data = k, bytes.Clone([]byte(data))
	if err := s.table.Write(s.t.Context(), table.Put(item, table.Always)); err != nil {
		s.t.Fatal(err)
	}
}

func TestCopy_roomWithoutEvents_isRefused(t *testing.T) {
	from, to := inFile(t), inFile(t)
	from.join("tea", "Ann")
	tea := from.roomPartition("tea")
	for key := range from.partition(tea) {
		if strings.HasPrefix(key.Sort, "LOG#") {
			if err := from.table.Write(t.Context(), table.Delete(key, table.Always)); err != nil {
				t.Fatal(err)
			}
		}
	}
	to.refuse(from.table, transfer.ErrMalformed)
	to.sameAs(nil)
}
