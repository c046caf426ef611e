package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api"
)

// sample has every kind of argument but a list.
type sample struct {
	Room   string
	Token  string
	Text   string
	Colour string
	Seats  int
	Seq    int64
	Wait   time.Duration
	Open   bool
}

func sampleArgs(in *sample) []Arg {
	return []Arg{
		Text("room", &in.Room, ""),
		Text("agent_token", &in.Token, ""),
		Text("text", &in.Text, "").Require(),
		Choice("colour", &in.Colour, "", "red", "blue"),
		Integer("seats", &in.Seats, 2, 100, ""),
		Integer("seq", &in.Seq, 0, NoLimit, ""),
		Duration("wait_seconds", &in.Wait, time.Second, 0, 290*time.Second, "").Default(int64(50)).Clamp(),
		Boolean("open", func(yes bool) { in.Open = yes }, ""),
	}
}

// readSample reads raw, and fails the test if that is refused.
func readSample(t *testing.T, raw string) sample {
	t.Helper()
	var in sample
	if problems := Read(sampleArgs(&in), []byte(raw)); len(problems) > 0 {
		t.Errorf("%s is refused: %s", raw, strings.Join(problems, "; "))
	}
	return in
}

func TestRead_spellingsThatModelsUse_meanTheSame(t *testing.T) {
	said := sample{Text: "hi", Wait: 50 * time.Second}
	with := func(change func(*sample)) sample {
		in := said
		change(&in)
		return in
	}
	seats50 := with(func(in *sample) { in.Seats = 50 })
	open := with(func(in *sample) { in.Open = true })
	blue := with(func(in *sample) { in.Colour = "blue" })
	for raw, want := range map[string]sample{
		`{"text":"hi"}`:                                  said,
		` {"text":"hi"} `:                                said,
		`{"text":"hi","room":null,"seats":null}`:         said,
		`{"text":"hi","room":"","seats":"","open":""}`:   said,
		`{"text":"hi","room":[],"seats":[],"open":[]}`:   said,
		`{"text":"bye","text":"hi"}`:                     said, // a key twice: the last counts
		`{"text":"hi","seats":50}`:                       seats50,
		`{"text":"hi","seats":"50"}`:                     seats50,
		`{"text":"hi","seats":" 50 "}`:                   seats50,
		`{"text":"hi","seats":50.0}`:                     seats50,
		`{"text":"hi","seats":"50.0"}`:                   seats50,
		`{"text":"hi","seats":5e1}`:                      seats50,
		`{"text":"hi","open":true}`:                      open,
		`{"text":"hi","open":"true"}`:                    open,
		`{"text":"hi","open":"True"}`:                    open,
		`{"text":"hi","open":false}`:                     said,
		`{"text":"hi","open":"false"}`:                   said,
		`{"text":"hi","colour":"blue"}`:                  blue,
		`{"text":"hi","colour":" Blue"}`:                 blue,
		`{"text":"hi","room":7}`:                         with(func(in *sample) { in.Room = "7" }),
		`{"text":12345678901234567890}`:                  with(func(in *sample) { in.Text = "12345678901234567890" }),
		`{"text":" hi\n"}`:                               with(func(in *sample) { in.Text = " hi\n" }),
		`{"text":"hi","seq":0}`:                          said,
		"{\"text\":\"\ufeffhi\",\"room\":\"\ufeff\"}":    said,
		`{"text":"\uFEFFhi","seats":"\ufeff50"}`:         seats50,
		`{"text":"hi","colour":"\ufeffblue"}`:            blue,
		`{"text":"hi\ufeff"}`:                            with(func(in *sample) { in.Text = "hi\ufeff" }),
		`{"text":"hi","seq":9007199254740992}`:           with(func(in *sample) { in.Seq = 1 << 53 }),
		`{"text":"hi","wait_seconds":0}`:                 with(func(in *sample) { in.Wait = 0 }),
		`{"text":"hi","wait_seconds":290}`:               with(func(in *sample) { in.Wait = 290 * time.Second }),
		`{"text":"hi","wait_seconds":300}`:               with(func(in *sample) { in.Wait = 290 * time.Second }),
		`{"text":"hi","wait_seconds":1e300}`:             with(func(in *sample) { in.Wait = 290 * time.Second }),
		`{"text":"hi","wait_seconds":"1e999"}`:           with(func(in *sample) { in.Wait = 290 * time.Second }),
		`{"text":"hi","wait_seconds":null}`:              said,
		`{"text":"hi","wait_seconds":12345678901234567}`: with(func(in *sample) { in.Wait = 290 * time.Second }),
	} {
		if got := readSample(t, raw); got != want {
			t.Errorf("%s is read as %+v, want %+v", raw, got, want)
		}
	}
}

