package tools_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// hinted is a tool: the reason for its openWorldHint, and its uses.
type hinted struct {
	open bool
	why  string
	uses map[string]use
}

// use is one call of a tool in a den.
type use struct {
	args    func(d den) args
	between func(d den) // runs between the call and the repetition; nil: nothing
}

// hintedTools are the tools, by name.
func hintedTools() map[string]hinted {
	is := func(fixed args) use { return use{args: func(den) args { return maps.Clone(fixed) }} }
	ann := func(more args) use {
		return use{args: func(d den) args {
			more := maps.Clone(more)
			more["agent_token"] = d.a.Token
			return more
		}}
	}
	on := func(id func(d den) string, more args) use {
		return use{args: func(d den) args {
			more := maps.Clone(more)
			more["agent_token"], more["id"] = d.a.Token, id(d)
			return more
		}}
	}
	task, file := func(d den) string { return d.task }, func(d den) string { return d.file }
	answered := ann(args{"text": "yes"})
	answered.between = func(d den) { d.p.call("send_message", args{"agent_token": d.b.Token, "text": "Really?"}) }
	return map[string]hinted{
		"join_room": {true, "Others read the name, also that of a join that is refused.", map[string]use{
			"a join":             is(args{"room": "den", "agent_name": "Cy"}),
			"a refused join":     is(args{"room": "den", "agent_name": "Bob"}),
			"a return":           ann(args{}),
			"a room that is not": is(args{"room": "hall", "agent_name": "Cy"}),
		}},
		"create_room": {true, "Whoever looks reads the name and the description.", map[string]use{
			"a public room": is(args{"agent_name": "Cy", "public": true, "description": "All welcome"}),
		}},
		"send_message": {true, "Others read the text.", map[string]use{
			"to all":       ann(args{"text": "It is done, as we said."}),
			"a short text": answered,
			"a withdrawal": {args: func(d den) args { return args{"agent_token": d.b.Token, "withdraw": d.request} }},
			"an end": {args: func(d den) args {
				return args{"agent_token": d.a.Token, "text": "Mended.", "finishes": d.task}
			}},
		}},
		"wait_for_message": {true, "Others read the activity.", map[string]use{
			"a wait":      ann(args{"wait_seconds": 0}),
			"an activity": ann(args{"wait_seconds": 0, "activity": "sawing"}),
			"an absence":  ann(args{"wait_seconds": 0, "back_in_minutes": 9}),
		}},
		"message_history": {false, "It only reads.", map[string]use{
			"a page": ann(args{}), "agreements": ann(args{"agreed": true}), "files": ann(args{"files": true}),
		}},
		"share_file": {true, "Others read the file.", map[string]use{
			"a text":      ann(args{"name": "b.txt", "text": "oak"}),
			"a long file": ann(args{"name": "c.txt", "size": 100}),
		}},
		"get_file": {false, "It only reads.", map[string]use{
			"a file": on(file, args{}), "its address": on(file, args{"download": true}),
		}},
		"task": {true, "Others read titles, texts and results.", map[string]use{
			"add":           ann(args{"action": "add", "tasks": []args{{"title": "Paint it"}}}),
			"take":          on(task, args{"action": "take"}),
			"take the next": ann(args{"action": "take"}),
			"finish":        on(task, args{"action": "finish", "text": "Done"}),
			"next":          on(task, args{"action": "next", "text": "Done"}),
			"release":       on(task, args{"action": "release", "text": "No time"}),
			"drop":          on(task, args{"action": "drop", "text": "Not needed"}),
			"edit":          on(task, args{"action": "edit", "title": "Burn it", "text": "All of it"}),
		}},
		"list_tasks": {false, "It only reads.", map[string]use{
			"the list": ann(args{}), "one": on(task, args{}), "closed ones": ann(args{"closed": true}),
		}},
		"room_info": {false, "It only reads.", map[string]use{
			"the own room":      ann(args{}),
			"another":           is(args{"room": "den"}),
			"with a wrong word": is(args{"room": "shed", "password": "oak"}),
		}},
		"show_room": {false, "It only reads.", map[string]use{
			"a look": {args: func(d den) args { return args{"view": d.p.view(d.a.Token)} }},
		}},
		"list_rooms": {false, "It only reads. Nobody sees what is searched for.", map[string]use{
			"all": is(args{}), "some": is(args{"search": "den"}),
		}},
		"update_room": {true, "Others read the name and the description.", map[string]use{
			"a description": ann(args{"description": "Anything"}),
			"an invite":     ann(args{"new_invite": true}),
			"a password":    ann(args{"password": "elm"}),
			"a redaction":   {args: func(d den) args { return args{"agent_token": d.a.Token, "redact": d.request} }},
			"an end":        ann(args{"closed": true}),
		}},
		"manage_agent": {true, "Others read the note.", map[string]use{
			"promote": ann(args{"agent_name": "Bob", "action": "promote"}),
			"mute":    ann(args{"agent_name": "Bob", "action": "mute", "note": "Too loud"}),
			"kick":    ann(args{"agent_name": "Bob", "action": "kick"}),
			"ban":     ann(args{"agent_name": "Bob", "action": "ban", "clear": true}),
		}},
		"enter_queue": {true, "A partner reads the name and the interests.", map[string]use{
			"nobody is there": is(args{"agent_name": "Cy", "interests": "ships", "wait_seconds": 0}),
			"a partner is there": {args: func(d den) args {
				d.p.call("enter_queue", args{"agent_name": "Dan", "queue": "ships", "wait_seconds": 0})
				return args{"agent_name": "Cy", "queue": "ships", "wait_seconds": 0}
			}},
		}},
		"leave_room": {true, "Others read the last word.", map[string]use{
			"a last word": ann(args{"text": "Farewell"}),
		}},
	}
}

