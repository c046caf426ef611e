package lambdatest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
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
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// template returns the text of the template.
func template(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "template.yaml"))
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

// grant is what a statement of a role in the template allows: actions and, on the table, the partitions.
type grant struct {
	actions, partitions []string // no partitions: none of the table
}

// grants returns what the template allows a role to do with the table.
func grants(t *testing.T, role string) (all []grant) {
	t.Helper()
	for _, statement := range strings.Split(resource(t, role), "- Effect: Allow")[1:] {
		list := func(form string) (names []string) {
			if found := regexp.MustCompile(form).FindStringSubmatch(statement); found != nil {
				for name := range strings.SplitSeq(found[1], ",") {
					names = append(names, strings.Trim(name, ` "`))
				}
			}
			return names
		}
		g := grant{list(`Action: \[?([^\]\n]+)`), list(`dynamodb:LeadingKeys: \[([^\]]+)\]`)}
		// Where a call names no partition, ForAllValues holds: see "Multivalued context keys" in the guide of IAM.
		if g.partitions != nil && (!strings.Contains(statement, `"ForAllValues:StringLike":`) ||
			!strings.Contains(statement, `"Null": {"dynamodb:LeadingKeys": "false"}`)) {
			t.Errorf("%s: %s", role, statement)
		}
		all = append(all, g)
	}
	return all
}

// wiretap is a proxy between a function and the engine that does what IAM does before the service: a call that the
// role of the function does not allow is refused, and fails the test. It records what was needed ("Actions,
// resources, and condition keys for Amazon DynamoDB"). A transaction needs the permissions of its parts.
type wiretap struct {
	*httptest.Server
	t      *testing.T
	role   string
	grants []grant

	mu     sync.Mutex
	needed map[string]bool
	used   map[string]bool // the grants of partitions: the first action of one, and the pattern in the template
}

// tap returns a wiretap for the function with a role.
func tap(t *testing.T, role, engine string) *wiretap {
	t.Helper()
	w := &wiretap{t: t, role: role, grants: grants(t, role), needed: map[string]bool{}, used: map[string]bool{}}
	pass := &httputil.ReverseProxy{
		Rewrite:   func(p *httputil.ProxyRequest) { passTo(p, engine) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: 10 * time.Second},
		ErrorLog:  log.New(io.Discard, "", 0), // of functions that are killed
	}
	w.Server = httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, q *http.Request) {
		if w.allows(q) {
			pass.ServeHTTP(a, q)
			return
		}
		a.Header().Set("Content-Type", "application/x-amz-json-1.0")
		a.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(a, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not authorized"}`)
	}))
	t.Cleanup(w.Close)
	return w
}

// action is the body of a call, or a part of that of a transaction.
type action struct {
	Item, Key struct {
		Partition struct{ S string } `json:"pk"`
	}
	Values struct { // of a Query
		Partition struct{ S string } `json:":pk"`
	} `json:"ExpressionAttributeValues"`
}

