package dynamotable

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/internal/store/table"
)

// Write implements table.Table with PutItem or DeleteItem for one op and with
// TransactWriteItems for several. The package comment covers lost replies.
func (t *Table) Write(ctx context.Context, ops ...table.Op) error {
	if err := table.Check(ops); err != nil {
		return err
	}
	now := t.clock.Now()
	if len(ops) == 1 {
		return t.writeOne(ctx, ops[0], now)
	}
	return t.writeAll(ctx, ops, now)
}

func (t *Table) writeOne(ctx context.Context, op table.Op, now time.Time) error {
	write := t.putItem
	if op.Delete {
		write = t.deleteItem
	}
	lost, err := write(ctx, op, newGuard(op, now))
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return err
	}
	if lost && op.If == table.IfPresent {
		return fmt.Errorf("%w: %s is absent, and an earlier attempt whose reply was lost may have removed it",
			table.ErrUnavailable, op.Item.Key)
	}
	conflict, err := newConflict(0, op, failed.Item, now)
	if err != nil {
		return err
	}
	return &table.ConflictError{Conflicts: []table.Conflict{conflict}}
}

func (t *Table) putItem(ctx context.Context, op table.Op, g guard) (lost bool, err error) {
	in := &dynamodb.PutItemInput{
		TableName:                           &t.name,
		Item:                                encode(op.Item),
		ConditionExpression:                 g.expression,
		ExpressionAttributeNames:            g.names,
		ExpressionAttributeValues:           g.values,
		ReturnValuesOnConditionCheckFailure: g.onFailure,
		ReturnConsumedCapacity:              t.capacity(),
	}
	return t.do(ctx, "PutItem", op.Item.Key.String(), func(ctx context.Context, call *Call) error {
		out, err := t.client.PutItem(ctx, in)
		if err != nil {
			return err
		}
		call.WriteUnits, call.Items = units(out.ConsumedCapacity), 1
		return nil
	})
}

func (t *Table) deleteItem(ctx context.Context, op table.Op, g guard) (lost bool, err error) {
	in := &dynamodb.DeleteItemInput{
		TableName:                           &t.name,
		Key:                                 encodeKey(op.Item.Key),
		ConditionExpression:                 g.expression,
		ExpressionAttributeNames:            g.names,
		ExpressionAttributeValues:           g.values,
		ReturnValuesOnConditionCheckFailure: g.onFailure,
		ReturnConsumedCapacity:              t.capacity(),
	}
	return t.do(ctx, "DeleteItem", op.Item.Key.String(), func(ctx context.Context, call *Call) error {
		out, err := t.client.DeleteItem(ctx, in)
		if err != nil {
			return err
		}
		call.WriteUnits, call.Items = units(out.ConsumedCapacity), 1
		return nil
	})
}

func (t *Table) writeAll(ctx context.Context, ops []table.Op, now time.Time) error {
	in := &dynamodb.TransactWriteItemsInput{
		ClientRequestToken:     aws.String(rand.Text()),
		TransactItems:          make([]types.TransactWriteItem, len(ops)),
		ReturnConsumedCapacity: t.capacity(),
	}
	for i, op := range ops {
		in.TransactItems[i] = t.action(op, newGuard(op, now))
	}
	about := fmt.Sprintf("%s and %d more", ops[0].Item.Key, len(ops)-1)
	_, err := t.do(ctx, "TransactWriteItems", about, func(ctx context.Context, call *Call) error {
		out, err := t.client.TransactWriteItems(ctx, in)
		if err != nil {
			return err
		}
		call.ReadUnits, call.WriteUnits = transactionUnits(out.ConsumedCapacity)
		call.Items = len(ops)
		return nil
	})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return err
	}
	return newConflictError(ops, cancelled.CancellationReasons, now, err)
}

func (t *Table) action(op table.Op, g guard) types.TransactWriteItem {
	if op.Delete {
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName:                           &t.name,
			Key:                                 encodeKey(op.Item.Key),
			ConditionExpression:                 g.expression,
			ExpressionAttributeNames:            g.names,
			ExpressionAttributeValues:           g.values,
			ReturnValuesOnConditionCheckFailure: g.onFailure,
		}}
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                           &t.name,
		Item:                                encode(op.Item),
		ConditionExpression:                 g.expression,
		ExpressionAttributeNames:            g.names,
		ExpressionAttributeValues:           g.values,
		ReturnValuesOnConditionCheckFailure: g.onFailure,
	}}
}

// newConflictError returns a *table.ConflictError with the ops whose condition failed. Without a failed condition the
// transaction was cancelled for another reason, and the error is otherwise.
func newConflictError(ops []table.Op, reasons []types.CancellationReason, now time.Time, otherwise error) error {
	var failed table.ConflictError
	for i, reason := range reasons[:min(len(reasons), len(ops))] {
		if aws.ToString(reason.Code) != reasonCondition {
			continue
		}
		conflict, err := newConflict(i, ops[i], reason.Item, now)
		if err != nil {
			return err
		}
		failed.Conflicts = append(failed.Conflicts, conflict)
	}
	if len(failed.Conflicts) == 0 {
		return otherwise
	}
	return &failed
}

// newConflict returns the conflict of op with the item that DynamoDB found. For IfPresent the found item has expired,
// so the conflict has no item; for IfSame it may have.
func newConflict(index int, op table.Op, found attributes, now time.Time) (table.Conflict, error) {
	conflict := table.Conflict{Op: index, Key: op.Item.Key}
	if op.If == table.IfPresent || len(found) == 0 {
		return conflict, nil
	}
	item, err := decode(found)
	if err == nil && item.Live(now) {
		conflict.Item = &item
	}
	return conflict, err
}