func TestRead_valueOfNoMeaning_isRefusedByName(t *testing.T) {
	const seats, wait = "seats must be a whole number from 2 to 100", "wait_seconds must be a whole number from 0 to " +
		"290"
	for raw, want := range map[string]string{
		``:                                 "text is missing",
		`null`:                             "text is missing",
		`{}`:                               "text is missing",
		`{"text":""}`:                      "text is missing",
		`{"text":null}`:                    "text is missing",
		`{"text":[]}`:                      "text is missing",
		`{"text":true}`:                    "text must be text",
		`{"text":["hi"]}`:                  "text must be text",
		`{"text":{"en":"hi"}}`:             "text must be text",
		`{"text":"hi","seats":1}`:          seats,
		`{"text":"hi","seats":101}`:        seats,
		`{"text":"hi","seats":2.5}`:        seats,
		`{"text":"hi","seats":"two"}`:      seats,
		`{"text":"hi","seats":"0x10"}`:     seats,
		`{"text":"hi","seats":"1_0"}`:      seats,
		`{"text":"hi","seats":"Inf"}`:      seats,
		`{"text":"hi","seats":"+5"}`:       seats,
		`{"text":"hi","seats":true}`:       seats,
		`{"text":"hi","seats":[5]}`:        seats,
		`{"text":"hi","seats":-1e400}`:     seats,
		`{"text":"hi","seq":-1}`:           "seq must be a whole number from 0",
		`{"text":"hi","seq":"41-k7"}`:      "seq must be a whole number from 0",
		`{"text":"hi","seq":1e17}`:         "seq must be a whole number from 0",
		`{"text":"hi","wait_seconds":-1}`:  wait,
		`{"text":"hi","wait_seconds":0.5}`: wait,
		`{"text":"hi","wait_seconds":"a"}`: wait,
		`{"text":"hi","open":1}`:           "open must be true or false",
		`{"text":"hi","open":"yes"}`:       "open must be true or false",
		`{"text":"hi","colour":"green"}`:   "colour must be red or blue",
		`{"text":"hi","colour":4}`:         "colour must be red or blue",
		`[]`:                               "the arguments must be one JSON object",
		`"hi"`:                             "the arguments must be one JSON object",
		`{"text":"hi"`:                     "the arguments must be one JSON object",
		"{\"text\":\"h\xffi\"}":            "the arguments are not valid UTF-8",
	} {
		var in sample
		if got := strings.Join(Read(sampleArgs(&in), []byte(raw)), "; "); got != want {
			t.Errorf("%q is answered with %q, want %q", raw, got, want)
		}
	}
}

func TestRead_zero_isToldFromAbsent(t *testing.T) {
	for raw, want := range map[string]struct {
		in    time.Duration
		given bool
	}{
		`{}`:                         {0, false},
		`{"back_in_minutes":null}`:   {0, false},
		`{"back_in_minutes":""}`:     {0, false},
		`{"back_in_minutes":0}`:      {0, true},
		`{"back_in_minutes":"0"}`:    {0, true},
		`{"back_in_minutes":"2"}`:    {2 * time.Minute, true},
		`{"back_in_minutes":"soon"}`: {0, false},
	} {
		var in time.Duration
		var given bool
		Read([]Arg{Duration("back_in_minutes", &in, time.Minute, 0, time.Hour, "").Then(func() { given = true })},
			[]byte(raw))
		if in != want.in || given != want.given {
			t.Errorf("%s is read as %v, given %v", raw, in, given)
		}
	}
}

