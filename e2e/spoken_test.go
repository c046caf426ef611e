package e2e

import (
	"context"
	"encoding/json"
	"iter"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
)

// spokenEnv has the program of the tests be an agent that the SDK for Go serves, at the port that it names. The test
// that has started it speaks for it, by the lines of clients/python/endpoint.py.
const spokenEnv = "PARLEY_E2E_SPOKEN"

// spoken is an agent that does what it is told.
type spoken struct {
	mu   sync.Mutex
	out  *json.Encoder
	told []chan a2a.Event // by the number of the message
}

// serveSpoken serves the agent until the input ends.
func serveSpoken(port string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String() + "/"
	s := &spoken{out: json.NewEncoder(os.Stdout)}
	mux := http.NewServeMux()
	mux.Handle("/rpc", a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(s)))
	mux.Handle(a2asrv.WellKnownAgentCardPath, a2asrv.NewStaticAgentCardHandler(&a2a.AgentCard{
		Name: "Ida", Description: "Does what it is told.", Version: "1",
		SupportedInterfaces: []*a2a.AgentInterface{a2a.NewAgentInterface(url+"rpc", a2a.TransportProtocolJSONRPC)},
		Capabilities:        a2a.AgentCapabilities{Streaming: true},
		DefaultInputModes:   []string{"text/plain"}, DefaultOutputModes: []string{"text/plain"},
		Skills: []a2a.AgentSkill{{ID: "do", Name: "Do", Description: "Does what it is told.", Tags: []string{"test"}}},
	}))
	go func() { _ = http.Serve(listener, mux) }() // the test notices if nobody serves
	if err := s.out.Encode(map[string]any{"ready": map[string]string{"url": url}}); err != nil {
		return err
	}
	for in := json.NewDecoder(os.Stdin); ; {
		var line struct {
			N     int
			Event *a2a.StreamResponse
		}
		if in.Decode(&line) != nil {
			return nil // the test is over
		}
		s.mu.Lock()
		told := s.told[line.N-1]
		s.mu.Unlock()
		if line.Event == nil {
			close(told)
		} else {
			told <- line.Event.Event
		}
	}
}

// Execute does what the test tells.
func (s *spoken) Execute(_ context.Context, of *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		text := ""
		for _, p := range of.Message.Parts {
			text += p.Text()
		}
		told := make(chan a2a.Event, 100) // no test tells more of a message
		s.mu.Lock()
		s.told = append(s.told, told)
		err := s.out.Encode(map[string]asked{"asked": {len(s.told), text, of.Message.ID, of.ContextID,
			string(of.TaskID)}})
		s.mu.Unlock()
		if err != nil {
			yield(nil, err)
			return
		}
		for event := range told {
			if !yield(event, nil) {
				return
			}
		}
	}
}

// Cancel does nothing.
func (s *spoken) Cancel(context.Context, *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(func(a2a.Event, error) bool) {}
}
