// Package files keeps the bytes of shared files: beside the table, under random keys, never in the table. The drivers
// are sqlite, in the file of the table, and bucket. The suite in filestest tests the contract for both.
package files

import (
	"context"
	"errors"
	"io"
)

// Store keeps bytes under keys. All methods are safe for concurrent use.
//
// Bytes count as kept once their room's log claims them: the Write of the message with the file also puts an item, the
// claim. Bytes without a claim may be deleted at any time after an hour.
//
// Errors: ErrNotFound, ErrTooLarge, ErrFull, an error of the given reader, ErrUnavailable if the store did not answer
// in time, or the context's error.
type Store interface {
	Reader

	// Put stores the bytes of r, at most limit, and returns their number. Open finds all the bytes after Put has
	// returned, and none before. If Put fails, no bytes stay. A key is used once.
	Put(ctx context.Context, k Key, r io.Reader, limit int64) (size int64, err error)

	// Delete deletes the bytes at k, if there are any; no bytes stay in the files of the store. An open reader may fail
	// from then on.
	Delete(ctx context.Context, k Key) error

	// Free returns how many bytes more the store may take, in all.
	Free(ctx context.Context) (int64, error)
}

// Reader is the reading part of a Store.
type Reader interface {
	// Open returns the bytes from offset on, at most length bytes; -1 for all. Behind the last byte Open returns no
	// bytes. The caller must close the reader.
	Open(ctx context.Context, k Key, offset, length int64) (io.ReadCloser, error)
}

// Key names the bytes of one file.
type Key struct {
	Room string // the id of the file's room
	ID   string // random, so the id tells nothing about the content
}

var (
	// ErrNotFound means that the key has no bytes.
	ErrNotFound = errors.New("files: no such file")
	// ErrTooLarge means that a reader had more bytes than the limit.
	ErrTooLarge = errors.New("files: more bytes than the limit")
	// ErrFull means that the store may take no more, or that the disk is nearly full.
	ErrFull = errors.New("files: there is no room for the file")
	// ErrUnavailable means that the store did not answer in time.
	ErrUnavailable = errors.New("files: the store did not answer")
)
