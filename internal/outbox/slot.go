package outbox

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/roomlog"
)

// slotsOfEndpoints is how many endpoints of one account are called at once, in all processes together: one that thinks
// keeps an instance on AWS, which others need for their calls.
const slotsOfEndpoints = 4

// slot is one that a look has, from its first call to its end: while it waits itself, it keeps its instance, too.
type slot struct {
	of    roomlog.Slots
	name  string
	until time.Time
}

// takeSlot takes the slot that the look needs for a call, if it has none. It returns false if all are taken.
func (l *look) takeSlot(ctx context.Context, f form) (bool, error) {
	most, account := l.slots(f)
	if most == 0 || l.slot.name != "" {
		return true, nil
	}
	l.slot.of = l.o.Rooms.Store().Calling(account)
	l.slot.until = l.until
	if end, bounded := ctx.Deadline(); bounded {
		l.slot.until = l.now().Add(time.Until(end))
	}
	name, _, err := l.slot.of.TakeOne(ctx, nil, roomlog.Choice{
		Pick: func(taken map[string]roomlog.Guess, _ time.Time) (string, time.Duration) {
			for _, n := range rand.Perm(most) {
				if _, there := taken[strconv.Itoa(n)]; !there {
					return strconv.Itoa(n), 0
				}
			}
			return "", lookAgain
		},
		Ends: func(time.Time) time.Time { return l.slot.until },
	})
	l.slot.name = name
	return name != "", err
}

// slots returns how many slots there are for calls of the form, and for whom; 0: as many as there are calls.
func (l *look) slots(f form) (most int, account string) {
	switch _, asks := f.(endpoint); {
	case l.o.Alone:
		return 0, ""
	case l.o.Places > 0:
		return l.o.Places, "ALL"
	case asks:
		return slotsOfEndpoints, chat.HookPrefix(accountOf(l.hook))
	}
	return 0, ""
}

// giveBack frees the slot that the look has, unless another may have it by now.
func (l *look) giveBack(ctx context.Context) {
	if l.slot.name != "" && l.now().Before(l.slot.until) {
		l.slot.of.GiveBack(ctx, l.slot.name)
	}
}
