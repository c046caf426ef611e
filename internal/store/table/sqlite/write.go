package sqlite

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

const (
	putSQL = `INSERT INTO items (pk, sk, expires, data) VALUES (?, ?, ?, ?)
		ON CONFLICT (pk, sk) DO UPDATE SET expires = excluded.expires, data = excluded.data`
	// insertSQL changes nothing if there is a live item.
	insertSQL = putSQL + ` WHERE expires < ?`
	deleteSQL = `DELETE FROM items WHERE pk = ? AND sk = ?`
)

// Estimated sizes, in pages of the file.
const (
	pageBytes       = 4096
	sharedBytes     = 1000 // of an item's data; the rest has separate pages
	commitPages     = 2    // written by a transaction besides the pages of items
	groupPages      = 2000 // a transaction takes no more writes
	checkpointPages = 2000 // the size of the log at which the log is moved to the file,
	fillPages       = 200  // the size of the log from which it is filled: see fillLog
	fewestPages     = 16   // or less on a disk with little space: see Space
	partForLog      = 16   // the log may take about one part in so many of that space
)

// Write applies all ops or none. When Write returns nil, the ops are on disk.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.Check(ops); err != nil {
		return err
	}
	ops = slices.Clone(ops) // the caller may change the ops after ctx has ended
	pages, erases := len(ops), false
	for i, op := range ops {
		ops[i].Item.Data, ops[i].Was = bytes.Clone(op.Item.Data), bytes.Clone(op.Was)
		pages += len(op.Item.Data) / sharedBytes
		erases = erases || op.Erase
	}
	return t.submit(ctx, pages, func(c *Conn, now int64) (verdict, failure error) {
		verdict, failure = c.apply(ops, now)
		if erases && verdict == nil {
			t.erased.Store(true)
		}
		return verdict, failure
	})
}

// apply makes the changes if every condition holds. The verdict is for the caller
// of Write, and then nothing was changed. A failure spoils the transaction.
func (c *Conn) apply(ops []table.Op, now int64) (verdict, failure error) {
	if len(ops) == 1 && !ops[0].Delete && ops[0].If == table.IfAbsent { // most writes: this saves a lookup
		if err := c.Run(insertSQL, append(row(ops[0].Item), now+1)...); err != nil || c.Changes() == 1 {
			return nil, err
		}
	}
	var conflicts []table.Conflict
	for i, op := range ops {
		if op.If == table.Always {
			continue
		}
		item, found, err := c.get(op.Item.Key, now)
		if err != nil {
			return nil, err
		}
		if found == (op.If != table.IfAbsent) && (op.If != table.IfSame || bytes.Equal(item.Data, op.Was)) {
			continue
		}
		conflicts = append(conflicts, table.Conflict{Op: i, Key: op.Item.Key})
		if found {
			conflicts[len(conflicts)-1].Item = &item
		}
	}
	if conflicts != nil {
		return &table.ConflictError{Conflicts: conflicts}, nil
	}
	for _, op := range ops {
		if op.Delete {
			failure = c.Run(deleteSQL, op.Item.Key.Partition, op.Item.Key.Sort)
		} else {
			failure = c.Run(putSQL, row(op.Item)...)
		}
		if failure != nil {
			break
		}
	}
	return nil, failure
}

// row returns the columns of item.
func row(item table.Item) []any {
	var expires any
	if !item.Expires.IsZero() {
		expires = secondsOf(item.Expires)
	}
	return []any{item.Key.Partition, item.Key.Sort, expires, string(item.Data)}
}

