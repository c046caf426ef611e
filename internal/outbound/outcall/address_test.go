package outcall

import (
	"net/netip"
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

// The first and the last address of each block, where it has neighbors that are global.
func TestGlobal_addressOfSomebodysNetwork_isNotGlobal(t *testing.T) {
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.0", "100.100.100.200", "100.127.255.255", "127.0.0.1",
		"127.255.255.255", "169.254.169.254", "169.254.170.2", "172.16.0.0", "172.31.255.255",
		"192.0.0.8", "192.0.2.1", "192.31.196.1",
		"192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:168.63.129.16",
		"::ffff:0:127.0.0.1", "100::1", "2001::1",
		"64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:808:808", // NAT64
		"2001:0:4136:e378:8000:63bf:3fff:fdd2",
		"2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "2620:4f:8000::1",
		"3fff::1", "3fff:fff::1", "4000::1", "1fff:ffff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
		"fe80::1%eth0", "2606:4700::1111%eth0", "fec0::1", "ff02::1",
	} {
		if Global(netip.MustParseAddr(text)) {
			t.Errorf("%s is global", text)
		}
	}
	for _, text := range []string{home, "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0",
		"192.0.1.1", "192.169.0.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17", "::ffff:8.8.8.8",
		"2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "3ffe:ffff::1"} {
		if !Global(netip.MustParseAddr(text)) {
			t.Errorf("%s is not global", text)
		}
	}
	if Global(netip.Addr{}) {
		t.Error("no address is global")
	}
}

func TestParseSecret_key_has24To64Bytes(t *testing.T) {
	for text, want := range map[string]bool{
		secret:                               true,
		"whsec_" + strings.Repeat("AAAA", 8): true,
		"whsec_" + strings.Repeat("AAAA", 21) + "AA==": true,
		"whsec_" + strings.Repeat("AAAA", 7) + "AAA=":  false,
		"whsec_" + strings.Repeat("AAAA", 21) + "AAA=": false,
		strings.Repeat("AAAA", 8):                      false,
		"WHSEC_" + strings.Repeat("AAAA", 8):           false,
		"whsec_" + strings.Repeat("A-A_", 8):           false,
		secret + "\n":                                  false,
		strings.TrimSuffix(secret, "="):                false,
		"":                                             false,
	} {
		if err := ParseSecret(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
