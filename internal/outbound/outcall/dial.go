package outcall

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/parley-chat/parley/internal/outbound"
)

// Dialer connects only to hosts of the internet. It looks a host up once, and connects to the checked addresses: a
// second look-up of the name may lead somewhere else.
type Dialer struct {
	// Lookup returns the addresses of a host, and Dial connects to an address; nil: the functions of net.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

var errNotPublic = forbidden("The host leads to an address that is not on the public internet.")

// DialContext connects to an address of the host. A host with an address that is not global is refused, with an *Error
// of kind Forbidden.
func (d Dialer) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range found {
		if !Global(ip) {
			return nil, errNotPublic
		}
	}
	return d.connect(ctx, found[:min(len(found), outbound.MaxAddressesTried)], port)
}

func (d Dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if d.Lookup == nil {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	return d.Lookup(ctx, host)
}

// connect connects to the first of some addresses that answers. Each address has its share of the remaining time.
func (d Dialer) connect(ctx context.Context, to []netip.Addr, port string) (conn net.Conn, err error) {
	dial := d.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	err = &Error{Kind: Unreachable, err: errors.New("the host has no address")}
	for n, ip := range to {
		share, cancel := ctx, context.CancelFunc(func() {})
		if end, ok := ctx.Deadline(); ok {
			share, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(len(to)-n))
		}
		conn, err = dial(share, "tcp", net.JoinHostPort(ip.Unmap().String(), port))
		cancel()
		if err == nil {
			return conn, nil
		}
	}
	return nil, err
}
