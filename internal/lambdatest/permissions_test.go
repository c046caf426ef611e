package lambdatest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/lambdatest"
	"github.com/parley-chat/parley/internal/s3local"
)

// template returns the text of the template.
func template(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// resource returns the part of the template that describes a resource.
func resource(t *testing.T, name string) string {
	t.Helper()
	_, body, found := strings.Cut(template(t), "\n  "+name+":\n")
	if end := regexp.MustCompile(`(?m)^  ?\S`).FindStringIndex(body); end != nil {
		body = body[:end[0]]
	}
	if !found {
		t.Fatalf("the template has no %s", name)
	}
	return body
}

// memorySizes returns the memory sizes that the template allows, in MiB.
func memorySizes(t *testing.T) []int {
	t.Helper()
	list := regexp.MustCompile(`(?m)^  MemorySize:\n(?:    .*\n)*?    AllowedValues: \[([\d, ]+)\]`).FindStringSubmatch(
		template(t))
	if list == nil {
		t.Fatal("the template has no list of sizes")
	}
	var sizes []int
	for _, word := range strings.Split(list[1], ", ") {
		n, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// wiretap is a proxy in front of the engine that records which permissions the
// calls need on the service ("Actions, resources, and condition keys for Amazon
// DynamoDB"). A transaction needs the permissions of its parts.
type wiretap struct {
	t      *testing.T
	mu     sync.Mutex
	needed map[string]bool
}

// tapped returns a wiretap, and the address at which the engine then is.
func (f *function) tapped() (w *wiretap, address string) {
	w = &wiretap{t: f.t, needed: map[string]bool{}}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		passTo(p, f.endpoint)
		w.note(p.Out)
	}})
	f.t.Cleanup(proxy.Close)
	return w, proxy.URL
}

