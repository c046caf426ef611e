// Package outcall calls an address that a stranger gave, with no harm to this server and its network, and as little as
// possible to others.
//
// A [Caller] posts a signed body to a public host by https, or gets a document. [Caller.Check] checks the form of an
// address, [Dialer] the host's addresses at the time of the connection, and [Global] has the one list of public
// addresses. No call carries anything of Parley's but its body, and answers are limited.
package outcall

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/base/fairqueue"
	"github.com/parley-chat/parley/internal/outbound"
)

// Mark is a header of every call. Servers of Parley refuse a request with Mark, so nobody can make servers call
// themselves or each other in a circle.
const Mark = "Parley-Outbox"

// Options of a Caller. All have a default.
type Options struct {
	Own      []string      // hosts of this server, with a port or for all ports, which are not called
	Loopback bool          // http to 127.0.0.1, [::1] and localhost is allowed, at any port: for a local server
	Time     time.Duration // for a call without a Time; 0: 10 s
	Version  string        // of this server, for the User-Agent; "": "dev"

	// Lookup, Dial and Roots are for tests; nil: the system's.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Roots  *x509.CertPool // sign the hosts' certificates

	Together int // calls at once; 0: 512
}

// Caller makes calls. The methods may be called concurrently.
type Caller struct {
	o         Options
	own       map[string]bool // hosts in the form of canonical
	dialer    Dialer
	transport *http.Transport
	turns     *fairqueue.Turns[struct{}]
}

// New returns a Caller.
func New(o Options) *Caller {
	if o.Time == 0 {
		o.Time = 10 * time.Second
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Together == 0 {
		o.Together = 512
	}
	c := &Caller{o: o, own: map[string]bool{}, dialer: Dialer{Lookup: o.Lookup, Dial: o.Dial},
		turns: fairqueue.New[struct{}](o.Together, outbound.MaxCallsToHost, nil, nil)}
	for _, host := range o.Own {
		c.own[canonical(host)] = true
	}
	c.transport = &http.Transport{ // without Proxy: variables of the environment lead no call elsewhere
		DialContext:            c.dialLoopback,
		DialTLSContext:         c.dialTLS,
		DisableKeepAlives:      true, // the host is told that no other request follows
		DisableCompression:     true,
		MaxResponseHeaderBytes: outbound.MaxAnswerHeaders,
	}
	return c
}

// Call is a POST of JSON, signed as Standard Webhooks say.
type Call struct {
	URL    string
	Secret string            // see ParseSecret
	ID     string            // of the message; the same for each try
	At     time.Time         // of this try
	Header map[string]string // beside the headers of every call
	Body   []byte
	Time   time.Duration // for this call; 0: Options.Time
}

// Answer is the host's answer.
type Answer struct {
	Status int    // any but a redirect and a switch of protocols
	Body   []byte // as the host sent it: never unpacked
	// RetryAfter is how long the host asks to be called no more, in whole seconds; 0: it does not ask, or by a date.
	RetryAfter time.Duration
}

// The statuses by which a host ends more than one try (RFC 9110, sections 15.5.1, 15.5.2, 15.5.4, 15.5.5, 15.5.11 and
// 15.5.14), and the one by which it wants fewer (RFC 6585, section 4).
const (
	StatusBadRequest   = http.StatusBadRequest
	StatusUnauthorized = http.StatusUnauthorized
	StatusForbidden    = http.StatusForbidden
	StatusNotFound     = http.StatusNotFound
	StatusGone         = http.StatusGone
	StatusTooLarge     = http.StatusRequestEntityTooLarge
	StatusTooMany      = http.StatusTooManyRequests
)

// Post makes a call and returns the answer. Post follows no redirect and tries once. If too many calls are under way,
// Post waits for a place, at most for Options.Time. The error is an *Error, and wraps an error of ctx.
func (c *Caller) Post(ctx context.Context, call Call) (Answer, error) {
	key, err := keyOf(call.Secret)
	if err != nil {
		return Answer{}, err
	}
	return c.call(ctx, http.MethodPost, call.URL, call.Body, call.Time, func(header http.Header) {
		add(header, call.Header)
		sign(header, key, call)
		header.Set("Content-Type", "application/json")
	})
}

// PostUnsigned is Post without a signature and a media type: header says who calls, and what body is.
func (c *Caller) PostUnsigned(ctx context.Context, address string, header map[string]string, body []byte) (Answer,
	error) {
	return c.call(ctx, http.MethodPost, address, body, 0, func(h http.Header) { add(h, header) })
}

// Get gets a document, by the rules of Post but without a signature. header is sent beside the headers of every call.
func (c *Caller) Get(ctx context.Context, address string, header map[string]string) (Answer, error) {
	return c.call(ctx, http.MethodGet, address, nil, 0, func(h http.Header) { add(h, header) })
}

func add(to http.Header, more map[string]string) {
	for name, value := range more {
		to.Set(name, value)
	}
}

// call makes a request with the headers of every call and of set. 0 for most is Options.Time.
func (c *Caller) call(ctx context.Context, method, address string, body []byte, most time.Duration,
	set func(http.Header)) (Answer, error) {
	at, err := c.parse(address)
	if err != nil {
		return Answer{}, err
	}
	if most == 0 {
		most = c.o.Time
	}
	leave, err := c.enter(ctx, at.Hostname(), min(most, c.o.Time))
	if err != nil {
		return Answer{}, &Error{Kind: Busy, err: err}
	}
	defer leave()

	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, errForm
	}
	set(req.Header)
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "Parley/"+c.o.Version)
	req.Header.Set(Mark, "1")
	answer, err := c.exchange(req)
	if err != nil {
		return Answer{}, failure(ctx, err)
	}
	return answer, nil
}

