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

// createPatience bounds the wait for a new table; the service takes seconds.
const createPatience = 2 * time.Minute

// CreateTable makes the table of that name, paid by request and swept by its
// expiries, and returns when it takes calls. A table that exists is left as it
// is, but for the sweeping. It is for an engine of one's own: on AWS the
// template makes the table, with backups and tags.
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
	return sweepExpired(ctx, client, name)
}

// sweepExpired switches TTL on. That is refused where it is on already, and
// another program may switch it on between the question and the call.
func sweepExpired(ctx context.Context, client *dynamodb.Client, name string) error {
	if on, err := swept(ctx, client, name); on || err != nil {
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
	if on, err := swept(ctx, client, name); on && err == nil {
		return nil
	}
	return fmt.Errorf("dynamotable: having the table %q swept: %w", name, failed)
}

func swept(ctx context.Context, client *dynamodb.Client, name string) (bool, error) {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return false, fmt.Errorf("dynamotable: asking whether the table %q is swept: %w", name, err)
	}
	d := out.TimeToLiveDescription
	return d != nil && (d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling), nil
}
