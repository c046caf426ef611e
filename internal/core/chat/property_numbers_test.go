package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
)

// numbers translates what agents see into the model's own numbers and back. In a
// translated answer an id is the decimal number of its event, and a cursor that of
// the event it stands at. Whether these are the right ones, the model decides.
type numbers struct {
	table table.Table
	mu    sync.Mutex
	rooms map[string]*ident.MessageIDs // by the room's id
}

func newNumbers(t table.Table) *numbers {
	return &numbers{table: t, rooms: map[string]*ident.MessageIDs{}}
}

// of returns the ids of a room, whose key is in the event that created it.
func (x *numbers) of(id string) *ident.MessageIDs {
	x.mu.Lock()
	defer x.mu.Unlock()
	if ids := x.rooms[id]; ids != nil {
		return ids
	}
	var first struct {
		Key string `json:"key"`
	}
	item, err := x.table.Get(context.Background(),
		table.Key{Partition: "ROOM#" + id, Sort: fmt.Sprintf("LOG#%016d", 1)}, table.Strong)
	if err == nil {
		err = json.Unmarshal(item.Data, &first)
	}
	ids, malformed := ident.NewMessageIDs(first.Key)
	if err != nil || malformed != nil {
		return nil
	}
	x.rooms[id] = ids
	return ids
}

// id returns the id of event n as agents see it; "" for 0.
func (x *numbers) id(room string, n int64) string {
	ids := x.of(room)
	if n == 0 || ids == nil {
		return ""
	}
	return ids.ID(n)
}

// number translates an id. What is none stays as it is.
func (x *numbers) number(room, id string) string {
	ids := x.of(room)
	if id == "" || ids == nil {
		return id
	}
	if n, ok := ids.Number(id); ok {
		return strconv.FormatInt(n, 10)
	}
	return id
}

// cursor translates a cursor of the owner of a token.
func (x *numbers) cursor(token, c string) string {
	t, err := ident.ParseToken(token)
	if at, ok := t.ParseCursor(c); err == nil && ok {
		return strconv.FormatInt(at.N, 10)
	}
	return c
}

// passed is a cursor that the owner of a token passes.
func (x *numbers) passed(token, c string) cursorArg {
	t, _ := ident.ParseToken(token)
	at, _ := t.ParseCursor(c)
	return cursorArg{c != "", at.N, at.HeldMessage, at.HeldAct}
}

// numberOf returns the number of a translated id or cursor; 0 for anything else.
func numberOf(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func (x *numbers) messages(room string, list []chat.Message) []chat.Message {
	list = slices.Clone(list)
	for i := range list {
		m := &list[i]
		for _, id := range []*string{&m.ID, &m.ReplyTo, &m.Withdraws, &m.Agreed, &m.Draft, &m.Replaces, &m.ReplacedBy} {
			*id = x.number(room, *id)
		}
	}
	return list
}

func (x *numbers) agreements(room string, list []chat.Agreement) []chat.Agreement {
	list = slices.Clone(list)
	for i := range list {
		for _, id := range []*string{&list[i].ID, &list[i].Replaces, &list[i].ReplacedBy} {
			*id = x.number(room, *id)
		}
	}
	return list
}

func (x *numbers) tasks(token string, got chat.Tasks) chat.Tasks {
	plain := func(list []chat.TaskView) []chat.TaskView {
		list = slices.Clone(list)
		for i := range list {
			for _, id := range []*string{&list[i].Question, &list[i].DoneUnder} {
				*id = x.number(roomOf(token), *id)
			}
		}
		return list
	}
	got.Tasks, got.Results, got.Cursor = plain(got.Tasks), plain(got.Results), x.cursor(token, got.Cursor)
	if got.Task != nil {
		got.Task = &plain([]chat.TaskView{*got.Task})[0]
	}
	return got
}

func (x *numbers) seated(got chat.Seated) chat.Seated {
	room := roomOf(got.Token)
	got.Messages, got.Agreements = x.messages(room, got.Messages), x.agreements(room, got.Agreements)
	got.Cursor, got.Situation.Owes = x.cursor(got.Token, got.Cursor), x.number(room, got.Situation.Owes)
	return got
}

func (x *numbers) waited(token string, got chat.Waited) chat.Waited {
	got.Messages, got.Situation.Owes = x.messages(roomOf(token), got.Messages), x.number(roomOf(token),
		got.Situation.Owes)
	got.Cursor = x.cursor(token, got.Cursor)
	return got
}

func (x *numbers) sent(token string, got chat.Sent) chat.Sent {
	got.ID, got.Waited = x.number(roomOf(token), got.ID), x.waited(token, got.Waited)
	got.Agreed = x.number(roomOf(token), got.Agreed)
	return got
}

func (x *numbers) info(token string, got chat.Info) chat.Info {
	got.Agreements, got.Requests = x.agreements(roomOf(token), got.Agreements), slices.Clone(got.Requests)
	for i := range got.Requests {
		for _, id := range []*string{&got.Requests[i].ID, &got.Requests[i].Replaces} {
			*id = x.number(roomOf(token), *id)
		}
	}
	return got
}

// roomOf returns the id of a token's room.
func roomOf(token string) string {
	t, _ := ident.ParseToken(token)
	return t.Room
}

// ownerOf returns the agent that a token was given to.
func ownerOf(token string) agentID {
	t, _ := ident.ParseToken(token)
	return agentID{t.Room, t.Seat}
}
