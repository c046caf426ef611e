package outcall

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fairqueue"
)

// A document is asked for by the same way, which the tests of Post go.
func TestGet_request_isMarkedAndHoldsNoSignature(t *testing.T) {
	var got http.Header
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodGet || r.Host != name || r.URL.String() != "/card?a=b" ||
			len(body) != 0 {
			t.Errorf("%s %s of %s with %q: %v", r.Method, r.URL, r.Host, body, err)
		}
		got = r.Header.Clone()
		_, _ = io.WriteString(w, "hello")
	})
	answer, err := h.caller(Options{Version: "1.2.3"}).Get(t.Context(), "https://"+name+"/card?a=b#c",
		map[string]string{"A2A-Version": "1.0", Mark: "0"})
	if err != nil || answer.Status != 200 || string(answer.Body) != "hello" {
		t.Fatalf("%+v %v", answer, err)
	}
	want := http.Header{"Accept-Encoding": {"identity"}, "User-Agent": {"Parley/1.2.3"}, "Parley-Outbox": {"1"},
		"A2a-Version": {"1.0"}, "Connection": {"close"}}
	if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%v, want %v", got, want)
	}
	h.found("10.0.0.1")
	if _, err := h.caller(Options{}).Get(t.Context(), "https://"+name, nil); kind(t, err) != Forbidden ||
		h.dialed.Load() != 1 {
		t.Error(err)
	}
}

func TestPost_hostWithinSomebodysNetwork_isNotDialed(t *testing.T) {
	h := newHost(t, say("a secret"))
	for _, at := range []string{"127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "fd00:ec2::254",
		home + " 127.0.0.1", "127.0.0.1 " + home} {
		h.found(at)
		if answer, err := h.post(Options{}); kind(t, err) != Forbidden {
			t.Errorf("%s: %q %v", at, answer.Body, err)
		}
	}
	h.found("")
	if _, err := h.post(Options{}); kind(t, err) != Unreachable {
		t.Errorf("nowhere: %v", err)
	}
	if h.dialed.Load() != 0 {
		t.Errorf("%d addresses are dialed", h.dialed.Load())
	}
}

// A name may lead elsewhere at each look-up. The dialed address is the checked address.
func TestPost_nameThatChangesBetweenLookups_isLookedUpOnceForACall(t *testing.T) {
	h := newHost(t, say("hello"))
	h.found(home, "127.0.0.1", home)
	for _, want := range []Kind{"", Forbidden, ""} {
		if _, err := h.post(Options{}); kind(t, err) != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if h.looked.Load() != 3 || h.dialed.Load() != 2 {
		t.Errorf("%d look-ups, %d dialed", h.looked.Load(), h.dialed.Load())
	}
}

func TestPost_hostOfManyAddresses_isTriedAtFour(t *testing.T) {
	h := newHost(t, say("hello"))
	h.found("8.8.8.8 8.8.4.4 1.1.1.1 " + home)
	if answer, err := h.post(Options{}); string(answer.Body) != "hello" {
		t.Errorf("the fourth: %v", err)
	}
	h.dialed.Store(0)
	h.found("8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 " + home)
	if _, err := h.post(Options{}); err == nil || h.dialed.Load() != 4 {
		t.Errorf("the fifth: %v, %d dialed", err, h.dialed.Load())
	}
}

// raw answers a request with bytes, and ends the connection.
func raw(t *testing.T, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, text) // the caller may have hung up
		_ = c.Close()
	}
}

