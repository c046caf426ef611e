package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestMain(m *testing.M) { process.Main(m.Run, "../..") }

// Where there is no Java, SQLite stands alone.
func TestRun_faultInEachKindOfAct_isFound(t *testing.T) {
	for _, name := range []string{"PATH", "CI", dynamolocal.EndpointEnv} {
		t.Setenv(name, "")
	}
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // what a fault leaves behind
		t.Setenv(name, t.TempDir())
	}
	for _, c := range []struct {
		name, plant   string
		code          int
		lost, doubled bool // something, of each kind
	}{
		{"none", "", tooFew, false, false},
		{"loss", "loss", failed, true, false},
		{"double", "double", failed, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			arguments := []string{"-minutes", "0.05"}
			if c.plant != "" {
				arguments = append(arguments, "-plant", c.plant)
			}
			var out, said bytes.Buffer
			code := run(t.Context(), arguments, &out, &said)
			t.Logf("%s\n%s", &out, &said)
			if code != c.code || !strings.Contains(said.String(), "SQLite alone") {
				t.Errorf("it ended with %d, want %d, and a word on DynamoDB", code, c.code)
			}
			rows := rowsOf(out.String())
			for _, k := range kinds {
				row, ok := rows[string(k)]
				if !ok || row[4] == "0" || (row[5] != "0") != c.lost || (row[6] != "0") != c.doubled {
					t.Errorf("%s: %q, want kills, %v lost and %v doubled", k, row, c.lost, c.doubled)
				}
			}
		})
	}
}

// rowsOf returns the cells of a printed table, by kind: acknowledged, thrown, cut and so on begin at 1.
func rowsOf(table string) map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(strings.ReplaceAll(line, " ", ""), "|"); len(cells) > 8 {
			rows[cells[2]] = cells[2:9]
		}
	}
	return rows
}

func TestJudge(t *testing.T) {
	enough := row{acknowledged: leastActs, kills: leastKills}
	for _, c := range []struct {
		name string
		with func(*row)
		code int
	}{
		{"enough", func(*row) {}, nothingLost},
		{"a kill too few", func(r *row) { r.kills-- }, tooFew},
		{"an act too few", func(r *row) { r.acknowledged-- }, tooFew},
		{"one lost, of too few", func(r *row) { r.lost, r.kills = 1, 0 }, failed},
		{"one doubled, of too few", func(r *row) { r.doubled, r.acknowledged = 1, 0 }, failed},
	} {
		other := enough
		c.with(&other)
		for _, rows := range [][]row{{enough, other}, {other, enough}} {
			if code, _ := judge(rows); code != c.code {
				t.Errorf("%s, of %+v: %d, want %d", c.name, rows, code, c.code)
			}
		}
	}
	if code, _ := judge([]row{{acknowledged: 1}, {lost: 1}}); code != failed {
		t.Errorf("too few, and one lost: %d", code)
	}
}

// day is what a room holds after a day, and what clients were told.
func day() (roomLog, []entry) {
	change := func(action, who, id string) message {
		return message{ID: action + id, Type: "task", Action: action, Agent: who, Task: &task{ID: id}}
	}
	l := roomLog{room: "floor", tasks: map[string]task{
		"t1": {ID: "t1", Title: "task 1", State: "done", By: "Bob", Result: "done",
			Evidence: evidence{"make"}, Checks: []checked{{"Dan", "same"}}},
		"t2": {ID: "t2", Title: "chore 1", State: "done", By: "Ann", Result: "over"},
	}, all: []message{
		{ID: "m1", Type: "message", From: "Ann", Text: "hello"},
		change("add", "Ann", "t1"), change("add", "Ann", "t2"),
		{ID: "m2", Type: "message", From: "Ann", Text: "over", Finished: []string{"t2"}},
		change("take", "Bob", "t1"), change("finish", "Bob", "t1"), change("check", "Dan", "t1"),
		{ID: "m3", Type: "message", From: "Ann", Text: "rule 1", Kind: "proposal"},
		{ID: "m4", Type: "message", From: "Dan", Text: "yes", Kind: "agree", ReplyTo: "m3"},
		{ID: "m5", Type: "message", From: "Eve", Text: "draft 1 Edited."},
	}, agreed: []message{{ID: "m3", AgreedBy: []string{"Ann", "Dan"}}}, own: []message{
		{ID: "d1", Type: "draft", From: "Eve", Text: "draft 1"},
		{ID: "m5", Type: "message", From: "Eve", Text: "draft 1 Edited.", Draft: "d1", Reason: "edited"},
		{ID: "d2", Type: "draft", From: "Eve", Text: "draft 2"},
		{ID: "x2", Type: "draft", Draft: "d2", Reason: "refused"},
	}, camps: []camp{{"camp 1", "token", []message{{Type: "joined", Agent: "Gil"}}}}}
	told := func(k kind, words string, d deed) entry { return entry{acknowledged, key{l.room, k, words}, d} }
	ledger := []entry{
		told(join, "camp 1", deed{Who: "Gil", ID: "token"}),
		told(say, "hello", deed{Who: "Ann", ID: "m1"}),
		told(add, "task 1", deed{Who: "Ann", ID: "t1"}),
		told(add, "chore 1", deed{Who: "Ann", ID: "t2"}),
		told(finish, "chore 1", deed{Who: "Ann", ID: "m2", Of: "t2", End: "over"}),
		told(take, "task 1", deed{Who: "Bob", ID: "t1"}),
		told(finish, "task 1", deed{Who: "Bob", ID: "t1", End: "done make"}),
		told(check, "task 1", deed{Who: "Dan", ID: "t1", End: "same"}),
		told(agree, "rule 1", deed{Who: "Ann", ID: "m3"}),
		told(agree, "yes", deed{Who: "Dan", ID: "m4", Of: "m3", End: "agree"}),
		told(draft, "draft 1", deed{Who: "Eve", ID: "d1"}),
		told(draft, "draft 2", deed{Who: "Eve", ID: "d2"}),
		told(decide, "draft 1", deed{Who: "Eve", Of: "d1", End: "edited"}),
		told(decide, "draft 2", deed{Who: "Eve", Of: "d2", End: "refused"}),
	}
	for _, m := range l.all {
		if m.Type == "message" {
			ledger = append(ledger, told(hear, m.ID, deed{Who: "Fay", ID: m.ID, End: m.Text}))
		}
	}
	return l, ledger
}

