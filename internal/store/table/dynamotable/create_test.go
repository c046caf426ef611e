package dynamotable_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/dynamotable/sdkconfig"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestCreateTable_existingTable_isUnchanged(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	tbl, name := dynamolocal.NewTable(t, dynamotable.Options{})
	must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always)))
	must(t, dynamotable.CreateTable(t.Context(), client, name))
	wantData(t, tbl, "a", "one")
}

func TestCreateTable_concurrentCalls_allSucceed(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	_, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name})
	must(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := dynamotable.CreateTable(t.Context(), client, name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, dynamotable.New(client, name, dynamotable.Options{}).Ready(t.Context()))
}

func TestCreateTable_newTable_isOnDemandWithTTL(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	about, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	must(t, err)
	if b := about.Table.BillingModeSummary; b == nil || b.BillingMode != types.BillingModePayPerRequest {
		t.Errorf("billing mode %+v; want on demand", b)
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	must(t, err)
	if d := ttl.TimeToLiveDescription; d.TimeToLiveStatus != types.TimeToLiveStatusEnabled ||
		aws.ToString(d.AttributeName) != "expires" {
		t.Errorf("TTL %+v; want it enabled on expires", d)
	}
}

func TestCreateTable_badName_errorQuotesIt(t *testing.T) {
	err := dynamotable.CreateTable(t.Context(), dynamolocal.Client(dynamolocal.Start(t)), "a b")
	if err == nil || !strings.Contains(err.Error(), `"a b"`) {
		t.Errorf("CreateTable: %v", err)
	}
}

func TestReady_missingTable_errorSaysWhatToDo(t *testing.T) {
	tbl := dynamotable.New(dynamolocal.Client(dynamolocal.Start(t)), "no-such-table", dynamotable.Options{})
	for name, err := range map[string]error{
		"Ready": tbl.Ready(t.Context()),
		"Write": tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always),
			table.Put(item("b", "two"), table.Always)),
	} {
		if err == nil || !strings.Contains(err.Error(), `"no-such-table"`) ||
			!strings.Contains(err.Error(), "--create-table") {
			t.Errorf("%s: %v; want it to name the table and the flag", name, err)
		}
	}
}

func TestNewClient_endpointInEnvironment_isUsed(t *testing.T) {
	engine := dynamolocal.Start(t)
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	environment(t, map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": engine, "AWS_ACCESS_KEY_ID": "local",
		"AWS_SECRET_ACCESS_KEY": "local"})
	client, err := sdkconfig.NewClient(t.Context())
	must(t, err)
	must(t, dynamotable.New(client, name, dynamotable.Options{}).Ready(t.Context()))
}

// The SDK's log lines would break the format of the program's log.
func TestNewClient_logger_discardsEverything(t *testing.T) {
	environment(t, nil)
	client, err := sdkconfig.NewClient(t.Context())
	must(t, err)
	if _, silent := client.Options().Logger.(logging.Nop); !silent {
		t.Errorf("the logger is %T; want Nop", client.Options().Logger)
	}
}

func TestReady_withoutCredentials_failsAtOnce(t *testing.T) {
	environment(t, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + closedPort(t)})
	client, err := sdkconfig.NewClient(t.Context())
	must(t, err)
	m := &meter{}
	err = dynamotable.New(client, "parley", dynamotable.Options{Observe: m.observe}).Ready(t.Context())
	if err == nil || !strings.Contains(err.Error(), "AWS_ACCESS_KEY_ID") || errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Ready: %v; want it to name what to set", err)
	}
	if n := m.take(t).Attempts; n != 1 {
		t.Errorf("%d attempts; want 1", n)
	}
}

// environment sets variables and clears everything else that the SDK would read.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	nothing := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{"AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": nothing,
		"AWS_SHARED_CREDENTIALS_FILE": nothing} {
		t.Setenv(name, value)
	}
	for name, value := range set {
		t.Setenv(name, value)
	}
}

func TestNew_conflictOnLocalEngine_isNotLogged(t *testing.T) {
	var log bytes.Buffer
	client := dynamodb.New(dynamolocal.Client(dynamolocal.Start(t)).Options(), func(o *dynamodb.Options) {
		o.Logger = logging.NewStandardLogger(&log)
	})
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	wantConflict(t, dynamotable.New(client, name, dynamotable.Options{}).Write(t.Context(),
		table.Delete(item("a", "").Key, table.IfPresent)))
	if log.Len() > 0 {
		t.Errorf("the SDK logged %q", log.String())
	}
}
