package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/store/table"
)

// roomLog is a room's log as the table stores it. It is read without the code that
// the service reads it with.
type roomLog struct {
	events []loggedEvent
	texts  map[string][]int64 // the events that said each text
}

type loggedEvent struct {
	n      int64
	AtMs   int64  `json:"at"`
	Type   string `json:"t"`
	Seat   int    `json:"s"`
	Name   string `json:"f"`
	Text   string `json:"x"`
	Action string `json:"act"`
	Task   *struct {
		Action string `json:"do"`
		No     int64  `json:"no"`
		Add    []struct {
			No int64 `json:"no"`
		} `json:"add"`
	} `json:"task"`
	Reason   string `json:"why"`
	By       int    `json:"by"`
	ByName   string `json:"byf"`
	Promoted int    `json:"admin"`
	NewAdmin string `json:"adminf"`
	Agent    *struct {
		Key  string `json:"key"`
		Role string `json:"role"`
	} `json:"agent"`
}

// readLog reads the log of a room.
func readLog(ctx context.Context, t table.Table, room string) (*roomLog, error) {
	l := &roomLog{texts: map[string][]int64{}}
	for after := ""; ; {
		page, err := t.Query(ctx, table.Range{Partition: "ROOM#" + room, Prefix: "LOG#", After: after, Limit: 1000,
			Consistency: table.Strong})
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

func (l *roomLog) add(item table.Item) error {
	n, err := strconv.ParseInt(strings.TrimPrefix(item.Key.Sort, "LOG#"), 10, 64)
	if err != nil || n != int64(len(l.events))+1 {
		return fmt.Errorf("event %d is stored as %s: %v", len(l.events)+1, item.Key, err)
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

// check replays the log: there are never more agents than seats or two with one
// name, nobody speaks without a seat, only admins decide, and only a leave ends with no
// admin.
func (l *roomLog) check(capacity int) error {
	seated, admins, leaderless := map[int]string{}, map[int]bool{}, false
	for _, e := range l.events {
		switch e.Type {
		case "joined":
			for seat, key := range seated {
				if key == e.Agent.Key {
					return fmt.Errorf("event %d: seat %d has the name %q, too", e.n, seat, key)
				}
			}
			seated[e.Seat] = e.Agent.Key
		case "left":
			delete(seated, e.Seat)
		case "said":
			if _, here := seated[e.Seat]; !here {
				return fmt.Errorf("event %d: seat %d speaks and is free", e.n, e.Seat)
			}
		}
		if len(seated) > capacity {
			return fmt.Errorf("event %d: %d agents in a room of %d", e.n, len(seated), capacity)
		}
		if e.By != 0 && !admins[e.By] {
			return fmt.Errorf("event %d: seat %d decides and is not an admin", e.n, e.By)
		}
		e.appoint(admins)
		if len(admins) > 0 || e.Type == "left" {
			leaderless = len(admins) == 0
		}
		if len(seated) > 0 && len(admins) == 0 && !leaderless {
			return fmt.Errorf("event %d: nobody is admin", e.n)
		}
	}
	return nil
}

// appoint updates who is an admin after e.
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

// headOf returns the room to which a name leads, and its last event; zeros if there
// is none.
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
	page, err := t.Query(ctx, table.Range{Partition: "ROOM#" + entry.ID, Prefix: "LOG#", Reverse: true, Limit: 1,
		Consistency: table.Strong})
	if err != nil || len(page.Items) == 0 {
		return entry.ID, 0, err
	}
	n, err = strconv.ParseInt(strings.TrimPrefix(page.Items[0].Key.Sort, "LOG#"), 10, 64)
	return entry.ID, n, err
}
