// Package filestest tests the contract of files.Store. Every driver passes it.
package filestest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/parley-chat/parley/internal/store/files"
)

// limit is the limit of most Puts.
const limit = 8 << 20

// Run runs the suite. open returns a store for a test; all tests may share one store.
func Run(t *testing.T, open func(*testing.T) files.Store) {
	for name, test := range map[string]func(*testing.T, files.Store){
		"Put, any size: Open returns it":                       anySize,
		"Open, a range: has these bytes":                       ranges,
		"Open, nothing there: is not found":                    absent,
		"Put, more than the limit: leaves nothing":             overLimit,
		"Put, a reader that fails: leaves nothing":             brokenReader,
		"Put, while bytes arrive: nobody finds them":           unfinished,
		"Put, the caller leaves: leaves nothing":               cancelled,
		"Put, a reader that gives little at a time: takes all": slowReader,
		"Put, many at once: each has its own bytes":            concurrent,
		"Delete: is gone, and nothing else is":                 deleted,
		"Delete, nothing there: is no error":                   deletedTwice,
		"Free: says what is taken":                             free,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// newKey returns a key that nobody has used.
func newKey() files.Key { return files.Key{Room: strings.ToLower(rand.Text()), ID: rand.Text()} }

// random returns n bytes.
func random(n int) []byte {
	data := make([]byte, n)
	rand.Read(data)
	return data
}

func put(t *testing.T, s files.Store, k files.Key, data []byte) {
	t.Helper()
	if n, err := s.Put(t.Context(), k, bytes.NewReader(data), limit); err != nil || n != int64(len(data)) {
		t.Fatalf("put %d bytes: %d, %v", len(data), n, err)
	}
}

// get reads what Open returns.
func get(t *testing.T, s files.Store, k files.Key, offset, length int64) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), k, offset, length)
	if err != nil {
		t.Fatalf("open %d bytes from %d on: %v", length, offset, err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read %d bytes from %d on: %v", length, offset, err)
	}
	return data
}

// found reports whether there is anything at k, by Open and the first Read.
func found(t *testing.T, s files.Store, k files.Key) bool {
	t.Helper()
	r, err := s.Open(t.Context(), k, 0, -1)
	if errors.Is(err, files.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}

// sizes are the sizes at which a driver may begin another row, transaction or part.
func sizes() []int {
	all := []int{0, 1, 1000, 3 << 20, 5<<20 + 7}
	for _, border := range []int{64 << 10, 256 << 10, 1 << 20} {
		all = append(all, border-1, border, border+1, 2*border)
	}
	return all
}

func anySize(t *testing.T, s files.Store) {
	for _, n := range sizes() {
		k, data := newKey(), random(n)
		put(t, s, k, data)
		if got := get(t, s, k, 0, -1); !bytes.Equal(got, data) {
			t.Errorf("of %d bytes %d came back, or others", n, len(got))
		}
	}
}

func ranges(t *testing.T, s files.Store) {
	k, data := newKey(), random(1<<20+100)
	put(t, s, k, data)
	size := int64(len(data))
	for _, r := range []struct{ offset, length, to int64 }{
		{0, 1, 1}, {0, size, size}, {0, size + 1, size}, {0, 0, 0}, {5, 10, 15}, {256 << 10, 1, 256<<10 + 1},
		{256<<10 - 1, 2, 256<<10 + 1}, {100, 1 << 20, 1<<20 + 100}, {size - 1, -1, size}, {size - 1, 5, size},
		{700 << 10, -1, size}, {size, -1, size}, {size, 1, size},
	} {
		if got := get(t, s, k, r.offset, r.length); !bytes.Equal(got, data[r.offset:r.to]) {
			t.Errorf("%d bytes from %d on: %d came, or others", r.length, r.offset, len(got))
		}
	}
	if got := get(t, s, k, size+1, -1); len(got) > 0 {
		t.Errorf("behind the end there are %d bytes", len(got))
	}
}

func absent(t *testing.T, s files.Store) {
	k := newKey()
	put(t, s, k, []byte("x"))
	for _, other := range []files.Key{newKey(), {Room: newKey().Room, ID: k.ID}, {Room: k.Room, ID: newKey().ID}} {
		if found(t, s, other) {
			t.Errorf("the bytes of another key were found")
		}
	}
}

func overLimit(t *testing.T, s files.Store) {
	for _, n := range []int64{1, 1000, 256 << 10, 1 << 20, 1<<20 + 1} {
		k, data := newKey(), random(int(n))
		if got, err := s.Put(t.Context(), k, bytes.NewReader(data), n); err != nil || got != n {
			t.Errorf("%d bytes with that limit: %d, %v", n, got, err)
		}
		k = newKey()
		// The reader never ends: a store must not read to the end.
		endless := io.MultiReader(bytes.NewReader(data), zeros{})
		if _, err := s.Put(t.Context(), k, endless, n); !errors.Is(err, files.ErrTooLarge) || found(t, s, k) {
			t.Errorf("more than %d bytes: %v, found %v", n, err, found(t, s, k))
		}
	}
}

// zeros is a reader without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func brokenReader(t *testing.T, s files.Store) {
	broken := errors.New("the connection broke")
	before := freeIn(t, s)
	for _, n := range []int{0, 1000, 256 << 10, 1 << 20, 2<<20 + 5} {
		for _, failure := range []error{broken, io.ErrUnexpectedEOF} { // the latter from net/http
			k := newKey()
			r := io.MultiReader(bytes.NewReader(random(n)), iotest.ErrReader(failure))
			if _, err := s.Put(t.Context(), k, r, limit); !errors.Is(err, failure) || found(t, s, k) {
				t.Errorf("after %d bytes: %v, want %v; found %v", n, err, failure, found(t, s, k))
			}
		}
	}
	if after := freeIn(t, s); after != before {
		t.Errorf("%d bytes are taken by what failed", before-after)
	}
}

func unfinished(t *testing.T, s files.Store) {
	k := newKey()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Put(t.Context(), k, r, limit)
		ended <- err
	}()
	for range 3 {
		if _, err := w.Write(random(1 << 20)); err != nil {
			t.Fatal(err)
		}
		if found(t, s, k) {
			t.Error("it was found before it was complete")
		}
	}
	w.Close()
	if err := <-ended; err != nil || !found(t, s, k) {
		t.Errorf("%v, found %v", err, found(t, s, k))
	}
}

func cancelled(t *testing.T, s files.Store) {
	k := newKey()
	ctx, cancel := context.WithCancel(t.Context())
	r := io.MultiReader(bytes.NewReader(random(2<<20)), &action{do: cancel}, bytes.NewReader(random(2<<20)))
	if _, err := s.Put(ctx, k, r, limit); !errors.Is(err, context.Canceled) || found(t, s, k) {
		t.Errorf("%v, found %v", err, found(t, s, k))
	}
}

// action is a reader of nothing that does something.
type action struct{ do func() }

func (a *action) Read([]byte) (int, error) { a.do(); return 0, io.EOF }

func slowReader(t *testing.T, s files.Store) {
	k, data := newKey(), random(300<<10)
	if _, err := s.Put(t.Context(), k, iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(data))),
		limit); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(get(t, s, k, 0, -1), data) {
		t.Error("other bytes came back")
	}
}

func concurrent(t *testing.T, s files.Store) {
	room := newKey().Room
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			k, data := files.Key{Room: room, ID: fmt.Sprint(n, rand.Text())}, random(700<<10+n)
			if _, err := s.Put(t.Context(), k, bytes.NewReader(data), limit); err != nil {
				t.Errorf("put: %v", err)
				return
			}
			if n%2 == 1 {
				if err := s.Delete(t.Context(), k); err != nil {
					t.Errorf("delete: %v", err)
				}
				return
			}
			r, err := s.Open(t.Context(), k, 0, -1)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes of %d came back, or others: %v", len(got), len(data), err)
			}
		})
	}
	all.Wait()
}

func deleted(t *testing.T, s files.Store) {
	before := freeIn(t, s)
	gone, data := newKey(), random(3<<20)
	kept := files.Key{Room: gone.Room, ID: rand.Text()}
	put(t, s, kept, data)
	put(t, s, gone, data)
	if err := s.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if found(t, s, gone) || !bytes.Equal(get(t, s, kept, 0, -1), data) {
		t.Error("it was found, or another file was not")
	}
	if err := s.Delete(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if after := freeIn(t, s); after != before {
		t.Errorf("%d bytes are taken by what was deleted", before-after)
	}
}

func deletedTwice(t *testing.T, s files.Store) {
	k := newKey()
	put(t, s, k, []byte("x"))
	for range 2 {
		if err := s.Delete(t.Context(), k); err != nil {
			t.Error(err)
		}
	}
}

func free(t *testing.T, s files.Store) {
	const n = 300 << 10
	before := freeIn(t, s)
	put(t, s, newKey(), random(n))
	if after := freeIn(t, s); before < n || after > before {
		t.Errorf("%d bytes were free, and after %d came %d are", before, n, after)
	}
}

func freeIn(t *testing.T, s files.Store) int64 {
	t.Helper()
	n, err := s.Free(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}
