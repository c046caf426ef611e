package bolttable

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/parley-chat/parley/internal/table"
)

// What one transaction takes from the queue at most. The queue is bounded so
// that writers wait outside it when the disk is slower than they are.
const (
	queueLength   = 1024
	maxGroupBytes = 8 << 20
)

// fillPercent is how full a page stays that is split. Rooms grow at their end,
// so the page before the end is not written again: half full, as bbolt would
// leave it, files of rooms are half as big again.
const fillPercent = 0.9

var (
	errClosed  = errors.New("the table was closed")
	errNothing = errors.New("nothing to commit")
)

// Write applies all ops or none; when it returns nil, they are on disk. When the
// context ends before the write was begun, it never happens.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.Check(ops); err != nil {
		return err
	}
	changes := make([]change, len(ops))
	size := 0
	for i, op := range ops {
		changes[i] = change{op: op, row: rowKey(op.Item.Key)}
		if !op.Delete {
			changes[i].value = rowValue(op.Item)
		}
		size += len(changes[i].row) + len(changes[i].value)
	}
	return t.submit(ctx, newJob(size, func(b *bolt.Bucket, now int64) (error, error) {
		return applyAll(b, changes, now)
	}))
}

// change is an op, with its row made ready outside the transaction.
type change struct {
	op    table.Op
	row   []byte
	value []byte // nil: delete
}

// applyAll makes the changes if every condition holds. The verdict is for the
// writer, and then nothing was changed; a failure spoils the whole transaction.
func applyAll(b *bolt.Bucket, changes []change, now int64) (verdict, failure error) {
	var conflicts []table.Conflict
	for i, c := range changes {
		there, err := liveItem(c.op.Item.Key, b.Get(c.row), now)
		if err != nil {
			return fmt.Errorf("%w: %w", table.ErrUnavailable, err), nil
		}
		if c.op.If == table.IfAbsent && there != nil || c.op.If == table.IfPresent && there == nil {
			conflicts = append(conflicts, table.Conflict{Op: i, Key: c.op.Item.Key, Item: there})
		}
	}
	if conflicts != nil {
		return &table.ConflictError{Conflicts: conflicts}, nil
	}
	for _, c := range changes {
		if c.value == nil {
			failure = b.Delete(c.row)
		} else {
			failure = b.Put(c.row, c.value)
		}
		if failure != nil {
			return nil, failure
		}
	}
	return nil, nil
}

// job is one writer's part of a group.
type job struct {
	size    int // bytes it writes
	run     func(b *bolt.Bucket, now int64) (verdict, failure error)
	claimed atomic.Bool
	done    chan error // buffered, receives one verdict if the group claimed it
}

func newJob(size int, run func(*bolt.Bucket, int64) (error, error)) *job {
	return &job{size: size, run: run, done: make(chan error, 1)}
}

// claim reports whether the caller is the first to take the job: the group that
// runs it or the writer who gives it up.
func (j *job) claim() bool { return j.claimed.CompareAndSwap(false, true) }

// submit queues j and waits for its verdict.
func (t *Table) submit(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-t.closing:
		return t.unavailable("writing", errClosed)
	default:
	}
	select {
	case t.queue <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-t.closing:
		return t.unavailable("writing", errClosed)
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		j.claim()
		return ctx.Err()
	case <-t.drained:
	}
	select {
	case err := <-j.done:
		return err
	default:
		return t.unavailable("writing", errClosed)
	}
}

// commitQueued is the one goroutine that writes. Whatever has queued up while a
// group was on its way to the disk makes the next group.
func (t *Table) commitQueued() {
	defer close(t.drained)
	for {
		select {
		case j := <-t.queue:
			t.commit(t.gather(j))
			continue
		case <-t.closing:
		}
		select {
		case j := <-t.queue:
			t.commit(t.gather(j))
		default:
			return
		}
	}
}

// gather claims first and what is queued behind it. Those who just had their
// verdicts get a turn before, for most have their next write ready: else half of
// the writers make one group and half the next, and all wait for both.
func (t *Table) gather(first *job) []*job {
	runtime.Gosched()
	var group []*job
	size := 0
	for j := first; ; {
		if j.claim() {
			group = append(group, j)
			size += j.size
		}
		if size >= maxGroupBytes || len(group) == queueLength {
			return group
		}
		select {
		case j = <-t.queue:
		default:
			return group
		}
	}
}

// commit runs the jobs in order in one transaction, each on what those before
// it left, and tells the verdicts once it is on disk: a conflict may rest on
// what another job of the group wrote.
func (t *Table) commit(group []*job) {
	verdicts := make([]error, len(group))
	err := t.update(func(b *bolt.Bucket, now int64) error {
		wrote := false
		for i, j := range group {
			var failure error
			if verdicts[i], failure = j.run(b, now); failure != nil {
				return failure
			}
			wrote = wrote || verdicts[i] == nil
		}
		if !wrote {
			return errNothing
		}
		return nil
	})
	for i, j := range group {
		if err != nil {
			verdicts[i] = t.unavailable("writing", err)
		}
		j.done <- verdicts[i]
	}
}

// update runs one transaction. After a panic inside it nothing is known about
// the file any more, so every later one is refused.
func (t *Table) update(change func(b *bolt.Bucket, now int64) error) error {
	if t.damage != nil {
		return t.damage
	}
	err := guard(func() error {
		return t.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket([]byte(bucketName))
			b.FillPercent = fillPercent
			return change(b, t.clock.Now().Unix())
		})
	})
	if errors.Is(err, errDamaged) {
		t.damage = err
	}
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
