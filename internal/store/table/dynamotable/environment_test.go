package dynamotable_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

func TestNewLambdaClient_inAFunction_signsWithItsRole(t *testing.T) {
	signed := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed <- r.Header
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", server.URL)
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "the-role")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "the-session")
	client, err := dynamotable.NewLambdaClient()
	must(t, err)
	_, err = client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	must(t, err)
	got := <-signed
	if auth := got.Get("Authorization"); !strings.Contains(auth, "Credential=the-role/") ||
		!strings.Contains(auth, "/eu-west-1/dynamodb/") || got.Get("X-Amz-Security-Token") != "the-session" {
		t.Errorf("the call is signed as %s, of the session %s", auth, got.Get("X-Amz-Security-Token"))
	}
	for _, missing := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID"} {
		t.Run("without "+missing, func(t *testing.T) {
			t.Setenv(missing, "")
			if _, err := dynamotable.NewLambdaClient(); err == nil || !strings.Contains(err.Error(), missing) {
				t.Errorf("%v, want an error that names %s", err, missing)
			}
		})
	}
}

func TestHTTPClient_fortyCallsAtOnceAndAgain_useTheSameConnections(t *testing.T) {
	const calls = 40
	var opened atomic.Int32
	var round sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		round.Done()
		round.Wait() // each call has a separate connection until all have arrived
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := dynamotable.HTTPClient()
	for range 2 {
		round.Add(calls)
		var answered sync.WaitGroup
		for range calls {
			answered.Go(func() {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
				if err != nil {
					t.Error(err)
					return
				}
				response, err := client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				_ = response.Body.Close()
			})
		}
		answered.Wait()
	}
	if n := opened.Load(); n != calls {
		t.Errorf("%d calls at once, and again, opened %d connections; want %d", calls, n, calls)
	}
}
