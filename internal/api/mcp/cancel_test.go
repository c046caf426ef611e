package mcp

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

// newWaiting serves the tool block, whose calls wait until they are released or given up.
func newWaiting(t *testing.T, caller *atomic.Value) *wire {
	w := &wire{t: t, entered: make(chan string, 16), release: make(chan string), left: make(chan string, 16)}
	s := NewServer(Options{Tools: []Tool{{Name: "block",
		Call: func(ctx context.Context, arguments json.RawMessage, _ *Record) (any, error) {
			givenUp, end := Waits(ctx)
			defer end()
			var in struct{ Me string }
			_ = json.Unmarshal(arguments, &in)
			w.entered <- in.Me
			select {
			case <-givenUp:
				return "given up", nil
			case <-w.release:
				return "released", nil
			}
		}}}})
	h := handler(s)
	w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(rw, r.WithContext(ident.WithAddress(r.Context(), caller.Load().(string))))
	}))
	return w
}

func TestCancel_ofAWait_endsThoseOfTheSameCallerAndID(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		for what, c := range map[string]struct {
			id, cancelled, by string
			ends              bool
		}{
			"the same number":                    {`5`, `5`, "Ann", true},
			"the same string":                    {`"5"`, `"\u0035"`, "Ann", true},
			"the same number, written otherwise": {`5.0`, `5`, "Ann", true},
			"the same number over 2^53":          {`9007199254740993`, `9007199254740993`, "Ann", true},
			"its neighbor":                       {`9007199254740993`, `9007199254740992`, "Ann", false},
			"another number":                     {`5`, `6`, "Ann", false},
			"a string in place of a number":      {`5`, `"5"`, "Ann", false},
			"a number in place of a string":      {`"5"`, `5`, "Ann", false},
			"another caller":                     {`5`, `5`, "Bob", false},
			"no id":                              {`5`, `{}`, "Ann", false},
		} {
			t.Run(version+" "+what, func(t *testing.T) {
				var caller atomic.Value
				caller.Store("Ann")
				w := newWaiting(t, &caller)
				calls := []<-chan reply{w.call(version, c.id, "one"), w.call(version, c.id, "two")}
				caller.Store(c.by)
				status, _ := w.post(version, "", cancelled, "", `{"requestId":`+c.cancelled+`}`)
				caller.Store("Ann")
				if status != http.StatusAccepted {
					t.Errorf("the notification was answered with %d", status)
				}
				end := `"given up"`
				if !c.ends {
					end = `"released"`
					w.free()
					w.free()
				}
				for _, call := range calls {
					if got := await(t, call).text(); got != end {
						t.Errorf("a call ended as %s, want %s", got, end)
					}
				}
				later := w.call(version, c.id, "later")
				w.free()
				if got := await(t, later).text(); got != `"released"` {
					t.Errorf("a later call of the same id ended as %s", got)
				}
			})
		}
	}
}
