package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// priced counts the write units that DynamoDB charges by its documentation (Read and
// write operations): one for each begun KB of an item, before or after the write, and
// twice as many in a transaction. DynamoDB Local rounds the sum of a transaction instead.
type priced struct {
	table.Table
	units atomic.Int64
}

func (p *priced) Write(ctx context.Context, ops ...table.Op) error {
	var units int64
	for _, op := range ops {
		before, _ := p.Get(ctx, op.Item.Key, table.Strong)
		units += max(1, (max(stored(before), stored(op.Item))+1023)/1024)
	}
	if len(ops) > 1 {
		units *= 2
	}
	err := p.Table.Write(ctx, ops...)
	if err == nil {
		p.units.Add(units)
	}
	return err
}

// stored returns the size of an item in DynamoDB: of the names and values of its four
// attributes.
func stored(i table.Item) int64 {
	const names, expires = len("pkskdataexpires"), 6
	return int64(names + expires + len(i.Key.Partition) + len(i.Key.Sort) + len(i.Data))
}

// longName returns a name of as many bytes as a name can have.
func longName(what string, n int) string {
	name := fmt.Sprint(what, n)
	return strings.Repeat("\U00010330", 40-len(name)) + name
}

// largest is a room with as many agents, bans and letters as a room can have, but for a
// few seats.
type largest struct {
	*world
	t    *testing.T
	bill *priced
	name string

	password string
	admin    chat.Seated
	agents   []chat.Seated
}

func newLargest(t *testing.T, w *world, seats, bans int) *largest {
	l := &largest{t: t, name: longName("room", 1), bill: &priced{Table: w.table}}
	l.world = onTable(t, w.clock, l.bill, chat.Options{SingleProcess: true, MinBatch: 1})
	l.admin = l.create(chat.CreateRequest{
		Room: l.name, AgentName: longName("a", 0), Capacity: core.MaxCapacity,
		Public: true, Description: strings.Repeat("\U0001F600", core.MaxDescription),
	})
	for n := 1; n < seats; n++ {
		l.agents = append(l.agents, l.joins(n))
	}
	for n := range bans {
		l.manage(room.BanName, longName("b", n))
	}
	l.password = "sesame" // only now, because each join hashes it
	l.update(chat.UpdateRequest{Password: l.password})
	return l
}

// costs returns the units that do writes.
func (l *largest) costs(do func()) int64 {
	before := l.bill.units.Load()
	do()
	return l.bill.units.Load() - before
}

func (l *largest) joins(n int) chat.Seated {
	l.t.Helper()
	return l.enter(chat.JoinRequest{Room: l.name, AgentName: longName("a", n), Password: l.password})
}

