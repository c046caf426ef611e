package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Ann runs the server on her own machine behind a proxy of another maker each time. Somebody
// who comes through it asks for the seat of her agent by its name.
func TestAttack_localSeat_throughProxiesOfManyMakers(t *testing.T) {
	p := start(t)
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"%s","arguments":%s}}`
	asks := func(protocol, mark, tool, arguments string) string {
		t.Helper()
		body := fmt.Sprintf(call, tool, arguments)
		c := p.dial()
		head := "POST /mcp " + protocol + "\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: " +
			"application/json\r\nConnection: close\r\n" + mark
		if _, err := fmt.Fprintf(c, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	agent := func(text string) (got answer) {
		t.Helper()
		var result struct{ Result json.RawMessage }
		if err := json.Unmarshal([]byte(text), &result); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		got, err := readAnswer(result.Result)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	through := map[string]string{
		"X-Forwarded-For": "", "Forwarded": "", "X-Real-IP": "", "CF-Connecting-IP": "", "Via": "1.1 proxy",
		"X-Client-IP":    "",
		"True-Client-IP": "", "Fly-Client-IP": "", "X-Envoy-External-Address": "", "": "", // the last is HTTP/1.0
	}
	n, local := 0, 0
	for mark, value := range through {
		room := fmt.Sprint("room ", n)
		n++
		agent(asks("HTTP/1.1", "", "create_room", `{"room":"`+room+`","agent_name":"Ann","capacity":2}`))
		protocol, line := "HTTP/1.0", ""
		if mark != "" {
			protocol, line = "HTTP/1.1", mark+": "+strings.TrimSpace(value+" 203.0.113.66")+"\r\n"
		}
		// A caller on this machine is told to repeat after 20 seconds of silence, a stranger after 60.
		said := agent(asks(protocol, line, "join_room", `{"room":"`+room+`","agent_name":"Ann"}`))
		if said.Code != "name_taken" || said.Retry < 60 {
			local++
			t.Errorf("through a proxy with %q: %s %s", line, said.Code, said.Message)
		}
	}
	attacks(t, "the seat of a local agent: of %d strangers, each through a proxy that shows itself in its own way, "+
		"%d were taken for local", n, local)
}
