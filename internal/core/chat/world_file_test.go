package chat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/files/bucket"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// shelf is a table and a store of files, on which any number of services work.
type shelf struct {
	*world // with a service
	store  files.Store
	single bool          // there may be no other service
	disk   func() []byte // all that is there of files, in whatever state
}

// onEachStore runs a test on a file, and on DynamoDB Local with a bucket of versitygw: where calls meet, and where it
// matters what a store does.
func onEachStore(t *testing.T, test func(t *testing.T, s *shelf)) {
	t.Run("file", func(t *testing.T) { test(t, inFile(t)) })
	t.Run("DynamoDB and a bucket", func(t *testing.T) { test(t, inBucket(t)) })
}

// onFileStore runs a test on a file, and by night on DynamoDB Local with a bucket, too.
func onFileStore(t *testing.T, test func(t *testing.T, s *shelf)) {
	t.Run("file", func(t *testing.T) { test(t, inFile(t)) })
	dynamolocal.Double(t, "DynamoDB and a bucket", func(t *testing.T) { test(t, inBucket(t)) })
}

// inBucket returns a service on DynamoDB Local and a bucket of versitygw.
func inBucket(t *testing.T) *shelf {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	s3 := s3local.Start(t)
	b, err := bucket.New(bucket.Options{Name: s3.Bucket, Region: s3local.Region, Endpoint: s3.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(s3local.AccessKeyID, s3local.SecretAccessKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{world: &world{t: t, clock: clock, table: db}, store: b, disk: func() (all []byte) {
		for _, object := range s3.Objects(t) {
			all = append(all, object...)
		}
		return all
	}}
	s.Service = s.with(chat.Options{}).Service
	return s
}

// inFile returns a service alone on a file.
func inFile(t *testing.T) *shelf {
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	tab, path := sqlitetest.OpenFile(t, clock)
	s := &shelf{world: &world{t: t, clock: clock, table: tab}, store: tab.Files(), single: true, disk: func() []byte {
		file, err := os.ReadFile(path)
		log, failed := os.ReadFile(path + "-wal")
		if err := errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		return append(file, log...)
	}}
	s.Service = s.with(chat.Options{}).Service
	return s
}

// with returns another service, with options, on the same table and store.
func (s *shelf) with(o chat.Options) *shelf {
	o.Clock, o.SingleProcess = hurriedClock{s.clock}, s.single
	if o.Files == nil {
		o.Files = s.store
	}
	other := *s
	other.world = &world{t: s.t, clock: s.clock, table: s.table, Service: chat.New(s.table, o)}
	return &other
}

// share shares a file, and returns the id of its message.
func (s *shelf) share(req chat.ShareRequest) string {
	s.t.Helper()
	got, err := s.ShareFile(s.t.Context(), req)
	if err != nil || !got.Sent.Sent || got.File == nil {
		s.t.Fatalf("share %s: %+v, %v", req.Name, got, err)
	}
	return got.ID
}

// offer asks for an upload, and returns its code.
func (s *shelf) offer(req chat.ShareRequest) string {
	s.t.Helper()
	got, err := s.ShareFile(s.t.Context(), req)
	if err != nil || got.Sent.Sent || got.Upload == nil || got.Upload.Expires != 15*time.Minute {
		s.t.Fatalf("upload of %s: %+v, %v", req.Name, got, err)
	}
	return got.Upload.Code
}

// upload uploads to a code.
func (s *shelf) upload(code, content string) (chat.Sent, error) {
	return s.Upload(s.t.Context(), code, struct{ io.Reader }{bytes.NewReader([]byte(content))})
}

// uploads fails unless the upload is sent, and returns the id of its message.
func (s *shelf) uploads(code, content string) string {
	s.t.Helper()
	got, err := s.upload(code, content)
	if err != nil || !got.Sent || got.ID == "" {
		s.t.Fatalf("upload: %+v, %v", got, err)
	}
	return got.ID
}

// file returns what get_file gives.
func (s *shelf) file(token, id string) (chat.FileGot, error) {
	return s.GetFile(s.t.Context(), chat.FileRequest{Token: token, ID: id})
}

// download returns the whole file of a ticket.
func (s *shelf) download(ticket string) (string, error) { return s.downloadBy(s.t.Context(), ticket) }

// downloadBy is download for the caller of ctx.
func (s *shelf) downloadBy(ctx context.Context, ticket string) (string, error) {
	d, err := s.Download(ctx, ticket)
	if err != nil {
		return "", err
	}
	r, err := d.Open(ctx, 0, d.Size)
	if err != nil {
		return "", err
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	return string(all), err
}

// content returns the whole file of a message, as the owner of a token gets it.
func (s *shelf) content(token, id string) (string, error) {
	got, err := s.file(token, id)
	if err != nil {
		return "", err
	}
	return s.download(got.Ticket)
}

// has fails unless the owner of a token gets this file.
func (s *shelf) has(token, id, content string) {
	s.t.Helper()
	if got, err := s.content(token, id); err != nil || got != content {
		s.t.Fatalf("the file of %s: %d bytes, %v; want %d", id, len(got), err, len(content))
	}
}

// names lists the files of the room as history shows them.
func (s *shelf) names(token string) (out []string) {
	s.t.Helper()
	for _, m := range s.history(token, chat.HistoryRequest{Files: true}).Messages {
		out = append(out, m.File.Name)
	}
	return out
}

// kept returns the keys of all files that a room claims. It fails if one has no bytes.
func (s *shelf) kept(token string) (keys []files.Key) {
	s.t.Helper()
	claims, err := roomlog.Claims(s.t.Context(), s.table, token[:7])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range claims {
		k := files.Key{Room: token[:7], ID: c.ID}
		r, err := s.store.Open(s.t.Context(), k, 0, -1)
		if err != nil {
			s.t.Fatalf("a claimed file has no bytes: %v", err)
		}
		n, err := io.Copy(io.Discard, r)
		r.Close()
		if err != nil || n != c.Size {
			s.t.Fatalf("a claimed file has %d bytes of %d, %v", n, c.Size, err)
		}
		keys = append(keys, k)
	}
	return keys
}

// erased fails unless the bytes at a key are gone.
func (s *shelf) erased(k files.Key) {
	s.t.Helper()
	r, err := s.store.Open(s.t.Context(), k, 0, -1)
	if !errors.Is(err, files.ErrNotFound) {
		s.t.Errorf("the bytes are there: %v", err)
	}
	if err == nil {
		r.Close()
	}
}

// sweeps lets the store forget what it has deleted: the sweep of a file does so within a minute.
func (s *shelf) sweeps() {
	s.t.Helper()
	if !s.single {
		return
	}
	s.clock.Advance(time.Minute)
	for range 100 {
		if err := s.clock.BlockUntilContext(s.t.Context(), 1); err != nil {
			s.t.Fatal(err)
		}
		s.clock.Advance(100 * time.Millisecond)
	}
}

// watched is a store that knows which keys have bytes.
type watched struct {
	files.Store
	mu  sync.Mutex
	all map[files.Key]bool
}

func (w *watched) Put(ctx context.Context, k files.Key, r io.Reader, limit int64) (int64, error) {
	n, err := w.Store.Put(ctx, k, r, limit)
	w.mu.Lock()
	if err == nil {
		w.all[k] = true
	}
	w.mu.Unlock()
	return n, err
}

func (w *watched) Delete(ctx context.Context, k files.Key) error {
	err := w.Store.Delete(ctx, k)
	w.mu.Lock()
	if err == nil {
		delete(w.all, k)
	}
	w.mu.Unlock()
	return err
}

// watching returns a service whose store is watched.
func (s *shelf) watching() (*shelf, *watched) {
	w := &watched{Store: s.store, all: map[files.Key]bool{}}
	return s.with(chat.Options{Files: w}), w
}
