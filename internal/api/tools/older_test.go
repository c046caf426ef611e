package tools_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// older is a file that a program of an earlier commit has written, in testdata/older. Beside the file stands what that
// program then showed to each seat by its tools: a line says which seats read a message, a task or an agreement.
type older struct {
	program string // its commit
	// since are fields that came since then, by what shows them, or that depend on rules that did; empty: all of it.
	since map[string][]string
	// inQuestion are titles of tasks that an open proposal puts in question.
	inQuestion []string
}

func olderPrograms() []older {
	return []older{
		{program: "c9bf6264", since: map[string][]string{"agreed": {"agreed_by", "bound", "no_say"},
			"requests": {"replaces"}, "check": {"title", "by", "evidence"}, "task": {"own"}, "agreements": {}}},
		{program: "a65e8f5a", inQuestion: []string{"write it in Go", "test it", "paint it blue", "buy blue paint"}},
	}
}

// today returns what this program shows in place of is, a line of an older one; nil for nothing. These are the rules
// that have changed.
func (o *olderWorld) today(p older, line olderLine) map[string]any {
	is := line.Is
	switch {
	case line.What == "disputes": // what differed then needs nobody now
		return nil
	case line.What == "task":
		if dropped := is["after_dropped"]; dropped != nil && reflect.DeepEqual(dropped, is["after"]) {
			is["state"] = "open" // a dropped task blocks nothing
			o.freed = append(o.freed, is["id"])
		}
		delete(is, "after_dropped")
		delete(is, "in_question") // which is computed
		if title, _ := is["title"].(string); line.Room == "agreed" && slices.Contains(p.inQuestion, title) {
			is["in_question"] = o.replaces
		}
		checks, _ := is["checks"].([]any)
		checks = slices.DeleteFunc(checks, func(check any) bool {
			delete(check.(map[string]any), "gone")           // a kick of the checker is no mark
			return check.(map[string]any)["aside_by"] != nil // what was set aside is removed
		})
		if is["checks"] != nil {
			is["checks"] = checks
		}
	case is["reason"] == "list_full": // no list is full now
		is["from"] = "the server"
		delete(is, "reason")
	case is["action"] == "aside":
		task := is["task"].(map[string]any)
		is["type"], is["by"], is["agent"] = "room", is["agent"], task["checked_by"].([]any)[0]
		delete(is, "action")
		delete(task, "checked_by")
	}
	return is
}

// olderLine is a line of the listing.
type olderLine struct {
	Made    time.Time         `json:"made"`    // of the first line: when the program had written all
	Removed []string          `json:"removed"` // of the first line: words that were removed
	Room    string            `json:"room"`
	Tokens  map[string]string `json:"tokens"` // by the names of the seats
	What    string            `json:"what"`
	Seats   []string          `json:"seats"`
	Is      map[string]any    `json:"is"`
}

// olderWorld is this program over a copy of the file.
type olderWorld struct {
	*world
	clock *clockwork.FakeClock
	path  string
	lines []olderLine
	rooms map[string]map[string]string // tokens by room and seat
	names []string                     // of the rooms
	peer  *peer
	// replaces is the id of the open proposal that would replace an agreement that all see.
	replaces any
	removed  []string
	freed    []any // ids of the tasks, of the room work, that waited for a dropped task alone
}

