// Package fetch brings a file from an address that a client gave, so that a stranger cannot send
// this server anywhere else: to its own machine, its network, or the metadata of its cloud.
//
// A [Fetcher] takes addresses of one domain alone, by https, and follows no redirect. It looks the
// host up itself, once, and connects to what it has checked: a name that is looked up again may
// lead somewhere else by then.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/fault"
)

// Options of a Fetcher. Only Domain is required.
type Options struct {
	Domain string        // whose subdomains are fetched from, such as "example.org"
	Time   time.Duration // for one file; 0: a minute

	// Lookup returns the addresses of a host, and Dial connects to one of them; nil: those of net.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Roots  *x509.CertPool // that sign the hosts' certificates; nil: those of the system
}

// atOnce is how many files are on their way at once.
const atOnce = 8

// Fetcher fetches files. Many goroutines may use it at once.
type Fetcher struct {
	o         Options
	transport *http.Transport
	places    chan struct{}
}

// New returns a fetcher.
func New(o Options) *Fetcher {
	if o.Time == 0 {
		o.Time = time.Minute
	}
	if o.Lookup == nil {
		o.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	f := &Fetcher{o: o, places: make(chan struct{}, atOnce)}
	f.transport = &http.Transport{
		DialContext:            f.dial,
		TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 32 << 10,
	}
	return f
}

// File is a file on its way. The caller must close it.
type File struct {
	io.Reader       // of Size bytes; fewer are an error
	Size      int64 // in bytes

	body io.Closer
	end  func()
}

// Len returns how many bytes the file has.
func (f *File) Len() int { return int(f.Size) }

// Close ends the connection.
func (f *File) Close() error {
	defer f.end()
	return f.body.Close()
}

// Open returns the file at an address, of at most so many bytes. Its error is a *fault.Error about the
// argument called name, or that of ctx.
func (f *Fetcher) Open(ctx context.Context, name, address string, most int64) (*File, error) {
	at, ok := f.allowed(address)
	if !ok {
		return nil, fault.Refuse(fault.InvalidArgument, "%s: files are taken from https addresses of *.%s alone. "+
			"Nothing was shared.", name, f.o.Domain)
	}
	select {
	case f.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	bounded, cancel := context.WithTimeout(ctx, f.o.Time)
	end := func() {
		cancel()
		<-f.places
	}
	resp, err := f.get(bounded, at)
	if err != nil {
		end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.Refuse(fault.InvalidArgument, "%s: the file could not be fetched from its address. Nothing "+
			"was shared: attach it once more, and call again.", name)
	}
	if resp.ContentLength > most {
		_ = resp.Body.Close() // nothing of it is needed
		end()
		return nil, fault.Refuse(fault.MessageTooLong, "%s: the file has %d bytes, at most %d are allowed. Nothing "+
			"was shared.", name, resp.ContentLength, most)
	}
	return &File{Reader: resp.Body, Size: resp.ContentLength, body: resp.Body, end: end}, nil
}

// allowed returns the address if a file may be fetched from it.
func (f *Fetcher) allowed(address string) (at *url.URL, ok bool) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "https" || at.User != nil || at.Port() != "" && at.Port() != "443" {
		return nil, false
	}
	at.Host = strings.ToLower(at.Hostname())
	label, ok := strings.CutSuffix(at.Host, "."+f.o.Domain)
	return at, ok && label != ""
}

var errNoFile = errors.New("fetch: the answer is no file of a known size")

// get asks for the file. No redirect is followed: this is one exchange.
func (f *Fetcher) get(ctx context.Context, at *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := f.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || resp.ContentLength < 0 || resp.Header.Get("Content-Encoding") != "" {
		_ = resp.Body.Close() // nothing of it is needed
		return nil, errNoFile
	}
	return resp, nil
}

var errNotPublic = errors.New("fetch: the host has an address that is not public")

// dial connects to an address of the host. It refuses a host if any of its addresses is not public.
func (f *Fetcher) dial(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := f.o.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range found {
		if !public(ip) {
			return nil, errNotPublic
		}
	}
	err = errNotPublic
	for _, ip := range found {
		var conn net.Conn
		if conn, err = f.o.Dial(ctx, "tcp", net.JoinHostPort(ip.Unmap().String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// special lists the addresses that look public and are not (the special-purpose registries of
// IANA, RFC 6890), and those that have another address inside.
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

// publicIPv6 is all that has been given out so far.
var publicIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// public reports whether an address belongs to nobody's own network.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" || ip.Is6() && !publicIPv6.Contains(ip) {
		return false
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
