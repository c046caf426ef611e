package dynamotable

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/internal/store/table"
)

// The attributes of an item. The names are short because every byte costs.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	attrData      = "data"
	attrExpires   = "expires"
)

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// seconds encodes a time for the attribute expires and for conditions on it.
func seconds(t time.Time) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(t.Unix(), 10)}
}

func encodeKey(k table.Key) attributes {
	return attributes{attrPartition: str(k.Partition), attrSort: str(k.Sort)}
}

func encode(item table.Item) attributes {
	a := encodeKey(item.Key)
	a[attrData] = str(string(item.Data))
	if !item.Expires.IsZero() {
		a[attrExpires] = seconds(item.Expires)
	}
	return a
}

// decode decodes an item. The error names an item of another program.
func decode(a attributes) (table.Item, error) {
	partition, okP := a[attrPartition].(*types.AttributeValueMemberS)
	sort, okS := a[attrSort].(*types.AttributeValueMemberS)
	if !okP || !okS {
		return table.Item{}, errors.New("dynamotable: an item in the response has no key")
	}
	item := table.Item{Key: table.Key{Partition: partition.Value, Sort: sort.Value}}
	data, ok := a[attrData].(*types.AttributeValueMemberS)
	if !ok {
		return table.Item{}, fmt.Errorf("dynamotable: %s has no string in %q: another program writes to this table",
			item.Key, attrData)
	}
	item.Data = []byte(data.Value)
	expires, ok := a[attrExpires].(*types.AttributeValueMemberN)
	if !ok {
		return item, nil
	}
	s, err := strconv.ParseInt(expires.Value, 10, 64)
	if err != nil {
		return table.Item{}, fmt.Errorf("dynamotable: %s has %q in %q, not a whole second: another program writes to "+
			"this table", item.Key, expires.Value, attrExpires)
	}
	item.Expires = time.Unix(s, 0).UTC()
	return item, nil
}

// guard is a table.Condition in DynamoDB's terms. The zero guard is no condition.
type guard struct {
	expression *string
	names      map[string]string
	values     attributes
	onFailure  types.ReturnValuesOnConditionCheckFailure
}

// newGuard returns the guard for the condition of op. The guard treats items that expired by now as absent.
func newGuard(op table.Op, now time.Time) guard {
	const isLive = "(attribute_not_exists(expires) OR expires > :now)"
	g := guard{
		values:    attributes{":now": seconds(now)},
		onFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	switch op.If {
	case table.IfAbsent:
		g.expression = aws.String("attribute_not_exists(pk) OR expires <= :now")
	case table.IfPresent:
		g.expression = aws.String("attribute_exists(pk) AND " + isLive)
	case table.IfSame:
		g.expression = aws.String("#data = :was AND " + isLive)
		g.names, g.values[":was"] = map[string]string{"#data": attrData}, str(string(op.Was)) // data is a reserved word
	default:
		return guard{}
	}
	return g
}
