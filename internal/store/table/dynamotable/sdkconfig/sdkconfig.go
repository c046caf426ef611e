// Package sdkconfig makes a client of DynamoDB, and a bucket, from the AWS SDK's usual configuration. The package is
// separate because that configuration makes up a sixth of a program, which the Lambda function saves.
package sdkconfig

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"

	"github.com/parley-chat/parley/internal/store/files/bucket"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// NewClient returns a client configured by the environment (AWS_ENDPOINT_URL_DYNAMODB included), shared files, or the
// role of the machine. NewClient does not call DynamoDB. The SDK's own lines on standard error, in another format than
// the log, are discarded: the errors say what matters.
func NewClient(ctx context.Context) (*dynamodb.Client, error) {
	cfg, err := load(ctx)
	if err != nil {
		return nil, err
	}
	return dynamodb.NewFromConfig(cfg), nil
}

// NewBucket returns the bucket of that name, configured like a client of DynamoDB, but AWS_ENDPOINT_URL_S3 names
// another server. NewBucket does not call S3.
func NewBucket(ctx context.Context, name string) (*bucket.Bucket, error) {
	cfg, err := load(ctx)
	if err != nil {
		return nil, err
	}
	return bucket.New(bucket.Options{Name: name, Region: cfg.Region, Credentials: cfg.Credentials,
		Endpoint: os.Getenv(bucket.EndpointEnv)})
}

func load(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(dynamotable.HTTPClient()),
		config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, fmt.Errorf("sdkconfig: reading the AWS configuration: %w", err)
	}
	return cfg, nil
}
