package dynamotable_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/jonboulle/clockwork"

	meters "github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
)

// transient returns faults after which nothing has been written, whatever the
// operation.
func transient() map[string]fault {
	return map[string]fault{
		"capacity used up":      answered(400, refusal("ProvisionedThroughputExceededException")),
		"throttled":             answered(400, refusal("ThrottlingException")),
		"account's limit":       answered(400, refusal("RequestLimitExceeded")),
		"rate limit":            answered(400, refusal("TooManyRequestsException")),
		"timeout in service":    answered(408, refusal("RequestTimeout")),
		"too many requests":     answered(429, ""),
		"server error":          answered(500, refusal("InternalServerError")),
		"service unavailable":   answered(503, "<html>no backend</html>"),
		"connection cut before": cutBefore,
		"answer is garbage":     answered(200, `{"Item":`),
	}
}

func TestWrite_oneOpWithTransientFault_isRetriedUnchanged(t *testing.T) {
	faults := transient()
	faults["a transaction on the item"] = answered(400, refusal("TransactionConflictException"))
	faults["a write in another region"] = answered(400, refusal("ReplicatedWriteConflictException"))
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClockAt(start())
			var calls []dynamotable.Call
			opts := dynamotable.Options{Clock: clock,
				Observe: func(_ context.Context, c dynamotable.Call) { calls = append(calls, c) }}
			later := f.then(func() { clock.Advance(time.Hour) })
			tbl, _, l := openLine(t, opts, first(later, later))
			must(t, tbl.Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent)))
			wantData(t, tbl, "a", "mine")
			wantSameRequests(t, l.requests()[:3])
			if calls[0].Attempts != 3 || calls[0].WriteUnits != 1 {
				t.Errorf("observed %+v; want 3 attempts and 1 unit", calls[0])
			}
		})
	}
}

func TestWrite_severalOpsWithTransientFault_areRetriedUnchanged(t *testing.T) {
	faults := transient()
	faults["another transaction"] = answered(400, cancelled("TransactionConflict", "None"))
	faults["throttled within"] = answered(400, cancelled("None", "ThrottlingError"))
	faults["capacity used up within"] = answered(400, cancelled("ProvisionedThroughputExceeded", "TransactionConflict"))
	faults["an attempt under way"] = answered(400, refusal("TransactionInProgressException"))
	faults["reply lost"] = cutAfter
	faults["reply cut"] = cutWithin
	faults["done, but 500"] = failedAfter
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClockAt(start())
			later := f.then(func() { clock.Advance(time.Hour) })
			tbl, _, l := openLine(t, dynamotable.Options{Clock: clock}, first(later, later))
			must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.IfAbsent),
				table.Put(item("b", "two"), table.IfAbsent)))
			wantData(t, tbl, "a", "one")
			wantData(t, tbl, "b", "two")
			wantSameRequests(t, l.requests()[:3])
			if token, _ := l.requests()[0].Body["ClientRequestToken"].(string); len(token) < 16 || len(token) > 36 {
				t.Errorf("the token is %q; the service takes 1 to 36 characters", token)
			}
		})
	}
}

func TestWrite_sameOpsTwice_haveDifferentTokens(t *testing.T) {
	tbl, _, l := openLine(t, dynamotable.Options{}, first())
	for range 2 {
		must(t, tbl.Write(t.Context(), table.Put(item("a", "one"), table.Always),
			table.Put(item("b", "two"), table.Always)))
	}
	sent := l.requests()
	if sent[0].Body["ClientRequestToken"] == sent[1].Body["ClientRequestToken"] {
		t.Error("two Writes of the same ops have one token: the second would not happen")
	}
}

func TestRead_transientFault_isRetried(t *testing.T) {
	faults := transient()
	faults["reply cut"] = cutWithin
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			tbl, straight, l := openLine(t, dynamotable.Options{}, first(f, nil, f))
			must(t, straight.Write(t.Context(), table.Put(item("a", "mine"), table.Always)))
			wantData(t, tbl, "a", "mine")
			page, err := tbl.Query(t.Context(), table.Range{Partition: "p", Limit: 5})
			if err != nil || len(page.Items) != 1 {
				t.Errorf("Query: %v, %v; want one item", page, err)
			}
			if n := len(l.requests()); n != 4 {
				t.Errorf("%d requests; want two for each read", n)
			}
		})
	}
}

