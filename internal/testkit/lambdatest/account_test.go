package lambdatest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

const (
	clientSecretName = "parley/client-secret"
	clientSecretText = "a secret of the tests"
)

// company is what the function asks when somebody signs in with an account: a provider, whose keys and metadata
// go-oidc's own server serves, and Secrets Manager. The code of a sign-in is its nonce.
type company struct {
	*httptest.Server
	t    *testing.T
	oidc oidctest.Server
	key  *rsa.PrivateKey
}

func newCompany(t *testing.T) *company {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &company{t: t, key: key, oidc: oidctest.Server{PublicKeys: []oidctest.PublicKey{
		{PublicKey: key.Public(), KeyID: "1", Algorithm: "RS256"}}}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	c.oidc.SetIssuer(c.URL)
	return c
}

// settings are those of a function at which its people sign in.
func (c *company) settings(public string) []string {
	return append(signsInAt(public), "PARLEY_SIGN_IN_ISSUER="+c.URL, "PARLEY_SIGN_IN_CLIENT_ID=parley",
		"PARLEY_SIGN_IN_CLIENT_SECRET="+clientSecretName, "PARLEY_SIGN_IN_ALLOW=acme.example",
		"AWS_ENDPOINT_URL_SECRETS_MANAGER="+c.URL)
}

// ServeHTTP answers the function.
func (c *company) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Target") == "secretsmanager.GetSecretValue" {
		var asked struct{ SecretId string } //nolint:revive // as AWS has it
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.SecretId != clientSecretName ||
			!strings.Contains(r.Header.Get("Authorization"), "/secretsmanager/aws4_request, SignedHeaders=") {
			c.t.Errorf("Secrets Manager is asked for %q, %v", asked.SecretId, err)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": clientSecretText + "\n"})
		return
	}
	if r.URL.Path != "/token" {
		c.oidc.ServeHTTP(w, r)
		return
	}
	if id, secret, _ := r.BasicAuth(); id != "parley" || secret != url.QueryEscape(clientSecretText) ||
		r.FormValue("code_verifier") == "" {
		c.t.Errorf("the client is %s, and its secret wrong, or there is no verifier", id)
	}
	token := oidctest.SignIDToken(c.key, "1", "RS256", fmt.Sprintf(`{"iss":%q,"aud":"parley","sub":"1","nonce":%q,
		"exp":%d,"email":"ann@acme.example","email_verified":true}`, c.URL, r.FormValue("code"),
		time.Now().Add(time.Hour).Unix()))
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": token})
}

// connectByAccount has a program sign in whose person has an account.
func connectByAccount(t *testing.T, client *http.Client, public string) *connected {
	t.Helper()
	p := &connected{t: t, client: client, public: public}
	p.register("/oauth/register")
	request := p.request()
	body, err := json.Marshal(map[string]string{"request": request.Encode(), "answer": "account"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, public+"/oauth/authorize",
		strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	q.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {public}, "Sec-Fetch-Site": {"same-origin"}}
	shown, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readAll(shown)
	var page struct{ Go string }
	if err != nil || json.Unmarshal([]byte(text), &page) != nil || page.Go == "" {
		t.Fatalf("the page shows %s, %v", text, err)
	}
	to, err := url.Parse(page.Go)
	if err != nil {
		t.Fatal(err)
	}
	back, err := http.NewRequestWithContext(t.Context(), http.MethodGet, public+"/oauth/callback?"+url.Values{
		"code": {to.Query().Get("nonce")}, "state": {to.Query().Get("state")}}.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range shown.Cookies() {
		back.AddCookie(cookie)
	}
	led, err := client.Transport.RoundTrip(back)
	if err != nil {
		t.Fatal(err)
	}
	defer led.Body.Close()
	program, err := url.Parse(led.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(program.String(), programRedirect) {
		t.Fatalf("the server leads to %s, %v", led.Header.Get("Location"), err)
	}
	p.tokens = p.exchange("/oauth/token", program.Query().Get("code"))
	return p
}

// The function signs in with an account what the program on one machine does, and reads the secret by its name.
func TestFunction_personWithAnAccount_signsIn(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	c := newCompany(t)
	client := f.start(0, c.settings(ownURL)...).FunctionURL()
	p := connectByAccount(t, client, ownURL)
	made := p.caller().call(t, "create_room", args{"room": "tea", "agent_name": "Ann"})
	if made.AgentToken == "" {
		t.Errorf("%+v", made)
	}
	p.refresh()
}
