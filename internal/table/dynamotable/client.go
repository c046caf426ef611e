//go:build !lambda

package dynamotable

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
)

// NewClient returns a client by the SDK's usual configuration: environment
// (AWS_ENDPOINT_URL_DYNAMODB included), shared files, the role of the machine.
// It does not call DynamoDB. What the SDK would write on the standard error, in a
// form of its own, is left out: what matters comes back as an error.
func NewClient(ctx context.Context) (*dynamodb.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(caller()), config.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("dynamotable: reading the AWS configuration: %w", err)
	}
	return dynamodb.NewFromConfig(cfg), nil
}
