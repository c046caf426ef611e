package app

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// internet is the world of a server with sign-ins: the real caller, with a DNS and a host of the test.
type internet struct {
	t      *testing.T
	clock  *clockwork.FakeClock
	server *oauth.Server
	leads  map[string]string // the addresses of names; other names have public addresses
	dialed atomic.Int64
}

const (
	publicIP   = "93.184.215.14"
	publicName = "agent.example.com" // of which httptest has a certificate
)

func newInternet(t *testing.T, serve http.HandlerFunc) *internet {
	t.Helper()
	host := httptest.NewTLSServer(serve)
	t.Cleanup(host.Close)
	roots := x509.NewCertPool()
	roots.AddCert(host.Certificate())
	i := &internet{t: t, clock: clockwork.NewFakeClock(), leads: map[string]string{}}
	c := Config{Settings: Settings{Access: "keys", SignIn: autoSignIn, PublicURL: "https://parley.example.com"}}
	c.Internet = outcall.Options{Roots: roots,
		Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			if by, bounded := ctx.Deadline(); !bounded || time.Until(by) > documentTime {
				t.Errorf("a document may take until %v", by)
			}
			var all []netip.Addr
			found, there := i.leads[host]
			if !there {
				found = publicIP
			}
			for text := range strings.FieldsSeq(found) {
				all = append(all, netip.MustParseAddr(text))
			}
			return all, nil
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			i.dialed.Add(1)
			if address != publicIP+":443" {
				t.Errorf("%s is dialed", address)
			}
			return new(net.Dialer).DialContext(ctx, network, host.Listener.Addr().String())
		}}
	document, judge := c.newDocuments()
	i.server = oauth.New(oauth.Options{Public: c.signInAt(), Resource: c.signInResource(), Clock: i.clock,
		Logger: secretscan.Logger(t), Document: document, Judge: judge})
	return i
}

// seen is a program on the page of sign-in.
type seen struct{ Calls, Error string }

// asks opens the page of sign-in for a program, when nothing is remembered, or counts.
func (i *internet) asks(id string) seen {
	i.t.Helper()
	i.clock.Advance(10 * time.Minute)
	return i.asksFrom("192.0.2.1", id)
}

// asksFrom opens the page from a network address.
func (i *internet) asksFrom(address, id string) (seen seen) {
	i.t.Helper()
	q := url.Values{"client_id": {id}, "redirect_uri": {"https://agent.example.com/callback"}}
	body, err := json.Marshal(map[string]string{"request": q.Encode()})
	if err != nil {
		i.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://parley.example.com/oauth/authorize", bytes.NewReader(body))
	r.Header.Set("Origin", "https://parley.example.com")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	i.server.Serve(w, r, address)
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil {
		i.t.Fatal(err)
	}
	return seen
}

// serveDocument answers as the host of a program.
func serveDocument(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, `{"client_id":"https://%s%s","client_name":"Agent","redirect_uris":[`+
		`"https://agent.example.com/callback"]}`, r.Host, r.URL.Path)
}

// Somebody names as the program an address within the network of the server.
func TestSignIn_documentWithinSomebodysNetwork_isNotFetched(t *testing.T) {
	i := newInternet(t, serveDocument)
	if seen := i.asks("https://" + publicName + "/client.json"); seen.Calls != "Agent" || i.dialed.Load() != 1 {
		t.Fatalf("a document on the internet: %+v, %d dialed", seen, i.dialed.Load())
	}
	for n, ip := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "100.100.100.200", "192.168.1.1", "0.0.0.0",
		"::1", "fd00:ec2::254", "fe80::1", "::ffff:127.0.0.1", publicIP + " 127.0.0.1"} {
		i.leads[fmt.Sprintf("%d.example.com", n)] = ip
	}
	hosts := []string{"localhost", "parley", "metadata.google.internal", "printer.local", "parley.example.com",
		"PARLEY.example.com", "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]",
		"agent.example.com.", "agent.example.com:8443", "agent.example.com:80", "%31%32%37.0.0.1", publicIP}
	for host := range i.leads {
		hosts = append(hosts, host)
	}
	for _, host := range hosts {
		if seen := i.asks("https://" + host + "/client.json"); seen.Error != "unknown_program" {
			t.Errorf("%s: %+v", host, seen)
		}
	}
	if n := i.dialed.Load(); n != 1 {
		t.Errorf("%d connections", n-1)
	}
}

// A name leads elsewhere after the check, and an address redirects to another address.
func TestSignIn_documentThatMoves_isNotFollowed(t *testing.T) {
	asked := atomic.Int64{}
	i := newInternet(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/moved.json" {
			http.Redirect(w, r, "https://"+publicName+"/client.json", http.StatusFound)
			return
		}
		serveDocument(w, r)
	})
	const id = "https://" + publicName + "/client.json"
	for n, want := range []string{"", "unknown_program", ""} {
		i.leads[publicName] = []string{publicIP, "127.0.0.1", publicIP}[n]
		if seen := i.asks(id); seen.Error != want {
			t.Errorf("the time %d: %+v", n, seen)
		}
	}
	if seen := i.asks("https://" + publicName + "/moved.json"); seen.Error != "unknown_program" || asked.Load() != 3 {
		t.Errorf("a redirect: %+v, %d requests in all", seen, asked.Load())
	}
}

// All callers together may bring sixty new programs a minute, and addresses that are never called do not count.
func TestSignIn_documentsThatAreNeverFetched_keepNobodyOut(t *testing.T) {
	i := newInternet(t, serveDocument)
	for n := range 100 {
		host := []string{"127.0.0.1", "localhost", "parley.example.com", publicName + ":8443", "u@" + publicName,
			"printer.local"}[n%6]
		id := fmt.Sprintf("https://%s/%d.json", host, n)
		if seen := i.asksFrom(fmt.Sprintf("192.0.2.%d", n%5), id); seen.Error != "unknown_program" {
			t.Errorf("%s: %+v", id, seen)
		}
	}
	if seen := i.asksFrom("192.0.2.1", "https://"+publicName+"/client.json"); seen.Calls != "Agent" {
		t.Errorf("a program on the internet: %+v", seen)
	}
}
