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
	sharedBytes     = 1000 // of an item's data; the rest is on pages of its own
	commitPages     = 2    // written by a transaction besides those of its items
	groupPages      = 2000 // a transaction takes no more writes
	checkpointPages = 2000 // the log has so many when they are moved to the file,
	fewestPages     = 16   // or fewer on a disk that has little left: see Space
	partForLog      = 16   // of which the log takes about one part in so many
)

// Write applies all ops or none. When it returns nil, they are on disk.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.Check(ops); err != nil {
		return err
	}
	ops = slices.Clone(ops) // the caller may change them after ctx has ended
	pages, erases := len(ops), false
	for i, op := range ops {
		ops[i].Item.Data = bytes.Clone(op.Item.Data)
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
	if len(ops) == 1 && !ops[0].Delete && ops[0].If == table.IfAbsent { // most writes: one lookup less
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
		if found == (op.If == table.IfPresent) {
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

// secondsOf returns an expiry as it is stored. The whole seconds alone count. The milliseconds put
// the index of expiries into the order in which messages come, so that a commit writes its last
// page: those of one second would be ordered by their rooms, and each on a page of its own.
func secondsOf(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// job is one caller's part of a transaction.
type job struct {
	run   func(c *Conn, now int64) (verdict, failure error)
	pages int        // it writes about so many
	done  chan error // buffered; receives the verdict
}

// submit has the committer run a job and returns its verdict. If ctx ends before a
// transaction takes the job, the job never runs.
func (t *Table) submit(ctx context.Context, pages int, run func(*Conn, int64) (error, error)) error {
	return t.submitTo(ctx, t.queue, pages, run)
}

// submitTo is submit for one of the two queues.
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

// emptying asks for an empty log: see EmptyLog. done receives whether it is.
type emptying struct {
	patience time.Duration
	done     chan<- bool
}

// commitQueued is the one goroutine that writes. Messages go before the bytes of files: each lot of
// those has a transaction of its own, the next lot lets those first who wait by then, and none is
// written while the log is moved, since whoever moves it waits for the same disk.
func (t *Table) commitQueued() {
	defer close(t.drained)
	pages := 0                // in the log
	var moved <-chan struct{} // closed once the log is in the file; nil while nobody moves it
	for {
		lots := t.lots
		if moved != nil {
			lots = nil
		}
		select {
		case j := <-t.queue:
			pages += t.commit(t.gather(j))
		case j := <-lots:
			pages += t.commit([]*job{j})
			select {
			case j := <-t.queue:
				pages += t.commit(t.gather(j))
			default:
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
			// What was committed meanwhile is little. The next commit begins the log again
			// if all of it is in the file.
			_ = t.writer.moveLog()
			moved, pages = nil, 0
		case <-t.closing:
			if moved != nil {
				<-moved
			}
			return
		}
		// The callers have their verdicts, so hardly anybody waits for what
		// follows. If it fails, the log still has everything.
		if pages >= int(t.moveAt.Load()) && moved == nil {
			moved = t.moveLogBeside()
		}
	}
}

// moveLogBeside moves the log into the file while others commit, waits for the disk, and then
// closes moved. Where each message is of another room, that is a thousand pages all over the file,
// and takes 12 to 18 ms on a quiet machine and 60 to 350 ms on a busy one. SQLite waits for the
// disk only if nothing was committed meanwhile, and so leaves that to the writer, for which there
// is little left to wait for.
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

// gather returns first and the jobs behind it, which share its transaction. Callers
// that just received their verdicts run before that, because most have their next
// write ready: otherwise half of the callers make one group and half the next, and
// all wait for both.
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

// commit runs the jobs in one transaction, in order, and sends the verdicts once it
// is on disk: a conflict may rest on what another job of the group wrote. It
// returns about how many pages it wrote. On a full disk it first moves the log into the file,
// and tries once more: what changes in place then has room where the log was.
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

// fullPatience is how long a commit waits for those who read from the log, where the disk has little left.
const fullPatience = 100 * time.Millisecond

// transact runs the jobs of a group in one transaction, in order. It returns the verdicts, and about how many pages it
// wrote.
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

// warnEvery is how many seconds pass from one warning that the disk is full to the next.
const warnEvery = 3600

// warnIfFull reports whether err says that the disk is full. Then it warns of that, at most once in warnEvery:
// every call that writes fails so.
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
