// Package bolttable keeps a table.Table in one bbolt file, for a server on one
// machine. Every read is strong and sees one moment. Writes commit in groups:
// one goroutine takes whatever is queued into one fsynced transaction, so that
// a lone writer pays for one and sixty-four writers share it; a Write that
// returned nil is on disk.
package bolttable

import (
	"context"
	"sync"

	"github.com/jonboulle/clockwork"
	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// Table is a table.Table in a file. Open makes one.
type Table struct {
	path  string
	db    *bolt.DB
	clock clockwork.Clock

	queue   chan *job
	closing chan struct{} // closed: no new jobs
	drained chan struct{} // closed: every queued job has its verdict
	swept   chan struct{} // closed: no sweep runs

	damage error // of commitQueued alone: why no transaction may run

	closeOnce sync.Once
	closeErr  error
}

var _ table.Table = (*Table)(nil)

// Options of Open.
type Options struct {
	// Clock tells what has expired and when to sweep; nil: the real one. Until
	// Close the table waits for one timer of it.
	Clock clockwork.Clock
}

// Open opens the table in the file at path, or makes a new one, with folders
// that only the owner may enter. One process at a time can have it open: another
// that tries gets an error within two seconds. A file that is damaged or not
// Parley's is left as it is.
func Open(path string, opts Options) (*Table, error) {
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	clock := opts.Clock
	if clock == nil {
		clock = clockwork.NewRealClock()
	}
	t := &Table{
		path:    path,
		db:      db,
		clock:   clock,
		queue:   make(chan *job, queueLength),
		closing: make(chan struct{}),
		drained: make(chan struct{}),
		swept:   make(chan struct{}),
	}
	go t.commitQueued()
	go t.sweepExpired()
	return t, nil
}

// Close commits what is queued, then gives the file free. Calls after it return
// table.ErrUnavailable. It may be called again and returns the same.
func (t *Table) Close() error {
	t.closeOnce.Do(func() {
		close(t.closing)
		<-t.drained
		<-t.swept
		t.closeErr = t.db.Close()
	})
	return t.closeErr
}

// Commits returns the number of the last transaction that was brought to disk,
// in the life of the file: of two answers the difference is how many were in
// between. Each takes two fsyncs, one of what was written and one of the page
// that makes it count. The error is table.ErrUnavailable.
func (t *Table) Commits() (number int, err error) {
	err = t.view(context.Background(), func(b *bolt.Bucket, _ int64) error {
		number = b.Tx().ID()
		return nil
	})
	return number, err
}
