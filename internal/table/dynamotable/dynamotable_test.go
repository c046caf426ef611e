package dynamotable_test

import (
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

func TestTable_onDynamoDBLocal_passesTheContract(t *testing.T) {
	dynamolocal.Start(t) // skips the whole test, once, without the engine
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		return tbl
	})
}
