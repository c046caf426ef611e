package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Lambda freezes the process between two invocations, and the peer forgets a connection meanwhile.
func TestCloud_invocationsApart_useConnectionsOfTheirOwn(t *testing.T) {
	var mu sync.Mutex
	opened := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			mu.Lock()
			defer mu.Unlock()
			opened++
		}
	}
	server.Start()
	defer server.Close()
	for name, value := range map[string]string{"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "local",
		"AWS_SECRET_ACCESS_KEY": "local", "AWS_ENDPOINT_URL_LAMBDA": server.URL} {
		t.Setenv(name, value)
	}
	s := &stream{aws: newCloud(settings{Deliverer: "outbox"})}
	for range 3 {
		got, err := s.startDeliveries(t.Context(), batch{[]record{called("abcdefg", `{"call":[{"s":1,"h":"a"}]}`)}})
		if len(got.Failures) > 0 || err != nil {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if opened != 3 {
		t.Errorf("%d connections of 3 invocations", opened)
	}
}

// called is a record of an event of a room.
func called(room, data string) (r record) {
	r.Change.Item.Partition.S, r.Change.Item.Data.S = roomPrefix+room, data
	return r
}