func TestWrite_conditionFailedBesideATransactionConflict_isAConflict(t *testing.T) {
	tbl, _, l := openLine(t, dynamotable.Options{},
		always(answered(400, cancelled("TransactionConflict", "ConditionalCheckFailed=b", "None",
			"ConditionalCheckFailed=d"))))
	err := tbl.Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent),
		table.Put(item("b", "mine"), table.IfAbsent),
		table.Put(item("c", "mine"), table.Always), table.Delete(item("d", "").Key, table.IfPresent))
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("Write: %v; want a conflict", err)
	}
	theirs := item("b", "theirs")
	want := []table.Conflict{{Op: 1, Key: theirs.Key, Item: &theirs}, {Op: 3, Key: item("d", "").Key}}
	if !reflect.DeepEqual(conflict.Conflicts, want) {
		t.Errorf("conflicts %+v; want %+v", conflict.Conflicts, want)
	}
	if n := len(l.requests()); n != 1 {
		t.Errorf("%d requests; a condition that failed fails again", n)
	}
}

func TestWrite_permanentFault_isSentOnce(t *testing.T) {
	cases := map[string]struct {
		fault   fault
		invalid bool
	}{
		"invalid":        {answered(400, refusal("ValidationException")), true},
		"invalid within": {answered(400, cancelled("None", "ValidationError")), true},
		"not allowed":    {answered(400, refusal("AccessDeniedException")), false},
		"collection too large": {answered(400, cancelled("ItemCollectionSizeLimitExceeded", "TransactionConflict")),
			false},
		"token of another": {answered(400, refusal("IdempotentParameterMismatchException")), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			tbl, _, l := openLine(t, dynamotable.Options{}, always(c.fault))
			err := tbl.Write(t.Context(), table.Put(item("a", "secret"), table.Always),
				table.Put(item("b", "secret"), table.Always))
			if err == nil || errors.Is(err, table.ErrInvalid) != c.invalid || errors.Is(err, table.ErrUnavailable) {
				t.Errorf("Write: %v; invalid must be %v", err, c.invalid)
			}
			if err != nil && (!strings.Contains(err.Error(), "TransactWriteItems "+item("a", "").Key.String()) ||
				strings.Contains(err.Error(), "secret")) {
				t.Errorf("%q must name the operation and the key, and no data", err)
			}
			if n := len(l.requests()); n != 1 {
				t.Errorf("%d requests; want 1", n)
			}
		})
	}
}

func TestCall_throttledForAWhile_succeeds(t *testing.T) {
	throttled := answered(400, refusal("ThrottlingException"))
	tbl, straight, _ := openLine(t, dynamotable.Options{}, first(throttled, throttled, throttled, throttled, throttled))
	m := meters.New(meters.Options{})
	must(t, m.Table(tbl).Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent)))
	wantData(t, straight, "a", "mine")
	if got := m.Totals(); got.Failures != 0 {
		t.Errorf("%+v; what a repetition saved is no failure, and must not alarm anybody", got)
	}
}

func TestCall_throttledUntilTheDeadline_isUnavailable(t *testing.T) {
	tbl, _, l := openLine(t, dynamotable.Options{},
		always(answered(400, refusal("ProvisionedThroughputExceededException"))))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := tbl.Write(ctx, table.Put(item("a", "mine"), table.Always))
	var cause *types.ProvisionedThroughputExceededException
	if !errors.Is(err, table.ErrUnavailable) || !errors.As(err, &cause) {
		t.Errorf("Write: %v; want ErrUnavailable with its cause", err)
	}
	if n := len(l.requests()); n < 2 {
		t.Errorf("%d requests; want retries", n)
	}
}

// TestCall_noAnswer_givesUpLongBeforeADistantDeadline: a function's deadline is fifteen minutes away.
func TestCall_noAnswer_givesUpLongBeforeADistantDeadline(t *testing.T) {
	distant, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	for name, f := range map[string]fault{
		"throttled": answered(400, refusal("ThrottlingException")),
		"failed":    answered(500, refusal("InternalServerError")), "silent": silent,
	} {
		for _, ctx := range []context.Context{t.Context(), distant} {
			tbl, _, _ := openLine(t, dynamotable.Options{}, always(f))
			tbl.SetLimits(50*time.Millisecond, 200*time.Millisecond)
			if _, err := tbl.Get(ctx, item("a", "").Key, table.Strong); !errors.Is(err, table.ErrUnavailable) ||
				errors.Is(err, context.Canceled) {
				t.Errorf("%s: Get: %v; want ErrUnavailable, and no word of a caller that left", name, err)
			}
		}
	}
}