// openOlder serves the file of an older program a minute after that has written it.
func openOlder(t *testing.T, program string) *olderWorld {
	t.Helper()
	o := &olderWorld{path: filepath.Join(t.TempDir(), "parley.db"), rooms: map[string]map[string]string{}}
	listing, err := os.Open(filepath.Join("testdata", "older", program+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer listing.Close()
	for lines := json.NewDecoder(listing); ; {
		var line olderLine
		if err := lines.Decode(&line); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if line.Tokens != nil {
			o.rooms[line.Room], o.names = line.Tokens, append(o.names, line.Room)
		}
		if line.What == "requests" && line.Is["text"] == "One, anew: we write it in C." {
			o.replaces = line.Is["id"]
		}
		o.lines = append(o.lines, line)
	}
	packed, err := os.Open(filepath.Join("testdata", "older", program+".db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	o.removed = o.lines[0].Removed
	for _, words := range o.removed {
		if bytes.Contains(data, []byte(words)) {
			t.Errorf("%s was removed, and the file has it", words)
		}
	}
	if err := os.WriteFile(o.path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o.clock = clockwork.NewFakeClockAt(o.lines[0].Made.Add(time.Minute))
	tab, err := sqlite.Open(o.path, sqlite.Options{Clock: o.clock, Files: sqlite.FileOptions{Total: math.MaxInt64,
		Disk: func(string) (free, size int64, err error) { return math.MaxInt64, math.MaxInt64, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tab.Close() })
	o.world = serve(t, tab, chat.Options{Clock: o.clock, SingleProcess: true, MinBatch: 1})
	o.world.table = tab
	o.peer = o.connect(modern)
	return o
}

// verify fails if an item of a room contradicts another.
func (o *olderWorld) verify(when string) {
	o.t.Helper()
	rooms := 0
	for partition, err := range o.table.Partitions(o.t.Context(), roomlog.RoomPrefix, roomlog.MetaKey("").Sort) {
		if err != nil {
			o.t.Fatal(err)
		}
		rooms++
		id := strings.TrimPrefix(partition, roomlog.RoomPrefix)
		if _, err := roomlog.Verify(o.t.Context(), o.table, id); err != nil {
			o.t.Errorf("%s: %v", when, err)
		}
		if _, err := roomlog.VerifyFiles(o.t.Context(), o.table, o.table.Files(), id); err != nil {
			o.t.Errorf("%s: %v", when, err)
		}
	}
	if rooms != len(o.names) {
		o.t.Errorf("%s: %d rooms, want %d", when, rooms, len(o.names))
	}
}

// show makes a call for a seat, and returns its result.
func (o *olderWorld) show(room, seat, tool string, in args) (got olderResult) {
	o.t.Helper()
	in = maps.Clone(in)
	in["agent_token"] = o.rooms[room][seat]
	r := o.peer.call(tool, in)
	if err := json.Unmarshal([]byte(r.text), &got); err != nil {
		o.t.Fatal(err)
	}
	return got
}

type olderResult struct {
	Messages   []map[string]any `json:"messages"`
	HasMore    bool             `json:"has_more"`
	Tasks      []map[string]any `json:"tasks"`
	Task       map[string]any   `json:"task"`
	Results    []map[string]any `json:"results"`
	Requests   []map[string]any `json:"requests"`
	Agreements []map[string]any `json:"agreements"`
	Differing  []map[string]any `json:"differing"`
	Earlier    float64          `json:"earlier"`
	Hidden     float64          `json:"hidden"`
	Room       map[string]any   `json:"room"`
}

// history returns all messages, or agreements, of a seat.
func (o *olderWorld) history(room, seat string, in args) (list []map[string]any) {
	o.t.Helper()
	for in["limit"] = 100; ; {
		page := o.show(room, seat, "message_history", in)
		list = slices.Concat(page.Messages, list)
		if !page.HasMore || len(page.Messages) == 0 {
			return list
		}
		in["before"] = page.Messages[0]["id"]
	}
}

// listing returns what all seats are shown, as the lines of the older program: the text of a line with its seats.
func (o *olderWorld) listing(p older) map[string][]string {
	o.t.Helper()
	list := map[string][]string{}
	for _, room := range o.names {
		for seat := range o.rooms[room] {
			put := func(what string, all ...map[string]any) {
				for _, x := range all {
					text := p.lineOf(room, what, x)
					for _, words := range o.removed {
						if strings.Contains(text, words) {
							o.t.Errorf("%s reads %s, which was removed", seat, text)
						}
					}
					list[text] = append(list[text], seat)
				}
			}
			put("message", o.history(room, seat, args{})...)
			put("agreed", o.history(room, seat, args{"agreed": true})...)
			for _, in := range []args{{}, {"closed": true}} {
				for _, task := range o.show(room, seat, "list_tasks", in).Tasks {
					put("task", o.show(room, seat, "list_tasks", args{"id": task["id"]}).Task)
				}
			}
			info := o.show(room, seat, "room_info", args{})
			put("requests", info.Requests...)
			put("agreements", info.Agreements...)
			put("differing", info.Differing...)
			agents, _ := info.Room["agents"].([]any)
			for _, agent := range agents {
				put("agent", only(agent.(map[string]any), "name", "role", "muted", "owner", "alone"))
			}
			put("room", only(info.Room, "name", "description", "type", "capacity", "public", "password_protected"))
			counts := map[string]any{}
			for name, n := range map[string]float64{"earlier": info.Earlier, "hidden": info.Hidden} {
				if n != 0 {
					counts[name] = n
				}
			}
			put("counts", counts)
		}
	}
	return list
}

// only returns x with the fields of these names.
func only(x map[string]any, names ...string) map[string]any {
	maps.DeleteFunc(x, func(name string, _ any) bool { return !slices.Contains(names, name) })
	return x
}

// lineOf returns the text of a line, without what passes with time and without fields that came since; "" if the older
// program chose by other rules what it showed.
func (p older) lineOf(room, what string, x map[string]any) string {
	if x["action"] == "check" {
		what = "check"
	}
	since, changed := p.since[what]
	if changed && len(since) == 0 {
		return ""
	}
	text, err := json.Marshal(without(x, append(since, "minutes")))
	if err != nil {
		panic(err) // it was read from JSON
	}
	return fmt.Sprintf("%s, %s: %s", room, what, text)
}

// without returns a copy of x without the fields of these names, at any depth.
func without(x any, names []string) any {
	switch x := x.(type) {
	case map[string]any:
		left := map[string]any{}
		for name, value := range x {
			if !slices.Contains(names, name) {
				left[name] = without(value, names)
			}
		}
		return left
	case []any:
		left := slices.Clone(x)
		for i := range left {
			left[i] = without(left[i], names)
		}
		return left
	}
	return x
}

// compare fails unless each seat is shown what the older program showed to it.
func (o *olderWorld) compare(p older) {
	o.t.Helper()
	want := map[string][]string{}
	for _, line := range o.lines {
		if line.Is == nil {
			continue
		}
		if is := o.today(p, line); is != nil {
			text := p.lineOf(line.Room, line.What, is)
			want[text] = append(want[text], line.Seats...)
		}
	}
	got := o.listing(p)
	for text := range want {
		got[text] = append(got[text], "")[:len(got[text])] // also what is shown to nobody
	}
	for _, text := range slices.Sorted(maps.Keys(got)) {
		shown, wanted := slices.Sorted(slices.Values(got[text])), slices.Sorted(slices.Values(want[text]))
		if text != "" && !slices.Equal(shown, wanted) {
			o.t.Errorf("%s\nis shown to %q, want %q", text, shown, wanted)
		}
	}
}

func TestOlderTable_readsAsBefore_andGoesOn(t *testing.T) {
	for _, p := range olderPrograms() {
		t.Run(p.program, func(t *testing.T) {
			t.Parallel()
			o := openOlder(t, p.program)
			o.verify("as it was")
			o.compare(p)
			o.goOn(p)
			o.verify("after further acts")

			// Another process, which has cached nothing, shows the same.
			warm := o.listing(p)
			cold := *o
			cold.world = serve(t, o.table, chat.Options{Clock: o.clock, SingleProcess: true, MinBatch: 1})
			cold.peer = cold.connect(modern)
			for text, seats := range cold.listing(p) {
				if !slices.Equal(slices.Sorted(slices.Values(seats)), slices.Sorted(slices.Values(warm[text]))) {
					t.Errorf("%s\nis shown to %q, and cold to %q", text, warm[text], seats)
				}
			}
		})
	}
}

// goOn has the seats of each room speak, vote, take, check and remove.
func (o *olderWorld) goOn(p older) {
	o.t.Helper()
	for _, room := range o.names {
		seats := slices.Sorted(maps.Keys(o.rooms[room]))

		// A further message reaches all, and is removed for all.
		said := o.act(room, "Ann", "send_message", args{"text": "further words"})
		for _, seat := range seats {
			list := o.history(room, seat, args{})
			if last := list[len(list)-1]; last["id"] != said.ID || last["text"] != "further words" {
				o.t.Errorf("%s, %s: %v is last, want %s", room, seat, last, said.ID)
			}
		}
		o.act(room, "Ann", "update_room", args{"redact": said.ID})

		// Each votes on what asks it.
		for _, seat := range seats {
			for _, request := range o.show(room, seat, "room_info", args{}).Requests {
				by, _ := request["owed_by"].([]any)
				if request["proposal"] == true && slices.Contains(by, any(seat)) {
					o.act(room, seat, "send_message", args{"kind": "agree", "reply_to": request["id"]})
				}
			}
		}
	}
	o.removed = append(o.removed, "further words")

	o.mayAsk()
	o.replaceWithoutRemoved()
	o.takeInQuestion(p)

	// What was dropped blocks nothing, and who takes what waited for it reads that. Its check is removed for all.
	for _, id := range o.freed {
		got := o.show("work", "Ann", "task", args{"action": "take", "id": id})
		if len(got.Results) != 1 || got.Results[0]["state"] != "dropped" {
			o.t.Errorf("the results of %s are %v, want what was dropped", id, got.Results)
		}
		o.act("work", "Ann", "task", args{"action": "finish", "id": id, "text": "done", "ran": "make", "exit": 0})
		o.act("work", "Dee", "task", args{"action": "check", "id": id, "exit": 1})
		checks, _ := o.show("work", "Dee", "list_tasks", args{"id": id}).Task["checks"].([]any)
		if len(checks) != 1 {
			o.t.Fatalf("%s has the checks %v, want that of Dee", id, checks)
		}
		o.act("work", "Dee", "update_room", args{"redact": checks[0].(map[string]any)["id"]})
		if left := o.show("work", "Dee", "list_tasks", args{"id": id}).Task["checks"]; left != nil {
			o.t.Errorf("%s has the checks %v, want none", id, left)
		}
	}
}

// act makes a call for a seat that must not be refused.
func (o *olderWorld) act(room, seat, tool string, in args) reply {
	o.t.Helper()
	in["agent_token"] = o.rooms[room][seat]
	return o.peer.call(tool, in)
}

// mayAsk fails unless an agent with more open requests than there may be today, which stay, gets no further one, and an
// agent with none does.
func (o *olderWorld) mayAsk() {
	o.t.Helper()
	before := len(o.show("many", "Bob", "room_info", args{}).Requests)
	in := args{"text": "one question more", "ask": "Bob", "agent_token": o.rooms["many"]["Ann"]}
	if got := o.peer.try("send_message", in); got.Code != "invalid_argument" {
		o.t.Errorf("a further request of Ann: %s", got.text)
	}
	o.act("many", "Cy", "send_message", args{"text": "the first question of Cy", "ask": "Bob"})
	if after := len(o.show("many", "Bob", "room_info", args{}).Requests); after != before+1 {
		o.t.Errorf("%d requests became %d, want one more", before, after)
	}
}

// replaceWithoutRemoved fails unless an agreement is replaced without the vote of one whom an admin has removed, and
// with that of one who is muted.
func (o *olderWorld) replaceWithoutRemoved() {
	o.t.Helper()
	find := func(field string, value any) map[string]any {
		list := o.history("agreed", "Gus", args{"agreed": true})
		i := slices.IndexFunc(list, func(m map[string]any) bool { return m[field] == value })
		if i < 0 {
			o.t.Fatalf("no agreement has the %s %v: %v", field, value, list)
		}
		return list[i]
	}
	old := find("text", "Four: Mo takes the notes.")["id"]
	proposal := o.act("agreed", "Ann", "send_message", args{"text": "Four, anew: I take the notes.", "kind": "proposal",
		"reply_to": old, "ask": "Mo"})
	o.act("agreed", "Mo", "send_message", args{"kind": "agree", "reply_to": proposal.ID})
	if by := find("id", old)["replaced_by"]; by != proposal.ID {
		o.t.Errorf("%s is replaced by %v, want %s", old, by, proposal.ID)
	}
	if noSay := find("id", proposal.ID)["no_say"]; !reflect.DeepEqual(noSay, []any{"Dee"}) {
		o.t.Errorf("no say had %v, want Dee, who was kicked", noSay)
	}
}

// takeInQuestion fails unless the vote that has replaced the agreement leaves its tasks in question, until a take.
func (o *olderWorld) takeInQuestion(p older) {
	o.t.Helper()
	for _, task := range o.show("agreed", "Gus", "list_tasks", args{}).Tasks {
		title, _ := task["title"].(string)
		isIn := slices.Contains(p.inQuestion, title)
		if isIn != (task["in_question"] != nil) || isIn && task["in_question"] != o.replaces {
			o.t.Errorf("%s is in question by %v", title, task["in_question"])
		}
		if isIn && task["state"] == "open" {
			o.act("agreed", "Gus", "task", args{"action": "take", "id": task["id"]})
			if got := o.show("agreed", "Gus", "list_tasks", args{"id": task["id"]}).Task; got["in_question"] != nil {
				o.t.Errorf("%s was taken, and is in question by %v", title, got["in_question"])
			}
		}
	}
}
