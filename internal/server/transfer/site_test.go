package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// site is a table and a service on it.
type site struct {
	*chat.Service
	t     *testing.T
	table transfer.Source
}

// none is for sites that keep no files.
var none transfer.Files

func inFile(t *testing.T) site {
	t.Helper()
	return inFileAt(t, clockwork.NewRealClock())
}

// inFileAt makes a site in a file.
func inFileAt(t *testing.T, clock clockwork.Clock) site {
	t.Helper()
	tab, remove := sqlitetest.OpenUntil(t, clock)
	t.Cleanup(func() {
		if err := remove(); err != nil {
			t.Error(err)
		}
	})
	return site{chat.New(tab, chat.Options{SingleProcess: true, MinBatch: 1, Clock: clock}), t, tab}
}

func inDynamoDB(t *testing.T) site {
	t.Helper()
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{})
	return site{chat.New(tab, chat.Options{}), t, tab}
}

// copyFrom copies all rooms to s, and fails the test if a room is refused.
func (s site) copyFrom(from transfer.Source) transfer.Summary {
	s.t.Helper()
	summary, err := transfer.Copy(s.t.Context(), from, s.table, none, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return summary
}

// refuse copies all rooms to s, and fails the test unless a room is refused for want.
func (s site) refuse(from transfer.Source, want error) error {
	s.t.Helper()
	_, err := transfer.Copy(s.t.Context(), from, s.table, none, "")
	if !errors.Is(err, want) {
		s.t.Errorf("got %v; want %v", err, want)
	}
	return err
}

// content is every live item of the rooms and their names, by key.
func (s site) content() map[table.Key]string {
	s.t.Helper()
	partitions := append(s.partitions("ROOM#", "META"), s.partitions("NAME#", "-")...)
	all := map[table.Key]string{}
	for _, partition := range append(partitions, "LISTED") {
		maps.Copy(all, s.partition(partition))
	}
	return all
}

func (s site) partitions(prefix, sort string) (all []string) {
	s.t.Helper()
	for partition, err := range s.table.Partitions(s.t.Context(), prefix, sort) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, partition)
	}
	return all
}

// partition is every live item of one partition.
func (s site) partition(name string) map[table.Key]string {
	s.t.Helper()
	all := map[table.Key]string{}
	for r := (table.Range{Partition: name, Limit: 100, Consistency: table.Strong}); ; {
		page, err := s.table.Query(s.t.Context(), r)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, item := range page.Items {
			all[item.Key] = fmt.Sprint(item.Expires.Unix(), " ", string(item.Data))
			r.After = item.Key.Sort
		}
		if !page.More {
			return all
		}
	}
}

// sameAs fails the test unless both sites have the same rooms.
func (s site) sameAs(want map[table.Key]string) {
	s.t.Helper()
	got := s.content()
	if maps.Equal(got, want) {
		return
	}
	keys := slices.AppendSeq(slices.Collect(maps.Keys(got)), maps.Keys(want))
	slices.SortFunc(keys, func(a, b table.Key) int {
		return strings.Compare(a.Partition+" "+a.Sort, b.Partition+" "+b.Sort)
	})
	for _, k := range slices.Compact(keys) {
		if got[k] != want[k] {
			s.t.Errorf("%s: got %q; want %q", k, got[k], want[k])
		}
	}
	s.t.FailNow()
}

// agent carries its token and cursor from site to site.
type agent struct {
	token, cursor string
	heard         []string
}

func (s site) join(room, name string) *agent {
	s.t.Helper()
	got, err := s.JoinRoom(s.t.Context(), chat.JoinRequest{Room: room, AgentName: name, Capacity: 3})
	if err != nil {
		s.t.Fatal(err)
	}
	return &agent{token: got.Token, cursor: got.Cursor}
}

// say sends a text once: repeated, it returns the same id.
func (s site) say(a *agent, text string) string {
	s.t.Helper()
	got, err := s.Send(s.t.Context(), chat.SendRequest{Token: a.token, Text: text, Key: text})
	if err != nil {
		s.t.Fatal(err)
	}
	return got.ID
}

// listen reads the news of a.
func (s site) listen(a *agent) {
	s.t.Helper()
	for {
		got, err := s.Wait(s.t.Context(), chat.WaitRequest{Token: a.token, Cursor: a.cursor})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return
		}
		for _, m := range got.Messages {
			if m.Type == chat.EventSaid {
				a.heard = append(a.heard, m.Text)
			}
		}
		a.cursor = got.Cursor
	}
}

// ban keeps a name out of the room of a.
func (s site) ban(a *agent, name string) {
	s.t.Helper()
	if _, err := s.ManageAgent(s.t.Context(),
		chat.ManageRequest{Token: a.token, Agents: []string{name}, Action: room.BanName}); err != nil {
		s.t.Fatal(err)
	}
}

func (s site) rename(a *agent, room string) {
	s.t.Helper()
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: a.token, Room: room}); err != nil {
		s.t.Fatal(err)
	}
}

