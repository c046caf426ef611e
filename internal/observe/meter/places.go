package meter

import (
	"sync"

	"github.com/parley-chat/parley/internal/base/ident"
)

// Places bounds how many calls hold something at once. Where each caller is bounded, so are the networks
// around its address (see ident.Groups), and the last tenth of the places is for callers that use
// less than a twentieth of their bound: a few callers with a crowd must not take the places of all.
// Its methods may be called concurrently.
type Places struct {
	limit     int64 // 0: none
	perCaller int64 // 0: none

	mu      sync.Mutex
	open    int64
	refused int64
	taken   ident.Counts // if callers are bounded
}

// NewPlaces returns so many places, of which one caller may have perCaller; 0 is no limit.
func NewPlaces(limit, perCaller int64) *Places {
	return &Places{limit: limit, perCaller: perCaller}
}

// Acquire takes a place for a caller, as ident.ClientKey names it, until the caller gives it back, once.
// The error is ErrShare or ErrFull if there is none.
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

// refusal says why a caller of these groups gets no place; nil if it does. p.mu is held.
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