func (l *largest) manage(a room.Action, name string) {
	l.t.Helper()
	if _, err := l.ManageAgent(l.t.Context(),
		chat.ManageRequest{Token: l.admin.Token, Agents: []string{name}, Action: a,
			Note: strings.Repeat("n", 200)}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *largest) update(req chat.UpdateRequest) {
	l.t.Helper()
	req.Token = l.admin.Token
	if _, err := l.UpdateRoom(l.t.Context(), req); err != nil {
		l.t.Fatal(err)
	}
}

// change is a call that changes a room, and the units that it writes in the largest one.
type change struct {
	name  string
	units int64
	do    func()
}

// changes returns calls of every sort. The last one closes the room.
func (l *largest) changes() []change {
	private, last := false, core.MaxCapacity-1
	return []change{
		{"a join", 8, func() { l.agents = append(l.agents, l.joins(last)) }},
		{"a knock", 6, func() {
			if _, err := l.JoinRoom(l.t.Context(),
				chat.JoinRequest{Room: l.name, AgentName: longName("k", 1), Password: l.password}); err == nil {
				l.t.Error("it was not refused")
			}
		}},
		{"a promotion", 6, func() { l.manage(room.Promote, longName("a", 1)) }},
		{"a demotion", 6, func() { l.manage(room.Demote, longName("a", 1)) }},
		{"a muting", 8, func() { l.manage(room.Mute, longName("a", 2)) }},
		{"a join that takes a silent agent's seat", 16, func() {
			l.clock.Advance(16 * time.Minute)
			l.agents = append(l.agents, l.joins(last+1))
		}},
		{"a kick", 11, func() { l.manage(room.Kick, longName("a", 3)) }},
		{"an end of a ban", 6, func() { l.manage(room.Unban, longName("b", 1)) }},
		{"a ban of an agent", 12, func() { l.manage(room.BanName, longName("a", 4)) }},
		{"a departure", 8, func() { l.leave(l.agents[9].Token) }},
		{"another capacity", 6, func() { l.update(chat.UpdateRequest{Capacity: 98}) }},
		{"another type", 6, func() { l.update(chat.UpdateRequest{Type: room.Channel}) }},
		{"another password", 6, func() { l.update(chat.UpdateRequest{Password: "open"}) }},
		{"no password", 6, func() { l.update(chat.UpdateRequest{RemovePassword: true}) }},
		{"another name", 12, func() { l.update(chat.UpdateRequest{Room: longName("room", 2)}) }},
		{"a private room", 6, func() { l.update(chat.UpdateRequest{Public: &private}) }},
		{"1,000 characters in place of the longest description", 46,
			func() { l.update(chat.UpdateRequest{Description: strings.Repeat("c", 1000)}) }},
		{"a description of 1,000 characters", 10,
			func() { l.update(chat.UpdateRequest{Description: strings.Repeat("d", 1000)}) }},
		{"the longest description in ASCII", 24,
			func() { l.update(chat.UpdateRequest{Description: strings.Repeat("d", core.MaxDescription)}) }},
		{"the longest description: 5,000 emoji", 82,
			func() { l.update(chat.UpdateRequest{Description: strings.Repeat("\U0001F601", core.MaxDescription)}) }},
		{"the end of the room", 6, func() { l.update(chat.UpdateRequest{Close: true}) }},
	}
}

// What a call that changes a room writes does not grow with the room. On AWS each unit
// is money of whoever runs the server.
func TestLargestRoom_aChangeCostsFewUnits(t *testing.T) {
	l := newLargest(t, newWorld(t), core.MaxCapacity-1, core.MaxBans)
	for _, c := range l.changes() {
		if units := l.costs(c.do); units != c.units {
			t.Errorf("%s writes %d units, want %d", c.name, units, c.units)
		}
	}
}

// The units that the engine itself counts are no more than those of priced.
func TestLargestRoom_onDynamoDB_aChangeCostsFewUnits(t *testing.T) {
	var b bill
	clock, tbl := b.newTable(t)
	l := newLargest(t, &world{clock: clock, table: tbl}, core.MaxCapacity-1, 20) // the engine takes 25 ms for each ban
	for _, c := range l.changes() {
		counted, before := 0.0, l.bill.units.Load()
		_, writes := b.of(c.do)
		for _, w := range writes {
			counted += w.WriteUnits
		}
		units := l.bill.units.Load() - before
		t.Logf("%-53s %3g units of the engine, %3d by the documentation", c.name, counted, units)
		if counted == 0 || counted > float64(units) || units > c.units {
			t.Errorf("%s writes %g units, by the documentation %d; want at most %d", c.name, counted, units, c.units)
		}
	}
}

// Once a day an event also renews the room. It rewrites some parts of the state, so that
// they live on.
func TestLargestRoom_aRenewalIsBounded(t *testing.T) {
	l := newLargest(t, newWorld(t), 40, 20)
	l.clock.Advance(25 * time.Hour)
	units := l.costs(func() { l.say(l.admin.Token, "good morning") })
	if units != 79 {
		t.Errorf("the first message of a day writes %d units, want 79", units)
	}
}

// A use of an invite is counted in the snapshot, which a join writes anyway, and changes no
// listing.
func TestGuest_joinCostsWhatAnyJoinCosts(t *testing.T) {
	w := newWorld(t)
	bill := &priced{Table: w.table}
	w = onTable(t, w.clock, bill, chat.Options{SingleProcess: true, MinBatch: 1})
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 9, Public: true})
	costs := func(join func()) int64 {
		before := bill.units.Load()
		join()
		return bill.units.Load() - before
	}
	usual := costs(func() { w.join("plans", "Bob") })
	for n := range 3 {
		got := costs(func() {
			if _, err := w.arrives(guest(t, ann.Invite), fmt.Sprint("Guest ", n)); err != nil {
				t.Fatal(err)
			}
		})
		if got != usual || got > 8 {
			t.Errorf("a guest writes %d units, another newcomer %d", got, usual)
		}
	}
}
