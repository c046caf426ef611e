package dynamotable

import (
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// caller returns the HTTP client of a client.
func caller() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(keepMoreIdle)
}

// keepMoreIdle: the SDK keeps ten idle connections, and each caller beyond them
// would pay a new handshake with each call.
func keepMoreIdle(transport *http.Transport) {
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 128, 128
}
