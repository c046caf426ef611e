// Package sdkconfig makes a client of DynamoDB from the AWS SDK's usual
// configuration. It is a package of its own because that configuration makes up
// a sixth of a program, which the Lambda function saves.
package sdkconfig

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"

	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// NewClient returns a client configured by the environment
// (AWS_ENDPOINT_URL_DYNAMODB included), shared files, or the role of the machine.
// It does not call DynamoDB. The SDK's own lines on standard error, which have
// another format than the log, are discarded: what matters is in the errors.
func NewClient(ctx context.Context) (*dynamodb.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(dynamotable.HTTPClient()),
		config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("sdkconfig: reading the AWS configuration: %w", err)
	}
	return dynamodb.NewFromConfig(cfg), nil
}
