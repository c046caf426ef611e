package httpapi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func TestHealth_readyPanics_isAnErrorWithAnID(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) {
		o.Ready = func(context.Context) error { var none []error; return none[len(none)] }
	})
	resp, body := s.do(s.get(healthPath))
	var line struct{ ID, Panic, Stack string }
	first, _, _ := strings.Cut(s.log.String(), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 500 || line.ID == "" || !strings.Contains(decode(t, body).Error.Message, line.ID) {
		t.Errorf("%d %s, logged under %q", resp.StatusCode, body, line.ID)
	}
	if !strings.Contains(line.Panic, "out of range") || !strings.Contains(line.Stack, "serveHealth") {
		t.Errorf("the log has %+v", line)
	}
}

func TestLog_everyRequest_isOneLineWithoutWhatWasSent(t *testing.T) {
	s := newSite(t)
	r := s.request(legacyCall("1", "echo", "secret-text", `"secret-progress"`))
	r.URL.RawQuery = "token=secret-query"
	r.Header.Set("Authorization", "Bearer secret-bearer")
	s.do(r)
	s.do(s.get("/secret-path"))
	odd := s.get("/")
	odd.Method = "SECRET-METHOD"
	s.do(odd)
	log := s.log.String()
	if strings.Contains(strings.ToLower(log), "secret") {
		t.Errorf("the log has what was sent: %s", log)
	}
	type line struct {
		Msg, ID, Method, Path string
		Status                int
		MS                    *int
	}
	want := []line{
		{Method: "POST", Path: MCPPath, Status: 200},
		{Method: "GET", Path: "(other)", Status: 404},
		{Method: "(other)", Path: "/", Status: 405},
	}
	got := strings.Split(strings.TrimSpace(log), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines: %s", len(got), log)
	}
	for i, w := range want {
		var l line
		if err := json.Unmarshal([]byte(got[i]), &l); err != nil {
			t.Fatal(err)
		}
		if l.Msg != "request" || l.ID == "" || l.MS == nil || l.Method != w.Method || l.Path != w.Path ||
			l.Status != w.Status {
			t.Errorf("line %d: %s", i, got[i])
		}
	}
}

// The path of a page may hold a secret, and that of an asset what anybody likes.
func TestPages_log_namesRoutesOnly(t *testing.T) {
	g := newGated(t)
	for _, path := range []string{"/r/secretroom", "/i/secretcode", "/i/" + g.invite,
		"/assets/secretversion/secretname"} {
		g.do(g.browser(path))
	}
	log := g.log.String()
	if strings.Contains(log, "secret") || strings.Contains(log, g.invite) {
		t.Errorf("the log has a path: %s", log)
	}
	for _, route := range []string{"/r/{room}", "/i/{code}", "/assets/{name}"} {
		if !strings.Contains(log, `"path":"`+route+`"`) {
			t.Errorf("the log does not name %s: %s", route, log)
		}
	}
}
