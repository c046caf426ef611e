package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/outbound"
)

// host is a real server of files with a certificate of its name. It stands at a public
// address, from which the test leads to this machine.
type host struct {
	*Fetcher
	dialed  atomic.Int64
	looked  atomic.Int64
	address atomic.Pointer[[]string] // at which the host is, one set for each look-up, the last for all that follow
	asked   atomic.Int64
}

const (
	domain = "files.test"
	home   = "93.184.215.14"
	most   = 1000
)

func newHost(t *testing.T, serve http.HandlerFunc, during time.Duration) *host {
	t.Helper()
	h := &host{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		serve(w, r)
	}))
	certificate, roots := certify(t, "*."+domain)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a certificate that is refused
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	h.at(home)
	h.Fetcher = New(Options{Domain: domain, Roots: roots, Time: during,
		Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			if !strings.HasSuffix(name, "."+domain) {
				t.Errorf("%s is looked up", name)
			}
			sets := *h.address.Load()
			n := min(int(h.looked.Add(1)), len(sets)) - 1
			var all []netip.Addr
			for text := range strings.FieldsSeq(sets[n]) {
				all = append(all, netip.MustParseAddr(text))
			}
			return all, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			h.dialed.Add(1)
			if address != net.JoinHostPort(home, "443") {
				return nil, errors.New("nobody is at " + address)
			}
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		}})
	return h
}

// at says at which addresses the host is found, at each look-up.
func (h *host) at(sets ...string) { h.address.Store(&sets); h.looked.Store(0) }

// fetch returns the file at an address.
func (h *host) fetch(t *testing.T, address string) ([]byte, error) {
	t.Helper()
	file, err := h.Open(t.Context(), "file", address, most)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	if closed := file.Close(); closed != nil {
		t.Error(closed)
	}
	if err == nil && int64(len(data)) != file.Size || file.Len() != int(file.Size) {
		t.Errorf("%d bytes came, Size says %d", len(data), file.Size)
	}
	if len(h.places) != 0 {
		t.Error("a place is not given back")
	}
	return data, err
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func TestOpen_fileOfTheDomain_isFetched(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	for _, address := range []string{"https://a.files.test/x?sig=1%2F2", "https://A.Files.Test:443/x",
		"https://b.files.test"} {
		if data, err := h.fetch(t, address); string(data) != "hello" || err != nil {
			t.Errorf("%s: %q, %v", address, data, err)
		}
	}
}

func TestOpen_addressElsewhere_isRefusedUnseen(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	for _, address := range []string{"", "a.files.test", "http://a.files.test/", "ftp://a.files.test/",
		"file:///etc/passwd",
		"https://files.test/", "https://.files.test/", "https://notfiles.test/", "https://a.files.test.evil.test/",
		"https://a.files.test:8443/", "https://evil.test/#.files.test", "https://evil.test?.files.test",
		"https://evil.test/.files.test", "https://user@a.files.test/", "https://a.files.test@evil.test/",
		"https://evil.test\\.files.test/", "https://127.0.0.1/", "https://[::1]/", "https://a.files.test./",
		"https://169.254.169.254/latest", "https://a.files.test:0/", "\x00https://a.files.test/"} {
		_, err := h.fetch(t, address)
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.Contains(err.Error(), "file: ") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if h.looked.Load()+h.dialed.Load() != 0 {
		t.Errorf("%d hosts are looked up, %d dialed", h.looked.Load(), h.dialed.Load())
	}
}

func TestOpen_hostWithinSomebodysNetwork_isNotDialed(t *testing.T) {
	h := newHost(t, say("a secret"), time.Minute)
	for _, at := range []string{"127.0.0.1", "::1", "169.254.169.254", "93.184.215.14 127.0.0.1", ""} {
		h.at(at)
		if data, err := h.fetch(t, "https://a.files.test/"); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %q, %v", at, data, err)
		}
	}
	if h.dialed.Load() != 0 || h.asked.Load() != 0 {
		t.Errorf("%d addresses are dialed", h.dialed.Load())
	}
}

// A name may lead elsewhere at each look-up. What was checked is what is dialed.
func TestOpen_nameThatChangesBetweenLookups_isLookedUpOnce(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	h.at(home, "127.0.0.1")
	if data, err := h.fetch(t, "https://a.files.test/"); string(data) != "hello" || err != nil || h.looked.Load() != 1 {
		t.Errorf("%q, %v after %d look-ups", data, err, h.looked.Load())
	}
	if _, err := h.fetch(t, "https://a.files.test/"); err == nil || h.dialed.Load() != 1 {
		t.Errorf("the second time: %v, %d dialed", err, h.dialed.Load())
	}
}

func TestOpen_firstAddressIsDown_theNextIsTaken(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	h.at("8.8.8.8 " + home)
	if data, err := h.fetch(t, "https://a.files.test/"); string(data) != "hello" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

func TestOpen_answerThatIsNoFile_isRefused(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  fault.Code
	}{
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://b.files.test/other", http.StatusFound)
		}, fault.InvalidArgument},
		"a redirect inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusTemporaryRedirect)
		}, fault.InvalidArgument},
		"not there": {http.NotFound, fault.InvalidArgument},
		"of no known size": {func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "endless")
		}, fault.InvalidArgument},
		"packed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "x")
		}, fault.InvalidArgument},
		"too large": {say(strings.Repeat("x", most+1)), fault.MessageTooLong},
		"large headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 64<<10))
		}, fault.InvalidArgument},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "500")
			_, _ = io.WriteString(w, "the first part")
		}, fault.CodeOf(io.ErrUnexpectedEOF)},
	} {
		h := newHost(t, c.serve, time.Minute)
		data, err := h.fetch(t, "https://a.files.test/")
		if err == nil || fault.CodeOf(err) != c.want || h.asked.Load() != 1 {
			t.Errorf("%s: %d bytes, %v after %d requests", name, len(data), err, h.asked.Load())
		}
	}
}

