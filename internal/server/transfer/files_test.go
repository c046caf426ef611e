package transfer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/files/bucket"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// archive is a site that keeps files.
type archive struct {
	site
	files files.Store
}

func archiveInFile(t *testing.T) archive {
	t.Helper()
	tab := sqlitetest.Open(t, nil)
	return archive{site{chat.New(tab, chat.Options{SingleProcess: true, MinBatch: 1, Files: tab.Files()}), t, tab},
		tab.Files()}
}

// archiveOnAWS is a table of DynamoDB Local, with a bucket of a server that speaks S3.
func archiveOnAWS(t *testing.T) archive {
	t.Helper()
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{})
	server := s3local.Start(t)
	b, err := bucket.New(bucket.Options{Name: server.Bucket, Region: s3local.Region, Endpoint: server.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(s3local.AccessKeyID, s3local.SecretAccessKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	return archive{site{chat.New(tab, chat.Options{Files: b}), t, tab}, b}
}

// share shares a file, and returns the message that carries it.
func (s archive) share(a *agent, data []byte, to ...string) (id string) {
	s.t.Helper()
	sent := s.upload(a, data, to...)
	if !sent.Sent {
		s.t.Fatalf("%+v", sent)
	}
	return sent.ID
}

// upload uploads a file, which may become a draft.
func (s archive) upload(a *agent, data []byte, to ...string) chat.Sent {
	s.t.Helper()
	got, err := s.ShareFile(s.t.Context(), chat.ShareRequest{Token: a.token, Name: "ledger.csv", Size: int64(len(data)),
		To: to})
	if err != nil || got.Upload == nil {
		s.t.Fatalf("%+v, %v", got, err)
	}
	sent, err := s.Upload(s.t.Context(), got.Upload.Code, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	return sent
}

// download returns the file of a message for a.
func (s archive) download(a *agent, id string) []byte {
	s.t.Helper()
	got, err := s.GetFile(s.t.Context(), chat.FileRequest{Token: a.token, ID: id})
	if err != nil {
		s.t.Fatal(err)
	}
	d, err := s.Download(s.t.Context(), got.Ticket)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := d.Open(s.t.Context(), 0, -1)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// verify returns how many files of the room are there, and the faults of the others.
func (s archive) verify(name string) (int, error) {
	s.t.Helper()
	id, err := s.Store().Resolve(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return roomlog.VerifyFiles(s.t.Context(), s.table, s.files, id)
}

func (s archive) claims(name string) (keys []files.Key) {
	s.t.Helper()
	id, err := s.Store().Resolve(s.t.Context(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := roomlog.Claims(s.t.Context(), s.table, id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range list {
		keys = append(keys, files.Key{Room: id, ID: c.ID})
	}
	return keys
}

func (s archive) has(k files.Key) bool {
	s.t.Helper()
	r, err := s.files.Open(s.t.Context(), k, 0, -1)
	if errors.Is(err, files.ErrNotFound) {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Close() == nil
}

func (s archive) copyAll(from archive, bytes transfer.Files) (transfer.Summary, error) {
	return transfer.Copy(s.t.Context(), from.table, s.table, bytes, "")
}

func random(n int) []byte {
	data := make([]byte, n)
	rand.Read(data)
	return data
}

func TestCopy_files_followTheirRooms(t *testing.T) {
	for name, route := range map[string][]func(*testing.T) archive{
		"file to file":         {archiveInFile, archiveInFile},
		"file to AWS and back": {archiveInFile, archiveOnAWS, archiveInFile},
	} {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			ann, bob := at.join("tea", "Ann"), at.join("tea", "Bob")
			shared := map[string][]byte{}
			for _, size := range []int{1, 30_000, 700_000, 3 << 20} {
				data := random(size)
				shared[at.share(ann, data)] = data
			}
			private := at.share(ann, []byte("for Bob"), "Bob")
			shared[private] = []byte("for Bob")
			before := at.claims("tea")
			removed := at.share(ann, []byte("too much"))
			gone := slices.DeleteFunc(at.claims("tea"), func(k files.Key) bool { return slices.Contains(before, k) })[0]
			at.redact(ann, removed)
			cid, err := at.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Cid"})
			if err != nil {
				t.Fatal(err)
			}
			person := &agent{token: at.approve(cid.Watch)}
			drafted := at.upload(&agent{token: cid.Token}, []byte("drafted"))
			if drafted.Waited.Status != chat.StatusPending {
				t.Fatalf("%+v", drafted)
			}
			shared[drafted.ID] = []byte("drafted")
			for _, next := range route[1:] {
				to := next(t)
				bytesOf := transfer.Files{From: at.files, To: to.files}
				got, err := to.copyAll(at, bytesOf)
				if err != nil || got.Copied != 1 || got.Files != len(shared) || got.LostFiles != 0 {
					t.Fatalf("%+v, %v; want a room with %d files", got, err, len(shared))
				}
				to.sameAs(at.content())
				if n, err := to.verify("tea"); n != len(shared) || err != nil {
					t.Errorf("%d files are there, %v", n, err)
				}
				for id, data := range shared {
					who := bob
					if id == drafted.ID {
						who = person
					}
					if !bytes.Equal(to.download(who, id), data) {
						t.Errorf("the file of %d bytes is another one", len(data))
					}
				}
				if to.has(gone) {
					t.Error("the bytes of a message that was removed were copied")
				}
				if got, err := to.copyAll(at, bytesOf); err != nil || got != (transfer.Summary{AlreadyPresent: 1}) {
					t.Errorf("the second copy: %+v, %v", got, err)
				}
				at = to
			}
			if _, err := at.Supervise(t.Context(), chat.SuperviseRequest{Token: person.token, Draft: drafted.ID,
				Decision: room.SendDraft}); err != nil {
				t.Fatal(err)
			}
			said, err := at.History(t.Context(), chat.HistoryRequest{Token: bob.token, Files: true, Limit: 1})
			if err != nil || string(at.download(bob, said.Messages[0].ID)) != "drafted" {
				t.Errorf("the draft is sent as %+v, %v", said, err)
			}
		})
	}
}

// failing is a store that fails from some Put on.
type failing struct {
	files.Store
	puts int
}

func (f *failing) Put(ctx context.Context, k files.Key, r io.Reader, limit int64) (int64, error) {
	f.puts--
	if f.puts < 0 {
		_, _ = f.Store.Put(ctx, k, io.LimitReader(r, 1), limit-1) // as after a broken connection
		_ = f.Store.Delete(ctx, k)
		return 0, files.ErrUnavailable
	}
	return f.Store.Put(ctx, k, r, limit)
}

// If a copy is interrupted after any file, the next copy completes the room. A file that was removed at the source in
// between is removed at the destination, with its bytes.
func TestCopy_interruptedAmongFiles_isCompletedByTheNext(t *testing.T) {
	const count = 4
	for puts := range count {
		from, to := archiveInFile(t), archiveInFile(t)
		ann := from.join("tea", "Ann")
		var ids []string
		for n := range count {
			ids = append(ids, from.share(ann, random(1000*n+300_000)))
		}
		if _, err := to.copyAll(from, transfer.Files{From: from.files,
			To: &failing{to.files, puts}}); !errors.Is(err, files.ErrUnavailable) {
			t.Fatalf("interrupted: %v", err)
		}
		if got := to.partitions("ROOM#", "META"); len(got) > 0 {
			t.Fatalf("the room is there without its files: %q", got)
		}
		keys := from.claims("tea")
		from.redact(ann, ids[0])
		got, err := to.copyAll(from, transfer.Files{From: from.files, To: to.files})
		if n, damage := to.verify("tea"); err != nil || got.Copied != 1 || n != count-1 || damage != nil {
			t.Fatalf("the next copy: %+v, %v; %d files are there, %v", got, err, n, damage)
		}
		for _, k := range keys {
			if here, there := from.has(k), to.has(k); here != there {
				t.Errorf("after %d files: the source has one: %v, the destination: %v", puts, here, there)
			}
		}
	}
}

func TestCopy_roomWithFilesToAPlaceWithout_isRefusedAlone(t *testing.T) {
	from, to := archiveInFile(t), archiveInFile(t)
	from.share(from.join("with files", "Ann"), []byte("x"))
	from.join("without", "Ann")
	for name, c := range map[string]struct {
		bytes transfer.Files
		want  error
	}{
		"none at the destination": {transfer.Files{From: from.files}, transfer.ErrNoFiles},
		"none at the source":      {transfer.Files{To: to.files}, transfer.ErrNoFiles},
		"a full destination":      {transfer.Files{From: from.files, To: full{to.files}}, transfer.ErrFilesFull},
	} {
		if _, err := to.copyAll(from, c.bytes); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if got := to.partitions("NAME#", "-"); !slices.Equal(got, []string{"NAME#without"}) {
			t.Errorf("%s: the destination has %q", name, got)
		}
	}
	if _, err := to.copyAll(from, transfer.Files{From: from.files, To: to.files}); err != nil {
		t.Error(err)
	}
}

// full is a store that takes nothing.
type full struct{ files.Store }

func (full) Put(context.Context, files.Key, io.Reader, int64) (int64, error) { return 0, files.ErrFull }

// A server that was restored without its files can be moved, too.
func TestCopy_bytesThatTheSourceLacks_areCounted(t *testing.T) {
	from, to := archiveInFile(t), archiveInFile(t)
	ann := from.join("tea", "Ann")
	from.share(ann, []byte("kept"))
	keys := from.claims("tea")
	from.share(ann, []byte("lost"))
	for _, k := range from.claims("tea") {
		if !slices.Contains(keys, k) {
			if err := from.files.Delete(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
	}
	got, err := to.copyAll(from, transfer.Files{From: from.files, To: to.files})
	if err != nil || got.Copied != 1 || got.Files != 1 || got.LostFiles != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := to.verify("tea"); n != 1 || !errors.Is(err, roomlog.ErrDamaged) {
		t.Errorf("%d files are there, %v", n, err)
	}
}

// check names each message whose bytes a copy would find wrong.
func TestVerifyFiles_bytesMissingOrOthers_isDamageOfTheirEvents(t *testing.T) {
	for name, open := range map[string]func(*testing.T) archive{"file": archiveInFile, "AWS": archiveOnAWS} {
		t.Run(name, func(t *testing.T) { findsDamagedFiles(t, open(t)) })
	}
}

func findsDamagedFiles(t *testing.T, s archive) {
	ann := s.join("tea", "Ann")
	var keys []files.Key
	for range 5 {
		s.share(ann, []byte("twelve bytes"))
		for _, k := range s.claims("tea") {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	if n, err := s.verify("tea"); n != 5 || err != nil {
		t.Fatalf("%d files, %v", n, err)
	}
	for i, instead := range []string{"", "short", "other bytes!"} {
		if err := s.files.Delete(t.Context(), keys[i]); err != nil {
			t.Fatal(err)
		}
		if instead == "" {
			continue
		}
		if _, err := s.files.Put(t.Context(), keys[i], strings.NewReader(instead), 100); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.files.Put(t.Context(), files.Key{Room: keys[0].Room, ID: "orphan"}, strings.NewReader("x"),
		1); err != nil {
		t.Fatal(err)
	}
	n, err := s.verify("tea")
	if n != 2 || !errors.Is(err, roomlog.ErrDamaged) {
		t.Fatalf("%d files, %v", n, err)
	}
	for _, want := range []string{"event 2: its bytes are missing", "event 3: it has 5 bytes instead of 12",
		"event 4: its bytes are not those that were shared"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q:\n%v", want, err)
		}
	}
}
