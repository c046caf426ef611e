package transfer

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/table"
)

// batch gathers puts into Writes that are as large as the table allows.
type batch struct {
	to      table.Table
	written *int // counts the ops
	ops     []table.Op
	bytes   int
}

func (b *batch) add(ctx context.Context, op table.Op) error {
	size := len(op.Item.Key.Partition) + len(op.Item.Key.Sort) + len(op.Item.Data)
	if len(b.ops) == table.MaxOps || b.bytes+size > table.MaxTxBytes {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	b.ops = append(b.ops, op)
	b.bytes += size
	return nil
}

// flush writes what was gathered. It leaves out items that are already there, as
// after a Write whose reply was lost. A different item in the way is ErrDiverged.
func (b *batch) flush(ctx context.Context) error {
	for len(b.ops) > 0 {
		err := b.to.Write(ctx, b.ops...)
		if err == nil {
			*b.written += len(b.ops)
			break
		}
		var conflict *table.ConflictError
		if !errors.As(err, &conflict) {
			return err
		}
		for _, c := range slices.Backward(conflict.Conflicts) {
			if !equal(c.Item, &b.ops[c.Op].Item) {
				return ErrDiverged
			}
			b.ops = slices.Delete(b.ops, c.Op, c.Op+1)
		}
	}
	b.ops, b.bytes = nil, 0
	return nil
}
