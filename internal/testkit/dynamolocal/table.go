package dynamolocal

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// Client returns a client of the engine at endpoint.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: &endpoint,
		Region:       "eu-west-1", // a known region: for others the SDK spends 60 kB on regular expressions per call
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// NewTable creates an empty table on the shared engine and deletes it when the
// test ends. It also returns the name, for tests that open the table again. It
// skips or fails the test as Start does.
//
// The engine removes what has expired by the system's clock: a fake clock begins in the year 2100.
func NewTable(t testing.TB, opts dynamotable.Options) (tbl *dynamotable.Table, name string) {
	t.Helper()
	client := Client(Start(t))
	name = "parley-" + rand.Text()
	tbl = dynamotable.New(client, name, opts)
	if err := tbl.Create(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.Background(),
			&dynamodb.DeleteTableInput{TableName: &name}); err != nil {
			t.Errorf("deleting the table %s: %v", name, err)
		}
	})
	return tbl, name
}

// Doubles reports whether make nightly runs the tests: then they play over DynamoDB, too, what a file has passed, more
// rounds, and each mode of a real client. The contract of package tabletest says that the stores answer alike, so by
// day the file is enough. A race, a cost and a condition of a table are no doubles: there the stores differ.
func Doubles() bool { return os.Getenv("PARLEY_DOUBLES") != "" }

// Double runs a test where Doubles says so.
func Double(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	if Doubles() {
		t.Run(name, test)
	}
}
