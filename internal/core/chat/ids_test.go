package chat_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// head returns the room of a token as it is now.
func (w *world) head(token string) *room.Head {
	w.t.Helper()
	l := w.Store().Acquire(token[:ident.RoomChars])
	defer l.Release()
	h, err := l.Refresh(w.t.Context(), w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// id returns the id of event n in the room of a token.
func (w *world) id(token string, n int64) string {
	w.t.Helper()
	return w.head(token).MessageID(n)
}

// number returns the event that a message id stands for.
func (w *world) number(token, id string) int64 {
	w.t.Helper()
	n, ok := w.head(token).MessageNumber(id)
	if !ok {
		w.t.Fatalf("%q is no id of the room", id)
	}
	return n
}

// place returns the event at which a cursor of the token's owner stands.
func place(t *testing.T, token, cursor string) int64 { return read(t, token, cursor).N }

// read returns what a cursor of the token's owner holds.
func read(t *testing.T, token, cursor string) ident.Cursor {
	t.Helper()
	own, err := ident.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := own.ParseCursor(cursor)
	if !ok {
		t.Fatalf("%q is no cursor of this token", cursor)
	}
	return c
}
