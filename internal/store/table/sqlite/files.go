package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
)

// filesSchema has the tables of the bytes. Rows have partBytes: SQLite would write and read one large blob whole, and a
// row of a table WITHOUT ROWID whenever a key is compared with the row's key.
//
// complete is 0 while bytes arrive. touched is the second in which the last bytes came; 0 means that the file must be
// deleted. A number is never used again, so no reader reads another file.
const filesSchema = `
CREATE TABLE files (
	number   INTEGER PRIMARY KEY AUTOINCREMENT,
	room     TEXT NOT NULL,
	id       TEXT NOT NULL,
	size     INTEGER NOT NULL,
	complete INTEGER NOT NULL,
	touched  INTEGER NOT NULL,
	UNIQUE (room, id)
);
CREATE TABLE file_parts (
	number INTEGER NOT NULL,
	part   INTEGER NOT NULL,
	data   BLOB NOT NULL,
	PRIMARY KEY (number, part)
);`

const (
	partBytes = 256 << 10
	// stepParts is how many parts a transaction writes or deletes. All other writers wait for the transaction's fsync.
	stepParts = 4
	// unclaimed is how long the sweep leaves an unclaimed file alone.
	unclaimed = time.Hour
	// leastFree is how much of the disk files leave free, for messages.
	leastFree = 1 << 30
)

const (
	beginFileSQL  = `INSERT INTO files (room, id, size, complete, touched) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING`
	growFileSQL   = `UPDATE files SET size = size + ?, complete = ?, touched = ? WHERE number = ? AND complete = 0 AND touched > 0`
	addPartSQL    = `INSERT INTO file_parts (number, part, data) VALUES (?, ?, ?)`
	findFileSQL   = `SELECT number, size, complete FROM files WHERE room = ? AND id = ?`
	partSQL       = `SELECT data FROM file_parts WHERE number = ? AND part = ?`
	dropPartsSQL  = `DELETE FROM file_parts WHERE number = ?1 AND part IN (SELECT part FROM file_parts WHERE number = ?1 LIMIT ?2)`
	dropFileSQL   = `DELETE FROM files WHERE number = ?`
	markFileSQL   = `UPDATE files SET complete = 0, touched = 0 WHERE number = ?`
	markBrokenSQL = `UPDATE files SET touched = 0 WHERE complete = 0 AND touched > 0`
	usedSQL       = `SELECT coalesce(sum(size), 0) FROM files`
)

// Files keeps the bytes of shared files in the file of a table, as a files.Store.
//
// Bytes are written while they arrive, a few rows at a time. Each of these transactions may also hold messages.
type Files struct {
	FileReader
	FileOptions
	table *Table
	used  atomic.Int64 // bytes of all files, arriving files included
	swept int64        // the sweep has checked the files up to this number; only sweep uses swept
}

var _ files.Store = (*Files)(nil)

// FileOptions are the Options for shared files.
type FileOptions struct {
	// Total is how many bytes all files may have; with 0 none is taken.
	Total int64
	// Claim returns the key of the item that claims the bytes at a key. Unclaimed bytes are deleted an hour after the
	// last bytes came. Nil keeps all bytes.
	Claim func(files.Key) table.Key
	// Disk returns how many bytes may still be written to the disk of a folder, and the disk's size in bytes. Nil means
	// the system's answer.
	Disk func(folder string) (free, size int64, err error)
}

func (o FileOptions) complete() FileOptions {
	if o.Disk == nil {
		o.Disk = diskSpace
	}
	return o
}

// Files returns the shared files in the file of the table.
func (t *Table) Files() *Files { return t.files }

// errUsed means that a key has bytes already: the caller has a bug.
var errUsed = fmt.Errorf("%w: the key of a file is used twice", table.ErrInvalid)

// recover marks the files whose bytes were still arriving when an earlier process ended, so that the sweep deletes
// these files, and counts the bytes of the other files.
func (f *Files) recover() error {
	return f.change(func(c *Conn, _ int64) (_, failure error) {
		failure = c.Run(markBrokenSQL)
		if failure != nil {
			return nil, failure
		}
		marked := c.Changes()
		failure = c.Each(func(row *sqlite.Stmt) bool {
			f.used.Store(row.ColumnInt64(0))
			return false
		}, usedSQL)
		if marked == 0 {
			return errNothing, failure
		}
		return nil, failure
	}, 1)
}

