package lambdatest_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"sync"
	"syscall"
	"testing"
)

// held is a table whose first turn of a sign-in is held up on its way there, or on its way back.
type held struct {
	*httptest.Server
	begun, goOn chan struct{}
}

// holdTurn puts it between the function and its table.
func (f *function) holdTurn(onItsWayBack bool) *held {
	h := &held{begun: make(chan struct{}), goOn: make(chan struct{})}
	engine, first := f.endpoint, sync.OnceFunc(func() {
		close(h.begun)
		<-h.goOn
	})
	pass := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { passTo(p, engine) }}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return // the instance has ended
		}
		q.Body = io.NopCloser(bytes.NewReader(body))
		turn := bytes.Contains(body, []byte(`"SIGNINS#`)) && bytes.Contains(body, []byte(`"TransactItems"`))
		if turn && !onItsWayBack {
			first()
		}
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, q)
		if turn && onItsWayBack {
			first()
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	f.t.Cleanup(h.Close)
	return h
}

// The program repeats its refresh at another instance, and goes on there. What the frozen one then finds leads to
// the same pair.
func TestBootstrap_refreshFrozenInItsWrite_leadsToTheSamePair(t *testing.T) {
	t.Parallel()
	for name, onItsWayBack := range map[string]bool{"before the table has it": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := deploy(t)
			there := f.start(0, signsInAt(ownURL)...)
			p := connect(t, there.FunctionURL(), ownURL, f.newKey("ann").String())
			seat := p.caller().call(t, "create_room", args{"room": "room", "agent_name": "Ann"})
			held := f.holdTurn(onItsWayBack)
			here := f.start(0, append(signsInAt(ownURL), "AWS_ENDPOINT_URL_DYNAMODB="+held.URL)...)
			late := make(chan tokens, 1)
			go func() { late <- p.at(here.FunctionURL()).refreshed(p.Refresh) }()
			<-held.begun
			here.Signal(syscall.SIGSTOP)
			rested(t, here)
			consumed := p.Refresh
			p.refresh()
			if again := p.refreshed(consumed); again != p.tokens {
				t.Error("the repeated refresh leads to another pair")
			}
			close(held.goOn)
			here.Signal(syscall.SIGCONT)
			if got := <-late; got != p.tokens {
				t.Error("the instance that was frozen answers another pair")
			}
			for range 2 {
				p.caller().call(t, "wait_for_message", args{"agent_token": seat.AgentToken, "cursor": seat.Cursor,
					"wait_seconds": 0})
				p = p.at(here.FunctionURL())
				p.refresh()
			}
		})
	}
}