// After a switch of protocols the connection is the body of the answer.
func TestOpen_hostThatSwitchesProtocols_isHungUp(t *testing.T) {
	ended := make(chan struct{})
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n")
		_, _ = io.Copy(io.Discard, c) // until it hangs up
		_ = c.Close()
		close(ended)
	}, time.Minute)
	if _, err := h.fetch(t, "https://a.files.test/"); fault.CodeOf(err) != fault.InvalidArgument {
		t.Error(err)
	}
	<-ended
}

func TestOpen_certificateOfAnother_isRefused(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	h.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	if _, err := h.fetch(t, "https://a.files.test/"); err == nil || h.asked.Load() != 0 {
		t.Errorf("%v, %d requests", err, h.asked.Load())
	}
}

// A host that says nothing, and one that stops within the file, end with the time of the fetch.
func TestOpen_hostThatStalls_isLeftInTime(t *testing.T) {
	for name, begins := range map[string]bool{"before the answer": false, "within the file": true} {
		h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
			if begins {
				w.Header().Set("Content-Length", "500")
				_, _ = io.WriteString(w, "the first part")
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // says nothing to the end
		}, 300*time.Millisecond)
		if data, err := h.fetch(t, "https://a.files.test/"); err == nil {
			t.Errorf("%s: %q", name, data)
		}
	}
}

// The connection ends with the fetch, too, so that silent hosts do not gather.
func TestOpen_hostThatStallsInTheHandshake_isHungUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := New(Options{Domain: domain, Time: 300 * time.Millisecond,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr(home)}, nil
		},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
		}})
	_, err = f.Open(t.Context(), "file", "https://a.files.test/", most)
	if fault.CodeOf(err) != fault.InvalidArgument {
		t.Error(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Error(err)
	}
}

func TestOpen_moreThanPlaces_waitsForOne(t *testing.T) {
	h := newHost(t, say("hello"), time.Minute)
	var open []*File
	for range outbound.MaxFetches {
		file, err := h.Open(t.Context(), "file", "https://a.files.test/", most)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, file)
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if _, err := h.Open(ctx, "file", "https://a.files.test/", most); !errors.Is(err, context.Canceled) {
		t.Errorf("one more than places: %v", err)
	}
	for _, file := range open {
		if data, err := io.ReadAll(file); err != nil || !bytes.Equal(data, []byte("hello")) {
			t.Errorf("%q, %v", data, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	if data, err := h.fetch(t, "https://a.files.test/"); string(data) != "hello" || err != nil {
		t.Errorf("after all have ended: %q, %v", data, err)
	}
}
