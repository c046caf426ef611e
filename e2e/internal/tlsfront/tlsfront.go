// Package tlsfront puts TLS before a server at which clients sign in, and a person with a browser in front of
// the clients.
//
// A [Front] listens on this machine under https, as a proxy or a tunnel does on the internet, and keeps what clients
// ask it for. It says of each access token that it lives for a second, so that they are renewed before each call.
package tlsfront

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Document is the address of the document of a program of the tests: see Front.Redirect.
const Document = "https://" + documentHost + "/client.json"

const documentHost = "agent.example.com"

// Front is a proxy with TLS.
type Front struct {
	URL   string // the public address of the server, without a path
	Roots string // the file with the certificate of the authority that clients must trust

	// Register has it say that the server knows no documents: clients register then. Redirect is where the answers go
	// for the program whose Document it serves. All may be set before the first request.
	Register bool
	Redirect string
	// Rename has it hand the header of a challenge on under the name that API Gateway gives it, which Renamed counts.
	Rename  bool
	Renamed atomic.Int64
	// HideHost has the server hear of requests under the host where it listens, as many proxies do.
	HideHost bool
	// Spoil changes an answer, as a proxy that does what it should not; nil: none does.
	Spoil func(*http.Response) error

	t       *testing.T
	browser *http.Client
	inside  http.Transport // to the server

	mu   sync.Mutex
	to   string   // where the server listens
	seen []string // see Take
}

// New returns a Front that leads nowhere yet. It ends with the test.
func New(t *testing.T) *Front {
	t.Helper()
	f := &Front{t: t}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			f.mu.Lock()
			defer f.mu.Unlock()
			r.SetURL(&url.URL{Scheme: "http", Host: f.to})
			r.Out.Host = r.In.Host
			if f.HideHost {
				r.Out.Host = f.to
			}
		},
		Transport:      &f.inside,
		ModifyResponse: f.answered,
		FlushInterval:  -1, // at once
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == documentHost {
			_ = json.NewEncoder(w).Encode(map[string]any{"client_id": Document, "client_name": "Tester",
				"redirect_uris": []string{f.Redirect}}) // the server notices what is cut
			return
		}
		// Otherwise a body that the proxy is about to find at its end is closed, and the answer cut.
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		proxy.ServeHTTP(w, r)
	}))
	certificate, roots := f.certify()
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	f.URL = server.URL
	f.browser = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("beside MCP the clients asked for %q", f.Take())
		}
	})
	return f
}

// certify makes a certificate for this machine, and the authority that signs it.
func (f *Front) certify() (tls.Certificate, *x509.CertPool) {
	f.t.Helper()
	made := func(template, by *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			f.t.Fatal(err)
		}
		if signer == nil {
			signer = key
		}
		template.SerialNumber = big.NewInt(time.Now().UnixNano())
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, signer)
		if err != nil {
			f.t.Fatal(err)
		}
		return der, key
	}
	root := &x509.Certificate{Subject: pkix.Name{CommonName: "Parley tests"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	authority, signer := made(root, root, nil)
	leaf, key := made(&x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{documentHost},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, root,
		signer)
	roots, text := x509.NewCertPool(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority})
	f.Roots = filepath.Join(f.t.TempDir(), "roots.pem")
	if err := os.WriteFile(f.Roots, text, 0o600); err != nil || !roots.AppendCertsFromPEM(text) {
		f.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}, roots
}

// answered keeps what was asked for, and changes some answers.
func (f *Front) answered(r *http.Response) error {
	asked, path := r.Request, r.Request.URL.Path
	if asked.Method != http.MethodPost || !strings.HasSuffix(path, "/mcp") {
		f.mu.Lock()
		f.seen = append(f.seen, fmt.Sprint(asked.Method, " ", path, " ", r.StatusCode))
		f.mu.Unlock()
	}
	if challenge := r.Header.Get("WWW-Authenticate"); f.Rename && challenge != "" {
		r.Header.Del("WWW-Authenticate")
		r.Header.Set("X-Amzn-Remapped-WWW-Authenticate", challenge)
		f.Renamed.Add(1)
	}
	change := func(body map[string]any) { body["expires_in"] = 1 }
	switch {
	case f.Spoil != nil:
		return f.Spoil(r)
	case path == "/oauth/token" && r.StatusCode == http.StatusOK:
	case f.Register && strings.HasPrefix(path, "/.well-known/oauth-authorization-server"):
		change = func(body map[string]any) { delete(body, "client_id_metadata_document_supported") }
	default:
		return nil
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return err
	}
	change(body)
	text, err := json.Marshal(body)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", fmt.Sprint(len(text)))
	return err
}

