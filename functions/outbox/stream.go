package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// together is how many invocations are started at once.
const together = 8

// The partitions of the items that the stream brings: see internal/roomlog.
const (
	roomPrefix = "ROOM#"
	hooks      = "HOOKS"
)

// record is a change of the table, as the stream brings it: an event that calls seats, or a hook that was made
// or refreshed. What else is in it is of no interest ("Using AWS Lambda with Amazon DynamoDB").
type record struct {
	Change struct {
		Number string `json:"SequenceNumber"`
		Item   struct {
			Partition text `json:"pk"`
			Data      text `json:"data"`
		} `json:"NewImage"`
	} `json:"dynamodb"`
}

// text is an attribute that is a string.
type text struct {
	S string
}

// answer says from which record on the stream has to bring its records again ("Reporting batch item
// failures"). The zero answer says that all are done.
type answer struct {
	Failures []failure `json:"batchItemFailures"`
}

type failure struct {
	Number string `json:"itemIdentifier"`
}

// seats returns whom to look at.
func (r record) seats() (seats []seat, err error) {
	var data struct {
		Calls []int  `json:"hk"`   // of an event
		Room  string `json:"room"` // of a hook, as its seat
		Seat  int    `json:"s"`
	}
	if err := json.Unmarshal([]byte(r.Change.Item.Data.S), &data); err != nil {
		return nil, errors.New("its data is not JSON") // the error could quote a message
	}
	room, ofRoom := strings.CutPrefix(r.Change.Item.Partition.S, roomPrefix)
	switch {
	case ofRoom:
		for _, n := range data.Calls {
			seats = append(seats, seat{room, n})
		}
	case r.Change.Item.Partition.S == hooks:
		seats = []seat{{data.Room, data.Seat}}
	}
	if len(seats) == 0 {
		return nil, errors.New("it names no seat")
	}
	return seats, nil
}

// spread starts an invocation for each seat that the records name, once. A record that cannot be read is
// logged and left: it would be the same the next time.
func (f *function) spread(ctx context.Context, records []record) answer {
	defer f.aws.rest()
	first := map[seat]int{} // the record that names it first
	var order []seat
	for i, r := range records {
		seats, err := r.seats()
		if err != nil {
			f.log.ErrorContext(ctx, "a record of the stream cannot be read", "number", r.Change.Number, "error", err)
			continue
		}
		for _, s := range seats {
			if _, known := first[s]; !known {
				first[s] = i
				order = append(order, s)
			}
		}
	}
	failed := f.start(ctx, order)
	if len(failed) == 0 {
		return answer{}
	}
	// Lambda goes on at the first one that is named.
	slices.SortFunc(failed, func(a, b seat) int { return first[a] - first[b] })
	return answer{Failures: []failure{{records[first[failed[0]]].Change.Number}}}
}

// start starts an invocation for each of the seats, and returns those for which it failed.
func (f *function) start(ctx context.Context, seats []seat) (failed []seat) {
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(together)
	for _, s := range seats {
		g.Go(func() error {
			err := f.aws.invoke(ctx, s)
			if err == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if failed = append(failed, s); len(failed) == 1 { // the others fail for the same reason
				f.log.WarnContext(ctx, "an invocation for a seat was not started", "error", err)
			}
			return nil
		})
	}
	_ = g.Wait()
	return failed
}

// payload returns the payload of an invocation that looks at the seat.
func (s seat) payload() ([]byte, error) {
	p, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("outbox: a seat cannot be written as JSON: %w", err)
	}
	return p, nil
}
