package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sqlite3 "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/server/transfer"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

const (
	damagedRooms    = 4
	messagesOfARoom = 150
)

// talkedFile makes a file with some rooms of two agents that have talked, and returns the token of one agent in each
// room.
func talkedFile(t *testing.T, path string) (tokens []string) {
	t.Helper()
	tab, err := sqlite.Open(path, sqlite.Options{Files: sqlite.FileOptions{Total: math.MaxInt64,
		Disk: func(string) (free, size int64, err error) { return math.MaxInt64, math.MaxInt64, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	s := chat.New(tab, chat.Options{SingleProcess: true, Files: tab.Files()})
	for n := range damagedRooms {
		room := fmt.Sprintf("room-%d", n)
		var both []string
		for _, name := range []string{"Ann", "Bob"} {
			got, err := s.JoinRoom(t.Context(), chat.JoinRequest{Room: room, AgentName: name})
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, got.Token)
		}
		tokens = append(tokens, both[0])
		if _, err := s.Task(t.Context(), chat.TaskRequest{Token: both[0], Action: chat.CommandAdd,
			Tasks: []chat.NewTask{{Title: "one"}, {Title: "two"}}}); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"short", strings.Repeat("long ", 5000)} {
			file := chat.ShareRequest{Token: both[1], Name: "a.txt", Text: text}
			if _, err := s.ShareFile(t.Context(), file); err != nil {
				t.Fatal(err)
			}
		}
		for i := range messagesOfARoom {
			req := chat.SendRequest{Token: both[i%2], Text: fmt.Sprintf("%s: message %d %s", room, i,
				strings.Repeat("x", i%50*10))}
			switch i % 10 {
			case 3:
				req.To = []string{"Ann"}
				req.Token = both[1]
			case 5:
				if i < 100 { // of one agent few may be open
					req.Kind = "request"
				}
			case 6:
				req.Kind = "proposal"
			}
			sent, err := s.Send(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if req.Kind == "proposal" {
				_, err := s.Send(t.Context(), chat.SendRequest{Token: both[1-i%2], Kind: "agree", ReplyTo: sent.ID})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := tab.Close(); err != nil {
		t.Fatal(err)
	}
	return tokens
}

// heard returns how many messages of a room an agent can read in a file. It counts the messages that are not lost:
// noise can change a text, and no check finds that.
func heard(t *testing.T, path, token string) (n int, err error) {
	t.Helper()
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { err = errors.Join(err, tab.Close()) }()
	s := chat.New(tab, chat.Options{SingleProcess: true})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for before := ""; ; {
		page, err := s.History(ctx, chat.HistoryRequest{Token: token, Limit: 100, Before: before})
		if err != nil {
			return n, err
		}
		for _, m := range page.Messages {
			if m.Text != room.Removed {
				n++
			}
		}
		if !page.HasMore {
			return n, nil
		}
		before = page.Messages[0].ID
	}
}

// keptIfFailed returns a folder in memory, where that can be, which stays if the test fails: what was damaged shows the
// fault again.
func keptIfFailed(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "parley-")
	if err != nil {
		dir, err = os.MkdirTemp("", "parley-")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the files of this test are kept in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// Whatever is damaged, a copy names each room with a loss, by name, or by id if the name is lost, or the copy says that
// it may not know all. And the copied rooms are sound.
func TestCopy_damagedFile_copiesWhatCanBeReadAndNamesTheRest(t *testing.T) {
	dir := keptIfFailed(t)
	whole := filepath.Join(dir, "whole.db")
	tokens := talkedFile(t, whole)
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	said, err := heard(t, whole, tokens[0])
	if err != nil || said < messagesOfARoom {
		t.Fatal(said, err)
	}
	const page = 4096
	pages := len(content) / page
	var inner []int // pages that lead to all other pages
	for at := page; at < len(content); at += page {
		if content[at] == 2 {
			inner = append(inner, at)
		}
	}
	mended, trials := 0, 12
	for trial := range trials + len(inner) {
		r := rand.New(rand.NewPCG(1, uint64(trial)))
		noisy := append([]byte(nil), content...)
		var where []int
		for range 1 + trial%3 {
			at := r.IntN(pages)*page + r.IntN(page-64)
			if trial%2 == 0 { // the head of a page
				at -= at % page
			}
			if at < 100 {
				at = 100
			}
			if trial >= trials {
				at = inner[trial-trials]
			}
			where = append(where, at)
			for i := range 1 + r.IntN(64) {
				noisy[at+i] = byte(r.Uint32())
			}
		}
		from := filepath.Join(dir, fmt.Sprintf("from-%d.db", trial))
		to := filepath.Join(dir, fmt.Sprintf("to-%d.db", trial))
		if err := os.WriteFile(from, noisy, 0o600); err != nil {
			t.Fatal(err)
		}
		code, says := copyRooms(t, "--from", from, "--to", to)
		if _, err := os.Stat(to); err != nil {
			if code != 1 || strings.Contains(says, "Copied") {
				t.Errorf("%s, noise at %d: code %d, no copy, %s", from, where, code, says)
			}
			continue
		}
		if code, checked := report(t, "check", to); code != 0 {
			t.Errorf("%s, noise at %d: the copy is damaged: %s\n%s", from, where, checked, says)
		}
		lacking := false
		for n, token := range tokens {
			name := fmt.Sprintf(`"room-%d"`, n)
			parsed, err := ident.ParseToken(token)
			if err != nil {
				t.Fatal(err)
			}
			got, err := heard(t, to, token)
			if err == nil && got == said {
				continue
			}
			lacking = true
			if got > 0 {
				mended++
			}
			if !strings.Contains(says, name) && !strings.Contains(says, "the room with id "+parsed.Room) &&
				!strings.Contains(says, transfer.LostMore) {
				t.Errorf("%s, noise at %d: room %s has %d messages, %v, and nothing says so: %s", from, where, name,
					got, err, says)
			}
		}
		if lacking && code != 1 {
			t.Errorf("%s, noise at %d: code %d, %s", from, where, code, says)
		}
	}
	if mended == 0 {
		t.Error("no room was copied with a part of its messages")
	}
}

// Noise in the version of one item does not mean that the file has another version. The copy of one room also says what
// the room may have lost.
func TestCopy_damagedPageAndAnotherVersion_isSalvaged(t *testing.T) {
	from, dir := filepath.Join(t.TempDir(), "from.db"), t.TempDir()
	talkedFile(t, from)
	c, err := sqlite3.OpenConn(from, sqlite3.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	index := 0
	err = errors.Join(
		sqlitex.ExecuteTransient(c, "SELECT rootpage FROM sqlite_schema WHERE name = 'items_by_expiry'",
			&sqlitex.ExecOptions{ResultFunc: func(row *sqlite3.Stmt) error { index = row.ColumnInt(0); return nil }}),
		sqlitex.ExecuteTransient(c, `WITH ids AS (SELECT pk AS name, 'ROOM#' || (data ->> '$.id') AS pk FROM items
				WHERE pk LIKE 'NAME#%')
			UPDATE items SET data = json_set(data, '$.v', 99) FROM ids WHERE items.pk = ids.pk
				AND (name = 'NAME#room-2' AND sk = 'LOG#0000000000000050' OR name = 'NAME#room-3' AND sk = 'META')`, nil))
	if changed := c.Changes(); err != nil || index == 0 || changed != 2 {
		t.Fatal(index, changed, err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(from, oneNoisy(content, index-1, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	const lost = `room "room-2" has lost 1 of its events`
	const other = `room "room-3" cannot be copied: room: stored by a newer version of Parley: `
	for room, copied := range map[string]string{"": "Copied 3 rooms", "room-1": "Copied 1 room "} {
		args := []string{"--from", from, "--to", filepath.Join(dir, room+".db")}
		if room != "" {
			args = append(args, "--room", room)
		}
		code, says := copyRooms(t, args...)
		if code != 1 || !strings.Contains(says, copied) || !strings.Contains(says, transfer.LostMore) ||
			strings.Contains(says, lost) != (room == "") || strings.Contains(says, other) != (room == "") {
			t.Errorf("room %q: code %d, %s", room, code, says)
		}
	}
}

// Items to which events refer are made again from the events, as far as the events allow: the room is worth more than
// an item.
func TestCopy_itemsLostToWhichEventsRefer_keepsTheRooms(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from.db"), filepath.Join(t.TempDir(), "to.db")
	tokens := talkedFile(t, from)
	tab, err := sqlite.Open(from, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := chat.New(tab, chat.Options{SingleProcess: true})
	_, err = s.Task(t.Context(), chat.TaskRequest{Token: tokens[0], Action: chat.CommandDrop, ID: "t1"})
	if err := errors.Join(err, tab.Close()); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite3.OpenConn(from, sqlite3.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"AGREED", "DONE", "FILE"} {
		err := sqlitex.ExecuteTransient(c, "DELETE FROM items WHERE sk LIKE '"+kind+"%'", nil)
		if err != nil || c.Changes() == 0 {
			t.Fatalf("%s: %d, %v", kind, c.Changes(), err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	code, says := copyRooms(t, "--from", from, "--to", to)
	if code != 1 || !strings.Contains(says, "Copied 4 rooms") || !strings.Contains(says, "Copied 8 files") ||
		strings.Count(says, "has lost smaller items") != damagedRooms {
		t.Errorf("code %d, %s", code, says)
	}
	if code, says := report(t, "check", to); code != 0 {
		t.Error(says)
	}
}

// oneNoisy returns a file with a few bytes of one page overwritten.
func oneNoisy(content []byte, page, at int) []byte {
	noisy := slices.Clone(content)
	copy(noisy[page*4096+at:], "\xff\xff\xff\xff")
	return noisy
}

// Wherever the damage is, check says what is lost, or that nothing is lost, and gives no count that may be too small.
func TestCheck_damagedFile_saysWhatIsLostAsACopyDoes(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	for n := range damagedRooms {
		join(t, whole, fmt.Sprintf("room-%d", n))
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	var sound, unread bool
	for page := range len(content) / 4096 {
		for _, at := range []int{0, 4} {
			noisy := content
			for n := 1; n < len(content)/4096; n++ {
				if n == page || page == 0 { // 0 stands for all pages here
					noisy = oneNoisy(noisy, n, at)
				}
			}
			from, to := filepath.Join(dir, fmt.Sprintf("%d-%d.db", page, at)), filepath.Join(dir, "to.db")
			if err := os.WriteFile(from, noisy, 0o600); err != nil {
				t.Fatal(err)
			}
			code, says := report(t, "check", from)
			if code == 0 {
				continue
			}
			_, copied := copyRooms(t, "--from", from, "--to", to)
			if err := sqlite.Remove(to); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			none, all := strings.Contains(says, noLoss), strings.Contains(copied, "Copied 4 rooms")
			nothing := strings.Contains(says, "nothing of it can be read")
			if !none && !nothing && !strings.Contains(says, " lost") || none != strings.Contains(copied, noLoss) ||
				none && !all {
				t.Errorf("page %d, %d: check says %s; copy says %s", page, at, says, copied)
			}
			if nothing == strings.Contains(says, "copy --from") {
				t.Errorf("page %d, %d: %s", page, at, says)
			}
			if strings.Contains(says, " holds ") {
				t.Errorf("page %d, %d: check says %s; copy says %s", page, at, says, copied)
			}
			sound, unread = sound || none, unread || nothing
		}
	}
	if !sound || !unread {
		t.Errorf("met: nothing lost %v, nothing read %v", sound, unread)
	}
}

// People look into their file before a server opens it.
func TestViews_areInACopyAndABackup(t *testing.T) {
	from, dir := roomFile(t), t.TempDir()
	copied, backup := filepath.Join(dir, "copy.db"), filepath.Join(dir, "backup.db")
	for _, args := range [][]string{{"copy", "--from", from, "--to", copied}, {"backup", "--data", from, backup}} {
		if code, says := report(t, args...); code != 0 {
			t.Fatal(says)
		}
	}
	for _, path := range []string{copied, backup} {
		c, err := sqlite3.OpenConn(path, sqlite3.OpenReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		err = sqlitex.ExecuteTransient(c, "SELECT * FROM rooms LEFT JOIN messages", &sqlitex.ExecOptions{
			ResultFunc: func(*sqlite3.Stmt) error { rows++; return nil }})
		if err := errors.Join(err, c.Close()); err != nil || rows == 0 {
			t.Errorf("%s: %d rows, %v", path, rows, err)
		}
	}
}

// The header says how long the file is, and may be wrong. If pages are damaged, too, a search through the claimed
// length would take for ever.
func TestCheck_headerThatClaimsTooMuch_endsSoon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	talkedFile(t, path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(content[28:], 1<<31-2)
	for _, damaged := range []bool{false, true} {
		if damaged {
			for at := 3 * 4096; at+4096 <= len(content); at += 3 * 4096 {
				clear(content[at : at+4096])
			}
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, says := command(t, "check", path)
		if code != 1 || out != "" || !strings.Contains(says, "is damaged") {
			t.Errorf("pages damaged: %t: code %d, %q, %q", damaged, code, out, says)
		}
	}
}

// A view in the place of a table may have rows without end.
func TestCheck_tableThatIsAnEndlessView_isNotParleys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.db")
	join(t, path, "tea")
	c, err := sqlite3.OpenConn(path, sqlite3.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"DROP TABLE items",
		`CREATE VIEW items AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
			SELECT 'ROOM#' || i AS pk, 'META' AS sk, 1 AS expires, 'x' AS data FROM n`} {
		if err := sqlitex.ExecuteTransient(c, q, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", path}, {"keys", "list", "--data", path},
		{"backup", "--data", path, path + ".backup"}, {"copy", "--from", path, "--to", path + ".copy"}} {
		code, out, says := command(t, args...)
		if code != 1 || out != "" || !strings.Contains(says, "is not Parley's") {
			t.Errorf("%s: code %d, %q, %q", args[0], code, out, says)
		}
	}
}
