package dynamotable_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestQuery_longRunOfExpiredItems_takesFewRequests(t *testing.T) {
	clock := clockwork.NewFakeClockAt(start())
	tbl, _, l := openLine(t, dynamotable.Options{Clock: clock}, first())
	fill(t, tbl, 500, func(n int) table.Item {
		i := item(fmt.Sprintf("%03d", n), "x")
		if n < 497 {
			i.Expires = clock.Now().Add(-time.Second)
		}
		return i
	})
	before := len(l.requests())
	page, err := tbl.Query(t.Context(), table.Range{Partition: "p", Limit: 2, Consistency: table.Strong})
	if err != nil || len(page.Items) != 2 || page.Items[0].Key.Sort != "497" || page.Items[1].Key.Sort != "498" ||
		!page.More {
		t.Errorf("Query: %+v, %v; want 497, 498 and more", page, err)
	}
	if n := len(l.requests()) - before; n > 10 {
		t.Errorf("%d requests for 500 items; want each to read twice as far", n)
	}
}

func TestQuery_itemsBeyondOnePage_requestsOnlyTheRest(t *testing.T) {
	tbl, _, l := openLine(t, dynamotable.Options{}, first())
	fill(t, tbl, 9, func(n int) table.Item { return item(fmt.Sprint(n), strings.Repeat("x", 200<<10)) })
	before := len(l.requests())
	page, err := tbl.Query(t.Context(), table.Range{Partition: "p", Limit: 8, Reverse: true})
	if err != nil || len(page.Items) != 8 || page.Items[7].Key.Sort != "1" || !page.More {
		t.Errorf("Query: %d items, more %v, %v; want 8 and more", len(page.Items), page.More, err)
	}
	sent := l.requests()[before:]
	if len(sent) != 2 || sent[1].Body["Limit"] != float64(2) { // DynamoDB ends a page at 1 MB: six of these items
		t.Errorf("%d requests, the last for %v items; want 2, and 2", len(sent), sent[len(sent)-1].Body["Limit"])
	}
}

// fill puts n items, with as many as possible in each Write.
func fill(t testing.TB, tbl table.Table, n int, make func(n int) table.Item) {
	t.Helper()
	var ops []table.Op
	size := 0
	for i := range n {
		op := table.Put(make(i), table.Always)
		ops, size = append(ops, op), size+len(op.Item.Data)
		if len(ops) == table.MaxOps || size > 1<<20 || i == n-1 {
			must(t, tbl.Write(t.Context(), ops...))
			ops, size = nil, 0
		}
	}
}

func TestRead_itemOfAnotherProgram_errorNamesIt(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	tbl, name := dynamolocal.NewTable(t, dynamotable.Options{})
	str := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for sort, foreign := range map[string]map[string]types.AttributeValue{
		"without data":      {},
		"numeric data":      {"data": &types.AttributeValueMemberN{Value: "1"}},
		"fractional expiry": {"data": str("x"), "expires": &types.AttributeValueMemberN{Value: "1.5"}},
	} {
		foreign["pk"], foreign["sk"] = str("p"), str(sort)
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: foreign})
		must(t, err)
		_, getErr := tbl.Get(t.Context(), item(sort, "").Key, table.Strong)
		_, queryErr := tbl.Query(t.Context(), table.Range{Partition: "p", Prefix: sort, Limit: 1})
		for _, err := range []error{getErr, queryErr} {
			if err == nil || !strings.Contains(err.Error(), item(sort, "").Key.String()) {
				t.Errorf("%s: %v; want an error that names the item", sort, err)
			}
		}
	}
}
