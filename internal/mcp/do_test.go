package mcp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/meter"
)

func TestDo_outcome_isWhatTheWorkReturns(t *testing.T) {
	refused := &Failure{Code: "unavailable", Message: "Later.", RetryAfterSeconds: 3}
	for _, c := range []struct {
		value any
		err   error
		want  string // JSON
		code  string // in the account
	}{
		{"<done>", nil, `"<done>"`, meter.CodeOK},
		{nil, refused, `{"code":"unavailable","message":"Later.","retry_after_seconds":3}`, "unavailable"},
		{nil, fmt.Errorf("while sending: %w", refused), `{"code":"unavailable","message":"Later.","retry_after_seconds":3}`, "unavailable"},
	} {
		account := meter.New(meter.Options{}).Open()
		o := Do(meter.With(t.Context(), account), quiet, "say", func(_ context.Context, r *Record) (any, error) {
			r.Room = "abcdefg"
			return c.value, c.err
		})
		call := account.Close(0)
		if got := string(o.JSON()); got != c.want || o.Gone || call.Tool != "say" || call.Code != c.code || account.Room() == "" {
			t.Errorf("%v, %v: %s, %+v of room %q", c.value, c.err, got, call, account.Room())
		}
	}
}

func TestDo_errorThatNobodyMayRead_isInternal(t *testing.T) {
	account := meter.New(meter.Options{}).Open()
	o := Do(meter.With(t.Context(), account), quiet, "say", func(context.Context, *Record) (any, error) { return nil, errors.New("a secret") })
	if f := o.Failure; f == nil || f.Code != "internal" || f.ID == "" || strings.Contains(f.Message, "a secret") {
		t.Errorf("%+v", f)
	}
	if call := account.Close(0); call.Code != "internal" {
		t.Errorf("%+v", call)
	}
}

func TestDo_clientHasLeft_isGoneWhateverTheWorkReturns(t *testing.T) {
	for _, err := range []error{nil, context.Canceled, &Failure{Code: "removed"}} {
		ctx, leave := context.WithCancel(t.Context())
		account := meter.New(meter.Options{}).Open()
		o := Do(meter.With(ctx, account), quiet, "say", func(context.Context, *Record) (any, error) {
			leave()
			return "done", err
		})
		if !o.Gone || o.JSON() != nil || account.Close(0).Code != meter.CodeGone {
			t.Errorf("%v: %+v", err, o)
		}
	}
}

func TestFailure_text_saysWhatItsJSONSays(t *testing.T) {
	f := &Failure{Code: "unavailable", Message: "Later.", RetryAfterSeconds: 3}
	if got, want := f.Error(), "unavailable: Later. (retry_after_seconds: 3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCall_whileItWaits_mcpGoHoldsNothing(t *testing.T) {
	for _, version := range []string{legacy, modern} {
		w := newWire(t)
		answer := w.call(version, "5", "I")
		if !strings.Contains(stacks(), "mcp.(*wire).block") {
			t.Fatal("the call is not under way")
		}
		if strings.Contains(stacks(), "mcp-go/server.") {
			t.Errorf("mcp-go has a goroutine or a frame:\n%s", stacks())
		}
		w.free()
		await(t, answer)
	}
}

// stacks are those of all goroutines.
func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

func TestCall_clientLeaves_endsIt(t *testing.T) {
	w := newWire(t)
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	go w.try(ctx, modern, "5", "tools/call", "block", `{"name":"block","arguments":{}}`)
	await(t, w.entered)
	leave()
	await(t, w.left)
}
