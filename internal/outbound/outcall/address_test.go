package outcall

import (
	"strings"
	"testing"
)

func TestCheck_formOfAnAddress_decidesWhetherItIsCalled(t *testing.T) {
	c := New(Options{Own: []string{"Parley.Example.org", "[::1]:8080", "other.example.org:443",
		"third.example.org:8443"}})
	for _, address := range []string{
		"https://example.org", "https://example.org/hook?a=b#c", "https://EXAMPLE.org:443/",
		"https://xn--bcher-kva.example/", "https://a-b.c1.example.org/", "https://third.example.org/",
		"https://not-parley.example.org/",
	} {
		if err := c.Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, why := range map[string]error{
		"":                                 errForm,
		"example.org":                      errForm,
		"https:example.org":                errForm,
		"https:///hook":                    errForm,
		"https://exa mple.org/":            errForm,
		"https://example.org\\@127.0.0.1/": errForm,
		"https://example.org/\x00":         errForm,
		"https://example.org/\r\nHost: a":  errForm,
		"https://[fe80::1%eth0]/":          errForm, // a zone must be written %25
		"https://0x7f000001:port/":         errForm,
		"https://example.org/" + strings.Repeat("a", 2048): errForm,

		"http://example.org/":        errScheme,
		"ftp://example.org/":         errScheme,
		"file://example.org/etc":     errScheme,
		"//example.org/":             errScheme,
		"http://127.0.0.1:8080/":     errScheme, // without Loopback
		"http://localhost/":          errScheme,
		"https://user@example.org/":  errUser,
		"https://a:b@example.org/":   errUser,
		"https://@example.org/":      errUser,
		"https://example.org@[::1]/": errUser,
		"https://example.org:8443/":  errPort,
		"https://example.org:80/":    errPort,
		"https://example.org:0443/":  errForm,

		"https://127.0.0.1/":                                errHost,
		"https://127.1/":                                    errHost,
		"https://2130706433/":                               errHost, // 127.0.0.1 in decimal
		"https://0177.0.0.1/":                               errHost, // octal
		"https://0x7f.0.0.1/":                               errHost, // hexadecimal
		"https://0x7f000001/":                               errHost,
		"https://a.0x1/":                                    errHost,
		"https://93.184.215.14/":                            errHost, // public, and still no name
		"https://169.254.169.254/latest":                    errHost,
		"https://[::1]/":                                    errHost,
		"https://[::ffff:127.0.0.1]/":                       errHost,
		"https://[2606:4700::1111]/":                        errHost,
		"https://[fe80::1%25eth0]/":                         errHost,
		"https://localhost/":                                errHost,
		"https://a.localhost/":                              errHost,
		"https://intranet/":                                 errHost,
		"https://printer.local/":                            errHost,
		"https://metadata.google.internal/computeMetadata/": errHost,
		"https://example.org./":                             errHost,
		"https://.example.org/":                             errHost,
		"https://example..org/":                             errHost,
		"https://-a.example.org/":                           errHost,
		"https://a_b.example.org/":                          errHost,
		"https://bücher.example/":                           errHost,
		"https://b%C3%BCcher.example/":                      errHost,
		"https://１２７.0.0.1/":                                errHost,
		"https://ⓔxample.org/":                              errHost,
		"https://example。org/":                              errHost,
		"https://" + strings.Repeat("a", 64) + ".org/":      errHost,
		"https://" + strings.Repeat("a.", 127) + "org/":     errHost,

		"https://parley.example.org/":     errOwn,
		"https://PARLEY.example.org:443/": errOwn,
		"https://parley.example.org:99/":  errOwn,
		"https://other.example.org/mcp":   errOwn,
	} {
		if err := c.Check(address); err != why {
			t.Errorf("%.60q: %v, want %v", address, err, why)
		} else if kind(t, err) != Forbidden {
			t.Errorf("%.60q is %s", address, kind(t, err))
		}
	}
}

func TestCheck_serverOnALoopback_callsItsMachineAndNotItself(t *testing.T) {
	c := New(Options{Loopback: true, Own: []string{"127.0.0.1:8080"}})
	for address, why := range map[string]error{
		"http://127.0.0.1:9000/hook":      nil,
		"http://[::1]:9000/":              nil,
		"http://LOCALHOST/":               nil,
		"https://example.org/":            nil,
		"http://localhost:08080/":         errForm,
		"http://localhost:8080/":          errOwn,
		"http://[::1]:8080/":              errOwn,
		"https://localhost/":              errHost,
		"http://127.0.0.2/":               errScheme,
		"http://0.0.0.0:9000/":            errScheme,
		"http://[::ffff:127.0.0.1]:9000/": errScheme,
		"http://127.0.0.1.example.org/":   errScheme,
		"http://example.org@127.0.0.1/":   errUser,
		"http://localhost.:9000/":         errScheme,
		"http://example.org/":             errScheme,
		"ftp://127.0.0.1/":                errScheme,
	} {
		if err := c.Check(address); err != why && !(err == nil && why == nil) {
			t.Errorf("%s: %v, want %v", address, err, why)
		}
	}
}
