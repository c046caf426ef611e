package browser

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// server is Parley as people reach it. Each way to start one looks for the browser first:
// without it a test is skipped before anything runs.
type server struct {
	t     *testing.T
	root  string // its origin
	proxy string // through which browsers reach it; "" without one
	http  *http.Client
	store []string // the arguments that name its file or table; none on Lambda
	args  []string
	env   []string
	own   *process.Server // nil on Lambda, and once it has ended
}

// onFile starts the program with a file of its own.
func onFile(t *testing.T, args ...string) *server {
	t.Helper()
	return start(t, &server{store: []string{"--data", filepath.Join(t.TempDir(), "parley.db")}, args: args})
}

// onTable starts the program with a table of its own on DynamoDB Local.
func onTable(t *testing.T, args ...string) *server {
	t.Helper()
	launched(t)
	return start(t, &server{
		store: []string{"--table", "browser-" + rand.Text()}, args: append([]string{"--create-table"}, args...),
		env: []string{
			"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
			"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		},
	})
}

func start(t *testing.T, s *server) *server {
	t.Helper()
	launched(t)
	s.t, s.http = t, &http.Client{}
	s.launch("127.0.0.1:0")
	t.Cleanup(func() {
		printed := s.own.Out
		s.kill()
		if t.Failed() {
			printed.Report(t, "the program")
		}
	})
	return s
}

func (s *server) launch(addr string) {
	s.t.Helper()
	own, err := process.Start(os.Getenv(process.BinaryEnv), slices.Concat([]string{"--addr", addr}, s.store, s.args),
		append(process.Environment(), s.env...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.own, s.root = own, strings.TrimSuffix(own.URL, "/mcp")
}

// kill ends the program as a power cut would.
func (s *server) kill() {
	s.t.Helper()
	if _, err := s.own.End(syscall.SIGKILL); err != nil {
		s.t.Error(err)
	}
}

// again starts the program once more, at the address where it was.
func (s *server) again() {
	s.t.Helper()
	s.launch(strings.TrimPrefix(s.root, "http://"))
}

// key makes a key while the program runs.
func (s *server) key(label string) string {
	s.t.Helper()
	return s.keys("add", label)
}

// keys runs parley keys on the store of the program, and returns what it printed.
func (s *server) keys(arguments ...string) string {
	s.t.Helper()
	return s.parley(append([]string{"keys"}, arguments...)...)
}

// parley runs a command on the store of the program, and returns what it printed.
func (s *server) parley(arguments ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), os.Getenv(process.BinaryEnv), slices.Concat(arguments, s.store)...)
	cmd.Env = append(process.Environment(), s.env...)
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("parley %s: %v", arguments, err)
	}
	return strings.TrimSpace(string(out))
}

// onLambda deploys the function behind a Function URL. Browsers see the address that it
// has at AWS: a proxy on the loopback stands where the network would be.
func onLambda(t *testing.T, env ...string) *server {
	t.Helper()
	launched(t)
	_, table := dynamolocal.NewTable(t, dynamotable.Options{})
	const most = 10 // every open wait holds one instance
	fleet := lambdatest.Deploy(t, lambdatest.Program{Path: function(t), Env: append([]string{
		"PARLEY_TABLE=" + table, "PARLEY_LONGEST_WAIT=50s", "PARLEY_LOG_LEVEL=info", "PARLEY_LOG_FORMAT=json",
		"PARLEY_ACCESS=open",
		"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
	}, env...)}, most)
	fleet.Timeout = 900 * time.Second
	front := httptest.NewUnstartedServer(fleet.Handler(lambdatest.First))
	front.EnableHTTP2 = false // a Function URL speaks HTTP/1.1
	front.StartTLS()
	t.Cleanup(front.Close)
	t.Cleanup(front.CloseClientConnections) // first: a page may be waiting
	return &server{
		t: t, root: "https://" + lambdatest.FunctionURLHost, http: fleet.FunctionURL(lambdatest.First),
		proxy: tunnel(t, front.Listener.Addr().String()),
	}
}

var functionBuild sync.Mutex

// function returns the path of the function, built as lambda.mk builds it.
func function(t *testing.T) string {
	t.Helper()
	functionBuild.Lock()
	defer functionBuild.Unlock()
	binary := filepath.Join(os.Getenv(buildEnv), "function")
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	cmd := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", binary,
		"./functions/mcp")
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, out)
	}
	return binary
}

// tunnel is a proxy that leads every connection with TLS to one address, and a plain request to where it goes.
func tunnel(t *testing.T, to string) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			(&httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}}).ServeHTTP(w, r)
			return
		}
		there, err := net.Dial("tcp", to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer there.Close()
		here, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return // the browser has gone
		}
		defer here.Close()
		if _, err := here.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
			return
		}
		ended := make(chan struct{}, 2)
		go func() { _, _ = buffered.WriteTo(there); ended <- struct{}{} }()
		go func() { _, _ = there.(*net.TCPConn).WriteTo(here); ended <- struct{}{} }()
		<-ended // either side has gone
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}
