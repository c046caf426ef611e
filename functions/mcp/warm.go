package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// connections is how many requests to the table one call makes at once: a join reads
	// the end of a log and its snapshot side by side.
	connections = 2
	// patience is how long the start waits for the table. Lambda allows ten seconds
	// ("Lambda execution environment lifecycle", init phase).
	patience = time.Second
)

// warm reads from the table before the first call, so that the connections are open. The first connections take some 15
// ms of a processor: for TLS, the certificates of the system, and the SDK's own start. Lambda gives the start a whole
// processor, and the calls of a function with 128 MB a fourteenth. A failure stops nothing: the table may answer when a
// call comes.
func warm(ctx context.Context, ready func(context.Context) error, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	failures := make([]error, connections)
	var reads sync.WaitGroup
	for k := range failures {
		reads.Go(func() { failures[k] = ready(ctx) })
	}
	reads.Wait()
	if err := errors.Join(failures...); err != nil {
		log.WarnContext(ctx, "the table does not answer yet", "error", err)
	}
}