// Leads has it lead to a server on this machine that has just started. address is that of MCP there, or the host and
// port.
func (f *Front) Leads(address string) {
	f.inside.CloseIdleConnections() // to one that has ended
	f.mu.Lock()
	defer f.mu.Unlock()
	f.to = strings.TrimSuffix(strings.TrimPrefix(address, "http://"), "/mcp")
}

// Take returns the requests since it was last asked, but those of MCP, each with the status of its answer.
func (f *Front) Take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

// SignsIn reports whether a request of Take is part of a sign-in.
func SignsIn(request string) bool {
	return strings.Contains(request, "/oauth/") || strings.Contains(request, "/.well-known/") &&
		strings.HasSuffix(request, " 200")
}

// Environment is what makes clients trust the Front.
func (f *Front) Environment() []string {
	return []string{"NODE_EXTRA_CA_CERTS=" + f.Roots, "SSL_CERT_FILE=" + f.Roots}
}

var page = regexp.MustCompile(`(https://[^\s\x07\x1b]+/oauth/authorize\?[^\s\x07\x1b]+)[\s\x07\x1b]`)

// Page returns the address of the page of sign-in in what a program has printed; "" if it is not there, or not whole.
func Page(printed string) string {
	if found := page.FindStringSubmatch(printed); found != nil {
		return found[1]
	}
	return ""
}

// Allow lets somebody paste a key on the page of sign-in at an address, and follow it back to the program.
func (f *Front) Allow(page, key string) {
	f.t.Helper()
	to, _ := f.answers(page, "allow", key)
	f.follows(to)
}

// AllowByAccount lets somebody sign in with an account on that page, and follow it back to the program. signsIn does
// what the person does at the provider, and returns where that sends it.
func (f *Front) AllowByAccount(page string, signsIn func(at string) string) {
	f.t.Helper()
	at, cookies := f.answers(page, "account", "")
	f.follows(f.Returns(signsIn(at), cookies))
}

// ToProvider lets somebody choose an account on that page. It returns the provider's address, and what the browser
// keeps.
func (f *Front) ToProvider(page string) (at string, cookies []*http.Cookie) {
	f.t.Helper()
	return f.answers(page, "account", "")
}

// Returns opens the address to which a provider sends somebody, and returns where the server leads it then.
func (f *Front) Returns(at string, cookies []*http.Cookie) string {
	f.t.Helper()
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodGet, at, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	said, err := f.browser.Transport.RoundTrip(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer said.Body.Close()
	return said.Header.Get("Location")
}

// answers gives the answer of a person to the page of sign-in at an address, and returns where the page goes.
func (f *Front) answers(page, answer, key string) (to string, cookies []*http.Cookie) {
	f.t.Helper()
	at, err := url.Parse(page)
	if err != nil {
		f.t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"request": at.RawQuery, "answer": answer, "key": key})
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.URL+at.Path, bytes.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {f.URL}, "Sec-Fetch-Site": {"same-origin"}}
	said, err := f.browser.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	defer said.Body.Close()
	var seen struct{ Go, Error, Message string }
	if err := json.NewDecoder(said.Body).Decode(&seen); err != nil || seen.Go == "" {
		f.t.Fatalf("the page shows %+v, %v", seen, err)
	}
	return seen.Go, said.Cookies()
}

// follows goes back to the program.
func (f *Front) follows(to string) {
	f.t.Helper()
	back, err := f.browser.Get(to)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := back.Body.Close(); err != nil || back.StatusCode >= http.StatusBadRequest {
		f.t.Fatalf("the program answers %d, %v", back.StatusCode, err)
	}
}
