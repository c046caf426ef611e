package chat

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/parley-chat/parley/internal/table"
)

// gathering is what a wait has found so far.
type gathering struct {
	*caller
	pos     position
	forMe   bool  // be woken only by what is for the caller, where more than two talk
	scanned int64 // the last event looked at
	batch   batch
	wakes   bool // what was found is worth an answer
	moved   bool // somebody came or went
	parted  bool // somebody is done, or left
	knock   bool // somebody wants a seat
	missed  bool // events had expired
	removed bool // the caller's own seat is gone, or the room closed
	reason  Reason
}

// status is how a wait that found this ends.
func (g *gathering) status(f *fold, more bool) WaitStatus {
	switch {
	case g.removed:
		return StatusRemoved
	case len(g.batch.messages) == 0 && f.endedFor(g.agent), !more && g.parted && f.endedFor(g.agent):
		return StatusEnded
	case len(g.batch.messages) > 0:
		return StatusMessages
	}
	return StatusQuiet
}

// endedFor reports whether the talk is over for a: all others who may speak have said
// that they are done, or all others have left since it came.
func (f *fold) endedFor(a agent) bool {
	speakers := 0
	for _, x := range f.agents {
		if x.Seat == a.Seat || f.listens(x) {
			continue
		}
		if speakers++; !x.Done {
			return false
		}
	}
	return speakers > 0 || others(f, a.Seat) == 0 && f.givenUp > a.Joined
}

// gather looks at what follows, up to the head that is known.
func (g *gathering) gather(ctx context.Context) error {
	for empty := 0; ; {
		f := g.room.known()
		if g.scanned >= f.asOf {
			if f.closed {
				g.wakes, g.removed, g.reason = true, true, ReasonClosed
			}
			return nil
		}
		events, err := g.room.read(ctx, g.scanned)
		if err != nil {
			return err
		}
		if len(events) == 0 { // told of by a conflict, but not to be read yet
			if empty++; empty == tornTries {
				return fmt.Errorf("%w: event %d of a room cannot be read", table.ErrUnavailable, g.scanned+1)
			}
			if err := g.room.svc.pause(ctx, tornPause); err != nil {
				return err
			}
		}
		for _, e := range events {
			if !g.take(e, len(f.agents)) {
				g.wakes = true
				return nil
			}
		}
		if g.wakes {
			return nil // what cannot be read yet must not hold this up
		}
	}
}

// take looks at one event; false ends the gathering before it, or, of the
// caller's own end, with it.
func (g *gathering) take(e event, agents int) bool {
	if e.Type == left && e.Seat == g.agent.Seat {
		if g.scanned, g.removed, g.reason = e.n, true, e.Reason; e.By != 0 {
			g.batch.add(g.agent.message(e)) // who took the seat, and why
		}
		return false
	}
	if g.agent.news(e) {
		m := g.agent.message(e)
		m.Repeated = e.n <= max(g.pos.repeatTo, g.pos.shownTo)
		if !g.batch.add(m) {
			return false
		}
		g.note(e)
		g.wakes = g.wakes || g.agent.wokenBy(e, agents, g.forMe)
	}
	if e.n > g.scanned+1 {
		g.missed = true
	}
	g.scanned = e.n
	if e.closes() {
		g.removed, g.reason = true, ReasonClosed
	}
	return !g.removed
}

// note keeps what the answer says of e beside showing it.
func (g *gathering) note(e event) {
	g.moved = g.moved || e.Type != said && e.Type != knock
	g.parted = g.parted || e.Type == left || e.Kind == Done
	g.knock = g.knock || e.Type == knock
}

// wokenBy reports whether e, which is news to a, is worth ending its wait. Where
// more than two talk, what asks for nothing rides along with what does; and with
// forMe only what is for a wakes it.
func (a agent) wokenBy(e event, agents int, forMe bool) bool {
	switch {
	case agents <= 2, e.closes(), e.Type == ruled && e.Seat == a.Seat:
		return true
	case e.Type != said || e.Kind == Status:
		return false
	}
	return !forMe || len(e.To) > 0 || e.ReSeat == a.Seat || e.Kind == Request || mentions(e.Text, a.Key)
}

// mentions reports whether text holds @ and the name with the key, as a word.
func mentions(text, key string) bool {
	if !strings.ContainsAny(text, "@\uff20\ufe6b") {
		return false
	}
	asKeys := cases.Lower(language.Und, cases.HandleFinalSigma(false)) // how names are compared, too
	for rest := asKeys.String(norm.NFKC.String(text)); ; {
		_, after, found := strings.Cut(rest, "@")
		if !found {
			return false
		}
		if behind, yes := strings.CutPrefix(after, key); yes && !goesOn(behind) {
			return true
		}
		rest = after
	}
}

// goesOn reports whether what comes behind a name makes it a longer one.
func goesOn(behind string) bool {
	behind = strings.TrimLeft(behind, "-_")
	r, _ := utf8.DecodeRuneInString(behind)
	return behind != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// read returns events after n, from memory if they are there.
func (r *liveRoom) read(ctx context.Context, n int64) ([]event, error) {
	r.mu.Lock()
	if len(r.tail) > 0 && r.tail[0].n <= n+1 {
		skip := min(int(n+1-r.tail[0].n), len(r.tail))
		events := append([]event(nil), r.tail[skip:]...)
		r.mu.Unlock()
		return events, nil
	}
	r.mu.Unlock()
	done, err := r.svc.reading(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	events, err := r.after(ctx, n, table.Strong)
	if err == nil { // who is told of them is told of the room as it is after them
		_, err = r.advance(events, time.Time{})
	}
	return events, err
}

// changes returns a channel that is closed at the next event.
func (r *liveRoom) changes() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}
