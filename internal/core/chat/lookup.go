package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// byName repeats do, which looks up a room by name, until the name no longer moves to another room. did is the verb
// for the refusal.
func byName[T any](ctx context.Context, service *Service, did string, do func() (T, error)) (T, error) {
	var none T
	for range maxAttempts {
		got, err := do()
		if !errors.Is(err, roomlog.ErrNameMoved) {
			return got, err
		}
		if err := service.store.Pause(ctx, roomlog.Backoff(0)); err != nil {
			return none, err
		}
	}
	return none, fault.Refuse(fault.Unavailable, "The room changed too often while you %s. Call again.", did)
}
