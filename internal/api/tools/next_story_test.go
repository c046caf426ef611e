package tools

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// toldInStories returns each next of the stories.
func toldInStories(t *testing.T) (told []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "conversations", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?m)^  next: "(.*)"$`).FindAllStringSubmatch(string(text), -1) {
			told = append(told, strings.ReplaceAll(line[1], `\"`, `"`))
		}
	}
	return told
}

// Each row of the table of next is in a story, where real rooms produce the case.
func TestNext_eachSentence_isInAStory(t *testing.T) {
	told := toldInStories(t)
	for words, sentence := range Sentences() {
		if !slices.ContainsFunc(told, sentence.MatchString) {
			t.Errorf("no story has %q", words)
		}
	}
}

// forms are what differs between sentences of one form, each with what stands for it.
var forms = []struct {
	of *regexp.Regexp
	is string
}{
	{regexp.MustCompile(`cursor (<cursor>|c\w+)|your last cursor`), "cursor c9"},
	{regexp.MustCompile(`<m\d+>|\bm\d\w*`), "m7"},
	{regexp.MustCompile(`\bt\d+`), "t5"},
	{regexp.MustCompile(`(m7|t5)(, (m7|t5))+`), "$1, $1"},
	{regexp.MustCompile(`\+[0-9hms]+`), "TIME"},
	{regexp.MustCompile(`\b([2-9]|[1-9][0-9]+)\b`), "3"},
	{regexp.MustCompile(`: t=\$\(.*`), ": LINE"}, // of a shell that waits
}

// sentenceEnd is between sentences. The line for a shell stays with the sentence before.
var sentenceEnd = regexp.MustCompile(`(\.) ([A-VX-Z"]|W[^r])`)

// TestNext_allSentences_areInOneList lists each form of a sentence of next once, for the tests of programs that read
// next. Nothing that the source says is missing.
func TestNext_allSentences_areInOneList(t *testing.T) {
	all, list := append(toldInStories(t), moreSentences()...), map[string]bool{}
	for _, next := range all {
		for sentence := range strings.SplitSeq(sentenceEnd.ReplaceAllString(next, "$1\n$2"), "\n") {
			for _, f := range forms {
				sentence = f.of.ReplaceAllString(sentence, f.is)
			}
			list[sentence+"\n"] = true
		}
	}
	got, told := strings.Join(slices.Sorted(maps.Keys(list)), ""), strings.ToLower(strings.Join(all, "\n"))
	for _, piece := range piecesOfNext(t) {
		if !strings.Contains(told, strings.ToLower(piece)) {
			t.Errorf("no sentence has %q", piece)
		}
	}
	file := filepath.Join("testdata", "next.golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != got {
		t.Errorf("%s differs (%v): run with -update, and read the difference", file, err)
	}
}

// moreSentences returns next of calls that no story makes.
func moreSentences() []string {
	var all []string
	say := func(next ...string) { all = append(all, next...) }
	is := func(change func(*situation)) {
		s := &situation{advisor: advise(), cursor: "c9", Situation: among(2)}
		s.Begun = true
		change(s)
		say(s.next())
	}
	for _, did := range []chat.Tasks{{Rest: "t5", Situation: among(2)}, {Alike: []string{"t5"}, Situation: among(2)}} {
		say(advise().tasked(did, chat.TaskRequest{}))
	}
	say(advise().shared(chat.Sent{Waited: chat.Waited{Situation: chat.Situation{Standing: chat.Standing{Others: 2},
		Debt: room.Debt{Owes: "m7"}}, Cursor: "c9"}}, chat.SendRequest{}),
		nextSupervised(results.Supervised{Added: "a", Secret: "s"}, false, false),
		nextSupervised(results.Supervised{Added: "a"}, false, false), nextSupervised(results.Supervised{}, false, true), nextAdded,
		nextLeft(chat.Left{Status: chat.StatusUnread, HasMore: true, Silent: true}),
		nextLeft(chat.Left{Status: chat.StatusLeft, HasMore: true, Unsaid: true}))
	for _, keys := range []bool{true, false} {
		s := New(nil, nil, Options{Keys: keys})
		capacity := 9
		say(s.nextUpdated(chat.Updated{Status: chat.StatusUnchanged}, ""),
			s.nextUpdated(chat.Updated{Redacted: "m7"}, ""), s.nextUpdated(chat.Updated{HidesTalk: true}, "x"),
			s.nextUpdated(chat.Updated{Changes: &room.Changes{Capacity: &capacity}, Room: chat.Room{Capacity: 9}}, ""),
			ofInvite(""), s.nextManaged(chat.Managed{Status: chat.StatusNoChange}, ""),
			s.nextManaged(chat.Managed{Status: chat.StatusNoChange, Files: 1}, ""),
			s.nextManaged(chat.Managed{Status: chat.StatusKicked, NeedInvite: 1, HadLeft: []string{"Bob"}}, ""))
	}
	is(func(s *situation) { s.Hooked, s.sent = true, true })
	is(func(s *situation) { s.cursor = "" })
	for n := range 2 {
		is(func(s *situation) {
			s.sent = true
			s.absent = &chat.Absent{Away: n + 1, Mute: n + 1, Silent: n + 1}
		})
	}
	is(func(s *situation) { s.Woken = true })
	is(func(s *situation) { s.announces, s.sent, s.kind = true, true, room.Status })
	is(func(s *situation) { s.status = chat.StatusTurn })
	is(func(s *situation) { s.status, s.Owed, s.OwedTo = chat.StatusTurn, 1, []string{"m3"} })
	is(func(s *situation) { s.Others, s.uninviting = 0, true })
	is(func(s *situation) {
		s.held, s.act, s.question, s.messages = true, "action take, id t5", "m5", []chat.Message{said("m9")}
	})
	is(func(s *situation) { s.held, s.private, s.wants = true, "m7", true })
	is(func(s *situation) { s.held, s.apart, s.replies = true, true, true })
	is(func(s *situation) { // another has objected first
		s.held, s.replies, s.kind, s.messages = true, true, room.Object, []chat.Message{{Type: chat.EventSaid,
			ID: "m9", Kind: room.Object}}
	})
	is(func(s *situation) { s.held, s.file, s.Owes = true, true, "m7" })
	is(func(s *situation) { s.held, s.credential = true, sanitize.CallSyntax })
	mine := []chat.TaskBrief{{ID: "t3"}}
	is(func(s *situation) { s.Tasks, s.Waits, s.FreeTasks, s.Free = mine, []string{"t5"}, 1, "t5" })
	is(func(s *situation) { s.Tasks, s.Bound = mine, true })
	is(func(s *situation) { s.Tasks, s.Listening = mine, true })
	is(func(s *situation) { s.Offered, s.Owed, s.OwedTo = "t4", 1, []string{"m3"} })
	for _, way := range []room.Way{{}, {Invite: true}, {Invite: true, Seats: true},
		{Password: true, Full: true, Guest: true}} {
		is(func(s *situation) { s.seat, s.within, s.Way = true, 90*time.Second, way })
		for why := range outs {
			is(func(s *situation) { s.status, s.Reason, s.Way = chat.StatusRemoved, why, way })
		}
		say(nextLeft(chat.Left{Status: chat.StatusUnread, Way: way}),
			"To come back, "+way.String()+".")
	}
	return all
}

// piecesOfNext returns what the source says in next, without names of calls and words in braces.
func piecesOfNext(t *testing.T) (pieces []string) {
	t.Helper()
	between := regexp.MustCompile(`\{[a-z]+\}|%[a-z]|[.:;,] |[()]`)
	for _, file := range []string{"next.go", "next_fixed.go", "next_words.go", "next_table.go"} {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				said, _ := strconv.Unquote(text.Value)
				for _, piece := range between.Split(said, -1) {
					if words := strings.Trim(piece, " .:;,"); strings.Contains(words, " ") {
						pieces = append(pieces, words)
					}
				}
			}
			return true
		})
	}
	return pieces
}
