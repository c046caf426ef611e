//go:build !lambda

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/transfer"
)

// exportCommand is `parley export`.
type exportCommand struct {
	Room string `placeholder:"NAME" help:"Only this room."`
	Out  string `placeholder:"FILE" help:"Write to this new file, which only you may read, in place of the standard output."`
}

// Help is what kong shows for parley export --help.
func (exportCommand) Help() string {
	return `All rooms, or the one of --room, are written as lines of JSON. They come from the file of --data or from the DynamoDB table of --table, and stay there as they are.

Nothing may serve them meanwhile: a file that is open elsewhere cannot be exported, and a room of a table in which somebody speaks is refused.

Keep the export as safe as the rooms themselves: it holds every message, and the hashes of tokens and passwords.`
}

func (c exportCommand) run(ctx context.Context, s settings, streams streams) (err error) {
	if s.Table == "" {
		if _, err := os.Stat(s.Data); err != nil {
			return fmt.Errorf("no rooms are kept in %s: name another file with --data, or a table with --table: %w", s.Data, err)
		}
	}
	s.CreateTable = false
	from, closing, err := openRooms(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	var did transfer.Summary
	err = writeTo(c.Out, streams.out, func(w io.Writer) (err error) {
		did, err = transfer.Export(ctx, from, c.Room, w)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(streams.err, "Exported %s (%d items) from %s. Once imported elsewhere, serve them there only.\n", rooms(did.Rooms), did.Items, place(s))
	return nil
}

// writeTo has write fill a new file that nobody else may read, or, without a path,
// stdout. A file that was not written whole does not stay.
func writeTo(path string, stdout io.Writer, write func(io.Writer) error) error {
	if path == "" {
		return write(stdout)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// openRooms opens the table that the settings chose, to read and write it as such.
func openRooms(ctx context.Context, s settings) (t transfer.Source, closing func() error, err error) {
	if s.Table == "" {
		t, err := bolttable.Open(s.Data, bolttable.Options{})
		if err != nil {
			return nil, nil, err
		}
		return t, t.Close, nil
	}
	d, err := dynamoTable(ctx, s, dynamotable.Options{})
	if err != nil {
		return nil, nil, err
	}
	return d, func() error { return nil }, nil
}

// rooms counts, for a person.
func rooms(n int) string {
	if n == 1 {
		return "1 room"
	}
	return fmt.Sprintf("%d rooms", n)
}
