package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"strings"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/dynamotable/sdkconfig"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// copyCommand is `parley copy`.
type copyCommand struct {
	From string `required:"" placeholder:"SOURCE" help:"Copy from this file, or from a DynamoDB table, written as table:NAME."`
	To   string `required:"" placeholder:"DESTINATION" help:"Copy to this file, or to a table, written as table:NAME. A missing file is created; a missing table only with --create-table."`
	Room string `placeholder:"NAME" help:"Copy only this room."`

	FromBucket string `placeholder:"NAME" help:"The S3 bucket with the files of the DynamoDB table of --from."`
	ToBucket   string `placeholder:"NAME" help:"The S3 bucket for the files of the DynamoDB table of --to."`

	CreateTable bool `env:"PARLEY_CREATE_TABLE" help:"Create the DynamoDB table of --to if it does not exist. For local use."`
	outcome
}

// Help returns the text of parley copy --help.
func (copyCommand) Help() string {
	return `Rooms are copied with everything that belongs to them, including shared files; for a table, name the bucket that holds these. Tokens, cursors and passwords work at the destination. Agents that wait in a queue must enter it again. The keys of the server are copied, too, unless you give --room. A key that you have revoked at the destination comes back if the source still has it.

First stop the servers of the source; docs/operations.md says how to stop a stack on AWS. A file that is being served is refused, and so is each room of a table that is used while it is copied. Afterwards serve the rooms only at the destination.

If the copy is interrupted, run it again. Nobody can find a room at the destination until it is complete. A room that the destination already has is not copied. It is refused if it lacks the latest events of the source: copy to a new file or table. A room is also refused if another room at the destination has its name. The others are copied.

A copy holds every message, and the hashes of tokens, keys and passwords. Protect it like the original.`
}

// Run copies the rooms.
func (c *copyCommand) Run(ctx context.Context, streams streams) (err error) {
	if err := c.checkDifferent(); err != nil {
		return err
	}
	log := slog.New(app.QuietWhenFull{Handler: slog.NewTextHandler(streams.err, nil)})
	from, err := openSource(ctx, log, c.From, c.FromBucket)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("--from: %s is being served. Stop the server, and serve the rooms only at the "+
			"destination afterwards. "+
			"Or copy what it holds now: parley backup --data %[1]s BACKUP, then parley copy --from BACKUP", c.From)
	}
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, from.close()) }()
	_, isTable := tableName(c.To)
	if err := checkFolder("--to", c.To); !isTable && err != nil {
		return err
	}
	isNew := !isTable && isMissing(c.To) && isMissing(c.To+"-wal") // the -wal belongs to another file
	to, err := openRooms(ctx, log, c.To, c.ToBucket, c.CreateTable)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("--to: %s is being served. Stop the server, and start it again after the copy", c.To)
	}
	if err != nil {
		err = fmt.Errorf("--to: %w", err)
		if isNew {
			err = errors.Join(err, sqlite.Remove(c.To))
		}
		return err
	}
	summary, err := transfer.Copy(ctx, from, to, transfer.Files{From: from.bytes, To: to.files}, c.Room)
	err = errors.Join(from.lost(c.From, c.Room), err, to.close())
	if err != nil && isNew && summary.Copied+summary.Keys+summary.AlreadyPresent == 0 {
		return errors.Join(err, sqlite.Remove(c.To))
	}
	return errors.Join(err, c.report(streams, summary, describe(summary)))
}

// isMissing reports whether there is nothing at path, not even a link.
func isMissing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// checkDifferent refuses to copy a file or table to itself.
func (c copyCommand) checkDifferent() error {
	same := c.From == c.To
	if from, err := os.Stat(c.From); err == nil {
		to, err := os.Stat(c.To)
		same = same || err == nil && os.SameFile(from, to)
	}
	if same {
		return usage(fmt.Errorf("--from %s and --to %s are the same; name another destination", c.From, c.To))
	}
	return nil
}

// place holds rooms and their files.
type place struct {
	transfer.Source
	files files.Store // nil for a table without a bucket
	close func() error
}

// source is where rooms come from.
type source struct {
	place
	bytes   files.Reader // the bytes of files; nil if nothing has the bytes
	damaged bool         // the source is a damaged file with these losses:
	losses  []transfer.Loss
}

