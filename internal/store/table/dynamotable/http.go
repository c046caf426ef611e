package dynamotable

import (
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// HTTPClient returns the HTTP client for a client of DynamoDB. The SDK's default keeps ten idle connections; each
// further concurrent call would pay for a new handshake.
func HTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 128, 128
	})
}

// ownConnections gives the client connections that only t uses, so that t can close them. The SDK's HTTP client cannot
// close its connections.
func (t *Table) ownConnections(o *dynamodb.Options) {
	built, ok := o.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return
	}
	transport := built.GetTransport()
	t.closeIdle = transport.CloseIdleConnections
	o.HTTPClient = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
