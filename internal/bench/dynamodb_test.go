package main

import (
	"testing"

	"github.com/parley-chat/parley/internal/table/dynamotable"
)

func TestBill_addsUpWhatTheServiceWouldCharge(t *testing.T) {
	b := billFor([]dynamotable.Call{
		{Operation: "GetItem", ReadUnits: 1, Items: 1},
		{Operation: "Query"}, // found nothing: not free on the service
		{Operation: "Query", ReadUnits: 2, Items: 50},
		{Operation: "PutItem", WriteUnits: 1, Items: 1},
		{Operation: "TransactWriteItems", WriteUnits: 2, Items: 4}, // the engine rounds only the sum
	})
	if b.reads != 3 || b.writes != 2 || b.read != 3.5 || b.write != 9 {
		t.Errorf("%+v", b)
	}
	if got, want := b.String(), "2 Query, GetItem, PutItem, TransactWriteItems"; got != want {
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
		row  func(bill) row
		well []dynamotable.Call
	}{
		"warm": {warmRow, []dynamotable.Call{put}},
		"cold": {coldRow, []dynamotable.Call{put, put, get, get}},
	} {
		if got := c.row(billFor(c.well)).Goal; got[len(got)-4:] != " met" {
			t.Errorf("%s: %s", name, got)
		}
		for _, more := range []dynamotable.Call{put, get} {
			if got := c.row(billFor(append(c.well, more))).Goal; got[len(got)-7:] != " missed" {
				t.Errorf("%s and a %s: %s", name, more.Operation, got)
			}
		}
	}
}
