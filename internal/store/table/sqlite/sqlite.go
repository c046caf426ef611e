// Package sqlite is a table.Table in one SQLite file, for a server on one
// machine. Every read is strong and sees one moment. A Write that returned nil is
// on disk.
//
// One goroutine writes. The writer commits all queued jobs in one transaction with one fsync, so a lone caller pays for
// a whole fsync, and sixty-four callers share it. Readers have separate connections and never wait for the writer,
// since the file has a write-ahead log (https://www.sqlite.org/wal.html).
//
// A [File] is opened, created, locked, backed up and checked below the table. SQLite's locks are POSIX locks, and a
// process loses these locks when the process closes any descriptor of the file
// (https://www.sqlite.org/howtocorrupt.html, 2.2). So nothing else in a process may open the file while the process has
// connections to the file. The File itself has a descriptor, opened before the connections and closed after them.
package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// Table is a table.Table in a file.
type Table struct {
	*Reader
	log     *slog.Logger
	writer  *Conn         // of commitQueued alone
	mover   *Conn         // of moveLogBeside alone
	queue   chan *job     // unbuffered: a job belongs to its caller until a transaction takes the job
	lots    chan *job     // the same for lots of bytes of files
	empty   chan emptying // asks for an empty log
	closing chan struct{}
	drained chan struct{} // closed: nothing commits any more
	swept   chan struct{} // closed: nothing sweeps any more
	moveAt  atomic.Int64  // the number of pages at which the log is moved to the file
	commits atomic.Int64
	failed  atomic.Bool  // a commit did not reach the disk, and no probe of Ready has since
	warned  atomic.Int64 // the second of the last warning that the disk is full
	erased  atomic.Bool  // the log may hold erased content
	files   *Files
	close   func() error
}

var _ table.Table = (*Table)(nil)

// probeBytes is the size of the item with which Ready tests for space.
const probeBytes = 256 << 10

// Options are the options of Open.
type Options struct {
	// Clock decides which items have expired and when to delete them. Nil means the real clock. Until Close, the table
	// waits for one timer of the clock.
	Clock clockwork.Clock
	// Logger receives warnings: of a file that others may open, a clock that went far
	// ahead, a large write-ahead log. Nil means none.
	Logger *slog.Logger
	// Views are stored in the file, for people who look into the file.
	Views []View
	// Files says how the bytes of shared files are kept.
	Files FileOptions
}

