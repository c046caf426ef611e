package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// isSalvageable reports whether examine has found damage from which the rest can be saved. An interruption is no such
// damage, nor is another version of the program alone; but noise in a page can look like another version, too.
func isSalvageable(ctx context.Context, damage error) bool {
	return damage != nil && ctx.Err() == nil && (!isOtherVersion(damage) || errors.Is(damage, sqlite.ErrDamaged))
}

// isOtherVersion reports whether another version of the program stored what could not be read.
func isOtherVersion(err error) bool {
	return errors.Is(err, room.ErrNewerVersion) || errors.Is(err, room.ErrOlderVersion)
}

// isDamaged reports whether a check finds damage in the file of rooms at path. No other process may use the file
// meanwhile.
func isDamaged(ctx context.Context, path string) (bool, error) {
	file, err := sqlite.OpenDamaged(path)
	if err != nil {
		return false, err
	}
	_, damage, err := examine(ctx, file)
	return isSalvageable(ctx, damage), errors.Join(ctx.Err(), err)
}

// openDamaged opens the readable part of the damaged file at path. No other process may use the file meanwhile.
func openDamaged(ctx context.Context, log *slog.Logger, path string) (source, error) {
	file, err := sqlite.OpenDamaged(path)
	if err != nil {
		return source{}, err
	}
	return salvage(ctx, log, file)
}

// salvage opens the readable part of a damaged file, and closes the file. Nothing may be written to a damaged file, so
// salvage first copies the readable part to a temporary folder.
func salvage(ctx context.Context, log *slog.Logger, file *sqlite.File) (from source, err error) {
	var closers []func() error
	from.close = func() (err error) {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, from.close())
			from.close = func() error { return nil }
		}
	}()
	closers = append(closers, file.Close)

	// Whatever is opened from here on is closed in the opposite order, by from.close or after an error.
	folder, err := os.MkdirTemp("", "parley-salvage-")
	if err != nil {
		return from, err
	}
	closers = append(closers, func() error { return os.RemoveAll(folder) })
	file, err = file.Whole(folder)
	if err != nil {
		return from, err
	}

	// Without readable shared files the rest is salvaged all the same.
	if reader, err := sqlite.NewReader(file, clockwork.NewRealClock()); err == nil {
		closers = append(closers, reader.Close)
		from.bytes = salvagedFiles{reader.Files()}
	}
	sound, err := sqlite.Open(filepath.Join(folder, "parley.db"), sqlite.Options{Logger: log,
		Files: sqlite.FileOptions{Total: math.MaxInt64}})
	if err != nil {
		return from, err
	}
	closers = append(closers, sound.Close)
	from.Source, from.damaged = sound, true
	from.losses, err = transfer.Salvage(ctx, sound, from.bytes,
		func(keep func(table.Item) error) ([]table.Key, bool, error) {
			return file.Salvage(ctx, time.Now(), keep)
		})
	return from, err
}

// useBackup says what helps if nothing in a file can be read.
const useBackup = "Stop the server, replace the file with the newest backup, and delete the old -wal and -shm files."

// whatToDo says what helps with a damaged file.
func whatToDo(path string) string {
	return useBackup + " Without a backup, copy what can be read: parley copy --from " + pasted(path) + " --to NEW"
}

// noLoss describes a damaged file with readable rooms only.
const noLoss = "no room has lost anything; copying it makes a sound file"

// damageOf returns the damage to the rooms in the file at path, in which a check has found damage. name is what the
// person calls the file.
func damageOf(ctx context.Context, path, name string, damage error) error {
	file, err := sqlite.OpenDamagedReadOnly(path)
	if err != nil {
		return err
	}
	from, err := salvage(ctx, slog.New(slog.DiscardHandler), file)
	if err != nil {
		return err
	}
	all, advice := []error{errors.New(name + " is damaged")}, whatToDo(name)
	for _, loss := range from.losses {
		all = append(all, errors.New(loss.Text))
		if loss.Text == transfer.LostAll {
			advice = useBackup
		}
	}
	switch {
	case len(from.losses) > 0:
	case errors.Is(damage, sqlite.ErrDamaged):
		all = append(all, errors.New(noLoss))
	default:
		all = append(all, damage)
	}
	return errors.Join(append(all, errors.New(advice), from.close())...)
}

// salvagedFiles are the shared files in a damaged file. An unreadable file counts as missing.
type salvagedFiles struct{ from files.Reader }

// Open implements files.Reader.
func (f salvagedFiles) Open(ctx context.Context, k files.Key, offset, length int64) (io.ReadCloser, error) {
	r, err := f.from.Open(ctx, k, offset, length)
	if err != nil {
		return nil, lostIf(ctx, err)
	}
	defer r.Close()
	all, err := io.ReadAll(r) // a file is at most as long as a room may keep
	if err != nil {
		return nil, lostIf(ctx, err)
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}

func lostIf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return files.ErrNotFound
}
