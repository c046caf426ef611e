package app

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func valid() Settings {
	return Settings{LongestWait: time.Minute, KeepAlive: 15 * time.Second, MaxWaits: 100, MaxBodies: 1, Access: "auto",
		SignIn: "auto", LogLevel: "warn", LogFormat: "text"}
}

func TestValidate_impossibleSetting_saysWhy(t *testing.T) {
	for _, c := range []struct {
		change func(*Settings)
		want   string
	}{
		{func(s *Settings) { s.LongestWait = 13 * time.Hour },
			"--longest-wait (PARLEY_LONGEST_WAIT) 13h0m0s: must be from 1s to 12h0m0s"},
		{func(s *Settings) { s.LongestWait = time.Millisecond }, "--longest-wait"},
		{func(s *Settings) { s.KeepAlive = time.Millisecond },
			"--keep-alive (PARLEY_KEEP_ALIVE) 1ms: must be from 100ms to 1m0s"},
		{func(s *Settings) { s.KeepAlive = 0 }, "--keep-alive"},
		{func(s *Settings) { s.MaxWaits = -1 }, "--max-waits"},
		{func(s *Settings) { s.MaxBodies = 0 }, "--max-bodies"},
		{func(s *Settings) { s.FilesTotal = -1 }, "--files-total (PARLEY_FILES_TOTAL) -1: must be from 0"},
		{func(s *Settings) { s.FilesBucket = "b" }, `--files-bucket (PARLEY_FILES_BUCKET) "b": needs --table`},
		{func(s *Settings) { s.MessagesPerMinute = -1 }, "--messages-per-minute"},
		{func(s *Settings) { s.BytesPerMinute = -1 }, "--bytes-per-minute"},
		{func(s *Settings) { s.RoomsPerHour = -1 }, "--rooms-per-hour"},
		{func(s *Settings) { s.UnitsPerMinute = -1 },
			"--units-per-minute (PARLEY_UNITS_PER_MINUTE) -1: must be a positive number"},
		{func(s *Settings) { s.WaitsPerAddress = -1 }, "--waits-per-address"},
		{func(s *Settings) { s.WaitsPerAddress = Limit(s.MaxWaits) + 1 },
			"--waits-per-address (PARLEY_WAITS_PER_ADDRESS) 101: cannot be above --max-waits, which is 100"},
		{func(s *Settings) { s.Access = "closed" }, `--access (PARLEY_ACCESS) "closed": must be auto, open or keys`},
		{func(s *Settings) { s.SignIn = "on" }, `--sign-in (PARLEY_SIGN_IN) "on": must be auto or off`},
		{func(s *Settings) { s.OpenAIChallenge = "two words" },
			`--openai-challenge (PARLEY_OPENAI_CHALLENGE) "two words": must be one line`},
		{func(s *Settings) { s.LogLevel = "loud" }, "--log-level"},
		{func(s *Settings) { s.LogFormat = "xml" }, "--log-format"},
		{func(s *Settings) { s.PublicURL = "a.example" }, `--public-url (PARLEY_PUBLIC_URL) "a.example"`},
		{func(s *Settings) { s.PublicURL = "https://ann:secret@a.example" }, `"https://ann:xxxxx@a.example"`},
		{func(s *Settings) { s.AllowHost = []string{"a.example", "b:1"} }, `--allow-host (PARLEY_ALLOW_HOST) "b:1"`},
		{func(s *Settings) { s.AllowOrigin = []string{"b"} }, `--allow-origin (PARLEY_ALLOW_ORIGIN) "b"`},
	} {
		s := valid()
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		c.change(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %s", err, c.want)
		}
	}
}

func TestValidate_hostThatNoRequestNames_saysWhy(t *testing.T) {
	for host, reason := range map[string]string{
		"a.example": "", "localhost": "", "192.0.2.7": "", "2001:db8::1": "",
		"": "is empty", "https://a.example": "scheme", "a.example:8080": "port", "a.example/mcp": "path",
		"[2001:db8::1]": "brackets", "*": "in full", "*.a.example": "in full", "a b": "in full", "ä.example": "",
		"xn--ä.example": "no name",
	} {
		if got := badHost(host); (reason == "") != (got == "") || !strings.Contains(got, reason) {
			t.Errorf("%q: %q, want %q", host, got, reason)
		}
	}
}

// Clients, browsers and proxies send the ASCII form, and compare it with what the server says of itself.
func TestPublicURL_internationalName_isUsedInItsASCIIForm(t *testing.T) {
	for given, want := range map[string]string{
		"https://bücher.example":          "https://xn--bcher-kva.example/mcp",
		"https://BÜCHER.example:8443/mcp": "https://xn--bcher-kva.example:8443/mcp",
		"https://bu\u0308cher.example/":   "https://xn--bcher-kva.example/mcp",
		"https://b%C3%BCcher.example/p":   "https://xn--bcher-kva.example/p/mcp",
		"https://例え。テスト":                  "https://xn--r8jz45g.xn--zckzah/mcp",
		"https://faß.example":             "https://xn--fa-hia.example/mcp",
		"https://xn--bcher-kva.example":   "https://xn--bcher-kva.example/mcp",
	} {
		s := Settings{PublicURL: given}
		if err := s.CheckAddresses(); err != nil || s.PublicAddress() != want {
			t.Errorf("%s: %q, %v", given, s.PublicAddress(), err)
		}
		if u, err := url.Parse(want); err != nil || !slices.Contains(s.hosts(), u.Hostname()) {
			t.Errorf("%s: the hosts are %q", given, s.hosts())
		}
	}
}

