package chat_test

import (
	"fmt"

	"github.com/parley-chat/parley/internal/chat"
)

// wish is what an agent wants to say.
type wish struct {
	who   ticket
	name  string
	text  string
	key   string
	after int64 // as its cursor says; -1: it has none
}

func (m wish) String() string {
	return fmt.Sprintf("%v sends %q, key %q, after %d", m.who, m.text, m.key, m.after)
}

// before returns the message that m only repeats, if it does: by its key, or as
// the sender's last one, unless it is short and somebody else spoke since.
func (m wish) before(s oneRoom) (seq int64, repeats bool) {
	if m.key != "" {
		seq, repeats = s.kept(m.who).keys[m.key]
		return seq, repeats
	}
	others := false
	for n := int64(len(s.log)); n > 0; n-- {
		switch e := s.log[n-1]; {
		case e.kind != chat.Said:
		case e.seat != m.who.seat:
			others = true
		default:
			return n, e.text == m.text && (len(m.text) >= 40 || !others)
		}
	}
	return 0, false
}

// newer reports whether there is something for the sender that its cursor does
// not show.
func (m wish) newer(s oneRoom) bool {
	return m.after >= 0 && len(shownLines(s.log, m.after, int64(len(s.log)), m.who.news)) > 0
}

// sayAct is what a send does that was not held back.
type sayAct struct{ wish }

func (a sayAct) on(s oneRoom) (oneRoom, bool) {
	x, here := s.sitting(a.who)
	if _, repeats := a.before(s); repeats || !here || x.muted {
		return s, false
	}
	n := s.next()
	s = s.with(a.who, func(k *kept) {
		k.held = notHeld
		k.learn(a.key, n)
	})
	return s.add(happening{kind: chat.Said, seat: a.who.seat, name: a.name, text: a.text})
}

// echoAct is what a send does of which nothing was heard: a later one may not know
// of it when it is held back or not.
type echoAct struct{ sayAct }

func (a echoAct) on(s oneRoom) (oneRoom, bool) {
	before := s.kept(a.who).held
	s, ok := a.sayAct.on(s)
	return s.with(a.who, func(k *kept) {
		if before != notHeld {
			k.held = maybeHeld
		}
	}), ok
}

// sendAct is a send that was answered, and not held back.
type sendAct struct {
	wish
	got chat.Sent
}

// on takes it that a call whose write had no reply looks its key up: so a message
// may be called its own duplicate, and be told of to an agent that has no seat now.
func (a sendAct) on(s oneRoom) (oneRoom, bool) {
	if seq, repeats := a.before(s); repeats {
		_, here := s.sitting(a.who)
		return s, (here || a.key != "") && a.got.Sent && a.got.Duplicate && a.got.Seq == seq
	}
	newer, heldBefore := a.newer(s), s.kept(a.who).held
	switch {
	case !a.got.Sent, a.got.Duplicate && a.key == "", a.got.Seq != s.next(), !a.placed(newer):
		return s, false
	case newer && heldBefore == notHeld:
		return s, false // it had to be held back
	}
	return sayAct{a.wish}.on(s)
}

// placed reports whether the cursor is right: behind the message only where
// nothing lies between. Of a send that waited it is the wait's.
func (a sendAct) placed(newer bool) bool {
	switch n := cursorNumber(a.got.Cursor); {
	case a.got.Status != "", a.after < 0:
		return true
	case n == a.got.Seq:
		return !newer
	default:
		return n == a.after
	}
}

func (a sendAct) String() string {
	return fmt.Sprintf("%v: %d, duplicate %t, cursor %q", a.wish, a.got.Seq, a.got.Duplicate, a.got.Cursor)
}

// holdAct is a send that was held back, for there was something newer: at most once
// in a row.
type holdAct struct{ wish }

func (a holdAct) on(s oneRoom) (oneRoom, bool) {
	_, repeats := a.before(s)
	x, here := s.sitting(a.who)
	ok := here && !x.muted && !repeats && a.newer(s) && s.kept(a.who).held != held
	return s.with(a.who, func(k *kept) { k.held = held }), ok
}

func (a holdAct) String() string { return a.wish.String() + ": held back" }

// muteAct is a send that was refused, for its sender is muted.
type muteAct struct{ wish }

func (a muteAct) on(s oneRoom) (oneRoom, bool) {
	x, here := s.sitting(a.who)
	return s, here && x.muted
}

func (a muteAct) String() string { return a.wish.String() + ": muted" }

// mayHoldAct is what a send with a cursor may do that was not answered.
type mayHoldAct struct{ who ticket }

func (a mayHoldAct) on(s oneRoom) (oneRoom, bool) {
	return s.with(a.who, func(k *kept) { k.held = maybeHeld }), true
}

func (a mayHoldAct) String() string { return fmt.Sprintf("%v may be held back", a.who) }
