package dynamotable

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Partitions yields, in no order, each partition whose name begins with prefix, which must not be empty, and that holds
// a live item under the sort key. Partitions may miss concurrent writes. If Partitions fails, the last pair has an
// error and no partition.
//
// Partitions reads the whole table (Scan), at one read unit for each 4 KiB.
func (t *Table) Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := &dynamodb.ScanInput{
			TableName: &t.name,
			FilterExpression: aws.String("begins_with(pk, :prefix) AND sk = :sort AND " +
				"(attribute_not_exists(expires) OR expires > :now)"),
			ProjectionExpression: aws.String("pk"),
			ExpressionAttributeValues: attributes{":prefix": str(prefix), ":sort": str(sort),
				":now": seconds(t.clock.Now())},
			ConsistentRead:         aws.Bool(true),
			ReturnConsumedCapacity: t.capacity(),
		}
		for {
			out, err := t.scan(ctx, in)
			if err != nil {
				yield("", err)
				return
			}
			for _, a := range out.Items {
				if pk, ok := a[attrPartition].(*types.AttributeValueMemberS); ok && !yield(pk.Value, nil) {
					return
				}
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
			if len(in.ExclusiveStartKey) == 0 {
				return
			}
		}
	}
}

func (t *Table) scan(ctx context.Context, in *dynamodb.ScanInput) (out *dynamodb.ScanOutput, err error) {
	_, err = t.do(ctx, "Scan", t.name, func(ctx context.Context, call *Call) error {
		out, err = t.client.Scan(ctx, in)
		if err != nil {
			return err
		}
		call.ReadUnits = units(out.ConsumedCapacity)
		call.Items = len(out.Items)
		return nil
	})
	return out, err
}
