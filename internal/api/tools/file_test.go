package tools_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// The command of an upload names the caller's file, whatever the path holds, and does nothing else.
func TestShare_line_namesTheFileInAShell(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: there is no shell: it runs the line")
	}
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bin, home := t.TempDir(), t.TempDir()
	// This curl prints its arguments, one on each line.
	script := "#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done\n"
	if err := os.WriteFile(filepath.Join(bin, "curl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"report.pdf":                 "-T report.pdf",
		"/tmp/my report.pdf":         "-T /tmp/my report.pdf",
		"it's $(id) `id` \"x\" \\ ;": "-T it's $(id) `id` \"x\" \\ ;",
		"'; id; '":                   "-T '; id; '",
		"~/a b.txt":                  "-T " + home + "/a b.txt",
		"~":                          "-T ~",
		"-K.txt":                     "-T ./-K.txt",
		"shot[1].png":                "-g -T shot[1].png",
		"{a,b}.png":                  "-g -T {a,b}.png",
		`C:\docs\a.txt`:              `-T C:\docs\a.txt`,
	} {
		upload := p.call("share_file", args{"agent_token": ann.Token, "name": path, "size": 9,
			"idempotency_key": "one"})
		run := exec.CommandContext(t.Context(), shell, "-c", upload.Upload.Line)
		run.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home)
		out, err := run.CombinedOutput()
		got := strings.ReplaceAll(strings.TrimSuffix(string(out), "\n"), "\n", " ")
		if want := "-sS " + want + " " + upload.Upload.Page; err != nil || got != want {
			t.Errorf("%s: %s gives curl %q, want %q (%v)", path, upload.Upload.Line, got, want, err)
		}
	}
	both := p.call("share_file", args{"agent_token": ann.Token, "name": "a.txt", "path": "/tmp/a.txt", "size": 9})
	if !strings.Contains(both.Upload.Line, "'/tmp/a.txt'") {
		t.Errorf("beside a name the path is lost: %s", both.Upload.Line)
	}
}

// next of a shared upload asks for nothing. next of a refused upload says what to do.
func TestUpload_answer_saysWhatIsNext(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	offer := func(token string, size int) string {
		offered := args{"agent_token": token, "name": "a.txt", "size": size}
		if token == ann.Token {
			offered["cursor"] = p.call("wait_for_message", args{"agent_token": token, "wait_seconds": 0}).Cursor
		}
		return p.call("share_file", offered).Upload.Line
	}
	answers := func(line, content, want string) {
		t.Helper()
		var got reply
		if err := json.Unmarshal(p.upload(line, content).JSON, &got); err != nil || !strings.Contains(got.Next, want) ||
			want == "" && got.Next != "" {
			t.Errorf("%s: next is %q, want %q; %v", content, got.Next, want, err)
		}
	}
	const shared = "It is shared: call wait_for_message (cursor c"
	line := offer(ann.Token, 9)
	answers(line, "one", shared)
	answers(line, "one", "It is shared: call wait_for_message (your last cursor, wait_seconds 50), or go on with "+
		"your work.")
	answers(offer(user, 9), "mine", "")
	const secret = "AWS_ID=AKIAQYLPMN5HFIQR7XYA"
	line = offer(ann.Token, 99)
	answers(line, secret, "NOT sent: it holds what looks like")
	answers(line, secret, shared)
	open, chosen, approved, paused := offer(ann.Token, 9), offer(ann.Token, 9), offer(ann.Token, 9), offer(ann.Token, 9)
	p.call("supervise", args{"agent_token": user, "approve_some": "private, agreements"})
	answers(open, "open", shared)
	p.call("supervise", args{"agent_token": user, "approve_some": "files"})
	answers(chosen, "chosen", "Your user has yet to decide about a message of yours, which is NOT sent yet")
	p.call("supervise", args{"agent_token": user, "approve": true})
	answers(approved, "draft", "Your user has yet to decide about a message of yours, which is NOT sent yet")
	p.call("supervise", args{"agent_token": user, "paused": true})
	answers(paused, "silent", "Your user has paused you")
	if got := p.upload(approved, "other"); got.Code != "already_shared" || !strings.Contains(string(got.JSON),
		"call share_file again for this file") {
		t.Errorf("a refusal: %s", got.JSON)
	}
}

