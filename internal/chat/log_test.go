package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/table"
)

// roomLog is a room's log as it lies in the table, read by a test that knows
// nothing of how the service reads it.
type roomLog struct {
	events []loggedEvent
	texts  map[string][]int64
}

type loggedEvent struct {
	n        int64
	Type     string `json:"t"`
	Seat     int    `json:"s"`
	Name     string `json:"f"`
	Text     string `json:"x"`
	Action   string `json:"act"`
	By       int    `json:"by"`
	Promoted int    `json:"admin"`
	Agent    *struct {
		Key  string `json:"key"`
		Role string `json:"role"`
	} `json:"agent"`
}

// readLog reads the log of a room.
func readLog(ctx context.Context, t table.Table, room string) (*roomLog, error) {
	l := &roomLog{texts: map[string][]int64{}}
	for after := ""; ; {
		page, err := t.Query(ctx, table.Range{Partition: "ROOM#" + room, Prefix: "LOG#", After: after, Limit: 1000, Consistency: table.Strong})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if err := l.add(item); err != nil {
				return nil, err
			}
			after = item.Key.Sort
		}
		if !page.More {
			return l, nil
		}
	}
}

// moved reports whether the log has ended, and the name begun anew.
func (l *roomLog) moved() bool { return l.events[len(l.events)-1].Type == "retired" }

func (l *roomLog) add(item table.Item) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(item.Key.Sort, "LOG#"), 10, 64)
	if err != nil || n != int64(len(l.events))+1 {
		return fmt.Errorf("event %d stands at %s: %v", len(l.events)+1, item.Key, err)
	}
	e := loggedEvent{n: n}
	if err := json.Unmarshal(item.Data, &e); err != nil {
		return err
	}
	l.events = append(l.events, e)
	if e.Type == "said" {
		l.texts[e.Text] = append(l.texts[e.Text], n)
	}
	return nil
}

// check replays the log: never more agents than seats, never two of a name,
// nobody speaks without a seat, and only admins decide, of whom there is one as
// long as there is anybody.
func (l *roomLog) check(capacity int) error {
	seated, admins := map[int]string{}, map[int]bool{}
	for _, e := range l.events {
		switch e.Type {
		case "joined":
			for seat, key := range seated {
				if key == e.Agent.Key {
					return fmt.Errorf("event %d: the name %q is doubled, with seat %d", e.n, key, seat)
				}
			}
			seated[e.Seat] = e.Agent.Key
		case "left":
			delete(seated, e.Seat)
		case "said":
			if _, here := seated[e.Seat]; !here {
				return fmt.Errorf("event %d: seat %d speaks and is not there", e.n, e.Seat)
			}
		}
		if len(seated) > capacity {
			return fmt.Errorf("event %d: %d agents in a room of %d", e.n, len(seated), capacity)
		}
		if e.By != 0 && !admins[e.By] {
			return fmt.Errorf("event %d: seat %d decides and is no admin", e.n, e.By)
		}
		e.appoint(admins)
		if len(seated) > 0 && len(admins) == 0 {
			return fmt.Errorf("event %d: nobody is admin", e.n)
		}
	}
	return nil
}

// appoint notes who is admin after e.
func (e loggedEvent) appoint(admins map[int]bool) {
	switch {
	case e.Type == "joined" && e.Agent.Role == "admin", e.Action == "promote":
		admins[e.Seat] = true
	case e.Type == "left", e.Action == "demote":
		delete(admins, e.Seat)
	}
	if e.Promoted != 0 {
		admins[e.Promoted] = true
	}
}

// after lists what a reader who began at cursor must have heard: all that others
// said since.
func (l *roomLog) after(cursor, name string) []string {
	from, _, _ := strings.Cut(cursor, "-")
	n, _ := strconv.ParseInt(from, 10, 64)
	var out []string
	for _, e := range l.events {
		if e.n > n && e.Type == "said" && e.Name != name {
			out = append(out, fmt.Sprintf("%d %s", e.n, e.Text))
		}
	}
	return out
}

// joins counts the seats that were given out under each name.
func (l *roomLog) joins() map[string]int {
	out := map[string]int{}
	for _, e := range l.events {
		if e.Type == "joined" {
			out[e.Name]++
		}
	}
	return out
}

// justifies reports whether at some event between the call's begin and end the
// room was full, or the name taken.
func (l *roomLog) justifies(x refusal, name string, capacity int) bool {
	seated := map[int]string{}
	for _, e := range l.events {
		switch e.Type {
		case "joined":
			seated[e.Seat] = e.Name
		case "left":
			delete(seated, e.Seat)
		}
		if e.n < x.before || e.n > x.after {
			continue
		}
		if x.code == fault.RoomFull && len(seated) >= capacity {
			return true
		}
		for _, other := range seated {
			if x.code == fault.NameTaken && other == name {
				return true
			}
		}
	}
	return false
}

// headOf returns the room that has the name, and its last event; nothing if
// there is none.
func headOf(ctx context.Context, t table.Table, name string) (room string, n int64, err error) {
	item, err := t.Get(ctx, table.Key{Partition: "NAME#" + name, Sort: "-"}, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	var entry struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(item.Data, &entry); err != nil {
		return "", 0, err
	}
	page, err := t.Query(ctx, table.Range{Partition: "ROOM#" + entry.ID, Prefix: "LOG#", Reverse: true, Limit: 1, Consistency: table.Strong})
	if err != nil || len(page.Items) == 0 {
		return entry.ID, 0, err
	}
	n, err = strconv.ParseInt(strings.TrimPrefix(page.Items[0].Key.Sort, "LOG#"), 10, 64)
	return entry.ID, n, err
}