// What was acknowledged may be there once, and be something else.
func TestCompare_whatIsThereOtherwise_isFound(t *testing.T) {
	change := func(id string, with func(*task)) func(*roomLog) {
		return func(l *roomLog) {
			x := l.tasks[id]
			with(&x)
			l.tasks[id] = x
		}
	}
	more := func(m message) func(*roomLog) { return func(l *roomLog) { l.all = append(l.all, m) } }
	for _, c := range []struct {
		name string
		with func(*roomLog)
		want string // kinds of which something is lost or doubled
	}{
		{"as it was", func(*roomLog) {}, ""},
		{"a seat is gone", func(l *roomLog) { l.camps[0].all = nil }, "join"},
		{"there are two", func(l *roomLog) { l.camps[0].all = append(l.camps[0].all, l.camps[0].all...) }, "join"},
		{"a message has another id", func(l *roomLog) { l.all[0].ID = "m9" }, "say hear"},
		{"a message has other words", func(l *roomLog) { l.all[0].Text = "hell" }, "say hear"},
		{"a message is another's", func(l *roomLog) { l.all[0].From = "Bob" }, "say"},
		{"a message was not heard", more(message{ID: "m9", Type: "message", From: "Eve"}), "hear decide"},
		{"somebody else has the task", change("t1", func(x *task) { x.By = "Cid" }), "take finish"},
		{"the task is open again", change("t1", func(x *task) { x.State = "open" }), "finish"},
		{"the result is another", change("t1", func(x *task) { x.Result = "else" }), "finish"},
		{"what was run is another", change("t1", func(x *task) { x.Evidence.Ran = "go" }), "finish"},
		{"the check is another", change("t1", func(x *task) { x.Checks[0].Verdict = "differs" }), "check"},
		{"the check is gone", change("t1", func(x *task) { x.Checks = nil }), "check"},
		{"the agreement is not on record", func(l *roomLog) { l.agreed = nil }, "agree"},
		{"the vote is not on record", func(l *roomLog) { l.agreed[0].AgreedBy = []string{"Ann"} }, "agree"},
		{"it is there twice", func(l *roomLog) { l.agreed = append(l.agreed, l.agreed...) }, "agree"},
		{"the vote is on something else", func(l *roomLog) { l.all[8].ReplyTo = "m1" }, "agree"},
		{"what was edited has other words", func(l *roomLog) { l.own[1].Text = "draft 1" }, "decide"},
		{"what was edited is not there", func(l *roomLog) { l.all = l.all[:9] }, "hear decide"},
		{"what was refused was sent", func(l *roomLog) { l.own[3].Reason = "sent" }, "decide"},
		{"it was decided twice", func(l *roomLog) { l.own = append(l.own, l.own[3]) }, "decide"},
		{"the draft is there twice", func(l *roomLog) { l.own = append(l.own, l.own[2]) }, "draft"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, ledger := day()
			c.with(&l)
			if got := found(l, ledger); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// Who had no answer may have done it or not, and once.
func TestCompare_whatNobodyWasTold(t *testing.T) {
	for _, c := range []struct {
		name string
		with func(*entry) // the entry of a message
		n    int          // how often its message is there
		want string
	}{
		{"begun, and not there", func(e *entry) { e.Step = begun }, 0, ""},
		{"begun, and there", func(e *entry) { e.Step = begun }, 1, ""},
		{"begun, and there twice", func(e *entry) { e.Step = begun }, 2, "say"},
		{"not begun, and there", func(e *entry) { *e = entry{Step: killed} }, 1, "say"},
		{"acknowledged, and there twice", func(*entry) {}, 2, "say"},
	} {
		l, ledger := day()
		c.with(&ledger[1])
		hello := l.all[0]
		l.all = l.all[1:]
		ledger = slices.DeleteFunc(ledger, func(e entry) bool { return e.key == key{l.room, hear, "m1"} })
		for n := range c.n {
			hello.ID = fmt.Sprint("m", 1+8*n)
			l.all = append(l.all, hello)
			ledger = append(ledger, entry{acknowledged, key{l.room, hear, hello.ID},
				deed{Who: "Fay", ID: hello.ID, End: "hello"}})
		}
		if got := found(l, ledger); got != c.want {
			t.Errorf("%s: found %q, want %q", c.name, got, c.want)
		}
	}
	l, ledger := day()
	for i, want := range []string{5: "take", 14: "hear"} {
		if want == "" {
			continue
		}
		twice := append(slices.Clone(ledger), ledger[i])
		twice[len(ledger)].Who = "Cid"
		if got := found(l, twice); got != want {
			t.Errorf("two were told that they did %+v: found %q, want %q", ledger[i].key, got, want)
		}
	}
}

// found returns the kinds of which something is lost or doubled.
func found(l roomLog, ledger []entry) string {
	there := account{}
	there.enter(l)
	var list []string
	for _, r := range there.compare("", ledger, func(string) {}) {
		if r.lost+r.doubled > 0 {
			list = append(list, string(r.kind))
		}
	}
	return strings.Join(list, " ")
}