// Several files come by one command, safe in a shell; each file has the ending of its kind of text.
func TestGetFile_severalIDs_areOneDownload(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	const content = "oui" // letters that no address of a file has
	var ids []string
	for _, name := range []string{"rates.csv", ".mcp.json", "it's; id.sh"} {
		ids = append(ids, p.call("share_file", args{"agent_token": ann.Token, "name": name, "text": content}).ID)
	}
	words := p.call("send_message", args{"agent_token": ann.Token, "text": "no file"}).ID
	for _, given := range []any{ids, strings.Join(ids, ", ")} {
		got := p.call("get_file", args{"agent_token": bob.Token, "id": given})
		want := regexp.MustCompile(fmt.Sprintf(`^curl -fsS --fail-early -o 'parley-%s\.csv' '(\S+)' -o 'parley-%s\.json' `+
			`'(\S+)' -o 'parley-%s\.txt' '(\S+)'$`, ids[0], ids[1], ids[2]))
		if at := want.FindStringSubmatch(got.Download); at == nil || at[1] == at[2] || at[2] == at[3] {
			t.Errorf("the command is %s", got.Download)
		}
		files := fmt.Sprintf(`"files":[{"id":"%s","name":"rates.csv","size":3,"type":"text/plain","sha256":"%x"},`+
			`{"id":"%s","name":".mcp.json",`, ids[0], sha256.Sum256([]byte(content)), ids[1])
		if !strings.Contains(got.text, files) || strings.Contains(got.text, `"file":`) ||
			strings.Contains(got.text, content) {
			t.Errorf("the result is %s", got.text)
		}
	}
	if one := p.call("get_file", args{"agent_token": bob.Token, "id": ids[:1]}); !strings.Contains(one.text, `"oui"`) {
		t.Errorf("a list of one is that file: %s", one.text)
	}
	for want, id := range map[string][]string{
		"id, number 2: that message carries no file":                      {ids[0], words},
		"id, number 3: there is no message of this id":                    {ids[0], ids[1], "mzzzzzz"},
		"id: at most 20 ids. Nothing was done: get the other files by an": slices.Repeat(ids, 7),
	} {
		if r := p.try("get_file", args{"agent_token": bob.Token, "id": id}); r.Code != "invalid_argument" ||
			!strings.Contains(r.text, want) || strings.Contains(r.text, "curl") {
			t.Errorf("%v: %s\nwant %s", id, r.text, want)
		}
	}
	if r := p.try("get_file", args{"agent_token": bob.Token, "id": ids, "offset": 1}); !strings.Contains(r.text,
		"offset goes with one id") {
		t.Errorf("a part of several: %s", r.text)
	}
}

// The call that shares a file may propose the file, and agents need no checksum to agree.
func TestShare_proposal_isOnRecordWithItsDigest(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann", "capacity": 3})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	p.call("join_room", args{"room": "den", "agent_name": "Cy"})
	line := p.call("share_file", args{"agent_token": ann.Token, "name": "plan.json", "size": 4, "kind": "proposal",
		"ask": "Bob"}).Upload.Line
	var sent reply
	if err := json.Unmarshal(p.upload(line, "plan").JSON, &sent); err != nil || !sent.Sent {
		t.Fatalf("%+v, %v", sent, err)
	}
	p.call("send_message", args{"agent_token": bob.Token, "kind": "agree"})
	record := p.call("room_info", args{"agent_token": bob.Token}).text
	for _, want := range []string{`"text":""`, `"agreed_by":["Ann","Bob"]`, `"file":{"name":"plan.json","size":4,` +
		`"type":"text/plain","sha256":"64879f7d6b960a01909762d911a32d4582c20010c5641ee90278b644a9e3b525"}`} {
		if !strings.Contains(record, want) {
			t.Errorf("room_info lacks %s: %s", want, record)
		}
	}
	asked := p.call("share_file", args{"agent_token": ann.Token, "name": "a.txt", "text": "a", "kind": "request",
		"ask": "Bob"})
	if !asked.Sent || !strings.Contains(asked.Next, "1 answer to "+asked.ID+" is outstanding") {
		t.Errorf("a request: %s", asked.text)
	}
	for _, kind := range []string{"agree", "status"} {
		r := p.try("share_file", args{"agent_token": ann.Token, "name": "a.txt", "text": "a", "kind": kind})
		if !strings.Contains(r.text, "kind must be request or proposal") {
			t.Errorf("kind %s: %s", kind, r.text)
		}
	}
}

