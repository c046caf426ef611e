package e2e

import (
	"net/http"
	"net/http/httputil"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// remapping is a proxy that hands the header of a challenge on under the name that API Gateway gives it. renamed counts
// how often.
func remapping(t *testing.T, p *program) (proxied *program, renamed *atomic.Int64) {
	t.Helper()
	proxy, renamed := to(t, p), &atomic.Int64{}
	pass := proxy.Rewrite
	proxy.Rewrite = func(r *httputil.ProxyRequest) {
		pass(r)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-Proto", "https")
	}
	proxy.ModifyResponse = func(r *http.Response) error {
		if challenge := r.Header.Get("WWW-Authenticate"); challenge != "" {
			r.Header.Del("WWW-Authenticate")
			r.Header.Set("X-Amzn-Remapped-WWW-Authenticate", challenge)
			renamed.Add(1)
		}
		return nil
	}
	return &program{t: t, url: front(t, proxy)}, renamed
}

// Clients look for the document at the path of MCP, when they begin and when a token is no longer good.
func TestSignIn_challengeThatAProxyRenames_everyClientOfAnSDKFindsItsWay(t *testing.T) {
	t.Parallel()
	for generation, protocol := range map[string]string{"sdk1": legacyProtocol, "legacy": legacyProtocol,
		"modern": modernProtocol} {
		t.Run(generation, func(t *testing.T) {
			p := start(t, "--access", "keys", "--sign-in", "auto", "--public-url", "https://parley.example")
			proxied, renamed := remapping(t, p)
			ann, client := proxied.signedIn(generation, protocol, p.newKey("Ann"), "",
				filepath.Join(t.TempDir(), "state.json"))
			bob := talk{t, openGo(t, p.door(p.newKey("Bob")), modernProtocol)}
			hers, his := ann.join("tea", "Ann"), bob.join("tea", "Bob")
			ann.ok("send_message", args{"agent_token": hers.token, "text": "Is there milk?"})
			bob.hears(&his, "Is there milk?")
			began := renamed.Load()
			if err := client.write(map[string]any{"spoil": true}); err != nil {
				t.Fatal(err)
			}
			ann.ok("send_message", args{"agent_token": hers.token, "text": "And sugar?"})
			bob.hears(&his, "And sugar?")
			if began == 0 || renamed.Load() == began {
				t.Errorf("%d challenges were renamed, %d of them before the token was spoiled", renamed.Load(), began)
			}
		})
	}
}