// allows notes a call, and reports whether the role may make it.
func (w *wiretap) allows(q *http.Request) bool {
	_, operation, _ := strings.Cut(q.Header.Get("X-Amz-Target"), ".")
	parts := map[string][]action{}
	body, err := io.ReadAll(q.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) { // the instance was killed
		return false
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	switch operation {
	case "TransactWriteItems":
		var transaction struct{ TransactItems []map[string]action }
		err = errors.Join(err, json.Unmarshal(body, &transaction))
		for _, item := range transaction.TransactItems {
			for kind, part := range item {
				kind = strings.TrimSuffix(kind, "Item") + "Item"
				parts[kind] = append(parts[kind], part)
			}
		}
	case "PutItem", "DeleteItem", "GetItem", "Query":
		parts[operation] = make([]action, 1)
		err = errors.Join(err, json.Unmarshal(body, &parts[operation][0]))
	default:
		err = errors.Join(err, errors.New("no function makes this call"))
	}
	if err != nil {
		w.t.Errorf("%q: %v", q.Header.Get("X-Amz-Target"), err)
		return false
	}
	allowed := true
	w.mu.Lock()
	defer w.mu.Unlock()
	for kind, parts := range parts {
		for _, part := range parts {
			w.needed["dynamodb:"+kind] = true
			partition := part.Item.Partition.S + part.Key.Partition.S + part.Values.Partition.S
			if !w.may("dynamodb:"+kind, partition) {
				w.t.Errorf("%s: %s in %q, which the template does not grant", w.role, kind, partition)
				allowed = false
			}
		}
	}
	return allowed
}

// may reports whether the role has a grant for an action in a partition. w.mu is held.
func (w *wiretap) may(action, partition string) (granted bool) {
	for _, g := range w.grants {
		if !slices.Contains(g.actions, action) {
			continue
		}
		for _, pattern := range g.partitions {
			prefix, open := strings.CutSuffix(pattern, "*")
			if partition == prefix || open && strings.HasPrefix(partition, prefix) {
				granted, w.used[g.actions[0]+" "+pattern] = true, true
			}
		}
	}
	return granted
}

// usedAll fails the test unless the function read and wrote all partitions that its role may.
func (w *wiretap) usedAll() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var may []string
	for _, g := range w.grants {
		for _, pattern := range g.partitions {
			may = append(may, g.actions[0]+" "+pattern)
		}
	}
	slices.Sort(may)
	if used := slices.Sorted(maps.Keys(w.used)); len(may) == 0 || !slices.Equal(used, may) {
		w.t.Errorf("%s may %q; the run used %q", w.role, may, used)
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
	tap := f.tap
	objects := httptest.NewServer(&httputil.ReverseProxy{ModifyResponse: tap.noteObject,
		Rewrite: func(p *httputil.ProxyRequest) { passTo(p, bucket.Endpoint) }})
	defer objects.Close()
	program := f.program(0, bucketEnv(bucket, objects.URL)...)
	client := lambdatest.Start(t, program).FunctionURL()
	everyTool(t, client)
	everyFile(t, client, bucket)
	f.everyPartition(client)
	tap.usedAll()
	used := slices.Sorted(maps.Keys(tap.needed))
	granted := regexp.MustCompile(`(dynamodb|s3):[A-Z][A-Za-z*]+`).FindAllString(resource(t, "Role"), -1)
	slices.Sort(granted)
	granted = slices.DeleteFunc(granted, func(name string) bool { return name == "dynamodb:LeadingKeys" })
	if !slices.Equal(used, granted) {
		t.Errorf("the template grants %v, a run used %v", granted, used)
	}
}

// everyPartition makes the calls that write what everyTool does not.
func (f *function) everyPartition(client *http.Client) {
	f.t.Helper()
	call(f.t, client, "enter_queue", args{"agent_name": "Ann", "wait_seconds": 0})
	ann := join(f.t, client, "hooks", "Ann")
	f.hook(ann)
	call(f.t, client, "leave_room", args{"agent_token": ann.AgentToken}) // its hook ends
	f.everySignIn()
	few := f.start(0, "PARLEY_ROOMS_PER_HOUR=1").FunctionURL()
	for _, name := range []string{"one", "two"} { // the second one finds the slot taken
		if got, err := try(f.t, few, "create_room", args{"room": name, "agent_name": "Ann"}); err != nil {
			f.t.Fatal(got, err)
		}
	}
}

// everySignIn signs programs in and out, in every way that uses the table differently.
func (f *function) everySignIn() {
	f.t.Helper()
	client := f.start(0, signsInAt(ownURL)...).FunctionURL()
	p := connect(f.t, client, ownURL, f.newKey("ann").String())
	ann := p.caller().call(f.t, "create_room", args{"room": "webhooks", "agent_name": "Ann"})
	token, link := linkOf(ann)
	p.caller().call(f.t, "supervise", args{"agent_token": token, "claim": link})
	x := f.webhook(token, "https://example.com/", ident.KeyPrincipal(p.signIn().Key), ownURL)
	p.caller().call(f.t, "supervise", args{"agent_token": token, "add_hook": x.URL}) // it gets another secret
	p.caller().call(f.t, "supervise", args{"agent_token": token, "add_push": webpushtest.NewBrowser(f.t).Subscription(
		"https://" + pushHost + "/fcm/send/x")})
	consumed := p.Refresh
	p.refresh()
	if again := p.refreshed(consumed); again != p.tokens {
		f.t.Error("a token that comes again leads to another pair")
	}
	p.revoke()
	p.signsOut("after it was revoked")
	connectByAccount(f.t, f.start(0, newCompany(f.t).settings(ownURL)...).FunctionURL(), ownURL)
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
	call(t, client, "wait_for_message", args{"agent_token": bob.AgentToken, "wait_seconds": 1, "cursor": bob.Cursor})
	call(t, client, "message_history", args{"agent_token": bob.AgentToken})
	call(t, client, "room_info", args{"agent_token": bob.AgentToken})
	call(t, client, "list_rooms", args{})
	call(t, client, "leave_room", args{"agent_token": bob.AgentToken})
}

func TestTemplate_everySetting_isKnownToTheFunction(t *testing.T) {
	var source []byte
	for _, file := range []string{"internal/server/app/settings.go", "functions/mcp/settings.go",
		"functions/outbox/settings.go"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", filepath.FromSlash(file)))
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

// The outbox ends the subscriptions of a sign-in that it does not know.
func TestTemplate_signIn_isThatOfEachFunctionThatAdmits(t *testing.T) {
	for _, function := range []string{"ParleyFunction", "OutboxFunction"} {
		for _, name := range []string{"PARLEY_ACCESS: !Ref Access", "PARLEY_SIGN_IN: !Ref SignIn",
			`PARLEY_SIGN_IN_ISSUER: !If [HasAccounts, !Ref SignInIssuer, ""]`,
			`PARLEY_SIGN_IN_ALLOW: !If [HasAccounts, !Ref SignInAllow, ""]`} {
			if !strings.Contains(resource(t, function), "          "+name+"\n") {
				t.Errorf("%s has no %s", function, name)
			}
		}
	}
	if !strings.Contains(template(t), "\n  SignIn:\n    Type: String\n    Default: auto\n"+
		"    AllowedValues: [auto, \"off\"]\n") {
		t.Error("SignIn is something else than auto or off, which YAML would read as false")
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

func TestTemplate_table_outlivesASlipOfTheHand(t *testing.T) {
	table := resource(t, "Table")
	for _, line := range []string{"    DeletionPolicy: Retain\n", "    UpdateReplacePolicy: Retain\n",
		"      DeletionProtectionEnabled: true\n"} {
		if !strings.Contains(table, line) {
			t.Errorf("the table has no %q", line)
		}
	}
}

// A file that was removed is gone.
func TestTemplate_files_haveNoVersions(t *testing.T) {
	if strings.Contains(resource(t, "Files"), "VersioningConfiguration") {
		t.Error("the bucket keeps what was deleted")
	}
}