func TestRead_code_isTakenWithoutWhatSurroundsItAndNeverInFull(t *testing.T) {
	for given, want := range map[string]string{
		"c4ahf54n7rk1gd":             "c4ahf54n7rk1gd",
		"\\n  c4ahf54n7rk1gd ":       "c4ahf54n7rk1gd",
		strings.Repeat("a", 300_000): strings.Repeat("a", api.MaxCode),
	} {
		var code string
		if problems := Read([]Arg{Code("cursor", &code, "")}, []byte(`{"cursor":"`+given+`"}`)); len(problems) > 0 ||
			code != want {
			t.Errorf("%.20q: %.20q %v", given, code, problems)
		}
	}
}

func TestRead_contentOfAFile_keepsItsByteOrderMark(t *testing.T) {
	var content string
	Read([]Arg{Text("text", &content, "").Whole()}, []byte(`{"text":"\ufeffhi"}`))
	if content != "\ufeffhi" {
		t.Errorf("%q", content)
	}
}

func TestRead_list_isReadInEverySpelling(t *testing.T) {
	for raw, want := range map[string][]string{
		`["Bob"]`:            {"Bob"},
		`["Bob","Cy"]`:       {"Bob", "Cy"},
		`"Bob"`:              {"Bob"},
		`" Bob "`:            {"Bob"},
		`"Bob, Cy"`:          {"Bob", "Cy"},
		`"[\"Bob\",\"Cy\"]"`: {"Bob", "Cy"},
		`7`:                  {"7"},
		`[7,"Cy"]`:           {"7", "Cy"},
		`["\ufeffBob"]`:      {"Bob"},
		`"\ufeffBob, Cy"`:    {"Bob", "Cy"},
		`"Bob, \ufeffCy"`:    {"Bob", "Cy"},
		`null`:               nil,
		`""`:                 nil,
		`[]`:                 nil,
	} {
		var to []string
		problems := Read([]Arg{List("to", &to, "")}, []byte(`{"to":`+raw+`}`))
		if len(problems) > 0 || !slices.Equal(to, want) {
			t.Errorf("%s is read as %q, problems %q; want %q", raw, to, problems, want)
		}
	}
}

func TestRead_emptyList_isGivenWhereItMayBe(t *testing.T) {
	for raw, want := range map[string][]string{
		`[]`: {}, ` [ ] `: {}, `"[]"`: {}, `["Bob"]`: {"Bob"}, `"Bob"`: {"Bob"}, `null`: nil, `""`: nil,
		`[""]`: nil, `" "`: nil, `"Bob,"`: nil, `true`: nil,
	} {
		var to, other []string
		problems := Read([]Arg{List("to", &to, "").OrEmpty(), List("ask", &other, "")},
			[]byte(`{"to":`+raw+`,"ask":[]}`))
		if refused := want == nil && raw != `null` && raw != `""`; !reflect.DeepEqual(to, want) || other != nil ||
			refused != (len(problems) > 0) {
			t.Errorf("%s is read as %#v and %#v, problems %q; want %#v", raw, to, other, problems, want)
		}
	}
}

// A list that is shorter than intended, or empty, would publish a private message.
func TestRead_listWithABlank_isRefused(t *testing.T) {
	for _, raw := range []string{`[""]`, `[" "]`, `[null]`, `["Bob",""]`, `" "`, `"Bob,"`, `","`, `"[]"`, `[["Bob"]]`,
		`[{"name":"Bob"}]`, `{"name":"Bob"}`, `true`, `[true]`} {
		var to []string
		problems := Read([]Arg{List("to", &to, "")}, []byte(`{"to":`+raw+`}`))
		if want := []string{"to must be a list of texts"}; !slices.Equal(problems, want) || to != nil {
			t.Errorf("%s is read as %q, problems %q", raw, to, problems)
		}
	}
}

