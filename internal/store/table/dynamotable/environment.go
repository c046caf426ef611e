package dynamotable

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// NewLambdaClient returns a client configured by the environment variables of Lambda: the region and the credentials of
// the function's role ("Defined runtime environment variables"). AWS_ENDPOINT_URL_DYNAMODB names another engine.
// NewLambdaClient does not call DynamoDB.
//
// The SDK's configuration package would find the same values, but also brings logins, single sign-on and shared files,
// which a function does not have: two megabytes, and a sixth of the start time.
func NewLambdaClient() (*dynamodb.Client, error) {
	o := dynamodb.Options{
		Region:      os.Getenv("AWS_REGION"),
		HTTPClient:  HTTPClient(),
		Credentials: RoleCredentials(),
	}
	if o.Region == "" || os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		return nil, errors.New("dynamotable: AWS_REGION, AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing; " +
			"Lambda sets all three")
	}
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		o.BaseEndpoint = &url
	}
	return dynamodb.New(o), nil
}

// RoleCredentials returns a provider of the credentials of the function's role. The credentials last as long as the
// process.
func RoleCredentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
			Source:          "environment",
		}, nil
	})
}