func (w *wiretap) note(q *http.Request) {
	_, operation, ok := strings.Cut(q.Header.Get("X-Amz-Target"), ".")
	if !ok {
		w.t.Errorf("a call without a target: %v", q.Header)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if operation != "TransactWriteItems" {
		w.needed["dynamodb:"+operation] = true
		return
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		w.t.Error(err)
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	var transaction struct{ TransactItems []map[string]any }
	if err := json.Unmarshal(body, &transaction); err != nil {
		w.t.Error(err)
	}
	for _, item := range transaction.TransactItems {
		for kind := range item {
			switch kind {
			case "ConditionCheck":
				w.needed["dynamodb:ConditionCheckItem"] = true
			default:
				w.needed["dynamodb:"+kind+"Item"] = true
			}
		}
	}
}

// outboxMay fails unless the template grants the outbox all that it needed.
func (w *wiretap) outboxMay() {
	w.t.Helper()
	granted := regexp.MustCompile(`dynamodb:[A-Z]\w+`).FindAllString(resource(w.t, "OutboxRole"), -1)
	for _, used := range slices.Sorted(maps.Keys(w.needed)) {
		if !slices.Contains(granted, used) {
			w.t.Errorf("the outbox uses %s, and the template grants it %v", used, granted)
		}
	}
}

// noteObject notes which permissions a call needs on the bucket ("Actions, resources, and condition keys for
// Amazon S3"). What is not there is told only to those who may list.
func (w *wiretap) noteObject(a *http.Response) error {
	action := map[string]string{http.MethodGet: "GetObject", http.MethodPut: "PutObject",
		http.MethodDelete: "DeleteObject"}[a.Request.Method]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.needed["s3:"+action] = true
	if a.StatusCode == http.StatusNotFound {
		w.needed["s3:ListBucket"] = true
	}
	return nil
}

func TestTemplate_permissions_areThoseThatARunUses(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	bucket := s3local.Start(t)
	tap, table := f.tapped()
	objects := httptest.NewServer(&httputil.ReverseProxy{ModifyResponse: tap.noteObject,
		Rewrite: func(p *httputil.ProxyRequest) { passTo(p, bucket.Endpoint) }})
	defer objects.Close()
	program := f.program(0, append(bucketEnv(bucket, objects.URL), "AWS_ENDPOINT_URL_DYNAMODB="+table)...)
	client := lambdatest.Start(t, program).FunctionURL()
	everyTool(t, client)
	everyFile(t, client, bucket)
	used := slices.Sorted(maps.Keys(tap.needed))
	granted := regexp.MustCompile(`(dynamodb|s3):[A-Z][A-Za-z*]+`).FindAllString(resource(t, "Role"), -1)
	slices.Sort(granted)
	if !slices.Equal(used, granted) {
		t.Errorf("the template grants %v, a run used %v", granted, used)
	}
}

// everyFile shares a file, looks at it and removes it, and looks at one whose bytes are gone.
func everyFile(t *testing.T, client *http.Client, bucket *s3local.Server) {
	t.Helper()
	alice := join(t, client, "files", "Alice")
	share := func(text string) string {
		return call(t, client, "share_file", args{"agent_token": alice.AgentToken, "name": "a", "text": text}).ID
	}
	removed, gone := share("removed"), share("gone")
	call(t, client, "get_file", args{"agent_token": alice.AgentToken, "id": removed})
	call(t, client, "update_room", args{"agent_token": alice.AgentToken, "redact": removed})
	bucket.Lose(t)
	got, err := try(t, client, "get_file", args{"agent_token": alice.AgentToken, "id": gone})
	if err != nil || got.Code != "invalid_argument" {
		t.Errorf("%+v, %v", got, err)
	}
}

// passTo passes a request on, with the host for which it is signed.
func passTo(p *httputil.ProxyRequest, endpoint string) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", strings.TrimPrefix(endpoint, "http://")
}

// everyTool calls each tool in every way that uses the table differently.
func everyTool(t *testing.T, client *http.Client) {
	t.Helper()
	resp, err := client.Get("https://any.example/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if body, err := readAll(resp); err != nil || resp.StatusCode != 200 {
		t.Fatal(body, err)
	}
	alice := call(t, client, "create_room", args{"room": "hall", "agent_name": "Alice", "password": "correct horse",
		"public": true, "capacity": 3})
	bob := call(t, client, "join_room", args{"room": "hall:correct horse", "agent_name": "Bob"})
	call(t, client, "join_room", args{"agent_token": bob.AgentToken})
	call(t, client, "send_message", args{"agent_token": alice.AgentToken, "text": "hello", "idempotency_key": "k"})
	call(t, client, "wait_for_message", args{"agent_token": bob.AgentToken, "wait_seconds": 1})
	call(t, client, "wait_for_message", args{"agent_token": bob.AgentToken, "wait_seconds": 1, "cursor": bob.Cursor})
	call(t, client, "message_history", args{"agent_token": bob.AgentToken})
	call(t, client, "room_info", args{"agent_token": bob.AgentToken})
	call(t, client, "list_rooms", args{})
	call(t, client, "leave_room", args{"agent_token": bob.AgentToken})
}

func TestTemplate_everySetting_isKnownToTheFunction(t *testing.T) {
	var source []byte
	for _, file := range []string{"internal/app/settings.go", "functions/mcp/settings.go",
		"functions/outbox/settings.go"} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	settings := regexp.MustCompile(`PARLEY_[A-Z_]+`).FindAllString(template(t), -1)
	if len(settings) < 3 {
		t.Errorf("the template sets only %v", settings)
	}
	for _, name := range settings {
		if !strings.Contains(string(source), `env:"`+name+`"`) {
			t.Errorf("the template sets %s, which the function does not know", name)
		}
	}
}

func TestTemplate_timeout_followsTheLongestWait(t *testing.T) {
	text := template(t)
	list := regexp.MustCompile(
		`(?m)^  LongestWait:\n(?:    .*\n)*?    AllowedValues: \[([\d, ]+)\]`).FindStringSubmatch(text)
	if list == nil || !strings.Contains(text, "      Timeout: !FindInMap [TimeoutOf, !Ref LongestWait, Seconds]\n") {
		t.Fatal("the timeout does not come from the list of waits")
	}
	for _, word := range strings.Split(list[1], ", ") {
		wait, err := strconv.Atoi(word)
		if want := fmt.Sprintf("    %q: {Seconds: %d}\n", word, wait+15); err != nil || !strings.Contains(text, want) {
			t.Errorf("the template lacks %q: %v", want, err)
		}
	}
}

// A parameter that CloudFormation shows is in the console and in the log of a deployment.
func TestTemplate_secret_isNotShown(t *testing.T) {
	if !regexp.MustCompile(`(?m)^  OriginSecret:\n(?:    .*\n)*?    NoEcho: true\n`).MatchString(template(t)) {
		t.Error("OriginSecret has no NoEcho")
	}
}

// The budget counts what has the tag.
func TestTemplate_everyResource_hasTheTagOfTheBudget(t *testing.T) {
	_, resources, _ := strings.Cut(template(t), "\nResources:\n")
	resources, _, _ = strings.Cut(resources, "\nOutputs:\n")
	all := regexp.MustCompile(`(?m)^  [A-Z]\w+:$`).FindAllStringIndex(resources, -1)
	for i, at := range all {
		end := len(resources)
		if i+1 < len(all) {
			end = all[i+1][0]
		}
		body := resources[at[0]:end]
		if strings.Contains(body, "Type: AWS::S3::BucketPolicy") || strings.Contains(body, "Type: AWS::IAM::Policy") {
			continue // takes no tags, and costs nothing
		}
		if !regexp.MustCompile(
			`Tags: (\[\{Key: parley, Value: |\{parley: )!Ref AWS::StackName\}`).MatchString(body) {
			t.Errorf("no tag: %s", body)
		}
	}
	if len(all) < 10 || !strings.Contains(resources,
		`TagKeyValue: [!Join ["$", ["user:parley", !Ref AWS::StackName]]]`) {
		t.Errorf("%d resources; the budget must count the tag", len(all))
	}
}
