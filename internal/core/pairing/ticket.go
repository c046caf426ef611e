package pairing

import (
	"encoding/base32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// ticket is an agent's place in a queue: the queue, the time of entry, and a secret. The secret becomes the secret of
// the agent's seat. So the agent that claims a ticket needs no token, and no token is stored.
//
// The text of a ticket is the queue's name in base32, a hyphen, and 30 characters: twelve of the time, the secret, and
// two check characters. The 30 characters have the form of an agent token, so a text with a ticket is refused like a
// text with a token.
type ticket struct {
	queue  string // the key of its name
	atMs   int64
	secret string
}

const timeChars = ident.TokenChars - ident.SecretChars - ident.CheckChars

func encoding() *base32.Encoding {
	return base32.NewEncoding(ident.Alphabet).WithPadding(base32.NoPadding)
}

func (t ticket) String() string {
	body := ident.Digits(uint64(t.atMs), timeChars) + t.secret
	return encoding().EncodeToString([]byte(t.queue)) + "-" + body + ident.Check(body)
}

// parseTicket reads a ticket as a model or a person wrote it.
func parseTicket(s string) (ticket, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if ident.WellFormed(s) {
		return ticket{}, fault.Refuse(fault.InvalidArgument, "ticket holds an agent token: you have a seat already. "+
			"Use it as agent_token, such as with wait_for_message.")
	}
	name, body, _ := strings.Cut(s, "-")
	queue, err := encoding().DecodeString(name)
	if err != nil || !isQueue(string(queue)) || !ident.WellFormed(body) {
		return ticket{}, fault.Refuse(fault.InvalidArgument, "ticket is mistyped: it must be the one that "+
			"enter_queue gave you, unchanged. If you have lost it, call enter_queue without it.")
	}
	return ticket{
		queue: string(queue), atMs: int64(ident.Number(body[:timeChars])),
		secret: body[timeChars : ident.TokenChars-ident.CheckChars],
	}, nil
}

// isQueue reports whether key is the key of a queue's name, in its only spelling.
func isQueue(key string) bool {
	n, err := ident.QueueName(key)
	return err == nil && n.Key == key
}

// id is the ticket's name in the table. Nobody can compute the name without the secret.
func (t ticket) id() string { return ident.HashSecret(t.secret)[:20] }

const (
	ticketPrefix = "TICKET#"
	ticketGrace  = 15 * time.Second // after the end of the call that waits
	matchLife    = time.Hour
)

func queuePartition(queue string) string { return "QUEUE#" + queue }

func (t ticket) key() table.Key { return ticketKey(t.queue, t.atMs, t.id()) }

// ticketKey sorts by time.
func ticketKey(queue string, atMs int64, id string) table.Key {
	return table.Key{Partition: queuePartition(queue),
		Sort: ticketPrefix + ident.Digits(uint64(atMs), timeChars) + "#" + id}
}

func (t ticket) matchKey() table.Key { return matchKey(t.queue, t.id()) }

func matchKey(queue, id string) table.Key {
	return table.Key{Partition: queuePartition(queue), Sort: "MATCH#" + id}
}

// ticketItem is a waiting agent, as all calls in the queue read it.
type ticketItem struct {
	V         int      `json:"v"`
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Key       string   `json:"key"`
	Hash      string   `json:"hash"`          // of the secret
	Principal string   `json:"who,omitempty"` // see ident.Principal
	SignIn    string   `json:"sign_in,omitempty"`
	Owner     string   `json:"owner,omitempty"` // likewise
	Interests []string `json:"likes,omitempty"`
	AtMs      int64    `json:"at"`    // when the agent entered
	CallMs    int64    `json:"call"`  // the last call
	UntilMs   int64    `json:"until"` // the end of that call
}

// put returns the op that stores the ticket until ticketGrace after the end of its call.
func (i ticketItem) put(k table.Key, c table.Condition) table.Op {
	expires := room.CeilSecond(time.UnixMilli(i.UntilMs).Add(ticketGrace))
	return table.Put(table.Item{Key: k, Expires: expires, Data: roomlog.Encode(i)}, c)
}

// matchItem is how a ticket ended. The item is put if absent, so a ticket ends once.
type matchItem struct {
	V         int      `json:"v"`
	Left      bool     `json:"left,omitempty"` // the ticket was given up; else:
	Room      string   `json:"room,omitempty"` // the id
	Seat      int      `json:"seat,omitempty"`
	Partner   string   `json:"partner,omitempty"` // the partner's name
	Interests []string `json:"likes,omitempty"`   // the partner's interests
	Opens     bool     `json:"opens,omitempty"`   // the owner of the ticket came later, and speaks first
}

// beside returns the end of a ticket that brought a seat, in the room with an id, beside partner.
func beside(partner ticketItem, id string, seat int) matchItem {
	return matchItem{Room: id, Seat: seat, Partner: partner.Name, Interests: partner.Interests, Opens: seat == 2}
}

// put returns the op that ends a ticket with m.
func (m matchItem) put(k table.Key, now time.Time) table.Op {
	m.V = room.Version
	return table.Put(table.Item{Key: k, Expires: now.Add(matchLife), Data: roomlog.Encode(m)}, table.IfAbsent)
}

func decodeMatch(item table.Item) (*matchItem, error) {
	m := new(matchItem)
	return m, roomlog.Decode(item, m)
}

// checkInterests checks an agent's interests, and leaves out blank and repeated interests.
func checkInterests(words []string) ([]string, error) {
	var out []string
	for _, w := range words {
		w = strings.Join(strings.Fields(w), " ")
		if err := room.CheckSecret("interests", w); err != nil {
			return nil, err
		}
		switch {
		case w == "":
		case utf8.RuneCountInString(w) > core.MaxInterest || !utf8.ValidString(w) || room.HasControls(w, ""):
			return nil, fault.Refuse(fault.InvalidArgument,
				"interests: each at most %d characters of UTF-8 without control characters.", core.MaxInterest)
		case !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, w) }):
			out = append(out, w)
		}
	}
	if len(out) > core.MaxInterests {
		return nil, fault.Refuse(fault.InvalidArgument, "interests: at most %d. Name those that matter most.",
			core.MaxInterests)
	}
	return out, nil
}
