package ratelimit

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// A process that has spent another eighth of a budget within a minute puts its sum into
// the table, and reads the sums of the others. So processes together spend at most an
// eighth per process beyond the limit, and a caller that spends less than an eighth costs
// no read and no write.
const (
	toldSteps = 8
	tellTime  = 2 * time.Second // a table that does not answer holds no call for longer
	tallyLife = 3 * time.Minute
)

// tallyItem is what a process has spent of a budget within a minute.
type tallyItem struct {
	V     int     `json:"v"`
	Spent float64 `json:"spent"`
}

// tell exchanges sums with the other processes if it is time. Where the table does not
// answer, this process goes on with what it knows.
func (l *Limiter) tell(ctx context.Context, b *budgets, key string) {
	if l.shared == nil {
		return
	}
	now := l.clock.Now()
	own, due := b.due(key, now)
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTime) // a caller that leaves is counted too
	defer cancel()
	partition := fmt.Sprintf("BUDGET#%s#%d", ident.CallerDigest("", key), now.Unix()/60)
	mine := table.Item{
		Key: table.Key{Partition: partition, Sort: l.process}, Expires: now.Add(tallyLife),
		Data: roomlog.Encode(tallyItem{V: room.Version, Spent: own}),
	}
	if l.shared.Write(ctx, table.Put(mine, table.Always)) != nil {
		return
	}
	page, err := l.shared.Query(ctx, table.Range{Partition: partition, Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		return
	}
	others := 0.0
	for _, item := range page.Items {
		var x tallyItem
		if item.Key.Sort != l.process && roomlog.Decode(item, &x) == nil {
			others += x.Spent
		}
	}
	b.learn(key, others, now)
}

// due returns what was spent here of the budget of key within the minute, and whether it
// is time to tell the others. Only one call is told so.
func (b *budgets) due(key string, now time.Time) (own float64, due bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.of[key]
	if x == nil || x.minute != now.Unix()/60 || x.own-x.told < b.limit/toldSteps {
		return 0, false
	}
	x.told = x.own
	return x.own, true
}

// learn spends of the budget of key what others have spent of it since the last time. It
// asks nothing of the minute before.
func (b *budgets) learn(key string, others float64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	if x.minute != now.Unix()/60 || others <= x.others {
		return
	}
	x.full = x.full.Add(b.time(others - x.others))
	x.others = others
}