func TestPost_answer_isBoundedAndLeadsNowhere(t *testing.T) {
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	if _, err := packer.Write(make([]byte, 10<<20)); err != nil || packer.Close() != nil {
		t.Fatal(err)
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	const ok = "HTTP/1.1 200 OK\r\n"
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
	}
	for of, c := range map[string]struct {
		serve  http.HandlerFunc
		kind   Kind
		status int
		body   int // bytes of the body
	}{
		"fine":             {say("hello"), "", 200, 5},
		"gone":             {status(410), "", 410, 0},
		"too large for it": {status(413), "", 413, 0},
		"a fault":          {status(503), "", 503, 0},
		"64 KiB":           {say(strings.Repeat("a", 64<<10)), "", 200, 64 << 10},
		"a byte more":      {say(strings.Repeat("a", 64<<10+1)), BadAnswer, 0, 0},
		"a bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, "", 200, bomb.Len()},
		"redirect to itself": {redirect(302, "/other"), BadAnswer, 0, 0},
		"redirect inside":    {redirect(307, "http://169.254.169.254/"), BadAnswer, 0, 0},
		"redirect for good":  {redirect(308, "https://"+name+"/other"), BadAnswer, 0, 0},
		"not modified":       {status(304), BadAnswer, 0, 0},
		"15 KiB of headers":  {raw(t, ok+"X: "+strings.Repeat("a", 15<<10)+"\r\n\r\n"), "", 200, 0},
		"17 KiB of headers":  {raw(t, ok+"X: "+strings.Repeat("a", 17<<10)+"\r\n\r\n"), BadAnswer, 0, 0},
		"endless tiny lines": {raw(t, ok+strings.Repeat("a:\r\n", 1<<20)), BadAnswer, 0, 0},
		"endless previews":   {raw(t, strings.Repeat("HTTP/1.1 103 Hints\r\nA: b\r\n\r\n", 1<<18)), BadAnswer, 0, 0},
		"not HTTP":           {raw(t, "SSH-2.0-OpenSSH_9.9\r\n"), BadAnswer, 0, 0},
		"nothing":            {raw(t, ""), Unreachable, 0, 0},
		"cut":                {raw(t, ok+"Content-Length: 9\r\n\r\nabc"), Unreachable, 0, 0},
	} {
		h := newHost(t, c.serve)
		answer, err := h.post(Options{})
		if kind(t, err) != c.kind || answer.Status != c.status || len(answer.Body) != c.body {
			t.Errorf("%s: %d, %d bytes, %v", of, answer.Status, len(answer.Body), err)
		}
		if h.asked.Load() != 1 || h.dialed.Load() != 1 {
			t.Errorf("%s: %d requests over %d connections", of, h.asked.Load(), h.dialed.Load())
		}
	}
}

// An endless answer ends with the connection, since nobody reads further.
func TestPost_endlessBody_isCut(t *testing.T) {
	cut := make(chan struct{})
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				close(cut)
				return
			}
		}
	})
	if _, err := h.post(Options{}); kind(t, err) != BadAnswer {
		t.Error(err)
	}
	<-cut
}

// stalled is a host that keeps a connection, and sends the start of an answer when asked; ended is closed when the
// caller has hung up.
func stalled(t *testing.T, says string) (address string, ended chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return // the test has failed
		}
		defer c.Close()
		_, _ = c.Read(make([]byte, 1))
		_, _ = io.WriteString(c, says)
		_, _ = io.Copy(io.Discard, c) // until the caller ends the connection
	}()
	return l.Addr().String(), ended
}

// A host that is as slow as possible costs the time of a call, and keeps no connection after the call.
func TestPost_hostThatStalls_isLeftInTime(t *testing.T) {
	const short = 300 * time.Millisecond
	for of, begin := range map[string]func(w http.ResponseWriter){
		"before the headers": func(http.ResponseWriter) {},
		"within the body": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "the first part")
			_ = http.NewResponseController(w).Flush()
		},
	} {
		ended := make(chan struct{})
		h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			_, _ = io.ReadAll(r.Body)
			begin(w)
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // says nothing to the end
		})
		_, err := h.post(Options{Time: short})
		if kind(t, err) != Timeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", of, err)
		}
		if h.asked.Load() == 1 { // a slow machine may not have come so far
			<-ended
		}
	}

	// A call may have a time of its own.
	own := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		<-r.Context().Done()
	})
	call := to("https://" + name)
	call.Time = short
	if _, err := own.caller(Options{}).Post(t.Context(), call); kind(t, err) != Timeout {
		t.Errorf("in its own time: %v", err)
	}

	h := newHost(t, say("hello"))
	to443, ended := stalled(t, "")
	h.to = to443
	if _, err := h.post(Options{Time: short}); kind(t, err) != Timeout {
		t.Errorf("within the handshake: %v", err)
	}
	<-ended
	for text, want := range map[string]Kind{
		"HTTP/1.1 200 OK\r\nA: b": Timeout, // within the headers
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n": BadAnswer,
	} {
		local, ended := stalled(t, text)
		_, err := h.caller(Options{Time: short, Loopback: true, Dial: new(net.Dialer).DialContext}).
			Post(t.Context(), to("http://"+local))
		if kind(t, err) != want {
			t.Errorf("%q: %v", text, err)
		}
		<-ended
	}
	left := make(chan struct{})
	if _, err := h.post(Options{Time: short, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		defer close(left)
		<-ctx.Done()
		return nil, ctx.Err()
	}}); kind(t, err) != Timeout {
		t.Errorf("while it connects: %v", err)
	}
	<-left
}

