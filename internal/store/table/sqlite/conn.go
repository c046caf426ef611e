package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// busyTimeout is how long a call waits for a lock of another program with the file open, such as a person's sqlite3.
const busyTimeout = 5 * time.Second

// A program beside the server asks for the lock more often, and for about half a minute:
// between two commits of a busy server there is hardly a moment. SQLite asks after 0, 1 and
// 3 ms, and gives up after 8.
const (
	besideTimeout = 8 * time.Millisecond
	besideTries   = 4000
)

// ErrClosed is the error of Pool.Read after Close.
var ErrClosed = errors.New("the file was closed")

// Conn is a connection to a file. A Conn prepares each statement once. Only one goroutine at a time may use a Conn.
type Conn struct {
	db         *sqlite.Conn
	statements map[string]*sqlite.Stmt
	timeout    time.Duration // to get a lock
	tries      int           // the same, for a transaction
}

func (f *File) connect(flags sqlite.OpenFlags, pragmas ...string) (*Conn, error) {
	db, err := sqlite.OpenConn(f.path, flags)
	if err != nil {
		return nil, f.explain(err)
	}
	db.SetBusyTimeout(busyTimeout)
	if isDisguised(db) {
		return nil, errors.Join(f.explain(ErrForeign), db.Close())
	}
	for _, pragma := range pragmas {
		if err := sqlitex.ExecuteTransient(db, "PRAGMA "+pragma, nil); err != nil {
			return nil, errors.Join(f.explain(err), db.Close())
		}
	}
	return &Conn{db: db, statements: make(map[string]*sqlite.Stmt), timeout: busyTimeout, tries: 1}, nil
}

// disguisedSQL finds an object with the name of one of Parley's tables that is no table.
const disguisedSQL = `SELECT 1 FROM sqlite_schema WHERE name IN ('items', 'files', 'file_parts') AND type <> 'table'`

// isDisguised reports whether a view stands in the place of a table: the view's rows may have no end. An unreadable
// schema fails the next statement.
func isDisguised(db *sqlite.Conn) (found bool) {
	_ = sqlitex.ExecuteTransient(db, disguisedSQL, &sqlitex.ExecOptions{
		ResultFunc: func(*sqlite.Stmt) error { found = true; return nil },
	})
	return found
}

// Writer opens the connection that writes. The connection commits with one fsync, on macOS with an fsync that reaches
// the disk (fullfsync), and overwrites deleted content. The caller makes the checkpoints, at a moment when nobody
// waits.
func (f *File) Writer() (*Conn, error) {
	c, err := f.connect(sqlite.OpenReadWrite, "journal_mode = WAL", "synchronous = FULL", "fullfsync = ON",
		"secure_delete = ON", "wal_autocheckpoint = 0", fmt.Sprint("journal_size_limit = ", logLimit))
	if err != nil {
		return nil, err
	}
	if err := storeViews(c.db, f.views); err != nil {
		return nil, errors.Join(f.explain(err), c.Close())
	}
	if f.lock == nil {
		c.timeout, c.tries = besideTimeout, besideTries
		c.db.SetBusyTimeout(c.timeout)
	}
	return c, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.db.Close() }

// Each executes a statement and calls row for each row of the result, until row returns false. All rows are of one
// moment. A parameter is a string, an int64, a float64, a []byte, or nil for NULL.
func (c *Conn) Each(row func(*sqlite.Stmt) (more bool), text string, parameters ...any) (err error) {
	stmt := c.statements[text]
	if stmt == nil {
		stmt, err = c.db.Prepare(text)
		if err != nil {
			return err
		}
		c.statements[text] = stmt
	}
	for i, p := range parameters {
		switch p := p.(type) {
		case string:
			stmt.BindText(i+1, p)
		case int64:
			stmt.BindInt64(i+1, p)
		case float64:
			stmt.BindFloat(i+1, p)
		case []byte:
			stmt.BindBytes(i+1, p)
		case nil:
			stmt.BindNull(i + 1)
		default:
			return fmt.Errorf("sqlite: a parameter of type %T", p)
		}
	}
	for {
		found, err := stmt.Step()
		if err != nil {
			return err // the statement is reset
		}
		if !found || row == nil || !row(stmt) {
			return stmt.Reset()
		}
	}
}

// Run executes a statement without its result.
func (c *Conn) Run(text string, parameters ...any) error { return c.Each(nil, text, parameters...) }

// Changes returns how many rows the last writing statement has changed.
func (c *Conn) Changes() int { return c.db.Changes() }

// moveLog moves the write-ahead log into the file, as far as no reader needs the log. moveLog waits for nobody, and
// only another move waits for moveLog. The connection must be a writer.
func (c *Conn) moveLog() error { return c.Run("PRAGMA wal_checkpoint(PASSIVE)") }

// EmptyLog moves the write-ahead log into the file, and reports whether the log is then empty. The log stays if a
// reader needs the log for longer than patience. The connection must be a writer.
func (c *Conn) EmptyLog(patience time.Duration) (empty bool, err error) {
	c.db.SetBusyTimeout(patience)
	defer c.db.SetBusyTimeout(c.timeout)
	err = c.Each(func(row *sqlite.Stmt) bool {
		empty = row.ColumnInt(0) == 0
		return true
	}, "PRAGMA wal_checkpoint(TRUNCATE)")
	return empty && err == nil, err
}

// begin begins a transaction that may write.
func (c *Conn) begin() (err error) {
	for range c.tries {
		err = c.Run("BEGIN IMMEDIATE")
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			return err
		}
	}
	return err
}

// Transact runs change in a transaction. Transact commits if change wrote and did not fail.
func (c *Conn) Transact(change func() (wrote bool, err error)) (committed bool, err error) {
	if err := c.begin(); err != nil {
		return false, err
	}
	wrote, err := change()
	if err == nil && wrote {
		err = c.Run("COMMIT")
	}
	if !c.db.AutocommitEnabled() { // after some failures SQLite itself has rolled back
		_ = c.Run("ROLLBACK")
	}
	return wrote && err == nil, err
}

// Pool lends reading connections.
type Pool struct {
	conns   chan *Conn
	open    int
	closing chan struct{}
}

// Pool opens size reading connections at once: later the process may have no descriptors left.
func (f *File) Pool(size int) (*Pool, error) {
	p := &Pool{conns: make(chan *Conn, size), closing: make(chan struct{})}
	for range size {
		c, err := f.connect(sqlite.OpenReadOnly, "schema_version") // the pragma makes SQLite read the file
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		p.conns <- c
		p.open++
	}
	return p, nil
}

// Read calls read with a connection.
func (p *Pool) Read(ctx context.Context, read func(*Conn) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-p.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	case c := <-p.conns:
		defer func() { p.conns <- c }()
		return read(c)
	}
}

// Close closes the connections, after the reads in progress. Call Close once.
func (p *Pool) Close() (err error) {
	close(p.closing)
	for range p.open {
		err = errors.Join(err, (<-p.conns).Close())
	}
	return err
}
