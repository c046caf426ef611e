package outcall

import (
	"context"
	"errors"
	"sync"
	"time"
)

// places counts the calls under way, together and to each host.
type places struct {
	perHost int
	all     chan struct{}

	mu    sync.Mutex
	hosts map[string]*line // that somebody calls or waits for
}

// line is the calls to one host.
type line struct {
	under chan struct{}
	users int // calls under way or waiting; guarded by places.mu
}

func newPlaces(perHost, together int) *places {
	return &places{perHost: perHost, all: make(chan struct{}, together), hosts: map[string]*line{}}
}

var errNoPlace = errors.New("no place became free in time")

// take waits for a place for a call to a host. The caller must release it. Those who wait for a host
// take no place from others.
func (p *places) take(ctx context.Context, name string, most time.Duration) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errNoPlace)
	defer cancel()
	l := p.enter(name)
	select {
	case l.under <- struct{}{}:
	case <-ctx.Done():
		p.leave(name)
		return nil, context.Cause(ctx)
	}
	select {
	case p.all <- struct{}{}:
	case <-ctx.Done():
		<-l.under
		p.leave(name)
		return nil, context.Cause(ctx)
	}
	return func() {
		<-p.all
		<-l.under
		p.leave(name)
	}, nil
}

func (p *places) enter(name string) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.hosts[name]
	if l == nil {
		l = &line{under: make(chan struct{}, p.perHost)}
		p.hosts[name] = l
	}
	l.users++
	return l
}

func (p *places) leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hosts[name].users--; p.hosts[name].users == 0 {
		delete(p.hosts, name)
	}
}
