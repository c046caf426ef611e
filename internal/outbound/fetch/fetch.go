// Package fetch gets a file from an address that a client gave. A stranger cannot send this server to its own machine,
// its network, or the metadata of its cloud.
//
// A [Fetcher] accepts https addresses of one domain, and follows no redirect. A Fetcher connects as package outcall
// does: to hosts of the public internet.
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

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outcall"
)

// Options of a Fetcher. Only Domain is required.
type Options struct {
	Domain string        // the domain above the hosts, such as "example.org"
	Time   time.Duration // the longest time for a file; 0: a minute

	// Lookup returns the addresses of a host, and Dial connects to an address; nil: as package net does.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Roots  *x509.CertPool // sign the hosts' certificates; nil: the roots of the system
}

// Fetcher fetches files. Many goroutines may use a Fetcher at once.
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
	f := &Fetcher{o: o, places: make(chan struct{}, outbound.MaxFetches)}
	f.transport = &http.Transport{
		DialContext:            outcall.Dialer{Lookup: o.Lookup, Dial: o.Dial}.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 32 << 10,
	}
	return f
}

// File is a file whose bytes still come. The caller must close the file.
type File struct {
	io.Reader       // reads Size bytes; fewer bytes are an error
	Size      int64 // in bytes

	conn io.Closer
	end  func()
}

// Len returns how many bytes the file has.
func (f *File) Len() int { return int(f.Size) }

// Close ends the connection.
func (f *File) Close() error {
	defer f.end()
	return f.conn.Close()
}

// Open returns the file at an address, of at most so many bytes. The error is a *fault.Error about the argument called
// name, or the error of ctx.
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
	resp, conn, err := f.get(bounded, at)
	if err != nil {
		end()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.Refuse(fault.InvalidArgument, "%s: the file could not be fetched from its address. Nothing "+
			"was shared: attach it once more, and call again.", name)
	}
	if resp.ContentLength > most {
		_ = conn.Close() // no byte is needed
		end()
		return nil, fault.Refuse(fault.MessageTooLong, "%s: the file has %d bytes, at most %d are allowed. Nothing "+
			"was shared.", name, resp.ContentLength, most)
	}
	return &File{Reader: resp.Body, Size: resp.ContentLength, conn: conn, end: end}, nil
}

// allowed returns the parsed address if files may be fetched from there.
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

// get asks for the file over a new connection. The caller must close the connection. get makes one exchange, so no
// redirect is followed. Transport.RoundTrip would go on to connect after the end of ctx.
func (f *Fetcher) get(ctx context.Context, at *url.URL) (*http.Response, *http.ClientConn, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	conn, err := f.transport.NewClientConn(ctx, "https", net.JoinHostPort(at.Host, "443"))
	if err != nil {
		return nil, nil, err
	}
	resp, err := conn.RoundTrip(req)
	if err == nil && (resp.StatusCode != http.StatusOK || resp.ContentLength < 0 ||
		resp.Header.Get("Content-Encoding") != "") {
		_ = resp.Body.Close() // after a switch of protocols the body is the connection
		err = errNoFile
	}
	if err != nil {
		_ = conn.Close() // no byte is needed
		return nil, nil, err
	}
	return resp, conn, nil
}
