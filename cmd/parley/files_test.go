package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/files"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// shared is the content of Ann's file.
var shared = bytes.Repeat([]byte("date;amount\n"), 60_000)

// fileWithFiles makes a file with the room of a token. The room has two shared files, and four tasks: one free, one
// taken, one done and one dropped.
func fileWithFiles(t *testing.T) (path, token string, keys []files.Key) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "parley.db")
	at(t, path, func(rooms *chat.Service, tab *sqlite.Table) {
		ann, err := rooms.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := rooms.ShareFile(t.Context(), chat.ShareRequest{Token: ann.Token, Name: "a.csv",
				Size: int64(len(shared))})
			if err != nil || got.Upload == nil {
				t.Fatalf("%+v, %v", got, err)
			}
			if _, err := rooms.Upload(t.Context(), got.Upload.Code, bytes.NewReader(shared)); err != nil {
				t.Fatal(err)
			}
		}
		for _, req := range []chat.TaskRequest{
			{Action: chat.CommandAdd, Tasks: []chat.NewTask{{Title: "sand"}, {Title: "paint"}, {Title: "hang"},
				{Title: "mop"}}},
			{Action: chat.CommandFinish, ID: "t1", Text: "smooth"}, {Action: chat.CommandTake, ID: "t2"},
			{Action: chat.CommandDrop, ID: "t4"},
		} {
			req.Token = ann.Token
			if _, err := rooms.Task(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		token = ann.Token
		claims, err := roomlog.Claims(t.Context(), tab, ann.Token[:7])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			keys = append(keys, files.Key{Room: ann.Token[:7], ID: c.ID})
		}
	})
	return path, token, keys
}

// at opens the rooms in a file, calls do, and closes the file.
func at(t *testing.T, path string, do func(*chat.Service, *sqlite.Table)) {
	t.Helper()
	tab, err := sqlite.Open(path, sqlite.Options{Files: sqlite.FileOptions{Total: 1 << 30,
		Disk: func(string) (free, size int64, err error) { return 1 << 40, 1 << 40, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	do(chat.New(tab, chat.Options{SingleProcess: true, Files: tab.Files()}), tab)
	if err := tab.Close(); err != nil {
		t.Error(err)
	}
}

func TestBackup_withFilesAndTasks_hasAndChecksThem(t *testing.T) {
	path, token, keys := fileWithFiles(t)
	dir := t.TempDir()
	const holds = "1 room with 2 messages and 2 files"
	backup, copied := filepath.Join(dir, "backup.db"), filepath.Join(dir, "copy.db")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"backup", "--data", path, backup}, "Backed up " + holds + " to "},
		{[]string{"check", backup}, backup + " holds " + holds + "."},
		{[]string{"copy", "--from", backup, "--to", copied}, "Copied 2 files."},
		{[]string{"check", copied}, holds},
	} {
		if code, says := report(t, c.args...); code != 0 || !strings.Contains(says, c.want) {
			t.Errorf("%s: code %d, %q; want %q", c.args[0], code, says, c.want)
		}
	}
	at(t, copied, func(rooms *chat.Service, _ *sqlite.Table) {
		for want, closed := range map[string]bool{"t2 paint taken, t3 hang open": false,
			"t4 mop dropped, t1 sand done smooth": true} {
			got, err := rooms.ListTasks(t.Context(), chat.TaskListRequest{Token: token, Closed: closed})
			var list []string
			for _, x := range got.Tasks {
				list = append(list, strings.TrimSpace(fmt.Sprint(x.ID, " ", x.Title, " ", x.State, " ", x.Result)))
			}
			if strings.Join(list, ", ") != want || err != nil {
				t.Errorf("the copy of the backup has %q, %v; want %q", list, err, want)
			}
		}
	})
	id := token[:7]
	for what, damage := range map[string]struct {
		do   func(*sqlite.Table) error
		says string
	}{
		"a file without bytes": {func(tab *sqlite.Table) error { return tab.Files().Delete(t.Context(), keys[0]) },
			"has lost 1 of its files"},
		"a done task that is gone": {func(tab *sqlite.Table) error { return drop(t, tab, id, "DONE#") },
			"has lost smaller items: 1"},
		"an open task that is gone": {func(tab *sqlite.Table) error { return drop(t, tab, id, "META#TASK#") },
			"its snapshot is incomplete"},
	} {
		damaged, more := filepath.Join(t.TempDir(), "damaged.db"), filepath.Join(t.TempDir(), "more.db")
		if code, says := report(t, "backup", "--data", backup, damaged); code != 0 {
			t.Fatal(says)
		}
		at(t, damaged, func(_ *chat.Service, tab *sqlite.Table) {
			if err := damage.do(tab); err != nil {
				t.Fatal(err)
			}
		})
		for _, args := range [][]string{{"check", damaged}, {"backup", "--data", damaged, more}} {
			if code, says := report(t, args...); code != 1 || !strings.Contains(says, damage.says) ||
				!strings.Contains(says, "the room with id "+id) && !strings.Contains(says, `room "tea"`) {
				t.Errorf("%s with %s: code %d, %q", args[0], what, code, says)
			}
		}
		exists(t, more, false)
	}
}

// drop deletes the first item of a room whose sort key begins with prefix.
func drop(t *testing.T, tab *sqlite.Table, id, prefix string) error {
	page, err := tab.Query(t.Context(), table.Range{Partition: roomlog.RoomPrefix + id, Prefix: prefix, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(page, err)
	}
	return tab.Write(t.Context(), table.Delete(page.Items[0].Key, table.IfPresent))
}

// To a table and back, with the files in a bucket.
func TestCopy_withFiles_needsTheBucketOfATable(t *testing.T) {
	s3 := s3local.Start(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": dynamolocal.Start(t), "AWS_ENDPOINT_URL_S3": s3.Endpoint,
		"AWS_REGION": s3local.Region, "AWS_ACCESS_KEY_ID": s3local.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY": s3local.SecretAccessKey,
	} {
		t.Setenv(name, value)
	}
	path, _, _ := fileWithFiles(t)
	to, back := "table:copy-"+rand.Text(), filepath.Join(t.TempDir(), "back.db")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"--create-table --from " + path + " --to " + to, 1, "--to-bucket"},
		{"--from " + path + " --to " + to + " --to-bucket missing-bucket", 1, "missing-bucket"},
		{"--from " + path + " --from-bucket b --to " + to, 2, "holds its files itself"},
		{"--from " + path + " --to " + to + " --to-bucket " + s3.Bucket, 0, "Copied 2 files."},
		{"--from " + to + " --to " + back, 1, "--from-bucket"},
		{"--from " + to + " --from-bucket " + s3.Bucket + " --to " + back, 0, "Copied 2 files."},
	} {
		if code, says := copyRooms(t, strings.Fields(c.args)...); code != c.code || !strings.Contains(says, c.want) {
			t.Errorf("%s: code %d, %q; want %q", c.args, code, says, c.want)
		}
	}
	if code, says := report(t, "check", back); code != 0 || !strings.Contains(says, "2 files") {
		t.Errorf("code %d, %q", code, says)
	}
}
