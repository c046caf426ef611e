package meter

import (
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Places bounds how many calls hold a place at once. A bound on each caller also bounds the networks around the
// caller's address (see ident.Groups), and keeps the last tenth of the places for callers with less than a twentieth
// of the bound: otherwise a few callers with a crowd would take all places. Many goroutines may call the methods at
// once.
type Places struct {
	limit     int64 // 0: none
	perCaller int64 // 0: none

	mu      sync.Mutex
	open    int64
	refused int64
	taken   ident.Counts // if callers are bounded
}

// NewPlaces returns limit places; one caller may have perCaller of them. 0 means no limit.
func NewPlaces(limit, perCaller int64) *Places {
	return &Places{limit: limit, perCaller: perCaller}
}

// Acquire acquires a place for a caller, as ident.ClientKey names the caller, until give is called, once. If there is
// no place, the error is ErrShare or ErrFull.
func (p *Places) Acquire(caller string) (give func(), err error) {
	groups := ident.Groups(caller)
	p.mu.Lock()
	defer p.mu.Unlock()
	err = p.refusal(groups)
	if err != nil {
		p.refused++
		return nil, err
	}
	if p.perCaller == 0 {
		groups = nil
	}
	p.open++
	p.taken.Add(groups, 1)
	return func() { p.release(groups) }, nil
}

// refusal returns why a caller of these groups gets no place; nil: there is a place. p.mu is held.
func (p *Places) refusal(groups []ident.Group) error {
	full, reserve := p.limit > 0 && p.open >= p.limit, p.limit > 0 && p.open >= p.limit-p.limit/10
	bound := p.perCaller
	if reserve && !full {
		bound = max(1, bound/20)
	}
	if _, over := p.taken.Over(groups, 1, bound); over && p.perCaller > 0 {
		return ErrShare
	}
	if full {
		return ErrFull
	}
	return nil
}

func (p *Places) release(groups []ident.Group) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.taken.Add(groups, -1)
}

func (p *Places) totals() (open, refused int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open, p.refused
}
