package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/cli/client"
)

// listen listens on the address in a flag. The error says what to change.
func listen(flag, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		why := err
		if refused := new(os.SyscallError); errors.As(err, &refused) { // without a second address
			why = refused.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w. %s", addr, why, remedy(flag, addr, err))
	}
	return ln, nil
}

// listenForMetrics listens on the address for metrics; nil if there is none.
func (s settings) listenForMetrics() (net.Listener, error) {
	if s.MetricsAddr == "" {
		return nil, nil
	}
	return listen("--metrics-addr", s.MetricsAddr)
}

// parleyAt returns the address of the Parley server that listens on an address of this machine; "" if there is none.
func parleyAt(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	base := "http://" + net.JoinHostPort(host, port)
	_, err = protocolOf(ctx, client.Place{Base: base})
	if err != nil && fault.CodeOf(err) != fault.KeyInvalid { // only Parley answers KeyInvalid
		return ""
	}
	return base
}

// remedy says what to do about an error of [net.Listen] on addr.
func remedy(flag, addr string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		if base := parleyAt(addr); base != "" {
			return "A Parley server runs there already: use it at " + base + ". A second one needs another " + flag +
				" and another --data"
		}
		return "Stop the program that listens there, or choose another " + flag + ", such as " +
			flag + " 127.0.0.1:8081"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "This machine does not have that address. Choose one that it has for " + flag + ", or 0.0.0.0 for all"
	case errors.Is(err, fs.ErrPermission):
		return "Low ports need privileges. Choose another " + flag
	case errors.As(err, new(*net.DNSError)):
		return "The host name is unknown. Choose an address of this machine for " + flag
	}
	return "Choose another " + flag
}
