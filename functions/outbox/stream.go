package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
)

// hooksPerInvocation is how many hooks one invocation delivers to: most events with many hooks need one instance.
const hooksPerInvocation = 16

// The partitions of the items that the stream brings: see internal/core/roomlog.
const (
	roomPrefix     = "ROOM#"
	hooksPartition = "HOOKS"
)

// stream is the function that the stream of the table invokes.
type stream struct {
	aws *cloud
	log *slog.Logger
}

// batch is the payload of an invocation by the stream.
type batch struct {
	Records []record
}

// record is a change of the table as the stream brings the change: an event that calls hooks, or a hook that was made
// or refreshed. Other fields are left out ("Using AWS Lambda with Amazon DynamoDB").
type record struct {
	Change struct {
		Number string `json:"SequenceNumber"`
		Item   struct {
			Partition text `json:"pk"`
			Sort      text `json:"sk"`
			Data      text `json:"data"`
		} `json:"NewImage"`
	} `json:"dynamodb"`
}

// text is an attribute of type string.
type text struct {
	S string
}

// answer names the record from which the stream must bring its records again ("Reporting batch item failures"). The
// zero answer says that all records are done.
type answer struct {
	Failures []failure `json:"batchItemFailures"`
}

type failure struct {
	Number string `json:"itemIdentifier"`
}

// hooks returns the hooks that a record names.
func (r record) hooks() (list []hook, err error) {
	var data struct {
		Calls []struct { // of an event
			Seat int    `json:"s"`
			Hook string `json:"h"`
		} `json:"call"`
		Room string `json:"room"` // of a hook, as its seat
		Seat int    `json:"s"`
	}
	item := r.Change.Item
	if err := json.Unmarshal([]byte(item.Data.S), &data); err != nil {
		return nil, errors.New("its data is not JSON") // the error could quote a message
	}
	id, ofRoom := strings.CutPrefix(item.Partition.S, roomPrefix)
	switch {
	case ofRoom:
		for _, c := range data.Calls {
			list = append(list, hook{id, c.Seat, c.Hook})
		}
	case item.Partition.S == hooksPartition:
		list = []hook{{data.Room, data.Seat, item.Sort.S}}
	}
	if len(list) == 0 {
		return nil, errors.New("it names no hook")
	}
	return list, nil
}

// startDeliveries starts invocations for the hooks in the records, each hook once. A record that cannot be read is
// logged and left: a second try would read the same.
func (s *stream) startDeliveries(ctx context.Context, b batch) (answer, error) {
	defer s.aws.rest()
	first := map[hook]int{} // by hook: the first record with the hook
	var order []hook
	for i, r := range b.Records {
		hooks, err := r.hooks()
		if err != nil {
			s.log.ErrorContext(ctx, "a record of the stream cannot be read", "number", r.Change.Number, "error", err)
			continue
		}
		for _, h := range hooks {
			if _, known := first[h]; !known {
				first[h] = i
				order = append(order, h)
			}
		}
	}
	for hooks := range slices.Chunk(order, hooksPerInvocation) {
		if err := s.aws.invoke(ctx, hooks); err != nil { // Lambda goes on at the record in the answer
			s.log.WarnContext(ctx, "an invocation for hooks was not started", "error", err)
			return answer{Failures: []failure{{b.Records[first[hooks[0]]].Change.Number}}}, nil
		}
	}
	return answer{}, nil
}
