package dynamotable

import (
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// HTTPClient returns the HTTP client for a client of DynamoDB. The SDK's default
// keeps ten idle connections, and each concurrent call beyond them would pay for
// a new handshake.
func HTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 128, 128
	})
}
