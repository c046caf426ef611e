package lambdatest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// stream is the stream of a table, read as Lambda reads it: from the beginning, through the filters of the
// template.
type stream struct {
	t        *testing.T
	endpoint string
	arn      string
	iterator string // "" before the first read
	filters  []any
}

// change is a record of a stream, in the JSON of DynamoDB, which is that of Lambda's events.
type change = json.RawMessage

// watch gives the table a stream.
func (f *function) watch() *stream {
	f.t.Helper()
	table, err := dynamolocal.Client(f.engine).UpdateTable(f.t.Context(), &dynamodb.UpdateTableInput{
		TableName: &f.table, StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true),
			StreamViewType: types.StreamViewTypeNewImage}})
	if err != nil {
		f.t.Fatal(err)
	}
	return &stream{t: f.t, endpoint: f.engine, arn: *table.TableDescription.LatestStreamArn, filters: filters(f.t)}
}

// begin begins to read. Before something was written, the engine has no beginning.
func (s *stream) begin() {
	s.t.Helper()
	var d struct {
		StreamDescription struct{ Shards []struct{ ShardID string } }
	}
	s.ask("DescribeStream", map[string]any{"StreamArn": s.arn}, &d)
	if len(d.StreamDescription.Shards) != 1 {
		s.t.Fatalf("%d shards", len(d.StreamDescription.Shards))
	}
	var i struct{ ShardIterator string }
	s.ask("GetShardIterator", map[string]any{"StreamArn": s.arn, "ShardId": d.StreamDescription.Shards[0].ShardID,
		"ShardIteratorType": "TRIM_HORIZON"}, &i)
	s.iterator = i.ShardIterator
}

// ask calls DynamoDB Streams, whose client in Go is a module of its own.
func (s *stream) ask(operation string, input map[string]any, output any) {
	s.t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		s.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(context.WithoutCancel(s.t.Context()), http.MethodPost, s.endpoint,
		bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/x-amz-json-1.0")
	q.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "local",
		SecretAccessKey: "local"}, q, hex.EncodeToString(sum[:]), "dynamodb", "eu-west-1", time.Now()); err != nil {
		s.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil || a.StatusCode != http.StatusOK || json.Unmarshal(text, output) != nil {
		s.t.Fatalf("%s: %d %s, %v", operation, a.StatusCode, text, err)
	}
}

// next returns the next n records that pass the filters, and how many did not.
func (s *stream) next(n int) (passed []change, others int) {
	s.t.Helper()
	if s.iterator == "" {
		s.begin()
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		more, held := s.read()
		passed, others = append(passed, more...), others+held
		if len(passed) >= n {
			return passed, others
		}
	}
	s.t.Fatalf("%d records passed the filters, and %d did not; want %d", len(passed), others, n)
	return nil, 0
}

// read returns the records that are there and pass the filters, and how many do not.
func (s *stream) read() (passed []change, others int) {
	s.t.Helper()
	var page struct {
		Records           []change
		NextShardIterator string
	}
	s.ask("GetRecords", map[string]any{"ShardIterator": s.iterator}, &page)
	s.iterator = page.NextShardIterator
	for _, r := range page.Records {
		if s.passes(r) {
			passed = append(passed, r)
		} else {
			others++
		}
	}
	return passed, others
}

func (s *stream) passes(r change) bool {
	var record any
	if err := json.Unmarshal(r, &record); err != nil {
		s.t.Fatal(err)
	}
	return slices.ContainsFunc(s.filters, func(f any) bool { return passes(f, record) })
}

// filters returns those of the template's event source.
func filters(t *testing.T) (all []any) {
	t.Helper()
	for _, found := range regexp.MustCompile(`(?m)^ +- Pattern: >-\n((?: {20}\S.*\n)+)`).FindAllStringSubmatch(
		template(t), -1) {
		var f any
		if err := json.Unmarshal([]byte(found[1]), &f); err != nil {
			t.Fatalf("%v in %s", err, found[1])
		}
		all = append(all, f)
	}
	if len(all) == 0 {
		t.Fatal("the template has no filter")
	}
	return all
}

// passes reports whether a value matches a filter, by what the template uses of its rules ("Control which events
// Lambda sends to your function"): all members of an object must match, and one of a list, which has strings and
// prefixes.
func passes(filter, value any) bool {
	switch f := filter.(type) {
	case map[string]any:
		v, ok := value.(map[string]any)
		for name, part := range f {
			ok = ok && passes(part, v[name])
		}
		return ok
	case []any:
		text, ok := value.(string)
		return ok && slices.ContainsFunc(f, func(rule any) bool {
			if prefix, isPrefix := rule.(map[string]any); isPrefix && len(prefix) == 1 {
				return strings.HasPrefix(text, prefix["prefix"].(string))
			}
			return rule == text
		})
	default:
		panic(fmt.Sprintf("%v is no filter", filter))
	}
}
