package lambdatest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// distribution is a CloudFront in front of a Function URL: it adds the secret, and sets
// the address of its viewer.
type distribution struct {
	origin         http.RoundTripper
	secret, viewer string
}

func (d distribution) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Origin-Secret", d.secret)
	r.Header.Set("CloudFront-Viewer-Address", d.viewer)
	return d.origin.RoundTrip(r)
}

// behindCloudFront starts an instance that only a distribution may call, and returns a viewer of that.
func (f *function) behindCloudFront(env ...string) (*lambdatest.Instance, *http.Client) {
	f.t.Helper()
	const secret = "a secret of the origin"
	i := f.start(0, append(env, "PARLEY_ORIGIN_SECRET="+secret)...)
	viewer := i.FunctionURL()
	viewer.Transport = distribution{viewer.Transport, secret, "192.0.2.1:46532"}
	return i, viewer
}

func TestOriginSecret_onlyTheDistributionIsServed_andItsViewersAreTheClients(t *testing.T) {
	t.Parallel()
	const secret = "a secret of the origin"
	i := deploy(t).start(0, "PARLEY_ORIGIN_SECRET="+secret, "PARLEY_ROOMS_PER_HOUR=1")
	through := func(secret, viewer string) *http.Client {
		client := *i.FunctionURL()
		client.Transport = distribution{client.Transport, secret, viewer}
		return &client
	}
	for name, client := range map[string]*http.Client{
		"no secret": i.FunctionURL(), "an empty one": through("", "192.0.2.1:1"),
		"another": through(secret+"x", "192.0.2.1:1"),
	} {
		resp, err := client.Get("https://any.example/healthz")
		if err != nil {
			t.Fatal(name, err)
		}
		if body, err := readAll(resp); err != nil || resp.StatusCode != http.StatusForbidden ||
			!strings.Contains(body, "public address") {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, body, err)
		}
	}
	for n, c := range []struct{ viewer, status, code string }{
		{"192.0.2.1:46532", "created", ""},
		{"192.0.2.1:46533", "", "rate_limited"}, // the same client
		{"192.0.2.2:46532", "created", ""},
		{"2001:db8:1:2::3:46532", "created", ""},
		{"2001:db8:1:2::4:46532", "", "rate_limited"}, // the same household
		{"2001:db8:1:3::4:46532", "created", ""},
	} {
		got, err := try(t, through(secret, c.viewer), "create_room",
			args{"room": fmt.Sprint("room ", n), "agent_name": "Ann"})
		if err != nil || got.Status != c.status || got.Code != c.code {
			t.Errorf("%s: %+v, %v; want %s%s", c.viewer, got, err, c.status, c.code)
		}
	}
}
