package dynamotable_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestWrite_twoProcessesRaceForOneKey_losersSeeTheWinner(t *testing.T) {
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	process := func() *dynamotable.Table {
		return dynamotable.New(dynamolocal.Client(dynamolocal.Start(t)), name, dynamotable.Options{})
	}
	both := []*dynamotable.Table{process(), process()}
	for round := range 10 {
		sort := fmt.Sprintf("LOG#%016d", round)
		var wins atomic.Int32
		var seen sync.Map
		var wg sync.WaitGroup
		for n := range 12 {
			wg.Go(func() {
				mine := fmt.Sprintf("of %d", n)
				ops := []table.Op{table.Put(item(sort, mine), table.IfAbsent)}
				if n%3 == 0 { // some write a snapshot too
					ops = append(ops, table.Put(item("META", mine), table.Always))
				}
				err := both[n%2].Write(t.Context(), ops...)
				var conflict *table.ConflictError
				switch {
				case err == nil:
					wins.Add(1)
					seen.Store(mine, true)
				case errors.As(err, &conflict) && conflict.Conflicts[0].Item != nil:
					seen.Store(string(conflict.Conflicts[0].Item.Data), true)
				default:
					t.Errorf("Write: %v", err)
				}
			})
		}
		wg.Wait()
		winners := 0
		seen.Range(func(any, any) bool { winners++; return true })
		if wins.Load() != 1 || winners != 1 {
			t.Fatalf("round %d: %d writers won, and the losers saw %d winners", round, wins.Load(), winners)
		}
	}
}
