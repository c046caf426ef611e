package dynamotable_test

import (
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestTable_onDynamoDBLocal_passesTheContract(t *testing.T) {
	dynamolocal.Start(t) // skips the whole test, once, without the engine
	tabletest.Run(t, func(t *testing.T, clock clockwork.Clock) table.Table {
		tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
		return tbl
	})
}
