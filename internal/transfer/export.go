package transfer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
)

// pageItems is how many items are read at once: a message may have 32 KB.
const pageItems = 500

// Export writes the room of that name to w, or all rooms if name is empty. Nothing
// may serve them meanwhile; a room in which somebody speaks is ErrUnquiet. What
// was written before an error is no whole export, and Import knows it.
func Export(ctx context.Context, from Source, name string, w io.Writer) (Summary, error) {
	buffer := bufio.NewWriter(w)
	e := &exporter{from: from, lines: json.NewEncoder(buffer)}
	e.lines.SetEscapeHTML(false)
	err := e.export(ctx, name)
	if err == nil {
		err = buffer.Flush()
	}
	if err != nil {
		return Summary{}, fmt.Errorf("transfer: exporting: %w", err)
	}
	return e.did, nil
}

type exporter struct {
	from  Source
	lines *json.Encoder
	did   Summary
}

func (e *exporter) export(ctx context.Context, name string) error {
	rooms, err := e.rooms(ctx, name)
	if err != nil {
		return err
	}
	if err := e.lines.Encode(line{Parley: &headLine{format}}); err != nil {
		return err
	}
	for _, r := range rooms {
		if err := e.lines.Encode(line{Room: &r}); err != nil {
			return err
		}
	}
	for _, r := range rooms {
		if err := e.room(ctx, r); err != nil {
			return err
		}
	}
	return e.lines.Encode(line{End: &endLine{len(rooms)}})
}

// rooms are those to export.
func (e *exporter) rooms(ctx context.Context, name string) ([]roomLine, error) {
	if name != "" {
		r, err := e.named(ctx, name)
		return []roomLine{r}, err
	}
	var rooms []roomLine
	for partition, err := range e.from.Partitions(ctx, chat.KeptRooms, chat.KeptAt("", "").Meta.Sort) {
		if err != nil {
			return nil, err
		}
		r, err := e.look(ctx, strings.TrimPrefix(partition, chat.KeptRooms))
		if errors.Is(err, ErrNoRoom) {
			continue // its time ended just now
		}
		if err != nil {
			return nil, err
		}
		rooms = append(rooms, r)
	}
	return rooms, nil
}

func (e *exporter) named(ctx context.Context, name string) (roomLine, error) {
	key, err := chat.RoomKey(name)
	if err != nil {
		return roomLine{}, err
	}
	id, err := leadsTo(ctx, e.from, chat.KeptAt("", key).Name)
	if err != nil {
		return roomLine{}, err
	}
	if id == "" {
		return roomLine{}, fmt.Errorf("%w: %q", ErrNoRoom, name)
	}
	return e.look(ctx, id)
}

// look finds out what there is to say of a room at its beginning.
func (e *exporter) look(ctx context.Context, id string) (roomLine, error) {
	r := roomLine{ID: id}
	meta, err := e.from.Get(ctx, r.kept().Meta, table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return r, fmt.Errorf("%w: its time is over", ErrNoRoom)
	}
	if err != nil {
		return r, err
	}
	key, err := chat.KeyIn(meta)
	if err != nil {
		return r, err
	}
	owner, err := leadsTo(ctx, e.from, chat.KeptAt(id, key).Name)
	if err != nil {
		return r, err
	}
	if owner == id { // else the room has ended, and another may have its name
		r.Key = key
	}
	r.Head, err = headOf(ctx, e.from, r.kept())
	return r, err
}

// room writes all items of a room. One whose time ends meanwhile is said to be
// over: of many rooms one always may be.
func (e *exporter) room(ctx context.Context, r roomLine) error {
	kept, items := r.kept(), 0
	meta, name := false, r.Key == ""
	write := func(item table.Item) error {
		if err := chat.Readable(item); err != nil {
			return err
		}
		items++
		meta, name = meta || item.Key == kept.Meta, name || item.Key == kept.Name
		return e.lines.Encode(lineOf(item))
	}
	if err := e.each(ctx, kept, write); err != nil {
		return err
	}
	if err := e.byName(ctx, r, write); err != nil {
		return err
	}
	head, err := headOf(ctx, e.from, kept)
	if err != nil {
		return err
	}
	if head != r.Head {
		return fmt.Errorf("%w: %q", ErrUnquiet, r.Key)
	}
	over := !meta || !name
	if !over {
		e.did.Rooms++
		e.did.Items += items
	}
	return e.lines.Encode(line{Done: &doneLine{r.ID, items, over}})
}

// each calls f with every item of a room's partition.
func (e *exporter) each(ctx context.Context, kept chat.Keeping, f func(table.Item) error) error {
	r := table.Range{Partition: kept.Partition, Limit: pageItems, Consistency: table.Strong}
	for {
		page, err := e.from.Query(ctx, r)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if err := f(item); err != nil {
				return err
			}
			r.After = item.Key.Sort
		}
		if !page.More {
			return nil
		}
	}
}

// byName calls f with what leads from the room's name to it.
func (e *exporter) byName(ctx context.Context, r roomLine, f func(table.Item) error) error {
	if r.Key == "" {
		return nil
	}
	for _, k := range []table.Key{r.kept().Name, r.kept().Listed} {
		item, err := e.from.Get(ctx, k, table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if id, err := chat.LeadsTo(item); err != nil || id != r.ID {
			return fmt.Errorf("%w: %q (%v)", ErrUnquiet, r.Key, err)
		}
		if err := f(item); err != nil {
			return err
		}
	}
	return nil
}
