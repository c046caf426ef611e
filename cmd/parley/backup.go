package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// backupCommand is `parley backup`.
type backupCommand struct {
	Data string `env:"PARLEY_DATA" default:"${data}" placeholder:"FILE" help:"The file to back up (${default})."`
	File string `arg:"" placeholder:"FILE" help:"Write the backup to this file, which must not exist."`
	outcome
}

// Help returns the text of parley backup --help.
func (backupCommand) Help() string {
	return `The backup holds everything as of one moment, including shared files. It is read back and checked before it appears under its name, and only its owner may read it. To use it, start the server with --data FILE. Or stop the server, replace its file with the backup, and delete the old -wal and -shm files.

A backup holds every message, and the hashes of tokens, keys and passwords. Protect it like the original. A DynamoDB table is backed up by AWS, or with parley copy.`
}

// Run backs up the file.
func (c *backupCommand) Run(ctx context.Context, streams streams) (err error) {
	source, err := openToRead(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	var found contents
	err = source.Backup(ctx, c.File, func(copied string) (err error) {
		found, err = check(ctx, copied, c.Data)
		return err
	})
	if errors.Is(err, sqlite.ErrDamaged) {
		return damageOf(ctx, c.Data, c.Data, err)
	}
	if number := syscall.Errno(0); errors.As(err, &number) {
		return fmt.Errorf("%w; %s, or name another file", err, client.Remedy(number))
	}
	if err != nil {
		return err
	}
	return c.report(streams, found, fmt.Sprintf("Backed up %s to %s.", found, c.File))
}

// checkCommand is `parley check`.
type checkCommand struct {
	File string `arg:"" optional:"" env:"PARLEY_DATA" default:"${data}" placeholder:"FILE" help:"The file to check (${default})."`
	outcome
}

// Help returns the text of parley check --help.
func (checkCommand) Help() string {
	return `The check reads every page of the file, the keys, the log of every room and the files that its messages carry. It does not change the file, but may leave an empty FILE-wal and a FILE-shm next to it. If the file is damaged, it exits with status 1.`
}

// Run checks the file.
func (c *checkCommand) Run(ctx context.Context, streams streams) error {
	if err := warnOfOthers(streams, c.File); err != nil {
		return err
	}
	found, err := check(ctx, c.File, c.File)
	if found.Rooms > 0 || err == nil {
		err = errors.Join(err, c.report(streams, found, fmt.Sprintf("%s holds %s.", c.File, found)))
	}
	return err
}

// openToRead returns the file at path for reading.
func openToRead(path string) (*sqlite.File, error) {
	file, err := sqlite.OpenReadOnly(path, views...)
	return file, orNoFile(err, path)
}

// orNoFile returns err in a person's words if there is no file at path.
func orNoFile(err error, path string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s: name that of the server", path)
	}
	return err
}

// warnOfOthers says if users other than the owner may open the file at path.
func warnOfOthers(streams streams, path string) error {
	file, err := sqlite.OpenDamagedReadOnly(path)
	if err != nil {
		return orNoFile(err, path)
	}
	open, err := file.OpenToOthers()
	for _, path := range open {
		fmt.Fprintf(streams.err, "Other users may open %s: chmod go= '%[1]s'\n", path)
	}
	return errors.Join(err, file.Close())
}

// contents are the numbers of a file's items.
type contents struct {
	Rooms    int `json:"rooms"`
	Messages int `json:"messages"`
	Files    int `json:"files"` // files of messages
}

// String describes the contents for a person.
func (c contents) String() string {
	text := results.Count(c.Rooms, "room", "rooms") + " with " + results.Count(c.Messages, "message", "messages")
	if c.Files > 0 {
		text += " and " + results.Count(c.Files, "file", "files")
	}
	return text
}

// check reads the whole file at path, and goes on after damage. name is what the person calls the file.
func check(ctx context.Context, path, name string) (found contents, err error) {
	file, err := sqlite.OpenDamagedReadOnly(path)
	if err != nil {
		return found, orNoFile(err, path)
	}
	found, damage, err := examine(ctx, file)
	if !isSalvageable(ctx, damage) {
		return found, errors.Join(damage, err)
	}
	if errors.Is(damage, sqlite.ErrDamaged) {
		found = contents{} // damaged pages may hide rooms that a copy can still reach
	}
	return found, errors.Join(damageOf(ctx, path, name, damage), err)
}

// examine reads a whole file and closes it. damage joins all damage; err is why examine could not go on.
func examine(ctx context.Context, file *sqlite.File) (found contents, damage, err error) {
	damage = file.IntegrityCheck(ctx)
	if errors.Is(damage, table.ErrFull) { // SQLite can read nothing
		return found, nil, errors.Join(damage, file.Close())
	}
	note := func(err error) { damage = errors.Join(damage, err) }
	reader, err := sqlite.NewReader(file, clockwork.NewRealClock())
	if err != nil {
		note(err)
		return found, damage, file.Close()
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	if _, unread := access.List(ctx, reader); unread != nil {
		note(unread)
	}
	for partition, err := range reader.Partitions(ctx, roomlog.RoomPrefix, roomlog.MetaKey("").Sort) {
		if err != nil {
			note(err)
			return found, damage, nil
		}
		id := strings.TrimPrefix(partition, roomlog.RoomPrefix)
		messages, err := roomlog.Verify(ctx, reader, id)
		if errors.Is(err, table.ErrNotFound) {
			continue // the room has ended since then
		}
		kept := 0
		if err == nil {
			kept, err = roomlog.VerifyFiles(ctx, reader, reader.Files(), id)
		}
		if err != nil {
			note(fmt.Errorf("the room with id %s: %w", id, err))
		}
		found.Files += kept
		found.Rooms++
		found.Messages += messages
	}
	return found, damage, nil
}