var errNoPlace = errors.New("no place became free in time")

// enter returns when a call to a host may be made. Calls that wait for one host keep no place from calls to others.
func (c *Caller) enter(ctx context.Context, host string, most time.Duration) (leave func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errNoPlace)
	defer cancel()
	leave, err = c.turns.Enter(ctx, host, struct{}{})
	if err != nil {
		return nil, context.Cause(ctx)
	}
	return leave, nil
}

var (
	errRedirect = &Error{Kind: BadAnswer, said: "The host answered with a redirect, which is not followed: give the " +
		"address that it leads to."}
	// ErrTooLarge is of kind BadAnswer: the host was called, and would answer in the same way again.
	ErrTooLarge = &Error{Kind: BadAnswer, said: "The host answered with more than 64 KiB."}
)

// exchange sends one request over a connection of its own. The connection ends with the request: an answer that is too
// large is cut, and the rest is never read. Transport.RoundTrip would not do, since it continues to connect after the
// time of a request is over.
func (c *Caller) exchange(req *http.Request) (Answer, error) {
	to := net.JoinHostPort(req.URL.Hostname(), portOf(req.URL))
	conn, err := c.transport.NewClientConn(req.Context(), req.URL.Scheme, to)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	resp, err := conn.RoundTrip(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode / 100 {
	case 1: // The body is the connection itself, which the end of ctx no longer closes.
		return Answer{}, &Error{Kind: BadAnswer}
	case 3:
		return Answer{}, errRedirect
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, outbound.MaxAnswerBody+1))
	if err != nil {
		return Answer{}, err
	}
	if len(body) > outbound.MaxAnswerBody {
		return Answer{}, ErrTooLarge
	}
	after, _ := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 31)
	return Answer{resp.StatusCode, body, time.Duration(after) * time.Second}, nil
}

// dialTLS connects to a public host. The certificate must be valid for the host's name.
func (c *Caller) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := c.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // nothing was said over the connection
		return nil, &Error{Kind: TLS, err: err}
	}
	return secure, nil
}

// dialLoopback connects without TLS, and so to this machine alone.
func (c *Caller) dialLoopback(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !c.o.Loopback || !isOwnName(host) {
		return nil, errScheme
	}
	at := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	if ip, err := netip.ParseAddr(host); err == nil {
		at = []netip.Addr{ip}
	}
	return c.dialer.connect(ctx, at, port)
}