// den is a room with two agents and everything that a tool may change.
type den struct {
	p    *peer
	a, b reply // the seats of Ann, the admin, and of Bob

	request, task, file string
}

// The words of the den.
var plantedWords = []string{"Who has the saw?", "The mast is broken.", "for Bob alone", "for Ann alone",
	"Mend the mast", "Of ash, six ells", "What floats", "a.txt"}

func newDen(t *testing.T, w *world) den {
	t.Helper()
	d := den{p: w.connect(modern)}
	d.p.call("create_room", args{"agent_name": "Sue", "room": "shed", "password": "ash"})
	d.a = d.p.call("create_room", args{"agent_name": "Ann", "room": "den", "capacity": 5, "description": "What floats"})
	d.b = d.p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	say := func(token, text string, more args) string {
		more["agent_token"], more["text"] = token, text
		return d.p.call("send_message", more).ID
	}
	say(d.a.Token, "The mast is broken.", args{})
	say(d.a.Token, "for Bob alone", args{"to": "Bob"})
	say(d.b.Token, "for Ann alone", args{"to": "Ann"})
	d.request = say(d.b.Token, "Who has the saw?", args{"ask": "Ann"})
	d.file = d.p.call("share_file", args{"agent_token": d.b.Token, "name": "a.txt", "text": "fir"}).ID
	d.p.call("task", args{"agent_token": d.b.Token, "action": "add",
		"tasks": []args{{"title": "Mend the mast", "text": "Of ash, six ells"}, {"title": "Sand the deck"}}})
	d.task = "t1"
	d.p.call("task", args{"agent_token": d.a.Token, "action": "take", "id": d.task})
	d.p.call("wait_for_message", args{"agent_token": d.a.Token, "wait_seconds": 0})
	return d
}

// lost returns what Ann and Bob can no longer read or do.
func (d den) lost() []string {
	var gone []string
	for who, token := range map[string]string{"Ann": d.a.Token, "Bob": d.b.Token} {
		read := d.p.try("room_info", args{"agent_token": token}).text
		for _, more := range []args{{"limit": 100}, {"files": true}} {
			more["agent_token"] = token
			read += d.p.try("message_history", more).text
		}
		for _, more := range []args{{}, {"id": d.task}, {"closed": true}} {
			more["agent_token"] = token
			read += d.p.try("list_tasks", more).text
		}
		for _, text := range plantedWords {
			if !strings.Contains(read, text) {
				gone = append(gone, who+" cannot read "+text)
			}
		}
	}
	return gone
}

// writes counts what is written to a table, by kinds of items.
type writes struct {
	tabletest.Hooks
	mu sync.Mutex
	by map[string]int
}

func newWrites(tab table.Table) *writes {
	w := &writes{Hooks: tabletest.Hooks{Table: tab}}
	w.After = func(_ context.Context, c *tabletest.Call) {
		if c.Method != tabletest.Write || c.Err != nil {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, op := range c.Ops {
			kind, _, _ := strings.Cut(op.Item.Key.Partition, "#")
			sort, _, _ := strings.Cut(op.Item.Key.Sort, "#")
			if kind == "ROOM" || kind == "QUEUE" {
				kind += " " + sort
			}
			w.by[kind]++
		}
	}
	w.take()
	return w
}

// take returns the kinds of items that were written since the last take, without the items that only record what an
// agent does, has read or may still do.
func (w *writes) take() (kinds []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(w.by)) {
		if !slices.Contains([]string{"ROOM SEEN", "ROOM AT", "ROOM TURN", "ROOM FREE", "ROOM WRONG"}, kind) {
			kinds = append(kinds, kind)
		}
	}
	w.by = map[string]int{}
	return kinds
}

// A client asks its user before it calls a tool that is not read-only. So the test compares the hints with what calls
// do to a room: the items that a call writes, and what agents lack after the call. The test repeats a call at once,
// and again when the room has forgotten the messages. A hidden tool has no hints, since no client sees hidden tools.
func TestHints_ofEachTool_areWhatItsCallsDo(t *testing.T) {
	rows := hintedTools()
	for _, tool := range newWorld(t).set.Tools() {
		row, there := rows[tool.Name]
		switch {
		case tool.Hidden:
			continue
		case !there || row.why == "" || tool.OpenWorld != row.open:
			t.Errorf("%s: openWorldHint is %v, and the reason %q", tool.Name, tool.OpenWorld, row.why)
		}
		var did deeds
		for name, use := range row.uses {
			var is deeds
			t.Run(tool.Name+" "+name, func(t *testing.T) { is = use.play(t, tool.Name) })
			if tool.ReadOnly && is.writes || !tool.Destructive && is.takes || tool.Idempotent && is.adds {
				t.Errorf("%s, %s: %+v", tool.Name, name, is)
			}
			did = deeds{events: did.events || is.events, takes: did.takes || is.takes, adds: did.adds || is.adds}
		}
		if tool.ReadOnly == did.events || tool.Destructive != did.takes || tool.Idempotent == did.adds {
			t.Errorf("%s is read-only %v, destructive %v, idempotent %v, and its calls did %+v", tool.Name,
				tool.ReadOnly, tool.Destructive, tool.Idempotent, did)
		}
	}
}

// deeds are what a call did.
type deeds struct {
	writes, events, takes bool
	adds                  bool // the repeated call wrote something again
	how                   string
}

// play makes the call in a den of its own, and repeats it.
func (u use) play(t *testing.T, tool string) deeds {
	clock := clockwork.NewFakeClock()
	tab := sqlitetest.Open(t, clock)
	count := newWrites(tab)
	d := newDen(t, serve(t, count, chat.Options{Clock: clock, SingleProcess: true, MinBatch: 1, Files: tab.Files()}))
	if gone := d.lost(); gone != nil {
		t.Fatalf("before the call %q", gone)
	}
	arguments := u.args(d)
	var did deeds
	call := func() []string {
		count.take()
		text := d.p.try(tool, arguments).text
		wrote := count.take()
		did.how += fmt.Sprintf("writes %q: %s\n", wrote, text)
		return wrote
	}
	wrote := call()
	did.writes, did.events = wrote != nil, slices.Contains(wrote, "ROOM LOG")
	gone := d.lost()
	did.takes, did.how = gone != nil, did.how+fmt.Sprintf("then %q\n", gone)
	if u.between != nil {
		u.between(d)
	}
	atOnce := call()
	clock.Advance(room.RepeatWindow + time.Minute)
	later := call()
	did.adds = len(atOnce)+len(later) > 0
	return did
}
