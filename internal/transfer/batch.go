package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// batchBytes is how much is written at once. What takes time are the writes, not
// their size.
const batchBytes = 1 << 20

// batch gathers the items of a room to write together.
type batch struct {
	to   table.Table
	room string
	ops  []table.Op
	size int
}

func (b *batch) add(ctx context.Context, op table.Op) error {
	if len(b.ops) == table.MaxOps || b.size+len(op.Item.Data) > batchBytes {
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	b.ops = append(b.ops, op)
	b.size += len(op.Item.Data)
	return nil
}

// flush writes what was gathered. An item that is only put where there is none is
// left out where there is one; an event must then be the same.
func (b *batch) flush(ctx context.Context) error {
	for len(b.ops) > 0 {
		err := b.to.Write(ctx, b.ops...)
		if err == nil {
			break
		}
		var there *table.ConflictError
		if !errors.As(err, &there) {
			return err
		}
		for _, c := range slices.Backward(there.Conflicts) {
			if isEvent(c.Key) && (c.Item == nil || !bytes.Equal(c.Item.Data, b.ops[c.Op].Item.Data)) {
				return fmt.Errorf("%w: %q", ErrApart, b.room)
			}
			b.ops = slices.Delete(b.ops, c.Op, c.Op+1)
		}
	}
	b.ops, b.size = nil, 0
	return nil
}

func isEvent(k table.Key) bool { return strings.HasPrefix(k.Sort, chat.KeptAt("", "").Events) }
