package dynamotable

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/parley-chat/parley/internal/store/table"
)

// Get implements table.Table with one GetItem.
func (t *Table) Get(ctx context.Context, k table.Key, c table.Consistency) (table.Item, error) {
	if err := k.Check(); err != nil {
		return table.Item{}, err
	}
	found, err := t.getItem(ctx, k, c)
	if err != nil {
		return table.Item{}, err
	}
	if len(found) == 0 {
		return table.Item{}, table.ErrNotFound
	}
	item, err := decode(found)
	if err != nil {
		return table.Item{}, err
	}
	if !item.Live(t.clock.Now()) {
		return table.Item{}, table.ErrNotFound
	}
	return item, nil
}

func (t *Table) getItem(ctx context.Context, k table.Key, c table.Consistency) (attributes, error) {
	in := &dynamodb.GetItemInput{
		TableName:              &t.name,
		Key:                    encodeKey(k),
		ConsistentRead:         aws.Bool(c == table.Strong),
		ReturnConsumedCapacity: t.capacity(),
	}
	var found attributes
	_, err := t.do(ctx, "GetItem", k.String(), func(ctx context.Context, call *Call) error {
		out, err := t.client.GetItem(ctx, in)
		if err != nil {
			return err
		}
		found = out.Item
		call.ReadUnits = units(out.ConsumedCapacity)
		call.Items = min(len(out.Item), 1)
		return nil
	})
	return found, err
}

// Query implements table.Table. Query sends one Query, and more while expired items or DynamoDB's limit of 1 MB per
// page leave the page short.
func (t *Table) Query(ctx context.Context, r table.Range) (table.Page, error) {
	if err := r.Check(); err != nil {
		return table.Page{}, err
	}
	found := harvest{now: t.clock.Now(), limit: r.Limit, most: r.Bytes}
	in := t.queryInput(r)
	for {
		out, err := t.query(ctx, table.Key{Partition: r.Partition, Sort: r.Prefix}, in)
		if err != nil {
			return table.Page{}, err
		}
		if err := found.add(out.Items); err != nil {
			return table.Page{}, err
		}
		missing := r.Limit - len(found.items)
		if missing == 0 || found.heavy() || len(out.LastEvaluatedKey) == 0 {
			return table.Page{Items: found.items, More: found.surplus || len(out.LastEvaluatedKey) > 0}, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
		// Ask for as many extra items as were expired so far. A long run of expired
		// items then takes few requests, and without any nothing extra is read.
		in.Limit = aws.Int32(int32(min(missing+found.expired, table.MaxLimit)))
	}
}

// harvest collects the live items from the pages of a Query.
type harvest struct {
	now     time.Time
	limit   int
	most    int // bytes; 0 for any number
	items   []table.Item
	bytes   int
	expired int  // items skipped
	surplus bool // there is a live item beyond the limit
}

func (h *harvest) add(page []attributes) error {
	for _, a := range page {
		item, err := decode(a)
		switch {
		case err != nil:
			return err
		case !item.Live(h.now):
			h.expired++
		case len(h.items) == h.limit, h.heavy():
			h.surplus = true
		default:
			h.items = append(h.items, item)
			h.bytes += len(item.Data)
		}
	}
	return nil
}

// heavy reports whether the items have as many bytes as a page may.
func (h *harvest) heavy() bool { return h.most > 0 && h.bytes >= h.most }

func (t *Table) queryInput(r table.Range) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName:                 &t.name,
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: attributes{":pk": str(r.Partition)},
		ScanIndexForward:          aws.Bool(!r.Reverse),
		ConsistentRead:            aws.Bool(r.Consistency == table.Strong),
		Limit:                     aws.Int32(int32(r.Limit)),
		ReturnConsumedCapacity:    t.capacity(),
	}
	if r.Prefix != "" {
		in.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :prefix)")
		in.ExpressionAttributeValues[":prefix"] = str(r.Prefix)
	}
	if r.After != "" {
		in.ExclusiveStartKey = encodeKey(table.Key{Partition: r.Partition, Sort: r.After})
	}
	return in
}

func (t *Table) query(ctx context.Context, about table.Key, in *dynamodb.QueryInput) (out *dynamodb.QueryOutput,
	err error) {
	_, err = t.do(ctx, "Query", about.String(), func(ctx context.Context, call *Call) error {
		out, err = t.client.Query(ctx, in)
		if err != nil {
			return err
		}
		call.ReadUnits = queryUnits(in, out)
		call.Items = len(out.Items)
		return nil
	})
	return out, err
}

// queryUnits returns the units of a Query. A Query that finds nothing costs as much as a Query that finds 4 KB
// ("DynamoDB read and write operations"), but DynamoDB Local reports no cost for it.
func queryUnits(in *dynamodb.QueryInput, out *dynamodb.QueryOutput) float64 {
	least := 0.5
	if aws.ToBool(in.ConsistentRead) {
		least = 1
	}
	if out.ConsumedCapacity == nil {
		return 0
	}
	return max(units(out.ConsumedCapacity), least)
}
