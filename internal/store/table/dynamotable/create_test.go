package dynamotable_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/dynamotable/sdkconfig"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

func TestCreate_existingTable_isUnchanged(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	tbl, name := dynamolocal.NewTable(t, dynamotable.Options{})
	must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always)))
	must(t, create(t, client, name))
	wantData(t, tbl, "a", "one")
}

func TestCreate_concurrentCalls_allSucceed(t *testing.T) {
	client := dynamolocal.Client(dynamolocal.Start(t))
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	_, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &name})
	must(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := create(t, client, name); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	must(t, dynamotable.New(client, name, dynamotable.Options{}).Ready(t.Context()))
}

func TestCreate_newTable_isOnDemandWithTTL(t *testing.T) {
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

func TestCreate_badName_errorQuotesIt(t *testing.T) {
	err := create(t, dynamolocal.Client(dynamolocal.Start(t)), "a b")
	if err == nil || !strings.Contains(err.Error(), `"a b"`) {
		t.Errorf("CreateTable: %v", err)
	}
}

// create creates a table as a program does.
func create(t *testing.T, client *dynamodb.Client, name string) error {
	return dynamotable.New(client, name, dynamotable.Options{}).Create(t.Context(), slog.New(slog.DiscardHandler))
}

// The engine creates the table, and one answer never comes.
func TestCreate_answerIsSwallowed_isAskedAgainAndSaid(t *testing.T) {
	engine := dynamolocal.Start(t)
	for _, lost := range []string{"CreateTable", "DescribeTable", "DescribeTimeToLive", "UpdateTimeToLive"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			tbl, l, log := openNew(t, engine, func(n int, operation string) bool { return operation == lost && n == 0 })
			tbl.SetLimits(500*time.Millisecond, time.Minute)
			must(t, tbl.Create(t.Context(), slog.New(slog.NewTextHandler(log, nil))))
			must(t, tbl.Ready(t.Context()))
			if !strings.Contains(log.String(), "called again") || !strings.Contains(log.String(), lost) {
				t.Errorf("the log says %q", log)
			}
			if on, err := tbl.HasTTL(t.Context()); !on || err != nil {
				t.Errorf("TTL is on: %t, %v; sent were %v", on, err, l.requests())
			}
		})
	}
}

func TestCreate_storeNeverAnswers_failsWithinItsLimit(t *testing.T) {
	tbl, _, log := openNew(t, dynamolocal.Start(t), func(int, string) bool { return true })
	tbl.SetLimits(50*time.Millisecond, time.Second)
	err := tbl.Create(t.Context(), slog.New(slog.NewTextHandler(log, nil)))
	if !errors.Is(err, table.ErrUnavailable) || !strings.Contains(err.Error(), "CreateTable") {
		t.Errorf("Create: %v; want it to say which call had no answer", err)
	}
	if n := strings.Count(log.String(), "called again"); n != 1 {
		t.Errorf("the log says %d times that the call is repeated", n)
	}
}

// openNew returns a table that does not exist yet, over a line that swallows answers. n counts the requests of an
// operation from 0.
func openNew(t *testing.T, engine string, swallows func(n int, operation string) bool) (*dynamotable.Table, *line,
	*bytes.Buffer) {
	t.Helper()
	name := "parley-" + rand.Text()
	l := &line{t: t, engine: engine}
	l.plan = func(n int) fault {
		all, before := l.requests(), 0
		for _, r := range all[:n] {
			if r.Operation == all[n].Operation {
				before++
			}
		}
		if !swallows(before, all[n].Operation) {
			return nil
		}
		return func(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
			engine()
			silent(w, r, engine)
		}
	}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		// The test may have failed before the table was created.
		client := dynamolocal.Client(engine)
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	return dynamotable.New(dynamolocal.Client(server.URL), name, dynamotable.Options{}), l, new(bytes.Buffer)
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
