package dynamotable_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// lost returns the ways to lose a reply after the request was handled.
func lost() map[string]fault {
	return map[string]fault{"cut after": cutAfter, "cut within": cutWithin, "500 after": failedAfter}
}

func TestWrite_putIfAbsentWithLostReply_conflictsWithItsOwnItem(t *testing.T) {
	for name, f := range lost() {
		t.Run(name, func(t *testing.T) {
			tbl, straight, _ := openLine(t, dynamotable.Options{}, first(f))
			got := wantConflict(t, tbl.Write(t.Context(), table.Put(item("a", "mine"), table.IfAbsent)))
			if got == nil || string(got.Data) != "mine" {
				t.Errorf("the item in the way is %+v; want the writer's own", got)
			}
			wantData(t, straight, "a", "mine")
		})
	}
}

func TestWrite_deleteIfPresentWithLostReply_isUnavailable(t *testing.T) {
	for name, f := range lost() {
		t.Run(name, func(t *testing.T) {
			tbl, straight, _ := openLine(t, dynamotable.Options{}, first(f))
			must(t, straight.Write(t.Context(), table.Put(item("a", "mine"), table.Always)))
			wantUnavailable(t, tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent)))
			wantData(t, straight, "a", "")
		})
	}
}

func TestWrite_lostReplyThenThrottled_isUnavailable(t *testing.T) {
	tbl, straight, _ := openLine(t, dynamotable.Options{},
		first(cutAfter, answered(400, refusal("ThrottlingException"))))
	must(t, straight.Write(t.Context(), table.Put(item("a", "mine"), table.Always)))
	wantUnavailable(t, tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent)))
}

func TestWrite_putIfPresentWithLostReplyThenDeletedByAnother_isUnavailable(t *testing.T) {
	var straight *dynamotable.Table
	another := func() {
		if err := straight.Write(t.Context(), table.Delete(item("a", "").Key, table.Always)); err != nil {
			t.Error(err)
		}
	}
	tbl, straight, _ := openLine(t, dynamotable.Options{}, first(fault(cutAfter).then(another)))
	must(t, straight.Write(t.Context(), table.Put(item("a", "old"), table.Always)))
	wantUnavailable(t, tbl.Write(t.Context(), table.Put(item("a", "new"), table.IfPresent)))
	wantData(t, straight, "a", "")
}

func TestWrite_idempotentOpWithLostReply_succeeds(t *testing.T) {
	key := item("a", "").Key
	for name, c := range map[string]struct {
		before []table.Op
		op     table.Op
		left   string
	}{
		"put": {nil, table.Put(item("a", "new"), table.Always), "new"},
		"put if present": {[]table.Op{table.Put(item("a", "old"), table.Always)},
			table.Put(item("a", "new"), table.IfPresent), "new"},
		"delete": {[]table.Op{table.Put(item("a", "old"), table.Always)}, table.Delete(key, table.Always),
			""},
		"delete if absent": {nil, table.Delete(key, table.IfAbsent), ""},
		"several, deleting": {[]table.Op{table.Put(item("a", "old"), table.Always)}, table.Delete(key, table.IfPresent),
			""},
	} {
		t.Run(name, func(t *testing.T) {
			tbl, straight, l := openLine(t, dynamotable.Options{}, first(cutAfter, failedAfter))
			if c.before != nil {
				must(t, straight.Write(t.Context(), c.before...))
			}
			ops := []table.Op{c.op}
			if name == "several, deleting" {
				ops = append(ops, table.Put(item("b", "new"), table.IfAbsent))
			}
			must(t, tbl.Write(t.Context(), ops...))
			wantData(t, straight, "a", c.left)
			if n := len(l.requests()); n != 3 {
				t.Errorf("%d requests; want 3", n)
			}
		})
	}
}

func TestWrite_ifPresentThrottledThenAbsent_isAConflict(t *testing.T) {
	tbl, _, _ := openLine(t, dynamotable.Options{}, first(answered(400, refusal("ThrottlingException"))))
	if got := wantConflict(t, tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent))); got != nil {
		t.Errorf("the item in the way is %+v; want none", got)
	}
}

func TestWrite_connectionRefused_losesNoReply(t *testing.T) {
	var dials atomic.Int32
	tbl := openDialing(t, func(ctx context.Context, dial dialer, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			address = closedPort(t)
		}
		return dial(ctx, network, address)
	})
	wantConflict(t, tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent)))
	if n := dials.Load(); n != 2 {
		t.Errorf("%d dials; want 2", n)
	}
}

// TestWrite_resolverFailsOnce_isRepeated: the SDK takes an unknown host for final,
// but the resolver of a running server may fail for a moment.
func TestWrite_resolverFailsOnce_isRepeated(t *testing.T) {
	var dials atomic.Int32
	tbl := openDialing(t, func(ctx context.Context, dial dialer, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
		}
		return dial(ctx, network, address)
	})
	wantConflict(t, tbl.Write(t.Context(), table.Delete(item("a", "").Key, table.IfPresent)))
	if n := dials.Load(); n != 2 {
		t.Errorf("%d dials; want 2", n)
	}
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// openDialing opens an empty table. connect makes the table's connections, and gets the replaced dialer.
func openDialing(t *testing.T,
	connect func(ctx context.Context, dial dialer, network, address string) (net.Conn, error)) *dynamotable.Table {
	client := dynamolocal.Client(dynamolocal.Start(t))
	_, name := dynamolocal.NewTable(t, dynamotable.Options{})
	connecting := awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) {
		dial := transport.DialContext
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return connect(ctx, dial, network, address)
		}
	})
	return dynamotable.New(dynamodb.New(client.Options(), func(o *dynamodb.Options) { o.HTTPClient = connecting }),
		name, dynamotable.Options{})
}

// closedPort returns an address without a listener.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

func wantUnavailable(t *testing.T, err error) {
	t.Helper()
	var conflict *table.ConflictError
	if !errors.Is(err, table.ErrUnavailable) || errors.As(err, &conflict) {
		t.Errorf("Write: %v; want ErrUnavailable", err)
	}
}

// wantConflict requires a conflict of only the first op and returns the item in the way.
func wantConflict(t *testing.T, err error) *table.Item {
	t.Helper()
	var conflict *table.ConflictError
	if !errors.As(err, &conflict) || len(conflict.Conflicts) != 1 || conflict.Conflicts[0].Op != 0 {
		t.Fatalf("Write: %v; want a conflict of op 0", err)
	}
	return conflict.Conflicts[0].Item
}
