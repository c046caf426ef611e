package roomlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// snapshot is what the table has of a room's state: META and the parts behind META, so one query reads all.
type snapshot struct {
	room.Snapshot
	parts []room.Part
}

// state returns the state that x stores, of the room with this id. It fails with room.ErrTorn if x was read during a
// Write.
func (x *snapshot) state(id string) (room.State, error) { return x.State(id, x.parts) }

// readSnapshot returns the snapshot of a room; nil if there is none.
func readSnapshot(ctx context.Context, reader table.Reader, id string) (*snapshot, error) {
	var stored snapshot
	found := false
	where := table.Range{Partition: roomPrefix + id, Prefix: metaSort, Consistency: strongly}
	for item, err := range table.All(ctx, reader, where) {
		if err != nil {
			return nil, err
		}
		if err := stored.add(item); err != nil {
			return nil, err
		}
		found = found || item.Key.Sort == metaSort
	}
	if !found {
		return nil, nil
	}
	return &stored, nil
}

// add adds META, or a part.
func (x *snapshot) add(item table.Item) error {
	if item.Key.Sort == metaSort {
		return Decode(item, &x.Snapshot)
	}
	part := room.Part{Name: item.Key.Sort[len(partPrefix):]}
	err := Decode(item, &part)
	x.parts = append(x.parts, part)
	return err
}

// CheckSnapshot returns ErrDamaged unless items are META and all parts of one snapshot.
func CheckSnapshot(items []table.Item) error {
	var stored snapshot
	for _, item := range items {
		if err := stored.add(item); err != nil {
			return err
		}
	}
	return stored.check()
}

// check returns ErrDamaged if parts of x are missing or of another time.
func (x *snapshot) check() error {
	_, err := x.state("")
	if errors.Is(err, room.ErrTorn) {
		return fmt.Errorf("%w: its snapshot is incomplete", ErrDamaged)
	}
	return err
}

// putMeta stores the snapshot of state, but for its parts.
func putMeta(state *room.State) table.Op {
	return table.Put(table.Item{
		Key: MetaKey(state.ID), Expires: state.Expires().Add(nameLife), Data: Encode(state.Snapshot()),
	}, table.Always)
}

// putParts stores the parts of state that differ from those of base.
func putParts(base, state *room.State) (ops []table.Op) {
	parts, stored := state.Parts(), map[string]int64{}
	for _, part := range base.Parts() {
		stored[part.Name] = part.N
	}
	expires := state.PartExpires(len(parts)).Add(nameLife)
	for _, part := range parts {
		if n, ok := stored[part.Name]; !ok || n != part.N {
			op := table.Put(table.Item{Key: partKey(state.ID, part.Name), Expires: expires, Data: Encode(part)},
				table.Always)
			op.Erase = part.Task != nil && part.Task.Redacted
			ops = append(ops, op)
		}
		delete(stored, part.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(stored)) { // of parts gone since
		ops = append(ops, table.Delete(partKey(state.ID, name), table.Always))
	}
	return ops
}
