package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// fewFiles makes the program one that may have so many files and connections open.
func fewFiles(t *testing.T, n int) {
	t.Helper()
	wrapper := filepath.Join(t.TempDir(), "parley")
	script := fmt.Sprintf("#!/bin/sh\nulimit -n %d && exec '%s' \"$@\"\n", n, os.Getenv(process.BinaryEnv))
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(process.BinaryEnv, wrapper)
}

// held is a wait of an agent, on a connection of its own.
func (p *program) held(ctx context.Context, s seat) <-chan waitEnd {
	ended := make(chan waitEnd, 1)
	go func() {
		defer close(ended)
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet,
			strings.TrimSuffix(p.url, "mcp")+"v1/wait?cursor="+s.cursor, nil)
		if err != nil {
			p.t.Error(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		resp, err := client.Do(r)
		if err != nil {
			p.t.Error(err)
			return
		}
		defer resp.Body.Close()
		end := waitEnd{status: resp.StatusCode, retryAfter: resp.Header.Get("Retry-After")}
		if err := json.NewDecoder(resp.Body).Decode(&end.answer); err != nil {
			p.t.Error(err)
		}
		ended <- end
	}()
	return ended
}

type waitEnd struct {
	status     int
	retryAfter string
	answer
}

// catchUp has s read all there is.
func (c talk) catchUp(s *seat) {
	c.t.Helper()
	for {
		a := c.ok("wait_for_message", args{"agent_token": s.token, "cursor": s.cursor, "wait_seconds": 0})
		s.cursor = a.Cursor
		if a.Status == "quiet" {
			return
		}
	}
}

func TestOverload_moreWaitsThanConnections_areRefusedAndThoseInsideFinish(t *testing.T) {
	const files, inside, more = 120, 90, 5
	fewFiles(t, files)
	p := start(t)
	c := talk{t, openGo(t, p.url, legacyProtocol)}
	seats := make([]seat, inside+more)
	for k := range seats {
		a := c.ok("join_room", args{"room": "crowd", "agent_name": fmt.Sprintf("Agent %d", k), "capacity": len(seats)})
		seats[k] = seat{a.AgentToken, a.Cursor}
	}
	for k := range seats {
		c.catchUp(&seats[k])
	}
	var waits []<-chan waitEnd
	for _, s := range seats {
		waits = append(waits, p.held(t.Context(), s))
	}
	refused := map[int]bool{}
	await(t, "some are refused", func() bool {
		for k, w := range waits {
			select {
			case end, ok := <-w:
				if ok && (end.status != http.StatusServiceUnavailable || end.Code != "unavailable" ||
					end.retryAfter != "10") {
					t.Errorf("wait %d ended with %+v, want a refusal", k, end)
				}
				refused[k] = true
			default:
			}
		}
		return len(refused) >= more
	})
	for k := range refused { // one of them can still speak
		c.ok("send_message", args{"agent_token": seats[k].token, "text": opening})
		break
	}
	for k, w := range waits {
		if refused[k] {
			continue
		}
		if end := <-w; end.status != http.StatusOK || len(end.Messages) != 1 || end.Messages[0].Text != opening {
			t.Errorf("wait %d, inside, ended with %+v", k, end)
		}
	}
}
