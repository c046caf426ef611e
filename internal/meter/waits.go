package meter

import "sync"

// waits bounds how many calls wait at once. Where each caller is bounded, the last tenth of the
// places is for callers that use less than a twentieth of their bound: a caller with a crowd must
// not take the places of all.
type waits struct {
	limit     int64 // 0: none
	perCaller int64 // 0: none

	mu      sync.Mutex
	open    int64
	refused int64
	callers map[string]int64 // how many each has, if callers are bounded
}

// begin counts a wait of the caller, or refuses it.
func (w *waits) begin(caller string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.refusal(w.callers[caller])
	if err != nil {
		w.refused++
		return err
	}
	w.open++
	if w.perCaller > 0 {
		if w.callers == nil {
			w.callers = map[string]int64{}
		}
		w.callers[caller]++
	}
	return nil
}

// refusal says why a caller that has so many waits gets no more; nil if it does. The
// caller of refusal holds mu.
func (w *waits) refusal(has int64) error {
	switch {
	case w.perCaller > 0 && has >= w.perCaller:
		return ErrShare
	case w.limit > 0 && w.open >= w.limit:
		return ErrFull
	case w.limit > 0 && w.perCaller > 0 && has >= max(1, w.perCaller/20) && w.open >= w.limit-w.limit/10:
		return ErrShare
	}
	return nil
}

// end ends a wait that begin has counted.
func (w *waits) end(caller string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	if w.perCaller == 0 {
		return
	}
	if w.callers[caller]--; w.callers[caller] <= 0 {
		delete(w.callers, caller)
	}
}

func (w *waits) totals() (open, refused int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open, w.refused
}
