package dynamotable

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/internal/store/table"
)

// createPatience bounds the wait for a new table. The service takes seconds.
const createPatience = 2 * time.Minute

// Create creates the table with on-demand billing and TTL, and returns when the table is active. For an existing table
// Create only enables TTL. Create is for local engines: on AWS the template creates the table, with backups and tags.
//
// A call whose answer was lost is sent again, and may find that the first attempt has taken effect. log says what
// Create waits for: a person who starts a server would otherwise see nothing while the engine does not answer.
func (t *Table) Create(ctx context.Context, log *slog.Logger) error {
	creating := *t
	creating.observe = nil
	said := map[string]bool{} // once for each call: where nothing listens, there are attempts in a row
	creating.retried = func(operation string, err error) {
		if said[operation] {
			return
		}
		said[operation] = true
		log.WarnContext(ctx, "DynamoDB has not answered, and is called again", "operation", operation, "table", t.name,
			"error", err)
	}
	err := creating.create(ctx)
	if err == nil {
		err = creating.awaitActive(ctx, log)
	}
	if err == nil {
		err = creating.enableTTL(ctx)
	}
	if err != nil {
		return fmt.Errorf("creating the table %q: %w", t.name, err)
	}
	return nil
}

func (t *Table) create(ctx context.Context) error {
	in := &dynamodb.CreateTableInput{
		TableName:   &t.name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(attrPartition), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(attrSort), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(attrPartition), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(attrSort), AttributeType: types.ScalarAttributeTypeS},
		},
	}
	_, err := t.do(ctx, "CreateTable", t.name, func(ctx context.Context, _ *Call) error {
		_, err := t.client.CreateTable(ctx, in)
		return err
	})
	if errors.As(err, new(*types.ResourceInUseException)) { // the table exists, or is being created
		return nil
	}
	return err
}

// awaitActive returns once the table is active. A table that was created just now may be unknown for a moment.
func (t *Table) awaitActive(ctx context.Context, log *slog.Logger) error {
	bounded, cancel := context.WithTimeout(ctx, createPatience)
	defer cancel()
	for n := 1; ; n++ {
		active, err := t.isActive(bounded)
		if err != nil && !errors.As(err, new(*types.ResourceNotFoundException)) || active {
			return err
		}
		if n == 1 {
			log.InfoContext(ctx, "the table is being created, and is waited for", "table", t.name)
		}
		if pause(bounded, n) != nil {
			return fmt.Errorf("%w: the table is not active after %v", table.ErrUnavailable, createPatience)
		}
	}
}

func (t *Table) isActive(ctx context.Context) (active bool, err error) {
	_, err = t.do(ctx, "DescribeTable", t.name, func(ctx context.Context, _ *Call) error {
		out, err := t.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.name})
		active = err == nil && out.Table != nil && out.Table.TableStatus == types.TableStatusActive
		return err
	})
	return active, err
}

// enableTTL enables TTL if TTL is disabled. Enabling TTL twice is an error, and another program may enable TTL between
// the check and the call, as may an attempt whose answer was lost, so enableTTL checks again after a failure.
func (t *Table) enableTTL(ctx context.Context) error {
	if on, err := t.hasTTL(ctx); on || err != nil {
		return err
	}
	_, failed := t.do(ctx, "UpdateTimeToLive", t.name, func(ctx context.Context, _ *Call) error {
		_, err := t.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName: &t.name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{
				AttributeName: aws.String(attrExpires),
				Enabled:       aws.Bool(true),
			},
		})
		return err
	})
	if failed == nil {
		return nil
	}
	if on, err := t.hasTTL(ctx); on && err == nil {
		return nil
	}
	return failed
}

func (t *Table) hasTTL(ctx context.Context) (on bool, err error) {
	_, err = t.do(ctx, "DescribeTimeToLive", t.name, func(ctx context.Context, _ *Call) error {
		out, err := t.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.name})
		if err != nil {
			return err
		}
		d := out.TimeToLiveDescription
		on = d != nil && (d.TimeToLiveStatus == types.TimeToLiveStatusEnabled ||
			d.TimeToLiveStatus == types.TimeToLiveStatusEnabling)
		return nil
	})
	return on, err
}