// A file may answer messages, too: an upload is opened only once its agent has read what is meant for the agent.
func TestShare_uploadIsPrepared_theGuardHoldsItBack(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	bob := p.call("join_room", args{"room": "den", "agent_name": "Bob"})
	prepare := func(cursor string) reply {
		return p.call("share_file", args{"agent_token": ann.Token, "name": "plan.txt", "size": 4, "cursor": cursor})
	}
	p.call("send_message", args{"agent_token": bob.Token, "text": "Good morning."})
	if free := prepare(ann.Cursor); free.Upload.Line == "" {
		t.Errorf("with words to all unread: %s", free.text)
	}
	p.call("send_message", args{"agent_token": bob.Token, "ask": "Ann", "text": "Not the old plan, please."})
	held := prepare(ann.Cursor)
	if held.Sent || held.Upload.Line != "" || !strings.Contains(held.text, "Not the old plan") ||
		!strings.HasPrefix(held.Next, "NOT sent") || !strings.Contains(held.Next, "call share_file or send_message (") {
		t.Fatalf("with an old cursor: %s", held.text)
	}
	open := prepare(held.Cursor)
	if open.Status != "upload" || open.Upload.Line == "" || len(open.Messages) > 0 {
		t.Fatalf("with the cursor of the hold: %s", open.text)
	}
	cursor := map[bool]string{false: "cursor c", true: "your last cursor"}
	for _, again := range []bool{false, true} {
		var got struct {
			Sent, Duplicate bool
			Status, Next    string
			To              []string
		}
		answer := p.upload(open.Upload.Line, "plan").JSON
		if err := json.Unmarshal(answer, &got); err != nil || !got.Sent || got.Duplicate != again ||
			got.Status != "shared" || !slices.Equal(got.To, []string{"everyone"}) ||
			!strings.HasPrefix(got.Next, "It is shared. You owe an answer: if your user would want it given, call "+
				"send_message ("+cursor[again]) {
			t.Errorf("the answer to the upload: %s, %v", answer, err)
		}
	}
}

func TestShare_refused_saysWhy(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	for want, given := range map[string]args{
		"call share_file again: name is missing":         {"text": "a"},
		"name has invisible characters":                  {"name": "a\u202etxt.exe", "text": "a"},
		"again: name has invisible characters":           {"name": "dir\n/a.txt", "size": 1},
		"text is missing (or, for a file on disk, size)": {"name": "a"},
		"text and size do not go together":               {"name": "a", "text": "a", "size": 1},
		"base64 must be bytes in base64":                 {"name": "a", "base64": "?"},
		"size must be a whole number from 1":             {"name": "a", "size": 0},
		"file must be one":                               {"file": []string{"a", "b"}, "size": 1},
		"file and name mean the same here but differ":    {"name": "a", "file": "b", "text": "a"},
	} {
		given["agent_token"] = ann.Token
		if r := p.try("share_file", given); r.Code != "invalid_argument" || !strings.Contains(r.text, want) {
			t.Errorf("%v: %s\nwant %s", given, r.text, want)
		}
	}
}

func TestShare_bytesAndNames_asModelsGiveThem(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	for _, given := range []args{
		{"file": "/tmp/a.txt", "text": "ab", "message": "look"},
		{"file": "a.txt", "content": "ab", "message": "look"},
		{"name": "dir/a.txt", "base64": "YWI=", "message": "look"},
	} {
		given["agent_token"] = ann.Token
		sent := p.call("share_file", given)
		got := p.call("get_file", args{"agent_token": ann.Token, "id": sent.ID})
		said := p.call("message_history", args{"agent_token": ann.Token, "id": sent.ID}).Messages[0]
		file := fmt.Sprintf(`"file":{"name":"a.txt","size":2,"type":"text/plain","sha256":"%x"},"text":"ab"`,
			sha256.Sum256([]byte("ab")))
		if said.Text != "look" || !strings.Contains(got.text, file) {
			t.Errorf("%v gives %s, said with %q", given, got.text, said.Text)
		}
		got = p.call("get_file", args{"agent_token": ann.Token, "id": sent.ID, "download": true})
		if strings.Contains(got.text, `"text":`) || !strings.Contains(got.text, `"download":"curl`) {
			t.Errorf("asked for the command alone it gives %s", got.text)
		}
	}
}

