package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
)

// FuzzStandby asks for a wait without MCP with any query and any Authorization. Either
// the request is refused as the client's mistake, or the wait is within its ranges and
// has the token of the header.
func FuzzStandby(f *testing.F) {
	f.Add("cursor=41-k7&for_me=1&wait_seconds=30", "Bearer 0000000000000000000000000000")
	f.Add("wait_seconds=4294967296", "bearer  x ")
	f.Add("agent_token=secret", "")
	f.Add("for_me=%zz;cursor", "Basic eDp5")
	var asked *chat.WaitRequest
	h := New(Options{Standby: func(_ context.Context, req chat.WaitRequest) tools.Standby {
		asked = &req
		return tools.Standby{JSON: []byte(`{"status":"messages"}`), Status: chat.StatusMessages}
	}})
	f.Fuzz(func(t *testing.T, query, authorization string) {
		r := httptest.NewRequest(http.MethodGet, StandbyPath, nil)
		r.URL.RawQuery = query
		r.Header.Set("Authorization", authorization)
		asked = nil
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if asked == nil {
			if w.Code != http.StatusBadRequest && w.Code != http.StatusUnauthorized {
				t.Errorf("refused with %d: %s", w.Code, w.Body)
			}
			return
		}
		if w.Code != http.StatusOK || asked.Wait < 0 || asked.Wait > core.MaxWait || asked.Wait%time.Second != 0 {
			t.Errorf("answered %d, asked for %v", w.Code, asked.Wait)
		}
		if asked.Token == "" || !strings.HasSuffix(strings.TrimSpace(authorization), asked.Token) {
			t.Errorf("%q is taken for the token %q", authorization, asked.Token)
		}
	})
}

// FuzzClient reads any address and any header of a proxy. The result, by which limits
// count, is an address or empty.
func FuzzClient(f *testing.F) {
	f.Add("192.0.2.7:4711", "", true)
	f.Add("[2001:db8::1]:80", "203.0.113.9, 10.0.0.1", true)
	f.Add("@", "unknown, [::ffff:192.0.2.7%eth0]:80", false)
	f.Fuzz(func(t *testing.T, remote, forwarded string, trust bool) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", forwarded)
		got := (&server{Options: Options{TrustProxy: trust}}).clientOf(r)
		if got == "" {
			return
		}
		network, err := netip.ParsePrefix(got)
		if err == nil && network.Addr().Is6() && network.Bits() == 64 && network == network.Masked() {
			return
		}
		if ip, err := netip.ParseAddr(got); err != nil || !ip.Is4() {
			t.Errorf("from %q, %q: counted as %q", remote, forwarded, got)
		}
	})
}
