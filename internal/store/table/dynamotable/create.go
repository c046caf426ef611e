package dynamotable

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// createPatience bounds the wait for a new table. The service takes seconds.
const createPatience = 2 * time.Minute

// CreateTable creates a table with on-demand billing and TTL, and returns when it is active. For an existing table
// CreateTable only enables TTL. CreateTable is for local engines: on AWS the template creates the table, with backups
// and tags.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(attrPartition), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(attrSort), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(attrPartition), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(attrSort), AttributeType: types.ScalarAttributeTypeS},
		},
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("dynamotable: creating the table %q: %w", name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &name}, createPatience); err != nil {
		return fmt.Errorf("dynamotable: waiting for the table %q: %w", name, err)
	}
	return enableTTL(ctx, client, name)
}

// enableTTL enables TTL if TTL is disabled. Enabling TTL twice is an error, and another program may enable TTL between
// the check and the call, so enableTTL checks again after a failure.
func enableTTL(ctx context.Context, client *dynamodb.Client, name string) error {
	if on, err := hasTTL(ctx, client, name); on || err != nil {
		return err
	}
	_, failed := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(attrExpires),
			Enabled:       aws.Bool(true),
		},
	})
	if failed == nil {
		return nil
	}
	if on, err := hasTTL(ctx, client, name); on && err == nil {
		return nil
	}
	return fmt.Errorf("dynamotable: enabling TTL of the table %q: %w", name, failed)
}

func hasTTL(ctx context.Context, client *dynamodb.Client, name string) (bool, error) {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return false, fmt.Errorf("dynamotable: describing TTL of the table %q: %w", name, err)
	}
	d := out.TimeToLiveDescription
	return d != nil && (d.TimeToLiveStatus == types.TimeToLiveStatusEnabled ||
		d.TimeToLiveStatus == types.TimeToLiveStatusEnabling), nil
}