func TestPost_connectionThatIsNotSafe_carriesNothing(t *testing.T) {
	h := newHost(t, say("hello"))
	plain := httptest.NewServer(say("hello"))
	t.Cleanup(plain.Close)
	old := newHost(t, say("hello"), func(s *httptest.Server) {
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	})
	if _, err := old.post(Options{}); kind(t, err) != TLS {
		t.Errorf("TLS 1.1: %v", err)
	}
	if _, err := h.post(Options{Roots: x509.NewCertPool()}); kind(t, err) != TLS {
		t.Errorf("a certificate of nobody: %v", err)
	}
	if _, err := h.caller(Options{}).Post(t.Context(), to("https://hooks.example.org/")); kind(t, err) != TLS {
		t.Errorf("a certificate of another: %v", err)
	}
	h.to = plain.Listener.Addr().String()
	if _, err := h.post(Options{}); kind(t, err) != TLS {
		t.Errorf("no TLS: %v", err)
	}
	if h.asked.Load()+old.asked.Load() != 0 {
		t.Error("somebody was asked")
	}
	new12 := newHost(t, say("hello"), func(s *httptest.Server) { s.TLS = &tls.Config{MaxVersion: tls.VersionTLS12} })
	if _, err := new12.post(Options{}); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestPost_nobodyListens_isRefused(t *testing.T) {
	h := newHost(t, say("hello"))
	h.server.Close()
	if _, err := h.post(Options{}); kind(t, err) != ConnectionRefused || strings.Contains(err.Error(), "127.0.0.1") {
		t.Error(err)
	}
}

func TestPost_variablesOfTheEnvironment_leadNoCallToAProxy(t *testing.T) {
	const proxy = "HTTPS_PROXY"
	if os.Getenv(proxy) == "" { // net/http reads it once: run the test again in a process that began with it
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), proxy+"=http://127.0.0.1:1", "https_proxy=http://127.0.0.1:1", "NO_PROXY=",
			"no_proxy=")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	h := newHost(t, say("hello"))
	if answer, err := h.post(Options{}); string(answer.Body) != "hello" {
		t.Error(err)
	}
}

func TestPost_localServer_callsItsOwnMachineByHTTP(t *testing.T) {
	var got http.Header
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	t.Cleanup(s.Close)
	for _, address := range []string{s.URL, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)} {
		got = nil
		answer, err := New(Options{Loopback: true}).Post(t.Context(), to(address))
		if err != nil || answer.Status != 200 || got.Get(Mark) != "1" || got.Get("webhook-signature") == "" {
			t.Errorf("%s: %d %v %v", address, answer.Status, got, err)
		}
		if _, err := New(Options{}).Post(t.Context(), to(address)); kind(t, err) != Forbidden {
			t.Errorf("not of a local server: %v", err)
		}
	}
	// An address that the form lets through by mistake would still be stopped at the dial.
	c := New(Options{Loopback: true})
	for _, address := range []string{"example.org:80", "10.0.0.1:80", "[fd00::1]:80"} {
		if _, err := c.dialLoopback(t.Context(), "tcp", address); kind(t, err) != Forbidden {
			t.Errorf("%s without TLS: %v", address, err)
		}
	}
}

// While calls hang, others to their host wait, and those to another host go on.
func TestPost_hostThatIsFull_isNotAsked(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Host == name {
			began <- struct{}{}
			<-end
		}
	})
	c := h.caller(Options{})
	c.turns = fairqueue.New[struct{}](2, 1, nil, nil)
	done := make(chan error)
	go func() {
		_, err := c.Post(t.Context(), to("https://"+name))
		done <- err
	}()
	<-began
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := c.Post(left, to("https://"+name)); kind(t, err) != Busy || !errors.Is(err, context.Canceled) {
		t.Errorf("a second call: %v", err)
	}
	if _, err := c.Post(t.Context(), to("https://other.example.com")); err != nil || h.asked.Load() != 2 {
		t.Errorf("another host: %v, %d requests", err, h.asked.Load())
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, host := range []string{name, "other.example.com"} {
		if _, err := c.enter(t.Context(), host, patience); err != nil {
			t.Errorf("a place is not given back: %v", err)
		}
	}
}

// A call that may take long is repeated by another process soon after that time.
func TestPost_callThatMayTakeLong_waitsNoLongerForAPlace(t *testing.T) {
	h := newHost(t, say("hello"))
	c := h.caller(Options{Time: 10 * time.Millisecond, Together: 1})
	if _, err := c.enter(t.Context(), "other.example.com", patience); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	call := to("https://" + name)
	call.Time = 2 * patience
	if _, err := c.Post(ctx, call); kind(t, err) != Busy || !errors.Is(err, errNoPlace) {
		t.Error(err)
	}
}