// complete returns o with the defaults.
func (o Options) complete() Options {
	if o.Clock == nil {
		o.Clock = clockwork.NewRealClock()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Open opens the table in the file at path, or creates the file: see OpenFile.
func Open(path string, o Options) (*Table, error) {
	o = o.complete()
	file, err := OpenFile(path, o.Views...)
	if err != nil {
		return nil, err
	}
	file.makePrivate(o.Logger)
	left := file.LogBytes() > 0 // of a process that did not empty the log
	t, err := start(file, o)
	if err != nil {
		return nil, err
	}
	t.erased.Store(left)
	if err := t.files.recover(); err != nil {
		close(t.swept)
		return nil, errors.Join(file.explain(err), t.Close())
	}
	go t.sweep()
	return t, nil
}

// OpenBeside opens the table in an existing file, for a few calls, even while a server has the file open. Both
// processes see each other's writes at once. OpenBeside is for items that every server reads anew each time, such as
// keys: a server that keeps its writes in memory does not notice changes. OpenBeside takes no lock but SQLite's own,
// sweeps nothing and creates no file.
func OpenBeside(path string, o Options) (*Table, error) {
	o = o.complete()
	file, err := OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	t, err := start(file, o)
	if err != nil {
		return nil, err
	}
	close(t.swept) // the server sweeps
	return t, nil
}

// start returns the table in file. If start fails, start closes the file. Nothing sweeps yet.
func start(file *File, o Options) (*Table, error) {
	writer, err := file.Writer()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	mover, err := file.Writer()
	if err != nil {
		return nil, errors.Join(err, writer.Close(), file.Close())
	}
	reader, err := NewReader(file, o.Clock)
	if err != nil {
		return nil, errors.Join(err, mover.Close(), writer.Close(), file.Close())
	}
	t := &Table{
		Reader: reader, log: o.Logger, writer: writer, mover: mover,
		queue: make(chan *job), lots: make(chan *job), empty: make(chan emptying),
		closing: make(chan struct{}), drained: make(chan struct{}), swept: make(chan struct{}),
	}
	t.moveAt.Store(checkpointPages)
	t.files = &Files{FileReader: FileReader{reader}, table: t, FileOptions: o.Files.complete()}
	t.close = sync.OnceValue(t.closeFile)
	go t.commitQueued()
	return t, nil
}

// makePrivate makes the file private, and logs the change. If the mode cannot be changed, as on some mounts, the file
// is served all the same: its rights may be set elsewhere.
func (file *File) makePrivate(log *slog.Logger) {
	were, err := file.KeepPrivate()
	switch {
	case err != nil:
		log.Warn("other users may be able to read the data, and this cannot be changed: put it where only you may",
			"file", file.Path(), "error", err)
	case were != nil:
		log.Warn("other users could open the data; now only its owner can", "files", were)
	}
}

// Close closes the file after the calls in progress. Later calls return
// table.ErrUnavailable. Close may be called again and returns the same error.
func (t *Table) Close() error { return t.close() }

func (t *Table) closeFile() error {
	close(t.closing)
	<-t.swept
	<-t.drained
	// The last connection moves the log into the file and removes the log. The last connection must be the writer.
	return errors.Join(t.pool.Close(), t.parts.Close(), t.mover.Close(), t.writer.Close(), t.file.Close())
}

// Commits returns how many transactions have reached the disk since Open. Each transaction had one fsync.
func (t *Table) Commits() int64 { return t.commits.Load() }

// LogBytes returns how many bytes of the write-ahead log are in use: see File.LogBytes.
func (t *Table) LogBytes() int64 { return t.file.LogBytes() }

// Space returns how many bytes of the disk are left for future writes, and the disk's size in bytes. The content of the
// log must still move into the file: if less than enough(size) is free beside the log, Space first empties the log,
// unless a reader needs the log. The less space is left, the sooner the log is moved from then on: on a small disk a
// log of the usual size would take the space that kicks need.
func (t *Table) Space(enough func(size int64) int64) (left, size int64, err error) {
	folder := filepath.Dir(t.file.Path())
	free, size, err := t.files.Disk(folder)
	if err == nil && free-t.LogBytes() < enough(size) && t.emptyLog(fullPatience) {
		free, size, err = t.files.Disk(folder)
	}
	if err != nil {
		return 0, 0, err
	}
	left = free - t.LogBytes()
	t.moveAt.Store(max(fewestPages, pagesOfLog(left)))
	return left, size, nil
}

// Ready returns an error if the file cannot be read. After a failed commit, as on a full disk, Ready also returns an
// error until a probe of about the size of a long message succeeds: a short message may still fit.
func (t *Table) Ready(ctx context.Context) error {
	probe := table.Item{Key: table.Key{Partition: "READY", Sort: "-"}}
	if t.failed.Load() {
		// The item expires at once, so no caller sees the item and the sweep deletes it.
		probe.Data, probe.Expires = bytes.Repeat([]byte(" "), probeBytes), t.clock.Now()
		err := t.Write(ctx, table.Put(probe, table.Always))
		if err == nil {
			t.failed.Store(false)
		}
		return err
	}
	if _, err := t.Get(ctx, probe.Key, table.Strong); !errors.Is(err, table.ErrNotFound) {
		return err
	}
	return nil
}

// Close closes the file after the calls in progress. Call Close once.
func (r *Reader) Close() error { return errors.Join(r.pool.Close(), r.parts.Close(), r.file.Close()) }

// unavailable returns the error of a call that the file did not serve.
func (r *Reader) unavailable(doing string, cause error) error {
	return fmt.Errorf("%w: %s %w", table.ErrUnavailable, doing, r.file.explain(cause))
}
