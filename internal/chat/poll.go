package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// How often the tail of a room is asked for while somebody waits and other
// processes may append: half a read unit each time.
const (
	pollLively = 100 * time.Millisecond // the last event is under a minute old
	pollCalm   = 250 * time.Millisecond // under ten minutes
	pollQuiet  = time.Second
)

// open begins a wait of a seat, and ends an older one.
func (r *liveRoom) open(seat int, began time.Time, d time.Duration, standby bool) *openWait {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &openWait{began: began, standby: standby, over: make(chan struct{}), turn: make(chan int64, 1)}
	if r.waits == nil {
		r.waits = map[int]*openWait{}
	}
	if older := r.waits[seat]; older != nil {
		close(older.over)
	}
	r.waits[seat] = w
	if d > 0 {
		r.consider()
	}
	return w
}

// watch sees to it that news from other processes arrives while a wait is open, and,
// where two were paired, that of a partner gone silent.
func (r *liveRoom) watch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	polls, vigils := !r.svc.opts.Alone, r.fold.Paired
	if r.polling != nil || !polls && !vigils {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.polling = cancel
	if polls {
		go r.poll(ctx)
	}
	if vigils {
		go r.vigil(ctx)
	}
}

// close ends w, and the polling with the last wait.
func (r *liveRoom) close(seat int, w *openWait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits[seat] == w {
		delete(r.waits, seat)
		if r.svc.opts.Alone {
			r.endSilence() // not all wait any more
		}
		if m := r.memos[seat]; m != nil {
			m.over = m.seen.UntilMs
		}
		if _, here := r.fold.seated(seat); !here {
			delete(r.memos, seat)
		}
	}
	if len(r.waits) == 0 {
		r.waits = nil
		r.endSilence()
		if r.polling != nil {
			r.polling()
			r.polling = nil
		}
	}
}

// poll asks for the tail until ctx ends. There is one for each room and process;
// what it finds wakes every waiter. The calls that wait hold the room.
func (r *liveRoom) poll(ctx context.Context) {
	for {
		f := r.known()
		timer := r.svc.clock.NewTimer(pollEvery(r.svc.now().Sub(time.UnixMilli(f.headMs))))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.Chan():
		}
		events, err := r.after(ctx, f.asOf, table.Eventual)
		if err == nil {
			_, err = r.advance(events, time.Time{})
		}
		if err != nil && ctx.Err() == nil {
			r.svc.log.Warn("a room could not be polled", "error", err)
		}
	}
}

func pollEvery(age time.Duration) time.Duration {
	switch {
	case age < time.Minute:
		return pollLively
	case age < 10*time.Minute:
		return pollCalm
	}
	return pollQuiet
}
