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
// the sender's last one, unless it is short, somebody else spoke since, and the
// sender's cursor is not from before it.
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
			return n, e.text == m.text && (len(m.text) >= 40 || !others || m.after >= 0 && m.after < n)
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
		k.held = false
		k.learn(a.key, n)
	})
	return s.add(happening{kind: chat.Said, seat: a.who.seat, name: a.name, text: a.text})
}

// sendAct is a send that was answered, and not held back.
type sendAct struct {
	wish
	got chat.Sent
}

func (a sendAct) on(s oneRoom) (oneRoom, bool) {
	if seq, repeats := a.before(s); repeats {
		_, here := s.sitting(a.who)
		return s, here && a.got.Sent && a.got.Duplicate && a.got.Seq == seq && a.placed(true)
	}
	newer, k := a.newer(s), s.kept(a.who)
	switch {
	case !a.got.Sent, a.got.Duplicate, a.got.Seq != s.next(), !a.placed(newer):
		return s, false
	case newer && !k.held && !k.flying:
		return s, false // it had to be held back
	}
	return sayAct{a.wish}.on(s)
}

// placed reports whether the cursor is right: behind the message only where
// nothing lies between. Of a send that waited it is the wait's.
func (a sendAct) placed(newer bool) bool {
	switch n := cursorNumber(a.got.Cursor); {
	case a.got.Status != "", a.after < 0, n == a.after:
		return true
	default:
		return n == a.got.Seq && !newer
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
	k := s.kept(a.who)
	ok := here && !x.muted && a.newer(s) && (k.flying || !repeats && !k.held)
	return s.with(a.who, func(k *kept) { k.held, k.owed = true, true }), ok
}

func (a holdAct) String() string { return a.wish.String() + ": held back" }

// muteAct is a send that was refused, for its sender is muted.
type muteAct struct{ wish }

func (a muteAct) on(s oneRoom) (oneRoom, bool) {
	x, here := s.sitting(a.who)
	return s, here && x.muted
}

func (a muteAct) String() string { return a.wish.String() + ": muted" }

// flyAct is when a send is given up.
type flyAct struct{ who ticket }

func (a flyAct) on(s oneRoom) (oneRoom, bool) {
	return s.with(a.who, func(k *kept) { k.flying = true }), true
}

func (a flyAct) String() string { return fmt.Sprintf("%v has a send without an answer", a.who) }
