package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/observe/meter/scrape"
	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/dynamotable/sdkconfig"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// opener returns the function that opens the table of the settings. figures and log receive the figures and messages of
// a file.
func (s settings) opener(figures *scrape.Metrics, log *slog.Logger) func(context.Context, *meter.Meter) (app.Store,
	error) {
	if s.Table == "" {
		return func(ctx context.Context, _ *meter.Meter) (app.Store, error) {
			app.AddProcessor()
			return s.openFile(ctx, figures, log)
		}
	}
	return func(ctx context.Context, m *meter.Meter) (app.Store, error) {
		return s.openTable(ctx, log, app.Charge(m))
	}
}

// openTable opens the DynamoDB table of the settings, and the bucket of shared files.
func (s settings) openTable(ctx context.Context, log *slog.Logger, o dynamotable.Options) (app.Store, error) {
	t, err := s.dynamoTable(ctx, log, o)
	if err != nil {
		return app.Store{}, err
	}
	store := app.Store{Table: t}
	if s.FilesBucket != "" && s.FilesTotal > 0 {
		store.Files, err = sdkconfig.NewBucket(ctx, s.FilesBucket)
	}
	return store, err
}

// views are for people who look into a file.
var views = []sqlite.View{{Name: "rooms", Select: roomlog.RoomsSQL}, {Name: "messages", Select: roomlog.MessagesSQL}}

// openFile opens the table in the file of the settings. No other process can open the file meanwhile.
//
// A file with rooms of another version is opened: their calls are refused, and the log says so at once.
func (s settings) openFile(ctx context.Context, figures *scrape.Metrics, log *slog.Logger) (app.Store, error) {
	t, err := sqlite.Open(s.Data, sqlite.Options{Logger: log, Views: views,
		Files: sqlite.FileOptions{Total: s.FilesBytes(), Claim: roomlog.ClaimKey}})
	if err != nil {
		return app.Store{}, err
	}
	if err := findOtherVersion(ctx, t); err != nil {
		log.Warn("another version of Parley stored rooms of this file, and calls to them are refused: start that "+
			"version, or choose another file with --data; parley check names each of these rooms", "file", s.Data,
			"error", err)
	}
	figures.File(t.Commits, t.LogBytes)
	store := app.Store{Table: t, SingleProcess: true, Space: t.Space, Ready: t.Ready, Close: t.Close}
	if s.FilesTotal > 0 {
		store.Files = t.Files()
	}
	return store, nil
}

// roomsLookedAt is in how many rooms findOtherVersion looks, so that a start over a large file takes no longer. The
// rooms come in the order of their ids, which are random, so even a few rooms of another version are found.
const roomsLookedAt = 500

// findOtherVersion returns why a room of t cannot be read if another version of the program stored it; nil if none is
// found. Whatever else is wrong, the calls say. A DynamoDB table has no such look: only a scan, which costs money and a
// right that no server needs, lists its rooms.
func findOtherVersion(ctx context.Context, t *sqlite.Table) error {
	looked := 0
	for partition, err := range t.Partitions(ctx, roomlog.RoomPrefix, roomlog.MetaKey("").Sort) {
		if err != nil || looked == roomsLookedAt {
			return nil
		}
		looked++
		item, err := t.Get(ctx, roomlog.MetaKey(strings.TrimPrefix(partition, roomlog.RoomPrefix)), table.Strong)
		if err == nil {
			err = roomlog.Readable(item)
		}
		if isOtherVersion(err) {
			return err
		}
	}
	return nil
}

// checkFolder refuses a file in a folder that does not exist: with a mistyped path, a server would start without the
// rooms that the person has. Only the folder of the default file is made.
func checkFolder(flag, path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); path == defaultFile() || !errors.Is(err, fs.ErrNotExist) {
		return nil // whatever else is wrong, opening the file says
	}
	return usage(fmt.Errorf("%s: there is no folder %s. Nothing was done: name another file, or make the folder: "+
		"mkdir -p %s", flag, folder, pasted(folder)))
}

// dynamoTable returns the DynamoDB table of the settings. If CreateTable is set, dynamoTable creates the table first.
func (s settings) dynamoTable(ctx context.Context, log *slog.Logger, o dynamotable.Options) (*dynamotable.Table,
	error) {
	client, err := sdkconfig.NewClient(ctx)
	if err != nil {
		return nil, err
	}
	t := dynamotable.New(client, s.Table, o)
	if s.CreateTable {
		if err := t.Create(ctx, log); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// place returns where the rooms are stored, for people to read.
func (s settings) place() string {
	if s.Table == "" {
		return s.Data
	}
	return "the DynamoDB table " + s.Table
}

// anotherFile says how a command is given another file.
func anotherFile(command *kong.Context) string {
	if slices.ContainsFunc(command.Flags(), func(f *kong.Flag) bool { return f.Name == "data" }) {
		return "choose another file with --data"
	}
	return "choose another file"
}

// adviceOn says once what is wrong with a file, and what helps; "" if unknown. other is from anotherFile.
func adviceOn(err error, other string) string {
	var file *sqlite.FileError
	reason := new(fs.PathError)
	if raw, is := err.(*fs.PathError); is {
		err = &sqlite.FileError{Path: raw.Path, Err: raw}
	}
	if !errors.As(err, &file) {
		return ""
	}
	path := pasted(file.Path)
	switch {
	case errors.Is(file, sqlite.ErrDamaged):
		return fmt.Sprintf("%s. To see which rooms are: parley check %s. %s", file, path, whatToDo(file.Path))
	case errors.Is(file, sqlite.ErrForeign):
		return fmt.Sprintf("%s; %s", file, other)
	case errors.Is(file, sqlite.ErrInUse):
		return fmt.Sprintf("%s, which has printed its address; stop it or %s", file, other)
	case errors.Is(file, table.ErrFull):
		return fmt.Sprintf("%s; free some space, and try again", file)
	case errors.Is(file, sqlite.ErrNewer), errors.Is(file, sqlite.ErrStray), errors.Is(file, sqlite.ErrLinked),
		errors.Is(file, sqlite.ErrMounted):
		return file.Error()
	case errors.As(file, &reason):
		return fmt.Sprintf("%s: %v; %s, or %s", file.Path, reason.Err, client.Remedy(file), other)
	}
	return ""
}