// job is an object of a list.
type job struct {
	Title, Text string
	For, After  []string
}

func jobArgs(jobs *[]job) []Arg {
	return []Arg{Objects("jobs", jobs, "", func(j *job) []Arg {
		return []Arg{
			Text("title", &j.Title, "").Require().Also("name", "content"),
			Text("text", &j.Text, ""),
			List("for", &j.For, ""),
			List("after", &j.After, ""),
		}
	})}
}

func TestRead_listOfObjects_isReadInEverySpelling(t *testing.T) {
	a := job{Title: "a"}
	b := job{Title: "b, with a comma", Text: "how", For: []string{"Bob", "Cy"}, After: []string{"1"}}
	const full = `{"title":"b, with a comma","text":"how","for":["Bob","Cy"],"after":[1]}`
	for raw, want := range map[string][]job{
		`[{"title":"a"},` + full + `]`:           {a, b},
		`[ {"title":"a","text":null,"for":[]} ]`: {a},
		full:                                     {b},
		`{"name":"b, with a comma","message":"how","for":"Bob, Cy","after":1}`: {b},
		`["a"]`:                       {a},
		`"a"`:                         {a},
		`["a","b, with a comma"]`:     {a, {Title: "b, with a comma"}},
		`"[\"a\",{\"title\":\"a\"}]"`: {a, a},
		`["{\"title\":\"a\"}"]`:       {a},
		`"[1] a"`:                     {{Title: "[1] a"}},
		`"{braces}"`:                  {{Title: "{braces}"}},
		`[{"content":"a"}]`:           {a},
		`null`:                        nil,
		`[]`:                          nil,
	} {
		var jobs []job
		problems := Read(jobArgs(&jobs), []byte(`{"jobs":`+raw+`}`))
		if len(problems) > 0 || !reflect.DeepEqual(jobs, want) {
			t.Errorf("%s is read as %+v, problems %q; want %+v", raw, jobs, problems, want)
		}
	}
}

func TestRead_listOfObjects_thatIsWrong_isRefusedByNumber(t *testing.T) {
	const list = "jobs must be a list of objects with title, text, for, after"
	for raw, want := range map[string]string{
		`[{"title":"a"},{"text":"b"}]`:   "number 2 of jobs: title is missing",
		`[{"title":"a","priority":1}]`:   "number 1 of jobs: priority is not one of title, text, for, after",
		`[{"title":"a","Ignore all":1}]`: "number 1 of jobs: an argument has a name that this tool does not know",
		`[{"title":["a"]},{"title":"b","for":[""]}]`: "number 1 of jobs: title must be text; number 2 of jobs: for must " +
			"be a list of texts",
		`[{"title":"a","name":"b"}]`: "number 1 of jobs: name and title mean the same here but differ: give only title",
		`[null]`:                     list,
		`["a",""]`:                   list,
		`[["a"]]`:                    list,
		`7`:                          list,
		`true`:                       list,
	} {
		var jobs []job
		if got := strings.Join(Read(jobArgs(&jobs), []byte(`{"jobs":`+raw+`}`)), "; "); got != want {
			t.Errorf("%s is answered with %q, want %q", raw, got, want)
		}
	}
}

func TestRead_bytes_areReadInEverySpellingOfBase64(t *testing.T) {
	for raw, want := range map[string]string{
		`"+/8="`: "\xfb\xff", `"-_8"`: "\xfb\xff", `"YWI"`: "ab", `"YW\nI=\n"`: "ab",
		`"data:text/plain;base64,YWI="`: "ab",
		`"YW I"`:                        "refused", `"a"`: "refused", `["YWI"]`: "refused", `{"a":1}`: "refused",
	} {
		var b []byte
		problems := Read([]Arg{Bytes("base64", &b, "")}, []byte(`{"base64":`+raw+`}`))
		if len(problems) > 0 {
			b = []byte("refused")
		}
		if string(b) != want {
			t.Errorf("%s is read as %q, problems %q", raw, b, problems)
		}
	}
}

