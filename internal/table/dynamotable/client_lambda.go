//go:build lambda

package dynamotable

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// NewClient returns a client by the environment that Lambda gives a function:
// region and the role's credentials ("Defined runtime environment variables").
// AWS_ENDPOINT_URL_DYNAMODB names another engine. It does not call DynamoDB.
//
// The SDK's package for configuration would find the same, and brings logins,
// single sign-on and files that a function has not: two megabytes, and a sixth of
// its start.
func NewClient(context.Context) (*dynamodb.Client, error) {
	o := dynamodb.Options{
		Region:     os.Getenv("AWS_REGION"),
		HTTPClient: caller(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
				SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
				SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
				Source:          "environment",
			}, nil
		}),
	}
	if o.Region == "" || os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		return nil, errors.New("dynamotable: AWS_REGION, AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing: Lambda gives a function all three")
	}
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		o.BaseEndpoint = &url
	}
	return dynamodb.New(o), nil
}
