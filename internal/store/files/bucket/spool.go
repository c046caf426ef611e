package bucket

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"syscall"

	"github.com/parley-chat/parley/internal/store/files"
)

// spool holds the bytes of one file during an upload.
type spool struct {
	file *os.File
	sum  hash.Hash // SHA-256 of the file
	size int64
	err  error // of the disk
}

// newSpool makes a temporary file without a name, so that the file is gone however the process ends; on Windows close
// removes the file.
func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "parley-file-")
	if err != nil {
		return nil, full(err)
	}
	_ = os.Remove(f.Name())
	return &spool{file: f, sum: sha256.New()}, nil
}

// fill takes at most limit bytes from r. The error is r's error, ErrTooLarge, or the disk's error.
func (s *spool) fill(r io.Reader, limit int64) error {
	n, err := io.Copy(io.MultiWriter(s, s.sum), io.LimitReader(r, limit))
	s.size = n
	switch {
	case s.err != nil:
		return full(s.err)
	case err != nil:
		return err
	case n < limit:
		return nil
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return files.ErrTooLarge
	case err == io.EOF:
		return nil
	default:
		return err
	}
}

// Write implements [io.Writer].
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.err = err
	return n, err
}

// body returns the bytes from their beginning.
func (s *spool) body() io.Reader { return io.NewSectionReader(s.file, 0, s.size) }

func (s *spool) close() {
	s.file.Close()
	_ = os.Remove(s.file.Name())
}

// full returns files.ErrFull if err means a full disk.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return files.ErrFull
	}
	return fmt.Errorf("bucket: the temporary file: %w", err)
}