// Codex cuts a longer result in the middle, whatever is in it.
func TestGetFile_codex_seesEachPartWhole(t *testing.T) {
	url := withAttachments(t, http.NotFound)
	codex := chatGPT{t, url, "codex-mcp-client/0.169"}
	var seat struct {
		Token string `json:"agent_token"`
	}
	codex.call("join_room", args{"room": "tea", "agent_name": "Bob"}).result(t, &seat)
	for _, text := range []string{strings.Repeat("plain\n", 5000), strings.Repeat("\"\\", 15000),
		strings.Repeat("\u200b", 10000), strings.Repeat("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 ", 1700),
		strings.Repeat("\U0001f469\u200d", 2900)} {
		var sent reply
		codex.call("share_file", args{"agent_token": seat.Token, "name": strings.Repeat("n", 99), "text": text}).
			result(t, &sent)
		shown, more := "", int64(0)
		for calls := 0; calls == 0 || more > 0 && calls < 100; calls++ {
			a := codex.call("get_file", args{"agent_token": seat.Token, "id": sent.ID, "offset": more})
			var part struct {
				Text string
				More int64
			}
			if err := json.Unmarshal(a.Result.Structured, &part); err != nil || len(a.Result.Structured) > 10_000 {
				t.Fatalf("a result of %d bytes, %v", len(a.Result.Structured), err)
			}
			shown, more = shown+part.Text, part.More
		}
		if want := sanitize.Escape(text, "\n"); shown != want {
			t.Errorf("%d bytes were shown of %d", len(shown), len(want))
		}
	}
}

// A picture comes as an image for the model of the client; a broken picture does not.
func TestGetFile_picture_isAnImageBesideTheText(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	ann := p.call("join_room", args{"room": "den", "agent_name": "Ann"})
	look := func(name string, content []byte) *mcp.CallToolResult {
		line := p.call("share_file", args{"agent_token": ann.Token, "name": name, "size": len(content)}).Upload.Line
		var sent reply
		if err := json.Unmarshal(p.upload(line, string(content)).JSON, &sent); err != nil || !sent.Sent {
			t.Fatalf("%s: %+v, %v", name, sent, err)
		}
		var request mcp.CallToolRequest
		request.Params.Name = "get_file"
		request.Params.Arguments = map[string]any{"agent_token": ann.Token, "id": sent.ID}
		got, err := p.mcp.CallTool(t.Context(), request)
		if err != nil || got.IsError {
			t.Fatalf("%+v, %v", got, err)
		}
		return got
	}
	got := look("a.png", drawn.Bytes())
	if shown, ok := got.Content[len(got.Content)-1].(mcp.ImageContent); !ok || len(got.Content) != 2 ||
		shown.MIMEType != "image/png" || shown.Data == "" || got.StructuredContent != nil {
		t.Errorf("a picture gives %+v", got)
	}
	if got := look("b.png", drawn.Bytes()[:drawn.Len()-20]); len(got.Content) != 1 ||
		!strings.Contains(got.Content[0].(mcp.TextContent).Text, `"next":"To open this file, run the command in download`) {
		t.Errorf("a broken picture gives %+v", got.Content)
	}
}

// A model reads several ids as ids of messages only if the sentence says so, and says how many go into a call.
func TestNext_filesOfOthers_areNamedByTheirMessages(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann", "room": "den"})
	bob := p.call("join_room", args{"agent_name": "Bob", "room": "den"})
	var ids []string
	for _, want := range []string{
		"A file came with message %s: get_file with that id shows the file, and has the command that saves it. ",
		"Files came with messages %s: get_file with one of these ids shows its file, and with all of them has one " +
			"command that saves all. "} {
		name := fmt.Sprint(len(ids), ".txt")
		ids = append(ids, p.call("share_file", args{"agent_token": ann.Token, "name": name, "text": name}).ID)
		got := p.call("wait_for_message", args{"agent_token": bob.Token, "cursor": bob.Cursor, "wait_seconds": 0}).Next
		want = fmt.Sprintf(want, strings.Join(ids, ", "))
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
