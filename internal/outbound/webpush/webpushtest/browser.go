// Package webpushtest is the browser and the push service of tests: it reads what was encrypted, and checks who called.
package webpushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Browser is a browser that has subscribed a server.
type Browser struct {
	private *ecdh.PrivateKey
	secret  []byte
}

// NewBrowser returns a Browser with random keys.
func NewBrowser(t testing.TB) Browser {
	t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := make([]byte, 16)
	_, _ = rand.Read(secret) // never fails
	return Browser{private, secret}
}

// Subscription returns the JSON that the browser gives its page, with an address of a push service.
func (b Browser) Subscription(address string) string {
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, address,
		encode(b.private.PublicKey().Bytes()), encode(b.secret))
}

// Secrets returns the private key of the browser and the secret of its subscription, as base64url.
func (b Browser) Secrets() (private, auth string) { return encode(b.private.Bytes()), encode(b.secret) }

// The parts of the header of a body: a salt, the size of the record, and the public key with its size.
const keyAt, textAt = 16 + 4 + 1, 16 + 4 + 1 + 65

// Open returns the text in a body.
func (b Browser) Open(body []byte) (string, error) {
	if len(body) < textAt {
		return "", errors.New("the body is too short")
	}
	public := body[keyAt:textAt]
	from, err := ecdh.P256().NewPublicKey(public)
	if err != nil {
		return "", err
	}
	shared, err := b.private.ECDH(from)
	if err != nil {
		return "", err
	}
	info := "WebPush: info\x00" + string(b.private.PublicKey().Bytes()) + string(public)
	seed, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, seed, body[:16], "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return "", err
	}
	nonce, err := hkdf.Key(sha256.New, seed, body[:16], "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	text, err := gcm.Open(nil, nonce, body[textAt:], nil)
	return strings.TrimSuffix(strings.TrimRight(string(text), "\x00"), "\x02"), err
}

// Claims are what a server says of itself.
type Claims struct {
	Audience string `json:"aud"`
	Contact  string `json:"sub"`
	Until    int64  `json:"exp"`
}

// Check returns what the header Authorization of a call says, and the public key that has signed it.
func Check(authorization string) (claims Claims, public string, err error) {
	token, public, ok := strings.Cut(strings.TrimPrefix(authorization, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return claims, "", errors.New("the header is not of the scheme vapid")
	}
	point, err := decode(public)
	if err != nil {
		return claims, "", err
	}
	whose, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return claims, "", err
	}
	signature, err := decode(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || len(signature) != 64 || !ecdsa.Verify(whose, sum[:], new(big.Int).SetBytes(signature[:32]),
		new(big.Int).SetBytes(signature[32:])) {
		return claims, "", fmt.Errorf("the signature is wrong: %w", err)
	}
	head, err := decode(parts[0])
	if err != nil || string(head) != `{"typ":"JWT","alg":"ES256"}` {
		return claims, "", fmt.Errorf("the token is of another kind: %s, %w", head, err)
	}
	body, err := decode(parts[1])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	return claims, public, err
}

// Service is a push service.
type Service struct {
	URL  string // of the subscription of the browser
	Host string // with its port

	t       testing.TB
	browser Browser
	mu      sync.Mutex
	status  int
	after   string
	calls   []Call
}

// Call is a call of a Service.
type Call struct {
	Header http.Header
	Text   string
	Claims Claims
	Public string // the key of the server
}

// NewService returns a push service with one browser. It takes each call.
func NewService(t testing.TB) *Service {
	t.Helper()
	s := &Service{t: t, browser: NewBrowser(t), status: http.StatusCreated}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL, s.Host = server.URL+"/push/1", server.Listener.Addr().String()
	return s
}

// Subscription returns the JSON that the browser gives its page.
func (s *Service) Subscription() string { return s.browser.Subscription(s.URL) }

// Answers has the service answer with a status from now on.
func (s *Service) Answers(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Asks has the service ask, from now on, to be called again after so many seconds; "": it does not ask.
func (s *Service) Asks(after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = after
}

// Calls returns the calls so far.
func (s *Service) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call{}, s.calls...)
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	call := Call{Header: r.Header}
	if err == nil {
		call.Text, err = s.browser.Open(body)
	}
	if err == nil {
		call.Claims, call.Public, err = Check(r.Header.Get("Authorization"))
	}
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" ||
		len(body) > 4096 {
		s.t.Errorf("a call of %d bytes: %v, %v", len(body), r.Header, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	if s.after != "" {
		w.Header().Set("Retry-After", s.after)
	}
	w.WriteHeader(s.status)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }
