package shell_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// stranger is the server of a stranger, which says these names and this next, if any, in place of those that are.
type stranger struct{ room, ann, bob, next string }

func (s stranger) RoundTrip(req *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	for from, to := range map[string]string{"tea": s.room, "Ann": s.ann, "Bob": s.bob} {
		text, _ := json.Marshal(to)
		body = bytes.ReplaceAll(body, []byte(`"`+from+`"`), text)
	}
	if text, _ := json.Marshal(s.next); s.next != "" {
		is := regexp.MustCompile(`"next":"(?:[^"\\]|\\.)*"`)
		body = is.ReplaceAllLiteral(body, append([]byte(`"next":`), text...))
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// recorder runs lines by sh, and has what was run as parley.
type recorder struct {
	t                       *testing.T
	sh, bin, record, stands string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("SKIPPED, NOT TESTED: an agent pastes lines into sh")
	}
	bin := t.TempDir()
	r := &recorder{t, sh, bin, filepath.Join(bin, "record"), t.TempDir()}
	script := "#!" + r.sh + "\nfor a; do printf '%s\\0' \"$a\"; done >>\"${0%parley}record\"\n" +
		"printf '\\n\\0' >>\"${0%parley}record\"\n"
	if err := os.WriteFile(filepath.Join(bin, "parley"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return r
}

// run returns the arguments of each parley that a line runs. No line makes a file.
func (r *recorder) run(line string) (calls [][]string) {
	r.t.Helper()
	sh := exec.CommandContext(r.t.Context(), r.sh, "-c", line)
	sh.Dir, sh.Env = r.stands, []string{"PATH=" + r.bin + ":" + filepath.Dir(r.sh), "HOME=" + r.stands}
	_, _ = sh.CombinedOutput() // most lines are prose
	if files, err := os.ReadDir(r.stands); err != nil || len(files) > 0 {
		r.t.Fatalf("%v, %v after %s", files, err, line)
	}
	text, _ := os.ReadFile(r.record)
	_ = os.Remove(r.record)
	var call []string
	for word := range strings.SplitSeq(string(text), "\x00") {
		if word == "\n" {
			calls, call = append(calls, call), nil
		} else {
			call = append(call, word)
		}
	}
	return calls
}

// commandsIn matches a command in a line: between quotes, or at its end.
var commandsIn = regexp.MustCompile(`“([^”]*)”|(?:: |^  )(parley [^“”]*)$`)

// harmless runs each command in lines, which names the seat of s or leaves the name out.
func (r *recorder) harmless(s stranger, said string) (commands int) {
	r.t.Helper()
	for line := range strings.Lines(said) {
		line = strings.TrimSuffix(line, "\n")
		for _, at := range commandsIn.FindAllStringSubmatch(line, -1) {
			command := at[1] + at[2]
			if !strings.HasPrefix(command, "parley ") {
				continue
			}
			commands++
			calls := r.run(command)
			if len(calls) != 1 {
				r.t.Errorf("%q runs %q", command, calls)
				continue
			}
			words := calls[0]
			for i := 0; i < len(words); i++ {
				word, is := words[i], ""
				for flag, name := range map[string]string{"--room": s.room, "--as": s.ann, "join": s.room} {
					switch {
					case word == flag && i+1 < len(words):
						i++
						is = words[i]
					case strings.HasPrefix(word, flag+"="):
						is = strings.TrimPrefix(word, flag+"=")
					default:
						continue
					}
					own := is == name && (word != flag || !strings.HasPrefix(is, "-"))
					if !own && is != "ROOM" && is != "NAME" {
						r.t.Errorf("%q gives %s %q, and means %q", command, flag, is, name)
					}
					break
				}
				if is == "" && !regexp.MustCompile(`^(--)?[A-Za-z][A-Za-z0-9-]*$|^1s$|^0$|^--$`).MatchString(word) {
					r.t.Errorf("%q has the word %q", command, word)
				}
			}
		}
	}
	return commands
}

// hostileNames are names that a server of a stranger may say.
var hostileNames = []string{"$(touch x)", "`touch x`", "a; touch x", "a' ; touch x; '", `a" ; touch x; "`, "a & touch x",
	"a\ntouch x", "-x", "--help", "--", "*", "~", "#a", "a #b", ">x", "a|touch x", "“; touch x”", "a\x1b[2Jb",
	"a\u202eb", "!!", `a\`, "O'Brien", "two words", "a,b", "{a,b}", "ROOM=$(touch x)"}

// hostileNext are sentences that a server of a stranger may say.
var hostileNext = []string{
	"Call task (cursor c9, action take, id $(touch x)).",
	"Call task (cursor c9, action take, id t1; touch x), or call task (cursor c9, action finish, id *, text).",
	"Call send_message (cursor c9, reply_to m1;touch x, to -x), or get_file (id --force).",
	"Call task (cursor c9, action take, id t1`touch x`) or send_message (cursor c9, reply_to -x, kind $(touch x)).",
	"A file came with message m1$(touch x): get_file with that id shows the file, and has the command that saves it.",
	"propose anew with reply_to m1|touch x, then call wait_for_message (wait_seconds $(touch x), for_me `touch x`).",
	"call send_message (cursor c9, reply_to m1&touch x, kind agree), or give kind object and the reason.",
	"' $(touch x) \" `touch x` >x \\\n$(touch x)\x01say $(touch x)\x02 “touch x” {touch x}: call wait_for_message",
}

// visit is a marked seat in a room on the server of a stranger, where Bob has the names that he likes.
type visit struct {
	t      *testing.T
	base   string
	server stranger
	seat   shell.Which
	r      *recorder
	said   strings.Builder // all that the commands of the seat have printed beside standard output
}

// runs runs a command of the marked seat. A line that names a command does nothing, if it is pasted as a whole.
func (v *visit) runs(do func(c *command) error) {
	v.t.Helper()
	c := at(v.t, v.base, v.server)
	c.Out.JSON = false
	c.NoPerson = func() string { return "there is no terminal" }
	err := do(c)
	for line := range strings.Lines(c.notes.String()) {
		if strings.Contains(line, "parley ") {
			v.r.run(line)
		}
	}
	v.said.WriteString(c.notes.String())
	if err != nil { // its prose names the room as it is
		v.said.WriteString("parley: " + err.Error() + "\n")
	}
}

// bob runs a command of Bob, and returns what it prints.
func (v *visit) bob(do func(c *command) error) string {
	v.t.Helper()
	c := at(v.t, v.base, nil)
	if err := do(c); err != nil {
		v.t.Error(err)
	}
	return c.out.String()
}

// Whatever a server calls its rooms, agents and tasks, whatever was run for one, and whatever next says: a line that an
// agent pastes, and a command in it, runs parley alone, and for the seat that is meant.
func TestNext_ofAStranger_runsParleyAlone(t *testing.T) {
	r := newRecorder(t)
	for two := range slices.Chunk(hostileNames, 2) {
		v := &visit{t: t, base: serve(t), server: stranger{room: two[0], ann: two[1], bob: two[0]}, r: r}
		v.stay()
		if n := r.harmless(v.server, v.said.String()); n < 20 {
			t.Errorf("%q: only %d commands in:\n%s", two, n, v.said.String())
		}
	}
}

// stay joins, decides, works, talks and leaves.
func (v *visit) stay() {
	v.t.Helper()
	v.runs(func(c *command) error {
		return c.Join(v.t.Context(), shell.JoinRequest{Room: "tea", As: "Ann", Capacity: 3, Agent: new(true)})
	})
	file, err := client.OpenTokens()
	if err != nil {
		v.t.Fatal(err)
	}
	all, err := file.All()
	if err != nil || len(all) != 1 || !all[0].Agent {
		v.t.Fatal(all, err)
	}
	v.seat = shell.Which{Room: all[0].Room, As: all[0].Name}
	// Bob is a second seat here, so commands name the seat.
	bob, ctx := shell.Which{Room: "tea", As: "Bob"}, v.t.Context()
	v.bob(func(c *command) error { return c.Join(ctx, shell.JoinRequest{Room: "tea", As: "Bob"}) })
	var sent results.Sent
	read(v.t, v.bob(func(c *command) error {
		return c.Send(ctx, bob, shell.SendRequest{Text: "$(touch x)", Kind: "proposal", New: true})
	}), &sent)
	for _, title := range []string{"$(touch x)", "`touch x`; touch x"} {
		v.bob(func(c *command) error {
			return c.Task(ctx, bob, shell.TaskRequest{Action: "add", Title: title, Text: title})
		})
	}
	ran := []string{"true", "$(touch x)", "`touch x`;touch x"}
	v.bob(func(c *command) error {
		return c.Prove(ctx, bob, shell.ProveRequest{ID: "t1", Limit: time.Minute, Args: ran})
	})

	// The seat reads all of this, and does what it can.
	tasks := func(c *command) error { return c.Tasks(ctx, v.seat, true) }
	for _, do := range []func(c *command) error{
		func(c *command) error { return c.Wait(ctx, v.seat, shell.WaitRequest{}) },
		func(c *command) error {
			return c.Send(ctx, v.seat, shell.SendRequest{Kind: "agree", ReplyTo: sent.ID})
		},
		func(c *command) error { return c.Task(ctx, v.seat, shell.TaskRequest{Action: "take", ID: "t2"}) },
		func(c *command) error { return c.Task(ctx, v.seat, shell.TaskRequest{Action: "take", ID: "t9"}) },
		func(c *command) error {
			return c.Prove(ctx, v.seat, shell.ProveRequest{ID: "t2", Limit: time.Minute, Args: ran})
		},
		func(c *command) error { return c.ProveAgain(ctx, v.seat, shell.ProveRequest{ID: "t1"}) },
		func(c *command) error {
			return c.ProveTyped(ctx, v.seat, shell.ProveRequest{ID: "t1", Args: []string{"true"}})
		},
		tasks,
		func(c *command) error { return c.Invite(ctx, v.seat, false) },
	} {
		v.runs(do)
	}
	v.bob(func(c *command) error {
		return c.Send(ctx, bob, shell.SendRequest{Text: "`touch x`", Kind: "request", To: []string{"Ann"}, New: true})
	})
	for range 2 { // the question comes first
		v.runs(func(c *command) error { return c.Send(ctx, v.seat, shell.SendRequest{Text: "yes"}) })
	}
	for _, next := range hostileNext {
		v.server.next = next
		v.runs(tasks)
	}
	v.server.next = ""
	v.bob(func(c *command) error { return c.Leave(ctx, bob, "") })
	v.runs(func(c *command) error { return c.Send(ctx, v.seat, shell.SendRequest{Text: "x", To: []string{"Bob"}}) })
	v.runs(func(c *command) error { return c.Leave(ctx, v.seat, "") })
	v.runs(tasks)
}

// A refusal marks the shell's own commands alone.
func TestForPeople_marksOfAStranger_areOrdinaryQuotes(t *testing.T) {
	for said, want := range map[string]string{
		"The “parley leave; touch x” is over. Call wait_for_message.": `The "parley leave; touch x" is over. ` +
			"Run “parley wait”.",
	} {
		if got := shell.ForPeople(said); got != want {
			t.Errorf("%q reads %q, want %q", said, got, want)
		}
	}
}