// redact removes the text of a message of a.
func (s site) redact(a *agent, id string) {
	s.t.Helper()
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: a.token, Redact: id}); err != nil {
		s.t.Fatal(err)
	}
}

func (s site) leave(a *agent) {
	s.t.Helper()
	if _, err := s.LeaveRoom(s.t.Context(), chat.LeaveRequest{Token: a.token}); err != nil {
		s.t.Fatal(err)
	}
}

// furnish makes rooms of every kind.
func (s site) furnish() {
	s.t.Helper()
	for n := range 3 {
		a := s.join(fmt.Sprint("room ", n), "Ann")
		s.say(a, "<hello> & \u2028 \"quoted\" ☕")
	}
	s.leave(s.join("room 0", "Dan"))
	listed, err := s.CreateRoom(s.t.Context(), chat.CreateRequest{
		Room: "the Öffentliche", AgentName: "Eve", Password: "a quiet garden", Public: true, Description: "Two\nlines.",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.say(&agent{token: listed.Token}, "Welcome.")
	for range 2 { // the second join starts a new log under the name
		s.leave(s.join("deserted", "Ann"))
	}
	ann, _ := s.agree("the council")
	s.plan(ann)
	closed := s.join("closed", "Ann")
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: closed.token, Close: true}); err != nil {
		s.t.Fatal(err)
	}
}

// plan adds five tasks to the room of an agent; one is taken, one done, one dropped and one redacted.
func (s site) plan(a *agent) {
	s.t.Helper()
	for _, req := range []chat.TaskRequest{
		{Action: chat.CommandAdd, Tasks: []chat.NewTask{{Title: "sand"}, {Title: "paint", After: []string{"1"}},
			{Title: "hang", For: []string{"Bob"}}, {Title: "471!"}, {Title: "sweep", After: []string{"3"}}}},
		{Action: chat.CommandFinish, ID: "t1", Text: "smooth"},
		{Action: chat.CommandTake, ID: "t2"},
		{Action: chat.CommandDrop, ID: "t3"},
	} {
		req.Token = a.token
		if _, err := s.Task(s.t.Context(), req); err != nil {
			s.t.Fatal(err)
		}
	}
	if _, err := s.UpdateRoom(s.t.Context(), chat.UpdateRequest{Token: a.token, Redact: "t4"}); err != nil {
		s.t.Fatal(err)
	}
}

// agree makes a room with an agreement, an open request and a turn that was given.
func (s site) agree(name string) (ann, bob *agent) {
	s.t.Helper()
	ann, bob = s.join(name, "Ann"), s.join(name, "Bob")
	s.send(chat.SendRequest{Token: ann.token, Text: "We meet at noon.", Kind: room.Proposal})
	s.send(chat.SendRequest{Token: bob.token, Kind: room.Agree})
	word := s.send(chat.SendRequest{Token: bob.token, Text: "Who brings the tea?", Ask: []string{"Ann"}})
	id, n := s.numberOf(name, word)
	err := s.table.Write(s.t.Context(), table.Put(table.Item{
		Key:     table.Key{Partition: roomlog.RoomPrefix + id, Sort: fmt.Sprintf("TURN#%016d#%05d", n, 1)},
		Expires: time.Now().Add(time.Hour).Truncate(time.Second),
		Data:    fmt.Appendf(nil, `{"v":%d,"id":"turn"}`, room.Version),
	}, table.IfAbsent))
	if err != nil {
		s.t.Fatal(err)
	}
	return ann, bob
}

func (s site) send(req chat.SendRequest) (id string) {
	s.t.Helper()
	got, err := s.Send(s.t.Context(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.ID
}

// numberOf returns the id of a room and the number of one of its messages.
func (s site) numberOf(name, message string) (id string, n int64) {
	s.t.Helper()
	id, err := s.Store().Resolve(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	l := s.Store().Acquire(id)
	defer l.Release()
	h, err := l.Cached(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	n, ok := h.MessageNumber(message)
	if !ok {
		s.t.Fatalf("there is no message %s", message)
	}
	return id, n
}

// hooked is a table that runs a function before each read or write. An error of the function fails the call.
type hooked struct {
	transfer.Source
	beforeRead  func() error
	beforeWrite func(ops []table.Op) error
}

func (h hooked) Get(ctx context.Context, k table.Key, c table.Consistency) (table.Item, error) {
	if h.beforeRead != nil {
		if err := h.beforeRead(); err != nil {
			return table.Item{}, err
		}
	}
	return h.Source.Get(ctx, k, c)
}

func (h hooked) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if h.beforeRead != nil {
		if err := h.beforeRead(); err != nil {
			return table.Page{}, err
		}
	}
	return h.Source.Query(ctx, r)
}

func (h hooked) Write(ctx context.Context, ops ...table.Op) error {
	if h.beforeWrite != nil {
		if err := h.beforeWrite(ops); err != nil {
			return err
		}
	}
	return h.Source.Write(ctx, ops...)
}
