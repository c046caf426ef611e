package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/auth/oauth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// A program that has signed in gets another token after the status. After a result, ChatGPT would ask its person to
// sign in again.
func TestReject_tokenThatIsTooOld_isToldByTheStatusAlsoToChatGPT(t *testing.T) {
	const address = "https://parley.example"
	a, ok := New(Options{SignIn: oauth.New(oauth.Options{Public: address})}).(*server)
	if !ok {
		t.Fatal("the handler is another one")
	}
	token := ident.NewSignInSecret(ident.AccessToken, ident.NewKey().ID, ident.NewSignInID()).String()
	for reason, status := range map[string]int{fault.ReasonExpired: http.StatusUnauthorized, "": http.StatusOK} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address+MCPPath,
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_rooms"}}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", "openai-mcp/1.0.0")
		w := httptest.NewRecorder()
		a.refuseAdmission(a.beginExchange(w), r, door{MCPPath, token}, &fault.Error{Code: fault.KeyInvalid,
			Reason: reason})
		if w.Code != status || strings.Contains(w.Body.String(), "mcp/www_authenticate") != (status == http.StatusOK) {
			t.Errorf("for the reason %q: %d %s", reason, w.Code, w.Body)
		}
	}
}

// OpenAI compares the text letter by letter.
func TestOpenAIChallenge_isTheSettingAndNothingElse(t *testing.T) {
	for text, status := range map[string]int{"Kx9-_aB": http.StatusOK, "": http.StatusNotFound} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
			w := httptest.NewRecorder()
			New(Options{OpenAIChallenge: text, Address: "https://parley.example/mcp"}).ServeHTTP(w,
				httptest.NewRequestWithContext(t.Context(), method, "https://parley.example"+openAIChallengePath, nil))
			want := status
			if method == http.MethodPost && text != "" {
				want = http.StatusMethodNotAllowed
			}
			kind := w.Header().Get("Content-Type")
			if w.Code != want || w.Code == http.StatusOK && (kind != "text/plain; charset=utf-8" ||
				method == http.MethodGet && w.Body.String() != text) {
				t.Errorf("%s with %q: %d %s %q", method, text, w.Code, kind, w.Body)
			}
		}
	}
}