// lost returns an error with the losses of the rooms of a name, "" for all, in the damaged file at path; nil without
// losses.
func (s source) lost(path, name string) error {
	if !s.damaged {
		return nil
	}
	key := ""
	if n, err := ident.RoomName(name); err == nil && name != "" {
		key = n.Key
	}
	var all []error
	for _, loss := range s.losses {
		if key == "" || loss.Room == key || loss.Room == "" {
			all = append(all, errors.New(loss.Text))
		}
	}
	if key != "" && all == nil {
		return nil
	}
	if len(s.losses) == 0 {
		all = append(all, errors.New(noLoss))
	}
	return errors.Join(append([]error{fmt.Errorf("%s is damaged; what can be read of it is copied", path)}, all...)...)
}

// openSource opens the rooms at an existing place. If the place is a damaged file, openSource opens its readable part.
func openSource(ctx context.Context, log *slog.Logger, at, bucket string) (source, error) {
	if _, isTable := tableName(at); !isTable {
		switch info, err := os.Stat(at); {
		case errors.Is(err, fs.ErrNotExist):
			return source{}, fmt.Errorf("there is no file %s; a DynamoDB table is written as table:NAME", at)
		case err != nil:
			return source{}, err
		case info.Size() == 0: // opening an empty file would make the file a table
			return source{}, fmt.Errorf("%s is empty", at)
		}
		damaged, err := isDamaged(ctx, at)
		switch {
		case err != nil:
			return source{}, err
		case damaged:
			return openDamaged(ctx, log, at)
		}
	}
	p, err := openRooms(ctx, log, at, bucket, false)
	from := source{place: p}
	if p.files != nil {
		from.bytes = p.files
	}
	return from, err
}

// openRooms opens the file or the DynamoDB table at a place. openRooms creates a missing file; createTable says whether
// to create a missing table, too. bucket has the files of a table. A file accepts all shared files, and deletes none:
// the server deletes unclaimed files.
func openRooms(ctx context.Context, log *slog.Logger, at, bucket string, createTable bool) (place, error) {
	name, isTable := tableName(at)
	if !isTable {
		if bucket != "" {
			return place{}, usage(fmt.Errorf("%s holds its files itself: name a bucket only for a DynamoDB table", at))
		}
		t, err := sqlite.Open(at, sqlite.Options{Logger: log, Views: views,
			Files: sqlite.FileOptions{Total: math.MaxInt64}})
		if err != nil {
			return place{}, err
		}
		return place{t, t.Files(), t.Close}, nil
	}
	t, err := (settings{Settings: app.Settings{Table: name,
		CreateTable: createTable}}).dynamoTable(ctx, log, dynamotable.Options{})
	if err == nil {
		err = t.Ready(ctx)
	}
	p := place{Source: t, close: func() error { return nil }}
	if err == nil && bucket != "" {
		p.files, err = sdkconfig.NewBucket(ctx, bucket)
	}
	return p, err
}

// tableName returns NAME if place is table:NAME. Any other place is a file.
func tableName(place string) (name string, isTable bool) { return strings.CutPrefix(place, "table:") }

// describe tells a person what a copy did.
func describe(s transfer.Summary) string {
	text := fmt.Sprintf("Copied %s (%d items).", results.Count(s.Copied, "room", "rooms"), s.Items)
	if s.Keys > 0 {
		text += fmt.Sprintf(" Copied %s.", results.Count(s.Keys, "key", "keys"))
	}
	if s.Files > 0 {
		text += fmt.Sprintf(" Copied %s.", results.Count(s.Files, "file", "files"))
	}
	if s.LostFiles > 0 {
		text += fmt.Sprintf(" The source does not have the bytes of %s.", results.Count(s.LostFiles, "file", "files"))
	}
	if s.AlreadyPresent > 0 {
		text += fmt.Sprintf(" %s already present.", results.Count(s.AlreadyPresent, "room", "rooms"))
	}
	if s.Expired > 0 {
		text += fmt.Sprintf(" %s expired.", results.Count(s.Expired, "room", "rooms"))
	}
	return text
}