// Put stores the bytes of r. While waiting for r, Put holds no more than the bytes of one transaction.
func (f *Files) Put(ctx context.Context, k files.Key, r io.Reader, limit int64) (size int64, err error) {
	upload := upload{files: f, key: k}
	defer func() {
		if err == nil {
			return
		}
		size = 0
		if upload.number != 0 { // if Delete fails, too, the sweep deletes the file
			_ = f.Delete(context.WithoutCancel(ctx), k)
		}
	}()
	buf := make([]byte, min(stepParts*partBytes, limit+1))
	for last := false; !last; {
		if err := ctx.Err(); err != nil {
			return size, err
		}
		n, err := readFull(r, buf)
		last = err == io.EOF
		if err != nil && !last { // io.ErrUnexpectedEOF means a body that broke off
			return size, err
		}
		size += int64(n)
		if size > limit {
			return size, files.ErrTooLarge
		}
		if err := upload.add(buf[:n], last); err != nil {
			return size, err
		}
	}
	return size, nil
}

// readFull reads until buf is full, and returns the number of bytes and the reader's error.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return n, err
}

// upload is a file with arriving bytes.
type upload struct {
	files  *Files
	key    files.Key
	number int64 // of the file; 0 before the first bytes are written
	parts  int64 // written so far
}

// add writes the next bytes. All bytes but the last come in whole parts.
func (u *upload) add(data []byte, last bool) error {
	f := u.files
	if err := f.reserve(int64(len(data))); err != nil {
		return err
	}
	var number int64
	err := f.change(func(c *Conn, now int64) (verdict, failure error) {
		number = u.number
		if number == 0 {
			failure = c.Run(beginFileSQL, u.key.Room, u.key.ID, now)
			if failure != nil {
				return nil, failure
			}
			if c.Changes() == 0 {
				return errUsed, nil
			}
			number = c.db.LastInsertRowID()
		}
		failure = c.Run(growFileSQL, int64(len(data)), flag(last), now, number)
		if failure != nil {
			return nil, failure
		}
		if c.Changes() == 0 { // somebody has deleted the file meanwhile
			return files.ErrNotFound, nil
		}
		for at := 0; at < len(data) && failure == nil; at += partBytes {
			failure = c.Run(addPartSQL, number, u.parts+int64(at/partBytes), data[at:min(at+partBytes, len(data))])
		}
		return nil, failure
	}, len(data)/pageBytes+stepParts)
	if err != nil {
		f.used.Add(-int64(len(data)))
		return err
	}
	u.number, u.parts = number, u.parts+int64((len(data)+partBytes-1)/partBytes)
	return nil
}

// flag returns b as SQLite stores it.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// reserve counts n bytes more, or returns files.ErrFull.
func (f *Files) reserve(n int64) error {
	free, err := f.diskLeft()
	if err != nil {
		return err
	}
	if used := f.used.Add(n); used <= f.Total && free >= n {
		return nil
	}
	f.used.Add(-n)
	return files.ErrFull
}

// Free returns how many bytes more the store may take: none while little of the disk is free.
func (f *Files) Free(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	free, err := f.diskLeft()
	if err != nil {
		return 0, err
	}
	return max(0, min(free, f.Total-f.used.Load())), nil
}

// diskLeft returns how many bytes of the disk files may still take.
func (f *Files) diskLeft() (int64, error) {
	free, _, err := f.Disk(filepath.Dir(f.table.file.Path()))
	if err != nil {
		return 0, fmt.Errorf("%w: asking how much of the disk is free: %w", files.ErrUnavailable, err)
	}
	return free - leastFree, nil
}

// Delete deletes the bytes at k, if there are any. From the first step on nobody finds the bytes. If Delete fails
// later, the sweep goes on.
func (f *Files) Delete(ctx context.Context, k files.Key) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var dropped int64
		err := f.change(func(c *Conn, _ int64) (_, failure error) {
			stored, found, failure := c.findFile(k)
			if failure != nil || !found {
				more = false
				return errNothing, failure
			}
			more, failure = c.dropStep(stored.number)
			if !more {
				dropped = stored.size
			}
			f.table.erased.Store(true)
			return nil, failure
		}, stepParts*partBytes/pageBytes)
		if err != nil {
			return err
		}
		f.used.Add(-dropped)
	}
	return nil
}

