package transfer_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// routes are ways from table to table.
func routes() map[string][]func(*testing.T) site {
	all := map[string][]func(*testing.T) site{
		"file to file":              {inFile, inFile},
		"file to DynamoDB and back": {inFile, inDynamoDB, inFile},
	}
	if dynamolocal.Doubles() {
		all["DynamoDB to DynamoDB"] = []func(*testing.T) site{inDynamoDB, inDynamoDB}
	}
	return all
}

func TestCopy_everyKindOfRoom_hasTheSameItems(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			from := route[0](t)
			from.furnish()
			if _, err := pairing.New(from.Service, pairing.Options{}).EnterQueue(t.Context(),
				pairing.Request{AgentName: "Zoe"}); err != nil {
				t.Fatal(err)
			}
			if len(from.partition("QUEUE#lobby")) == 0 {
				t.Fatal("nobody is waiting in the queue")
			}
			want := from.content()
			for _, next := range route[1:] {
				to := next(t)
				if got := to.copyFrom(from.table); got.Copied != 8 || got.AlreadyPresent+got.Expired != 0 {
					t.Errorf("got %+v; want 8 copied rooms", got)
				}
				to.sameAs(want)
				if queues := to.partition("QUEUE#lobby"); len(queues) > 0 {
					t.Errorf("copied the queue: %q", queues)
				}
				if got := to.copyFrom(from.table); got != (transfer.Summary{AlreadyPresent: 8}) {
					t.Errorf("the second copy: got %+v; want 8 rooms already present", got)
				}
				to.sameAs(want)
				from = to
			}
		})
	}
}

func TestCopy_conversation_continuesAtDestination(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			ann, bob := at.join("tea:with milk", "Ann"), at.join("tea:with milk", "Bob")
			var said [2][]string
			for i, next := range append(route[1:], nil) {
				last := ""
				for n := range 130 { // more than one Write takes
					speaker := n % 2
					text := fmt.Sprintf("message %d at site %d", n, i)
					last = at.say([]*agent{ann, bob}[speaker], text)
					said[speaker] = append(said[speaker], text)
				}
				if i%2 == 0 {
					at.listen(ann) // Bob's cursor stays behind
				}
				if next == nil {
					break
				}
				to := next(t)
				to.copyFrom(at.table)
				at = to
				if again := at.say(bob, said[1][len(said[1])-1]); again != last {
					t.Errorf("the repeated message is %s; want %s", again, last)
				}
			}
			at.listen(ann)
			at.listen(bob)
			if !slices.Equal(ann.heard, said[1]) || !slices.Equal(bob.heard, said[0]) {
				t.Errorf("Ann heard %q; want %q\nBob heard %q; want %q", ann.heard, said[1], bob.heard, said[0])
			}
			if _, err := at.JoinRoom(t.Context(),
				chat.JoinRequest{Room: "tea", AgentName: "Eve",
					Password: "guess"}); fault.CodeOf(err) != fault.WrongPassword {
				t.Errorf("joining with a wrong password: %v", err)
			}
		})
	}
}

func TestCopy_roomOfManyPages_isWhole(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	for n := range table.MaxLimit {
		from.say(ann, fmt.Sprint("message ", n))
	}
	for n := range 70 { // more bytes than one Write takes
		got, err := from.Send(t.Context(), chat.SendRequest{Token: ann.token,
			Text: fmt.Sprint(n, strings.Repeat(`"`, 30_000))})
		if err != nil {
			t.Fatal(got, err)
		}
	}
	to.copyFrom(from.table)
	to.sameAs(from.content())
}

func TestCopy_onlyOneRoom_leavesTheOthers(t *testing.T) {
	from, to := inFile(t), inFile(t)
	from.furnish()
	summary, err := transfer.Copy(t.Context(), from.table, to.table, none, "THE ÖFFENTLICHE")
	if err != nil || summary.Copied != 1 {
		t.Fatalf("%+v, %v; want one copied room", summary, err)
	}
	if got := to.partitions("NAME#", "-"); !slices.Equal(got, []string{"NAME#the öffentliche"}) {
		t.Errorf("the destination has %q", got)
	}
	if _, err := transfer.Copy(t.Context(), from.table, to.table, none, "nowhere"); !errors.Is(err,
		transfer.ErrNoRoom) || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("a room that does not exist: %v", err)
	}
	if _, err := transfer.Copy(t.Context(), from.table, to.table, none,
		"a/b"); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("an invalid name: %v", err)
	}
}

func TestCopy_cutAtAnyWrite_showsNoHalfRoomAndIsCompletedByRepeating(t *testing.T) {
	from := inFile(t)
	from.furnish()
	ann := from.join("tea", "Ann")
	for n := range table.MaxOps { // so that the snapshot does not fit into one Write
		from.ban(ann, fmt.Sprint("Eve ", n))
	}
	writes := 0
	for cut := false; cut || writes == 0; writes++ {
		for _, performed := range []bool{false, true} {
			to := inFile(t)
			cut = to.copyUntilWrite(from, writes, performed)
			to.hasNoHalfRoom(from)
			to.copyFrom(from.table)
			to.sameAs(from.content())
		}
	}
	if writes < 8 {
		t.Errorf("the copy took only %d writes", writes)
	}
}

