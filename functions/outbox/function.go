package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/app"
)

// seat is whom to look at: the payload of an invocation that does.
type seat struct {
	Room string `json:"room"`
	Seat int    `json:"seat"`
}

// function answers invocations.
type function struct {
	box   *app.Outbox
	aws   *cloud
	clock clockwork.Clock
	log   *slog.Logger
}

// event is what invokes the function: records of the stream, or a seat.
type event struct {
	Records []record `json:"Records"`
	seat
}

// serve answers an invocation. Lambda repeats an invocation for a seat that fails, and gives what fails
// three times to the dead letters.
func (f *function) serve(ctx context.Context, e event) (answer, error) {
	switch {
	case e.Records != nil:
		return f.spread(ctx, e.Records), nil
	case e.Room != "" && e.Seat > 0:
		return answer{}, f.look(ctx, e.seat)
	default:
		return answer{}, errors.New("outbox: this event is neither of the table's stream nor a seat to look at, " +
			`such as {"room":"abcdefg","seat":1}`)
	}
}

// ahead is how far a schedule is in the future at least: none must be of the past when it is made.
const ahead = 10 * time.Second

// look looks at a seat, which may take the time of a call. If it is to be looked at again, a schedule does.
func (f *function) look(ctx context.Context, s seat) error {
	again, err := f.box.Look(ctx, s.Room, s.Seat)
	if err != nil {
		return fmt.Errorf("looking at a seat: %w", err)
	}
	if again.IsZero() {
		return nil
	}
	if first := f.clock.Now().Add(ahead); again.Before(first) {
		again = first
	}
	return f.aws.schedule(ctx, s, again)
}