// stored is a row of files.
type stored struct {
	number, size int64
	complete     bool
}

// findFile returns the row of the file at k.
func (c *Conn) findFile(k files.Key) (s stored, found bool, err error) {
	err = c.Each(func(row *sqlite.Stmt) bool {
		s, found = stored{row.ColumnInt64(0), row.ColumnInt64(1), row.ColumnBool(2)}, true
		return false
	}, findFileSQL, k.Room, k.ID)
	return s, found, err
}

// dropStep deletes a few parts of a file, and with the last parts the file. dropStep reports whether there is more to
// delete.
func (c *Conn) dropStep(number int64) (more bool, err error) {
	if err := c.Run(dropPartsSQL, number, int64(stepParts)); err != nil {
		return false, err
	}
	if c.Changes() == stepParts {
		return true, c.Run(markFileSQL, number)
	}
	return false, c.Run(dropFileSQL, number)
}

// change has the committer run a job, and waits for the verdict: the end of a change of a file is always known.
// errNothing counts as success.
func (f *Files) change(run func(c *Conn, now int64) (verdict, failure error), pages int) error {
	err := f.table.submitTo(context.Background(), f.table.lots, pages, run)
	switch {
	case errors.Is(err, errNothing):
		return nil
	case errors.Is(err, table.ErrUnavailable):
		return fmt.Errorf("%w: %w", files.ErrUnavailable, err)
	}
	return err
}

// FileReader reads the bytes of shared files in the file of a Reader, as a files.Reader.
type FileReader struct{ reader *Reader }

// Files returns the shared files in the reader's file.
func (r *Reader) Files() FileReader { return FileReader{r} }

// Open returns the bytes at k from offset on. Each part is a separate read when needed, so that a slow reader does not
// keep the log from being emptied.
func (f FileReader) Open(ctx context.Context, k files.Key, offset, length int64) (io.ReadCloser, error) {
	var file stored
	found := false
	err := f.reader.read(ctx, func(c *Conn, _ int64) (err error) {
		file, found, err = c.findFile(k)
		return err
	})
	switch {
	case err != nil:
		return nil, readFailed(ctx, err)
	case !found || !file.complete:
		return nil, files.ErrNotFound
	}
	end := file.size
	if length >= 0 {
		end = min(end, offset+length)
	}
	return &download{ctx: ctx, reader: f.reader, number: file.number, at: offset, end: end}, nil
}

// readFailed returns the error of a read; err is the cause.
func readFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", files.ErrUnavailable, err)
}

// download reads the bytes of a file, a part at a time.
type download struct {
	ctx     context.Context // of Open
	reader  *Reader
	number  int64
	at, end int64  // the bytes still to read from the table
	part    []byte // the memory of rest
	rest    []byte // of the part read last
}

// Read returns the next bytes. If the file was deleted meanwhile, Read fails with files.ErrNotFound.
func (d *download) Read(p []byte) (n int, err error) {
	if len(d.rest) == 0 {
		if d.at >= d.end {
			return 0, io.EOF
		}
		if err := d.load(); err != nil {
			return 0, err
		}
	}
	n = copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// load reads the part with the byte at.
func (d *download) load() error {
	from := d.at % partBytes
	found := false
	err := d.reader.readFrom(d.ctx, d.reader.parts, func(c *Conn, _ int64) error {
		return c.Each(func(row *sqlite.Stmt) bool {
			if size := row.ColumnLen(0); cap(d.part) < size {
				d.part = make([]byte, size)
			}
			n := row.ColumnBytes(0, d.part[:cap(d.part)])
			d.rest, found = d.part[:n], true
			return false
		}, partSQL, d.number, d.at/partBytes)
	})
	switch {
	case err != nil:
		return readFailed(d.ctx, err)
	case !found || int64(len(d.rest)) <= from:
		d.rest = nil
		return files.ErrNotFound
	}
	d.rest = d.rest[from:min(int64(len(d.rest)), from+d.end-d.at)]
	d.at += int64(len(d.rest))
	return nil
}

// Close releases the memory.
func (d *download) Close() error {
	d.part, d.rest, d.at = nil, nil, d.end
	return nil
}
