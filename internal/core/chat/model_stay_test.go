package chat_test

import (
	"context"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
)

// speaksA2A reports whether the agent of a seat has the id of its stay for a token.
func (m *machine) speaksA2A(id agentID) bool { return m.stays[id].number != 0 }

// by returns who calls for a seat: a guest, where only its invite lets it in.
func (m *machine) by(id agentID) context.Context {
	if !m.speaksA2A(id) {
		return m.ctx
	}
	return ident.WithPrincipal(m.ctx, ident.Principal{ID: ident.Local, Room: id.room, Invite: m.stays[id].number})
}

// arrived returns up to where a stay that says something with a key has surely got what it was handed: not the answer
// to this very call, when it was held back.
func (m *machine) arrived(id agentID, key string) int64 {
	_, a := m.find(id)
	if key != "" && key == a.heldKey {
		return max(a.acked, a.handed)
	}
	return max(a.acked, a.handed, a.guarded)
}

// heldBefore reports whether others have held back a message of a stay before the one with this key.
func (a agentModel) heldBefore(key string) bool {
	return a.heldByOthers && (key == "" || key != a.heldKey)
}

// handedAfter returns after which event the answer to a message of a stay begins. Where it repeats one, all that came
// with the first answer comes again.
func (m *machine) handedAfter(c sendCall, got chat.Sent) int64 {
	_, a := m.find(c.who)
	if !got.Duplicate || c.cursor.n < numberOf(got.ID) {
		return c.cursor.n
	}
	return max(a.joined, a.acked)
}
