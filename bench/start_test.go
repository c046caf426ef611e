package main

import (
	"maps"
	"testing"
	"time"
)

func TestAttributes_ofATest_areItsDurations(t *testing.T) {
	got, err := attributes([]byte(`{"Action":"run","Test":"T"}
{"Action":"attr","Test":"T","Key":"smallest","Value":"3.5ms"}
{"Action":"output","Test":"T","Output":"=== ATTR  T smallest 3.5ms\n"}
{"Action":"attr","Test":"T","Key":"initialize","Value":"10ms"}
`))
	want := map[string]time.Duration{"smallest": 3500 * time.Microsecond, "initialize": 10 * time.Millisecond}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, error %v", got, err)
	}
	for _, text := range []string{"FAIL: no module", `{"Action":"attr","Key":"smallest","Value":"soon"}`} {
		if _, err := attributes([]byte(text)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}

func TestStartRows_goal_isForInitialize(t *testing.T) {
	for took, want := range map[time.Duration]string{
		25: "at most 3.00: met; aim 2.50: met", 30: "at most 3.00: met; aim 2.50: missed",
		31: "at most 3.00: missed; aim 2.50: missed",
	} {
		rows := startRows(map[string]time.Duration{"smallest": 10, "initialize": took, "health": 90})
		if rows[0].Goal != want || rows[1].Ratio != "9.00" {
			t.Errorf("%v: %+v", took, rows)
		}
	}
	if rows := startRows(nil); rows[0].Parley != notMeasured {
		t.Errorf("%+v", rows)
	}
}