// secondsOf returns an expiry in its stored form. Only the whole seconds count. The milliseconds put the index of
// expiries into the order of the messages, so that a commit writes only the index's last page: expiries of one second
// would be ordered by their rooms, each on a different page.
func secondsOf(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// job is one caller's part of a transaction.
type job struct {
	run   func(c *Conn, now int64) (verdict, failure error)
	pages int        // about the number of pages that run writes
	done  chan error // buffered; receives the verdict
}

// submit has the committer run a job and returns the verdict. If ctx ends before a transaction takes the job, the job
// never runs.
func (t *Table) submit(ctx context.Context, pages int, run func(*Conn, int64) (error, error)) error {
	return t.submitTo(ctx, t.queue, pages, run)
}

// submitTo is submit for either queue.
func (t *Table) submitTo(ctx context.Context, queue chan<- *job, pages int,
	run func(*Conn, int64) (error, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{run: run, pages: pages, done: make(chan error, 1)}
	select {
	case queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closing:
		return t.unavailable("writing", ErrClosed)
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// emptying asks for an empty log: see EmptyLog. done receives whether the log is empty.
type emptying struct {
	patience time.Duration
	done     chan<- bool
}

// commitQueued is the one goroutine that writes. Messages go before the bytes of files: each lot of bytes has a
// separate transaction, and waiting messages go before the next lot. No lot is written while the log is moved, since
// the move waits for the same disk.
func (t *Table) commitQueued() {
	defer close(t.drained)
	pages := 0                // in the log
	var moved <-chan struct{} // closed once the log is in the file; nil without a move
	var fill <-chan struct{}  // closed while the log is filled; else nil
	commit := func(group []*job) {
		before := pages
		pages += t.commit(group)
		if before < fillPages && pages >= fillPages && t.file.lock != nil { // not beside a server, which sees to it
			fill = always
		}
	}
	for {
		lots := t.lots
		if moved != nil {
			lots = nil
		}
		select {
		case j := <-t.queue:
			commit(t.gather(j))
		case j := <-lots:
			commit([]*job{j})
			select {
			case j := <-t.queue:
				commit(t.gather(j))
			default:
			}
		case <-fill:
			if !t.fillLog() {
				fill = nil
			}
		case e := <-t.empty:
			if moved != nil && e.patience > 0 {
				<-moved
				moved = nil
			}
			empty, _ := t.writer.EmptyLog(e.patience)
			if empty {
				pages = 0
			}
			e.done <- empty
		case <-moved:
			// Little was committed meanwhile. If the whole log is in the file, the next commit begins the log again.
			_ = t.writer.moveLog()
			moved, pages = nil, 0
		case <-t.closing:
			if moved != nil {
				<-moved
			}
			return
		}
		// The callers have their verdicts, so hardly anybody waits for the move. If the move fails, the log still has
		// everything.
		if pages >= int(t.moveAt.Load()) && moved == nil {
			moved = t.moveLogBeside()
		}
	}
}

// moveLogBeside moves the log into the file while others commit, waits for the disk, and then closes moved. If each
// message is of another room, the move writes a thousand pages all over the file, in 12 to 18 ms on a quiet machine and
// 60 to 350 ms on a busy machine. SQLite waits for the disk only if nothing was committed meanwhile. Otherwise SQLite
// leaves the rest of the log to the writer, which then has little to wait for.
func (t *Table) moveLogBeside() (moved <-chan struct{}) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		err := t.mover.moveLog()
		if err == nil {
			err = t.file.data.Sync()
		}
		if err != nil && !t.warnIfFull(t.file.explain(err)) { // the log still has everything
			t.log.Warn("the write-ahead log could not be moved into the file", "error", err)
		}
	}()
	return end
}

// gather returns first and the jobs behind first, which share a transaction. Callers that just received their verdicts
// run first, because most have their next write ready: otherwise half of the callers make one group and half the next,
// and all wait for both groups.
func (t *Table) gather(first *job) []*job {
	runtime.Gosched()
	group, pages := []*job{first}, first.pages
	for pages < groupPages {
		select {
		case j := <-t.queue:
			group, pages = append(group, j), pages+j.pages
		default:
			return group
		}
	}
	return group
}

// commit runs the jobs in one transaction, in order, and sends the verdicts once the transaction is on disk: a conflict
// may rest on a write of another job in the group. commit returns about how many pages it wrote. On a full disk commit
// first moves the log into the file, and tries once more: changes in place then have space where the log was.
func (t *Table) commit(group []*job) (pages int) {
	verdicts, pages, err := t.transact(group)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultFull {
		if empty, _ := t.writer.EmptyLog(fullPatience); empty {
			verdicts, pages, err = t.transact(group)
		}
	}
	if err != nil {
		t.failed.Store(true)
		err = t.unavailable("writing", err)
		t.warnIfFull(err)
	}
	for i, j := range group {
		if err != nil {
			verdicts[i] = err
		}
		j.done <- verdicts[i]
	}
	return pages
}

// fullPatience is how long a commit waits for readers of the log when the disk is nearly full.
const fullPatience = 100 * time.Millisecond

// transact runs the jobs of a group in one transaction, in order. It returns the verdicts, and about how many pages the
// group wrote.
func (t *Table) transact(group []*job) (verdicts []error, pages int, err error) {
	verdicts = make([]error, len(group))
	now := t.clock.Now().Unix()
	committed, err := t.writer.Transact(func() (wrote bool, failure error) {
		for i, j := range group {
			verdicts[i], failure = j.run(t.writer, now)
			if failure != nil {
				return false, failure
			}
			if verdicts[i] == nil {
				wrote, pages = true, pages+j.pages
			}
		}
		return wrote, nil
	})
	if committed {
		t.commits.Add(1)
		pages += commitPages
	}
	return verdicts, pages, err
}

// warnEvery is the time in seconds between two warnings about a full disk.
const warnEvery = 3600

// warnIfFull reports whether err means a full disk. warnIfFull logs a warning at most once in warnEvery: every writing
// call fails with such an error.
func (t *Table) warnIfFull(err error) bool {
	if !errors.Is(err, table.ErrFull) {
		return false
	}
	now, last := t.clock.Now().Unix(), t.warned.Load()
	if now-last >= warnEvery && t.warned.CompareAndSwap(last, now) {
		t.log.Warn("the disk is full: make room; until then reads alone are served", "error", err)
	}
	return true
}
