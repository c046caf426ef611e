package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

func TestBill_isWhatTheServiceWouldCharge(t *testing.T) {
	b := billFor([]dynamotable.Call{
		{Operation: "GetItem", ReadUnits: 1, Items: 1},
		{Operation: "Query", ReadUnits: 0.5},
		{Operation: "Query", ReadUnits: 2, Items: 50},
		{Operation: "PutItem", WriteUnits: 1, Items: 1},
		{Operation: "PutItem"},                                     // its condition failed
		{Operation: "TransactWriteItems", WriteUnits: 2, Items: 4}, // the engine rounds only the total
	})
	if b.reads != 3 || b.writes != 3 || b.read != 3.5 || b.write != 10 {
		t.Errorf("%+v", b)
	}
	if got, want := b.String(), "2 PutItem, 2 Query, GetItem, TransactWriteItems"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBill_noRequests_saysSo(t *testing.T) {
	if got := billFor(nil).String(); got != "no request" {
		t.Errorf("got %q", got)
	}
}

func TestGoals_oneRequestMore_areMissed(t *testing.T) {
	put := dynamotable.Call{Operation: "PutItem", WriteUnits: 1, Items: 1}
	get := dynamotable.Call{Operation: "GetItem", ReadUnits: 1, Items: 1}
	for name, c := range map[string]struct {
		goal func(bill) string
		well []dynamotable.Call
	}{
		"warm": {warmGoal, []dynamotable.Call{put}},
		"cold": {coldGoal, []dynamotable.Call{put, put, get, get}},
	} {
		if got := c.goal(billFor(c.well)); !strings.HasSuffix(got, ": met") {
			t.Errorf("%s: %s", name, got)
		}
		for _, more := range []dynamotable.Call{put, get} {
			if got := c.goal(billFor(append(c.well, more))); !strings.HasSuffix(got, ": missed") {
				t.Errorf("%s and a %s: %s", name, more.Operation, got)
			}
		}
	}
}

func TestBilledCalls_everyTool_hasARow(t *testing.T) {
	a, err := newApp(t.Context(), io.Discard, app.Config{}, app.Store{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range a.Tools() {
		if name == "share_file" || name == "get_file" {
			continue
		}
		if !slices.ContainsFunc(billedCalls(), func(c billedCall) bool { return c.tool == name && c.what != "" }) {
			t.Errorf("billedCalls() has no row for %s", name)
		}
	}
}
