package outcall

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	name   = "hooks.example.com" // of which httptest has a certificate
	home   = "93.184.215.14"
	secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// host is a real server with a real certificate. It stands at a public address, from which the test
// leads to this machine.
type host struct {
	t      *testing.T
	server *httptest.Server
	to     string // where a dial to home leads
	roots  *x509.CertPool
	at     atomic.Pointer[[]string] // the host's addresses, a set for each look-up, the last set for all others
	looked atomic.Int64
	dialed atomic.Int64
	asked  atomic.Int64 // requests
	open   atomic.Int64 // connections
}

// newHost starts a server. change may change its TLS.
func newHost(t *testing.T, serve http.HandlerFunc, change ...func(*httptest.Server)) *host {
	t.Helper()
	h := &host{t: t, roots: x509.NewCertPool()}
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		serve(w, r)
	}))
	h.server.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail
	for _, f := range change {
		f(h.server)
	}
	h.server.StartTLS()
	t.Cleanup(func() {
		h.server.CloseClientConnections()
		h.server.Close()
	})
	h.roots.AddCert(h.server.Certificate())
	h.to = h.server.Listener.Addr().String()
	h.found(home)
	return h
}

// found says at which addresses the host is found, at each look-up.
func (h *host) found(sets ...string) {
	h.at.Store(&sets)
	h.looked.Store(0)
}

// caller returns a caller that finds the host.
func (h *host) caller(o Options) *Caller {
	if o.Roots == nil {
		o.Roots = h.roots
	}
	if o.Time == 0 {
		o.Time = patience
	}
	o.Lookup = func(context.Context, string) (all []netip.Addr, _ error) {
		sets := *h.at.Load()
		for text := range strings.FieldsSeq(sets[min(int(h.looked.Add(1)), len(sets))-1]) {
			all = append(all, netip.MustParseAddr(text))
		}
		return all, nil
	}
	if o.Dial == nil {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			h.dialed.Add(1)
			if address != net.JoinHostPort(home, "443") {
				return nil, errors.New("nobody is at " + address)
			}
			c, err := new(net.Dialer).DialContext(ctx, network, h.to)
			if err != nil {
				return nil, err
			}
			h.open.Add(1)
			return &connection{Conn: c, open: &h.open}, nil
		}
	}
	return New(o)
}

// connection counts itself until it is closed.
type connection struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

func (c *connection) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// post calls the host. No connection outlives the call, however the call ends.
func (h *host) post(o Options) (Answer, error) {
	h.t.Helper()
	answer, err := h.caller(o).Post(h.t.Context(), to("https://"+name+"/hook"))
	if n := h.open.Load(); n != 0 {
		h.t.Errorf("%d connections are open after a call that ended with %v", n, err)
	}
	return answer, err
}

func to(address string) Call {
	return Call{URL: address, Secret: secret, ID: "msg_1", At: time.Unix(1700000000, 0), Body: []byte(`{"a":1}`)}
}

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// kind returns why a call failed; "" if it did not.
func kind(t *testing.T, err error) Kind {
	t.Helper()
	var known *Error
	if err != nil && !errors.As(err, &known) {
		t.Fatalf("%T: %v", err, err)
	}
	if known == nil {
		return ""
	}
	return known.Kind
}
