package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// listen listens on the address of a flag. The error says what to change.
func listen(flag, addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		why := err
		if refused := new(os.SyscallError); errors.As(err, &refused) { // without the address once more
			why = refused.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w. %s", addr, why, remedy(flag, err))
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

// remedy says what to do about an error of [net.Listen].
func remedy(flag string, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
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
