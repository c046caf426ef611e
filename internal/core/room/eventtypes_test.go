package room_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// row is what eventtypes.go says of a type.
type row struct {
	makers  []string // the functions that make such an event
	example room.Event
}

// rowsOf reads eventtypes.go. The rows have the names of the constants.
func rowsOf(t *testing.T) map[string]row {
	t.Helper()
	code, err := os.ReadFile("eventtypes.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\n\t//\t\"", `"`, "\n\t// Made", " Made").Replace(string(code)) // further lines
	rows := map[string]row{}
	for _, m := range regexp.MustCompile(`Made by ([\w., ]+)\.\n\t//\n\t//\t(.*)\n\t\{(\w+), `).
		FindAllStringSubmatch(text, -1) {
		x := row{makers: strings.Split(m[1], ", ")}
		if err := json.Unmarshal([]byte(m[2]), &x.example); err != nil {
			t.Fatalf("the example of %s: %v", m[3], err)
		}
		if again := string(roomlog.Encode(x.example)); again != m[2] || x.example.V != room.Version {
			t.Errorf("the example of %s is stored as %s", m[3], again)
		}
		rows[m[3]] = x
	}
	return rows
}

// exampleOf returns an event of a type as the log of l would get it next.
func exampleOf(l *timeline, rows map[string]row, is room.EventType) room.Event {
	for _, x := range rows {
		if x.example.Type == is {
			e := x.example
			if e.Agent != nil {
				e.Agent.Seat, e.Seat = l.head.NewSeat(), l.head.NewSeat()
			}
			return e
		}
	}
	l.Fatalf("eventTypes has no row with an example for %q", is)
	return room.Event{}
}

func TestEventTypes_hasEachConstant_withItsMakersAndAnExample(t *testing.T) {
	rows, constants, makers := rowsOf(t), map[string]string{}, map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					if is, ok := n.Type.(*ast.Ident); ok && is.Name == "EventType" {
						constants[n.Names[0].Name] = n.Values[0].(*ast.BasicLit).Value
					}
				case *ast.CompositeLit:
					if is := typeMade(n); is != "" {
						makers[is] = append(makers[is], funcName(d.(*ast.FuncDecl)))
					}
				}
				return true
			})
		}
	}
	for name, is := range constants {
		x, ok := rows[name]
		slices.Sort(x.makers)
		switch {
		case !ok || fmt.Sprintf("%q", x.example.Type) != is:
			t.Errorf("%s is %s: its row in eventTypes has an example of %q", name, is, x.example.Type)
		case !slices.Equal(x.makers, slices.Sorted(slices.Values(makers[name]))):
			t.Errorf("%s is made by %q, and its row in eventTypes says by %q", name, makers[name], x.makers)
		}
		if !slices.Contains(room.EventTypes(), x.example.Type) {
			t.Errorf("EventTypes lacks %s", name)
		}
	}
	if len(rows) != len(constants) || len(rows) != len(room.EventTypes()) {
		t.Errorf("%d rows are read, of %d constants and %d types", len(rows), len(constants), len(room.EventTypes()))
	}
}

// typeMade returns the constant of the type that a literal gives to an Event; "" if it gives none.
func typeMade(c *ast.CompositeLit) string {
	if is, ok := c.Type.(*ast.Ident); !ok || is.Name != "Event" {
		return ""
	}
	for _, x := range c.Elts {
		kv, ok := x.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Type" {
			return kv.Value.(*ast.Ident).Name
		}
	}
	return ""
}

// funcName returns the name of a function, behind that of its receiver's type.
func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return of.(*ast.Ident).Name + "." + f.Name.Name
}

func TestEventTypes_fields_areThoseOfEvent(t *testing.T) {
	var named []string
	for _, is := range room.EventTypes() {
		named = append(named, room.MayHave(is)...)
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[room.Event]()) {
		if !slices.Contains(named, f.Name) {
			t.Errorf("no type of event may have the field %s", f.Name)
		}
	}
	for _, name := range named {
		if _, ok := reflect.TypeFor[room.Event]().FieldByName(name); !ok {
			t.Errorf("eventTypes has %s, which is no field of Event", name)
		}
	}
}