// A browser sends the ASCII form of the address that its person has typed.
func TestAllow_internationalName_isUsedInItsASCIIForm(t *testing.T) {
	for given, want := range map[string]string{"bücher.example": "xn--bcher-kva.example", "a.example": "a.example",
		"BÜCHER.example": "xn--bcher-kva.example", "例え。テスト": "xn--r8jz45g.xn--zckzah", "2001:db8::1": "2001:db8::1"} {
		s := Settings{AllowHost: []string{given}}
		if err := s.CheckAddresses(); err != nil || !slices.Equal(s.hosts(), []string{want}) {
			t.Errorf("the host %s is %q, %v", given, s.hosts(), err)
		}
	}
	for given, want := range map[string]string{"https://bücher.example": "https://xn--bcher-kva.example", "*": "*",
		"http://BÜCHER.example:8443": "http://xn--bcher-kva.example:8443", "https://A.example": "https://A.example",
		"chrome-extension://abc": "chrome-extension://abc"} {
		s := Settings{AllowOrigin: []string{given}}
		if err := s.CheckAddresses(); err != nil || !slices.Equal(s.allowedOrigins(), []string{want}) {
			t.Errorf("the origin %s is %q, %v", given, s.allowedOrigins(), err)
		}
	}
}

func TestValidate_originThatNoBrowserSends_saysWhy(t *testing.T) {
	for origin, reason := range map[string]string{
		"*": "", "https://a.example": "", "HTTPS://A.example": "", "http://a.example:8080": "",
		"chrome-extension://abc": "", "http://[::1]:3000": "",
		"a.example": "no scheme", "a.example:443": "no scheme", "null": "no scheme", "//a.example": "no scheme",
		"":                   "no scheme",
		"https://a.example/": "path", "https://a.example/chat": "path", "https://a.example?x": "path",
		"https://a.example#x": "path",
		"https://":            "not an origin", "https://ann@a.example": "not an origin",
		"https://*.a.example": "not an origin", "https://a.example:x": "not an origin",
		"https://a.example:": "not an origin", "https://ä.example": "", "https://xn--ä.example": "no name",
		"höttps://a.example":    "not an origin",
		"https://a.example:443": "default port", "http://a.example:80": "default port",
	} {
		if got := badOrigin(origin); (reason == "") != (got == "") || !strings.Contains(got, reason) {
			t.Errorf("%q: %q, want %q", origin, got, reason)
		}
	}
}

func TestPublicURL_isCutToTheBase(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.example":           "https://a.example/mcp",
		"https://a.example/":          "https://a.example/mcp",
		"https://a.example/mcp":       "https://a.example/mcp",
		"https://a.example/mcp/":      "https://a.example/mcp",
		"http://a.example:81/chat":    "http://a.example:81/chat/mcp",
		"https://a.example/chat/mcp":  "https://a.example/chat/mcp",
		"https://a.example/mcp/mcp":   "https://a.example/mcp/mcp",
		"https://a.example/a%20b/mcp": "https://a.example/a%20b/mcp",
		"HTTPS://[2001:db8::1]:1/mcp": "https://[2001:db8::1]:1/mcp",
	} {
		if got := (Settings{PublicURL: text}).PublicAddress(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestPublicURL_anythingElse_isRefusedWithTheReason(t *testing.T) {
	for text, reason := range map[string]string{
		"a.example":               "http://",
		"ftp://a.example":         "http://",
		"https:a.example":         "no host",
		"https:///mcp":            "no host",
		"https://:8080/mcp":       "no host",
		"https://a.example/mcp?a": "query",
		"https://a.example/?":     "query",
		"https://a.example/#":     "fragment",
		"https://a.example/mcp#x": "fragment",
		"https://ann:x@a.example": "user",
		"https://a.example:x/mcp": "not a URL",
		"http://a example":        "not a URL",
	} {
		if _, got := publicURL(text); !strings.Contains(got, reason) {
			t.Errorf("%s: %q, want %q", text, got, reason)
		}
	}
}

func TestLogger_hasTheLevelAndTheFormat(t *testing.T) {
	var out strings.Builder
	log := Settings{LogLevel: "warn", LogFormat: "json"}.Logger(&out)
	log.Info("no")
	log.Warn("yes")
	if got := out.String(); strings.Contains(got, `"no"`) || !strings.Contains(got, `"msg":"yes"`) {
		t.Error(got)
	}
	out.Reset()
	Settings{LogLevel: "debug", LogFormat: "text"}.Logger(&out).Debug("all")
	if got := out.String(); !strings.Contains(got, "level=DEBUG msg=all") {
		t.Error(got)
	}
}
