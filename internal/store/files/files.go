// Package files says where the bytes of shared files are kept: beside the table, under random keys,
// and never in it. The drivers are sqlite, in the file of the table, and bucket. The suite in
// filestest tests the contract for both.
package files

import (
	"context"
	"errors"
	"io"
)

// Store keeps bytes under keys. All methods are safe for concurrent use.
//
// Bytes count as kept once their room's log claims them: the message that carries the file puts an
// item in its own Write, the claim. What is not claimed within an hour may be deleted at any time.
//
// Errors: ErrNotFound, ErrTooLarge, ErrFull, an error of the reader that was given, ErrUnavailable if the
// store did not answer in time, or the context's error.
type Store interface {
	Reader

	// Put stores what r has, at most limit bytes, and returns how many. Open finds all of it once Put
	// has returned, and nothing before. If Put fails, nothing of it stays. A key is used once.
	Put(ctx context.Context, k Key, r io.Reader, limit int64) (size int64, err error)

	// Delete deletes the bytes at k, if there are any, so that nothing of them stays in what the store
	// keeps. A file that is open may fail from then on.
	Delete(ctx context.Context, k Key) error

	// Free returns how many bytes more the store may take, in all.
	Free(ctx context.Context) (int64, error)
}

// Reader is the part of a Store that reads.
type Reader interface {
	// Open returns the bytes from offset on, at most length of them; -1 for all. Behind the last
	// byte there are none. The caller must close it.
	Open(ctx context.Context, k Key, offset, length int64) (io.ReadCloser, error)
}

// Key names the bytes of one file.
type Key struct {
	Room string // the id of its room
	ID   string // random, so that it tells nothing about the content
}

var (
	// ErrNotFound means that there are no bytes at the key.
	ErrNotFound = errors.New("files: no such file")
	// ErrTooLarge means that a reader had more bytes than the limit.
	ErrTooLarge = errors.New("files: more bytes than the limit")
	// ErrFull means that the store may take no more, or that the disk is nearly full.
	ErrFull = errors.New("files: there is no room for the file")
	// ErrUnavailable means that the store did not answer in time.
	ErrUnavailable = errors.New("files: the store did not answer")
)