// Events of before keep their bytes: those in a table are read as long as their room lives, and compared by bytes where
// rooms are copied. The golden file of stored items lacks the fields that its session does not set. A new field gets a
// place among these, and the others keep theirs.
func TestEvent_storedFields_keepTheirOrder(t *testing.T) {
	const stored = "call v id st lt talk p run at t dig s f x gone me men k to tn ask an nm re res ref rea ch rpl " +
		"bnd wd keep step file fin close wk task ag agt why admin adminf agent again key hash nkey rd rdd " +
		"room what erun opened behind draft hook dec by byf act note ban inv expires away"
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[room.Event]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" {
			fields = append(fields, name)
		}
	}
	if got := strings.Join(fields, " "); got != stored {
		t.Errorf("an event is stored as\n%s, want\n%s", got, stored)
	}
}

func TestAppend_fieldOfAnotherType_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	joins := room.Message("I am here", "", nil)
	joins.Type = room.Joined
	for what, e := range map[string]room.Event{
		"a pairing with words":          {Type: room.Paired, Text: "hello"},
		"a message of a promotion":      {Type: room.Said, Seat: ann, Name: "Ann", Promoted: bob},
		"a draft of what is no message": {Type: room.Drafted, Seat: ann, Name: "Ann", Draft: &joins},
	} {
		e.N = l.head.AsOf + 1
		if _, err := l.head.CompleteAndApply(&e); err == nil {
			t.Errorf("%s was appended", what)
		}
	}
}

// A new type gets a row here: what its example means in a room of five to an agent that did not cause it, and to the
// agent of its seat. Each of them is called by hooks, another as an endpoint.
func TestEventTypes_each_saysWhatItMeans(t *testing.T) {
	const told = "seen, news, calls each" // by a webhook, and by the next event that wakes
	want := map[room.EventType]struct{ other, own, endpoint string }{
		room.Said: {"seen, news, wakes, holds words, calls wake, calls each", "seen",
			"seen, news, wakes, holds words"},
		room.Joined:         {told, "seen", "seen, news"},
		room.Left:           {told, "", "seen, news"},
		room.Managed:        {told, "seen, news, wakes", "seen, news"},
		room.Changed:        {told, "", "seen, news, calls agent"},
		room.Paired:         {told, "", "seen, news"},
		room.Knocked:        {"seen, news, wakes, calls wake, calls each", "seen, news, wakes", "seen, news, wakes"},
		room.Retired:        {},
		room.SupervisionSet: {"", "seen, news, wakes", ""},
		room.Drafted:        {"", "seen", ""},
		room.TaskChanged:    {told, "seen", "seen, news"},
		room.Hooked:         {"", "calls afd32ba3", ""},
	}
	rows := rowsOf(t)
	for _, is := range room.EventTypes() {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dan", "Eve")
		l.must(ann, room.TaskOrder{Action: room.AddTasks, Add: []room.Task{{Title: "buy tea"}}})
		l.apply(l.agent(4).BeginHook("wake", false))
		l.apply(l.person(4).BeginWebhook("each"))
		l.apply(l.agent(eve).BeginEndpoint("agent"))
		e := l.apply(exampleOf(l, rows, is))
		got := want[is]
		got.other, got.own, got.endpoint = meaning(l, 4, e), meaning(l, e.Seat, e), meaning(l, 5, e)
		if w, ok := want[is]; !ok || got != w {
			t.Errorf("%q means %+q, and its row here says %+q (a row is there: %v)", is, got, w, ok)
		}
	}
}

// meaning says what e, the last event of l, means to the agent of a seat.
func meaning(l *timeline, seat int, e room.Event) string {
	a, here := l.head.Seated(seat)
	c := room.Caller{Agent: a}
	var is []string
	add := func(yes bool, word string) {
		if here && yes {
			is = append(is, word)
		}
	}
	add(c.Sees(e), "seen")
	add(c.IsNews(e), "news")
	add(c.IsNews(e) && c.WokenBy(e, len(l.head.Agents), false), "wakes")
	meant := c.IsHeldBy(e, room.Act{})
	add(!meant && c.IsHeldBy(e, room.Act{ByAny: true}), "holds words")
	add(meant, "holds")
	for _, call := range e.Calls {
		add(call.Seat == seat, "calls "+call.Hook)
	}
	return strings.Join(is, ", ")
}
