package mcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/observe/meter"
)

func TestDo_outcome_isWhatTheWorkReturns(t *testing.T) {
	refused := &results.Failure{Code: "unavailable", Message: "Later.", RetryAfterSeconds: 3}
	for _, c := range []struct {
		value any
		err   error
		want  string // JSON
		code  string // in the account
	}{
		{"<done>", nil, `"<done>"`, meter.CodeOK},
		{nil, refused, `{"code":"unavailable","message":"Later.","retry_after_seconds":3}`, "unavailable"},
		{nil, fmt.Errorf("while sending: %w", refused),
			`{"code":"unavailable","message":"Later.","retry_after_seconds":3}`, "unavailable"},
	} {
		account := meter.New(meter.Options{}).Open()
		o := Do(meter.With(t.Context(), account), quiet, "say", func(_ context.Context, r *Record) (any, error) {
			r.Room = func() string { return "abcdefg" }
			return c.value, c.err
		})
		call := account.Close(0)
		if got := string(o.JSON()); got != c.want || o.Canceled || call.Tool != "say" || call.Code != c.code ||
			account.Room() == "" {
			t.Errorf("%v, %v: %s, %+v of room %q", c.value, c.err, got, call, account.Room())
		}
	}
}

func TestDo_errorThatNobodyMayRead_isInternal(t *testing.T) {
	account := meter.New(meter.Options{}).Open()
	o := Do(meter.With(t.Context(), account), quiet, "say",
		func(context.Context, *Record) (any, error) { return nil, errors.New("a secret") })
	if f := o.Failure; f == nil || f.Code != "internal" || f.ID == "" || strings.Contains(f.Message, "a secret") {
		t.Errorf("%+v", f)
	}
	if call := account.Close(0); call.Code != "internal" {
		t.Errorf("%+v", call)
	}
}

func TestDo_clientHasLeft_isGoneWhateverTheWorkReturns(t *testing.T) {
	for _, err := range []error{nil, context.Canceled, &results.Failure{Code: "removed"}} {
		ctx, leave := context.WithCancel(t.Context())
		account := meter.New(meter.Options{}).Open()
		o := Do(meter.With(ctx, account), quiet, "say", func(context.Context, *Record) (any, error) {
			leave()
			return "done", err
		})
		if !o.Canceled || o.JSON() != nil || account.Close(0).Code != meter.CodeGone {
			t.Errorf("%v: %+v", err, o)
		}
	}
}

func TestDo_deadlineHasPassed_answerComesAllTheSame(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{{nil, meter.CodeOK}, {&results.Failure{Code: "unavailable"}, "unavailable"}} {
		ctx, cancel := context.WithTimeout(t.Context(), 0)
		account := meter.New(meter.Options{}).Open()
		o := Do(meter.With(ctx, account), quiet, "say", func(ctx context.Context, _ *Record) (any, error) {
			<-ctx.Done()
			return "done", c.err
		})
		cancel()
		if call := account.Close(0); o.Canceled || o.JSON() == nil || call.Code != c.want {
			t.Errorf("%v: %+v in the account, answered %s", c.err, call, o.JSON())
		}
	}
}

func TestFailure_text_saysWhatItsJSONSays(t *testing.T) {
	f := &results.Failure{Code: "unavailable", Message: "Later.", RetryAfterSeconds: 3}
	if got, want := f.Error(), "unavailable: Later. (retry_after_seconds: 3)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.Next = "Then join again."
	want := `unavailable: Later. (retry_after_seconds: 3) Then join again.`
	if got := f.Error(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want = `{"code":"unavailable","message":"Later.","retry_after_seconds":3,"next":"Then join again."}`
	if got := string(results.JSON(f)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDo_contextEndsForAReason_isThatFailure(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	account := meter.New(meter.Options{}).Open()
	o := Do(meter.With(ctx, account), quiet, "wait", func(ctx context.Context, _ *Record) (any, error) {
		end(fmt.Errorf("while it waited: %w", fault.Refuse(fault.KeyInvalid, "The key is gone.")))
		return nil, ctx.Err()
	})
	if got := string(o.JSON()); o.Canceled || got != `{"code":"key_invalid","message":"The key is gone."}` ||
		account.Close(0).Code != "key_invalid" {
		t.Errorf("%+v, %s", o, got)
	}
}