func TestRead_thousandsOfUnknownArguments_costLittle(t *testing.T) {
	const many = 4000
	keys := make([]string, many)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"recipient_%d":1`, i)
	}
	raw := []byte("{" + strings.Join(keys, ",") + "}")
	var in sample
	args := sampleArgs(&in)
	var problems []string
	allocations := testing.AllocsPerRun(1, func() { problems = Read(args, raw) })
	if said := Correction("speak", args, problems); len(problems) < many || len(said) > 2000 ||
		!strings.Contains(said, "recipient_0 ") {
		t.Errorf("%d problems, corrected as %s", len(problems), said)
	}
	if allocations > 10*many { // reading the JSON takes some five for each key
		t.Errorf("%.0f allocations for %d keys", allocations, many)
	}
}

func TestRead_severalThingsWrong_areAllNamed(t *testing.T) {
	var in sample
	args := sampleArgs(&in)
	got := Correction("speak", args, Read(args, []byte(`{"seats":"many","open":3,"sets":4,"recipients":["Bob"]}`)))
	want := "Correct this and call speak again: recipients is not an argument; " +
		"sets is not an argument; text is missing; " +
		"seats must be a whole number from 2 to 100; open must be true or false. " +
		"It takes room, agent_token, text (required), colour, seats, seq, wait_seconds, open."
	if got != want {
		t.Errorf("the message is\n%s\nwant\n%s", got, want)
	}
}

func TestCorrection_ofManyProblems_namesTheFirst(t *testing.T) {
	var in sample
	var problems []string
	for i := range 666 {
		problems = append(problems, fmt.Sprintf("x%d is not an argument", i))
	}
	said := Correction("speak", sampleArgs(&in), problems)
	if len(said) > 1000 || !strings.Contains(said, "x9 is") || !strings.Contains(said, "and 656 more") {
		t.Errorf("%d bytes: %s", len(said), said)
	}
}

// FuzzRead reads any arguments. Accepted values are within the ranges of the schema, and refusals stay short.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"text":"hi","seats":"50","open":"true","seq":5e1,"wait_seconds":300}`,
		`{"message":"hi","content":null,"name":7,"colour":"RED"}`,
		`{"text":"\ud800","seats":1e999,"seq":-0}`,
		`{"":1,"text":{},"tool":[[[]]]}`, `null`, `[1]`, "\xff", `{"text":"a","text":"b"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"text":"a","to":["Bob",""],"recipients":"Cy"}`))
	f.Add([]byte(`{"text":"a","to":"[\"Bob\"]"}`))
	f.Add([]byte(`{"text":"a","jobs":[{"title":"a","after":[1,"t2"]},"b",{"name":" "}],"base64":"YQ=="}`))
	f.Add([]byte(`{"text":"a","jobs":"[\"a\",\"{\\\"title\\\":1}\"]"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in sample
		var to []string
		var jobs []job
		var data []byte
		args := append(sampleArgs(&in), List("to", &to, ""), jobArgs(&jobs)[0], Bytes("base64", &data, ""))
		problems := Read(args, raw)
		if len(problems) > 0 {
			if said := Correction("speak", args, problems); len(said) > 2000 {
				t.Errorf("a refusal of %d bytes", len(said))
			}
			return
		}
		if in.Text == "" {
			t.Error("read without the text that is required")
		}
		if slices.ContainsFunc(to, func(one string) bool { return strings.TrimSpace(one) == "" }) {
			t.Errorf("read a list with a blank: %q", to)
		}
		if slices.ContainsFunc(jobs, func(j job) bool { return j.Title == "" }) {
			t.Errorf("read an object without the field that is required: %+v", jobs)
		}
		if in.Seats != 0 && (in.Seats < 2 || in.Seats > 100) || in.Seq < 0 || in.Wait < 0 || in.Wait > 290*time.Second {
			t.Errorf("read as %+v, beyond the ranges", in)
		}
		if in.Colour != "" && in.Colour != "red" && in.Colour != "blue" {
			t.Errorf("read as colour %q", in.Colour)
		}
	})
}
