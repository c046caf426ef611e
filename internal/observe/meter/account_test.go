package meter

import (
	"testing"
	"time"
)

func TestClose_twice_reportsTheCallOnce(t *testing.T) {
	var seen []Call
	m := New(Options{Observe: func(c Call) { seen = append(seen, c) }})
	a := m.Open()
	ctx := With(t.Context(), a)
	From(ctx).Begin("send_message")
	m.Spend(ctx, 2, 0.5, 1)
	m.Spend(ctx, 1, 0, 2)
	From(ctx).End(CodeOK, func() string { return "abcdefg" })
	a.Close(time.Second)
	a.Close(time.Minute)
	m.Open().Close(time.Second) // called no tool
	want := Call{Tool: "send_message", Code: CodeOK, Took: time.Second, ReadUnits: 0.5, WriteUnits: 3}
	if len(seen) != 1 || seen[0] != want {
		t.Errorf("the observer received %+v, want %+v", seen, want)
	}
	if got := m.Totals(); got.Requests != 3 || got.ReadUnits != 0.5 || got.WriteUnits != 3 {
		t.Errorf("%+v", got)
	}
}

func TestClose_withoutEnd_isGone(t *testing.T) {
	a := New(Options{}).Open()
	a.Begin("wait_for_message")
	if call := a.Close(0); call.Code != CodeGone {
		t.Errorf("%+v", call)
	}
}

func TestRoom_isAHashOfTheID(t *testing.T) {
	name := func(id string) string {
		a := New(Options{}).Open()
		a.End(CodeOK, func() string { return id })
		return a.Room()
	}
	one, two := name("abcdefg"), name("abcdefh")
	if len(one) != 8 || one == two || one != name("abcdefg") || name("") != "" {
		t.Errorf("%q, %q, %q", one, two, name(""))
	}
	if got := New(Options{}).Open().Room(); got != "" {
		t.Errorf("without a room: %q", got)
	}
}

func TestAccount_nil_limitsNothing(t *testing.T) {
	a := From(t.Context())
	a.Begin("x")
	a.End(CodeOK, nil)
	end, err := a.BeginWait()
	if err != nil || a.Arrive() != nil || a.Arrived(1<<40) != nil {
		t.Error("a request without an account is limited")
	}
	end()
}