// Between the two runs the source was served: agents spoke and left, and texts and names were
// removed. Nothing of the first run stays behind.
func TestCopy_sourceUsedSinceAnInterruptedCopy_leavesNothingOfThat(t *testing.T) {
	for cut, number := true, 0; cut; number++ {
		from, to := inFile(t), inFile(t)
		ann, bob := from.join("tea", "Ann"), from.join("tea", "Bob")
		id := from.say(ann, "the key is 471!")
		for n := range table.MaxOps {
			from.say(bob, fmt.Sprint("message ", n))
		}
		cut = to.copyUntilWrite(from, number, number%2 == 0)
		if !cut || len(to.partitions("ROOM#", "META")) > 0 {
			continue // the copy was complete
		}
		from.redact(ann, id)
		from.leave(bob)
		from.rename(ann, "coffee")
		to.copyFrom(from.table)
		to.sameAs(from.content())
		for k, data := range to.content() {
			if strings.Contains(data, "471!") {
				t.Fatalf("cut at write %d, %s has %s", number, k, data)
			}
		}
	}
}

// A backup of the source that is older than the items of an interrupted copy is copied without these items.
func TestCopy_remainsOfALaterState_areNotMixedWithAnEarlierOne(t *testing.T) {
	from, restored, to := inFile(t), inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	restored.copyFrom(from.table)
	for n := range 3 {
		from.say(ann, fmt.Sprint("message ", n))
	}
	to.copyUntilWrite(from, 1, false) // all events but the last are there
	if got := to.partition(from.roomPartition("tea")); len(got) == 0 {
		t.Fatal("the first copy was cut off too early")
	}
	to.copyFrom(restored.table)
	to.sameAs(restored.content())
}

// copyUntilWrite copies, and lets all writes fail from the given number on. performed says that the first failed
// write takes effect. It reports whether the copy was cut off.
func (s site) copyUntilWrite(from site, number int, performed bool) (cut bool) {
	s.t.Helper()
	n := 0
	failing := hooked{Source: s.table, beforeWrite: func(ops []table.Op) error {
		n++
		if n <= number {
			return nil
		}
		if performed && n == number+1 {
			if err := s.table.Write(s.t.Context(), ops...); err != nil {
				s.t.Fatal(err)
			}
		}
		return table.ErrUnavailable
	}}
	_, err := transfer.Copy(s.t.Context(), from.table, failing, none, "")
	if err != nil && !errors.Is(err, table.ErrUnavailable) {
		s.t.Fatal(err)
	}
	return err != nil
}

// hasNoHalfRoom fails the test unless each room is whole, and each name leads to a room.
func (s site) hasNoHalfRoom(from site) {
	s.t.Helper()
	for _, partition := range s.partitions("ROOM#", "META") {
		if !maps.Equal(s.partition(partition), from.partition(partition)) {
			s.t.Fatalf("%s: got %q; want %q", partition, s.partition(partition), from.partition(partition))
		}
	}
	for _, partition := range s.partitions("NAME#", "-") {
		item, err := s.table.Get(s.t.Context(), table.Key{Partition: partition, Sort: "-"}, table.Strong)
		if err != nil {
			s.t.Fatal(err)
		}
		id, err := roomlog.LeadsTo(item)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.table.Get(s.t.Context(), roomlog.LayoutOf(id, "").Meta, table.Strong); err != nil {
			s.t.Fatalf("%s leads to a room without a snapshot: %v", partition, err)
		}
	}
}

func TestCopy_repliesOfWritesAreLost_copiesTheSame(t *testing.T) {
	from, to := inFile(t), inFile(t)
	ann := from.join("tea", "Ann")
	for n := range 4 * table.MaxOps { // each lost reply counts
		from.say(ann, fmt.Sprint("message ", n))
	}
	repeating := tabletest.NewFaulty(to.table, clockwork.NewRealClock(), 1, tabletest.Faults{Repeated: 1})
	if got, err := transfer.Copy(t.Context(), from.table, repeating, none, ""); err != nil || got.Copied != 1 {
		t.Errorf("%+v, %v; want one copied room", got, err)
	}
	to.sameAs(from.content())
}

func TestCopy_expiredItemsAndRooms_areLeftOut(t *testing.T) {
	for name, rooms := range map[string]int{"one room": 1, "one of two rooms": 2} {
		t.Run(name, func(t *testing.T) {
			for read := 0; copyWhileTimePasses(t, rooms, read); read++ {
			}
		})
	}
}

// copyWhileTimePasses copies one or two rooms. The first room expires before the given read of the source. It reports
// whether there was such a read.
func copyWhileTimePasses(t *testing.T, rooms, read int) bool {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now())
	from, to := inFileAt(t, clock), inFileAt(t, clock)
	from.join("deserted", "Ann")
	clock.Advance(29 * 24 * time.Hour)
	if rooms == 2 {
		from.say(from.join("tea", "Bob"), "hello")
	}
	reads := 0
	aging := hooked{Source: from.table, beforeRead: func() error {
		if reads == read {
			clock.Advance(2 * 24 * time.Hour)
		}
		reads++
		return nil
	}}
	got := to.copyFrom(aging)
	if got.Copied+got.Expired != rooms || read == 0 && got.Expired != 1 || reads <= read && got.Expired > 0 {
		t.Fatalf("before read %d: %+v; want %d rooms", read, got, rooms)
	}
	to.sameAs(from.content())
	return read < reads
}