func TestCall_failed_errorHidesTheRoomName(t *testing.T) {
	tbl, _, _ := openLine(t, dynamotable.Options{}, always(answered(500, refusal("InternalServerError"))))
	tbl.SetLimits(100*time.Millisecond, 50*time.Millisecond)
	k := table.Key{Partition: "NAME#secret garden", Sort: "-"}
	put := table.Put(table.Item{Key: k, Data: []byte("x")}, table.Always)
	other := table.Put(item("a", "mine"), table.Always)
	_, got := tbl.Get(t.Context(), k, table.Strong)
	_, queried := tbl.Query(t.Context(), table.Range{Partition: k.Partition, Limit: 1})
	for call, err := range map[string]error{
		"Get": got, "Query": queried, "Put": tbl.Write(t.Context(), put),
		"Delete":  tbl.Write(t.Context(), table.Delete(k, table.Always)),
		"several": tbl.Write(t.Context(), put, other),
	} {
		if err == nil || strings.Contains(err.Error(), "garden") {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestCall_noResponse_isRetried(t *testing.T) {
	tbl, straight, _ := openLine(t, dynamotable.Options{}, first(silent))
	tbl.SetLimits(250*time.Millisecond, time.Minute)
	must(t, tbl.Write(t.Context(), table.Put(item("a", "mine"), table.Always)))
	wantData(t, straight, "a", "mine")
}

func TestCall_noResponseUntilTheDeadline_isUnavailable(t *testing.T) {
	tbl, _, _ := openLine(t, dynamotable.Options{}, always(silent))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := tbl.Get(ctx, item("a", "").Key, table.Strong)
	if !errors.Is(err, table.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Get: %v; want ErrUnavailable and the deadline", err)
	}
}

func TestCall_throttledThenNoResponse_errorNamesTheThrottling(t *testing.T) {
	throttled := answered(400, refusal("ThrottlingException"))
	tbl, _, _ := openLine(t, dynamotable.Options{}, first(throttled, silent))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := tbl.Get(ctx, item("a", "").Key, table.Strong)
	if !errors.Is(err, table.ErrUnavailable) || !strings.Contains(err.Error(), "ThrottlingException") {
		t.Errorf("Get: %v; want ErrUnavailable for the throttling", err)
	}
}

func TestCall_cancelled_returnsOnlyTheContextError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := func(w http.ResponseWriter, r *http.Request, engine func() (int, []byte)) {
		cancel()
		silent(w, r, engine)
	}
	tbl, _, l := openLine(t, dynamotable.Options{}, always(cancelled))
	err := tbl.Write(ctx, table.Put(item("a", "mine"), table.Always))
	if !errors.Is(err, context.Canceled) || errors.Is(err, table.ErrUnavailable) {
		t.Errorf("Write: %v; want context.Canceled", err)
	}
	if err := tbl.Write(ctx, table.Put(item("a", "mine"), table.Always)); !errors.Is(err, context.Canceled) {
		t.Errorf("Write with a context that has ended: %v", err)
	}
	if n := len(l.requests()); n != 1 {
		t.Errorf("%d requests; want 1", n)
	}
}

// start is the first time of fake clocks. start is fixed because DynamoDB does not store a number's trailing zeros, so
// the size of an item depends on its expiry. start is far away because DynamoDB Local deletes expired items by the
// system clock.
func start() time.Time { return time.Date(2100, 1, 1, 12, 0, 1, 0, time.UTC) }

func item(sort, data string) table.Item {
	return table.Item{Key: table.Key{Partition: "p", Sort: sort}, Data: []byte(data)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantData requires a live item with the data at sort, or none if data is empty.
func wantData(t *testing.T, tbl table.Table, sort, data string) {
	t.Helper()
	got, err := tbl.Get(t.Context(), item(sort, "").Key, table.Strong)
	if data == "" && !errors.Is(err, table.ErrNotFound) || data != "" && (err != nil || string(got.Data) != data) {
		t.Errorf("Get %s: %q, %v; want %q", sort, got.Data, err, data)
	}
}

// wantSameRequests requires all requests to be equal, token and time included.
func wantSameRequests(t *testing.T, sent []request) {
	t.Helper()
	for _, r := range sent[1:] {
		if !reflect.DeepEqual(r, sent[0]) {
			t.Errorf("retried as\n%v; want the first request\n%v", r, sent[0])
		}
	}
}
