package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

func TestBill_addsUpWhatTheServiceWouldCharge(t *testing.T) {
	b := billFor([]dynamotable.Call{
		{Operation: "GetItem", ReadUnits: 1, Items: 1},
		{Operation: "Query"}, // found nothing: not free on the service
		{Operation: "Query", ReadUnits: 2, Items: 50},
		{Operation: "PutItem", WriteUnits: 1, Items: 1},
		{Operation: "PutItem"},                                     // its condition failed
		{Operation: "TransactWriteItems", WriteUnits: 2, Items: 4}, // the engine rounds only the sum
	})
	if b.reads != 3 || b.writes != 3 || b.read != 3.5 || b.write != 10 {
		t.Errorf("%+v", b)
	}
	if got, want := b.String(), "2 PutItem, 2 Query, GetItem, TransactWriteItems"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBill_ofNothing_saysSo(t *testing.T) {
	if got := billFor(nil).String(); got != "no request" {
		t.Errorf("got %q", got)
	}
}

func TestGoals_onDynamoDB_areMissedByOneRequestMore(t *testing.T) {
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

func TestBilledCalls_everyToolThatIsServed_hasARow(t *testing.T) {
	a, err := parley(t.Context(), app.Store{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range a.Tools() {
		if !slices.ContainsFunc(billedCalls(), func(c billed) bool { return c.tool == name && c.what != "" }) {
			t.Errorf("billedCalls() does not call %s", name)
		}
	}
}
