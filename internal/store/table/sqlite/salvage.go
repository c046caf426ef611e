package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// OpenDamagedReadOnly is OpenReadOnly for a file that may be damaged.
func OpenDamagedReadOnly(path string) (*File, error) {
	f, err := OpenReadOnly(path)
	if file := (*FileError)(nil); errors.Is(err, ErrDamaged) && errors.As(err, &file) {
		return &File{path: file.Path}, nil
	}
	return f, err
}

// Whole returns the file. If the file's end is missing, Whole returns a copy in a folder, with the true length in the
// header: SQLite reads nothing of a file that is too short, and a search through the length in a damaged header may
// take for ever. The caller closes both.
func (f *File) Whole(folder string) (*File, error) {
	if !errors.Is(inspect(f.path, os.O_RDONLY), ErrDamaged) {
		return f, nil
	}
	from, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	whole := &File{path: filepath.Join(folder, "whole.db")}
	to, err := os.OpenFile(whole.path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	header := make([]byte, headerBytes)
	size, err := io.Copy(to, from)
	if err == nil {
		_, err = to.ReadAt(header, 0)
	}
	if page := int64(binary.BigEndian.Uint16(header[pageBytesAt:])); err == nil && page > 0 {
		pages := (size + page - 1) / page
		_, err = to.WriteAt(binary.BigEndian.AppendUint32(nil, uint32(pages)), pagesAt)
		err = errors.Join(err, to.Truncate(pages*page))
	}
	return whole, errors.Join(err, to.Close())
}

// OpenDamaged is OpenFile for a file that may be damaged. OpenDamaged changes nothing in the file.
func OpenDamaged(path string) (*File, error) {
	f, err := OpenDamagedReadOnly(path)
	if err != nil {
		return nil, err
	}
	f.lock, err = acquire(f.path + ".lock")
	if err != nil {
		return nil, f.explain(err)
	}
	return f, nil
}

const (
	rowsSQL    = `SELECT sk, expires, data, pk FROM items ORDER BY pk, sk`
	rowsUpSQL  = `SELECT sk, expires, data, pk FROM items ORDER BY pk DESC, sk DESC`
	indexSQL   = `SELECT pk, sk FROM items INDEXED BY items_by_expiry WHERE expires >= ? ORDER BY expires, pk, sk`
	indexUpSQL = `SELECT pk, sk FROM items INDEXED BY items_by_expiry WHERE expires >= ? ORDER BY expires DESC, pk DESC, sk DESC`
	itemsSQL   = `PRAGMA integrity_check(items)`
)

// Salvage calls keep once for each readable item of a damaged file that is live at now, and returns the keys that only
// the index still has. Salvage reads the rows in order up to the damage, then in the opposite order down to the damage,
// and then the rows between by the keys of the index. all says that no other item is lost. If all is false, damage may
// have taken items and their keys in the index, without a trace.
func (f *File) Salvage(ctx context.Context, now time.Time, keep func(table.Item) error) (lost []table.Key, all bool,
	err error) {
	c, err := f.connect(sqlite.OpenReadOnly)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	c.db.SetInterrupt(ctx.Done())
	s := &salvage{c: c, now: now.Unix(), keep: keep, seen: map[table.Key]bool{}, index: map[table.Key]bool{}}
	s.indexed, err = s.keys(indexSQL)
	if err == nil && !s.indexed {
		_, err = s.keys(indexUpSQL)
	}
	if err != nil {
		return nil, false, err
	}
	whole, err := s.rows(false)
	if err == nil && !whole {
		_, err = s.rows(true)
	}
	if err != nil {
		return nil, false, err
	}

	// Rows that neither direction reached are read by the keys of the index.
	for k := range s.index {
		if s.seen[k] {
			continue
		}
		there, err := s.row(k)
		if err != nil {
			return nil, false, err
		}
		if !there {
			lost = append(lost, k)
		}
	}

	// If the index has fewer keys without a row than there are doubted items, the index has lost keys.
	for _, item := range s.doubted {
		if len(lost) >= len(s.doubted) {
			break
		}
		if err := keep(item); err != nil {
			return nil, false, err
		}
	}

	all, err = s.sound()
	return lost, all, errors.Join(err, ctx.Err())
}

// salvage is one run of Salvage.
type salvage struct {
	c    *Conn
	now  int64
	keep func(table.Item) error
	seen map[table.Key]bool // keys of the rows read so far

	index   map[table.Key]bool // keys in the index of expiring items
	indexed bool               // the index seems to have all keys

	doubted []table.Item // missing in the index: either noise in place of a key, or lost in the index
}

// rows reads the rows in one of the two orders, until the damage or a row that was read before. whole says that rows
// reached the end.
func (s *salvage) rows(upward bool) (whole bool, err error) {
	text := rowsSQL
	if upward {
		text = rowsUpSQL
	}
	var last table.Key
	whole = true
	var failed error
	err = s.c.Each(func(row *sqlite.Stmt) bool {
		k := table.Key{Partition: row.ColumnText(3), Sort: row.ColumnText(0)}
		isCircle := last != (table.Key{}) && less(k, last) != upward // a damaged page can lead to a circle
		if s.seen[k] || isCircle {
			whole = false
			return false
		}
		last = k
		failed = s.add(itemOf(row, k.Partition))
		return failed == nil
	}, text)
	if isDamage(err) {
		return false, nil
	}
	return whole, errors.Join(err, failed)
}

// sound reports whether SQLite finds no damage in the rows and their index. Both may be readable to the end without an
// error, and still lack pages to which a damaged page no longer leads.
func (s *salvage) sound() (ok bool, err error) {
	err = s.c.Each(func(row *sqlite.Stmt) bool {
		ok = row.ColumnText(0) == "ok"
		return false
	}, itemsSQL)
	if isDamage(err) {
		return false, nil
	}
	return ok, err
}

// add records the row of an item, and hands out the item.
func (s *salvage) add(item table.Item) error {
	k := item.Key
	s.seen[k] = true
	expires := !item.Expires.IsZero()
	switch {
	case expires && item.Expires.Unix() <= s.now:
		return nil
	case k.Check() != nil: // noise
		return nil
	case s.indexed && expires && !s.index[k]:
		s.doubted = append(s.doubted, item)
		return nil
	}
	return s.keep(item)
}

// keys records the keys of the index in one of the two orders until the damage, and reports whether it has recorded all
// keys.
func (s *salvage) keys(text string) (whole bool, err error) {
	garbled := false
	err = s.c.Each(func(row *sqlite.Stmt) bool {
		k := table.Key{Partition: row.ColumnText(0), Sort: row.ColumnText(1)}
		if k.Check() != nil {
			garbled = true
			return true
		}
		whole = !s.index[k] // else a damaged page leads round in a circle
		s.index[k] = true
		return whole
	}, text, s.now+1)
	whole = whole && !garbled
	if isDamage(err) {
		return false, nil
	}
	return whole, err
}

// row reads the row at k, and reports whether the row was readable.
func (s *salvage) row(k table.Key) (there bool, err error) {
	item, there, err := s.c.get(k, s.now)
	if isDamage(err) {
		return false, nil
	}
	if err != nil || !there {
		return false, err
	}
	return true, s.keep(item)
}

func less(a, b table.Key) bool {
	return a.Partition < b.Partition || a.Partition == b.Partition && a.Sort < b.Sort
}

// isDamage reports whether SQLite could not read on because a page is damaged or missing. If the schema has lost a
// name, SQLite reports an error in the statement.
func isDamage(err error) bool {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCorrupt, sqlite.ResultNotADB, sqlite.ResultIOErr, sqlite.ResultError:
		return true
	}
	return false
}
