package dynamotable

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/parley-chat/parley/internal/table"
)

// The attributes of an item. Short names, for each byte of them is paid for.
const (
	attrPartition = "pk"
	attrSort      = "sk"
	attrData      = "data"
	attrExpires   = "expires"
)

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// seconds is a time as the attribute expires and its conditions have it.
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

// decode reads an item, and names one that this package did not write.
func decode(a attributes) (table.Item, error) {
	partition, okP := a[attrPartition].(*types.AttributeValueMemberS)
	sort, okS := a[attrSort].(*types.AttributeValueMemberS)
	if !okP || !okS {
		return table.Item{}, errors.New("dynamotable: an answer holds an item without its key")
	}
	item := table.Item{Key: table.Key{Partition: partition.Value, Sort: sort.Value}}
	data, ok := a[attrData].(*types.AttributeValueMemberS)
	if !ok {
		return table.Item{}, fmt.Errorf("dynamotable: %s has no string in %q: another program writes to this table", item.Key, attrData)
	}
	item.Data = []byte(data.Value)
	expires, ok := a[attrExpires].(*types.AttributeValueMemberN)
	if !ok {
		return item, nil
	}
	s, err := strconv.ParseInt(expires.Value, 10, 64)
	if err != nil {
		return table.Item{}, fmt.Errorf("dynamotable: %s has %q in %q, not a whole second: another program writes to this table", item.Key, expires.Value, attrExpires)
	}
	item.Expires = time.Unix(s, 0).UTC()
	return item, nil
}

// guard is a table.Condition as DynamoDB takes it; all fields are nil for none.
type guard struct {
	expression *string
	values     attributes
	onFailure  types.ReturnValuesOnConditionCheckFailure
}

// newGuard takes an item that has expired at now for absent, swept or not.
func newGuard(c table.Condition, now time.Time) guard {
	g := guard{
		values:    attributes{":now": seconds(now)},
		onFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	switch c {
	case table.IfAbsent:
		g.expression = aws.String("attribute_not_exists(pk) OR expires <= :now")
	case table.IfPresent:
		g.expression = aws.String("attribute_exists(pk) AND (attribute_not_exists(expires) OR expires > :now)")
	default:
		return guard{}
	}
	return g
}
