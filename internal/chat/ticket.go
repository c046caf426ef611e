package chat

import (
	"encoding/base32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/table"
)

// ticket is what an agent in a queue keeps: which queue, since when, and a secret.
// The secret becomes that of its seat, so that whoever pairs it need not know its
// token, and no token is ever stored.
//
// As text it is the queue's name in base32, a hyphen, and 28 characters: ten of the
// time, the secret, and two check characters. These 28 have the form of an agent
// token, so that a text in which a ticket stands is refused as one with a token is.
type ticket struct {
	queue  string // the key of its name
	atMs   int64
	secret string
}

const ticketTimeChars = tokenChars - secretChars - checkChars

func ticketLetters() *base32.Encoding {
	return base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
}

func (t ticket) String() string {
	body := digits(uint64(t.atMs), ticketTimeChars) + t.secret
	return ticketLetters().EncodeToString([]byte(t.queue)) + "-" + body + check(body)
}

// parseTicket reads a ticket as a model or a person wrote it.
func parseTicket(s string) (ticket, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if wellFormed(s) {
		return ticket{}, refuse(InvalidArgument, "ticket holds an agent token: you have a seat already. Use it as agent_token, such as with wait_for_message.")
	}
	name, body, _ := strings.Cut(s, "-")
	queue, err := ticketLetters().DecodeString(name)
	if err != nil || !utf8.Valid(queue) || len(queue) == 0 || !wellFormed(body) {
		return ticket{}, refuse(InvalidArgument, "ticket is mistyped: it must be the one that enter_queue gave you, unchanged. If you have lost it, call enter_queue without it.")
	}
	t := ticket{queue: string(queue), secret: body[ticketTimeChars : tokenChars-checkChars]}
	for _, c := range body[:ticketTimeChars] {
		t.atMs = t.atMs<<5 | int64(strings.IndexRune(alphabet, c))
	}
	if table.CheckKey(t.key()) != nil {
		return ticket{}, errTicketOver()
	}
	return t, nil
}

// id is the ticket's name in the table. Only who has the secret can tell it.
func (t ticket) id() string { return hashSecret(t.secret)[:20] }

const (
	ticketPrefix = "TICKET#"
	ticketGrace  = 15 * time.Second // after the end of the call that waits
	matchLife    = time.Hour
)

func queuePartition(queue string) string { return "QUEUE#" + queue }

func (t ticket) key() table.Key { return ticketKey(t.queue, t.atMs, t.id()) }

// ticketKey is in order of time.
func ticketKey(queue string, atMs int64, id string) table.Key {
	return table.Key{Partition: queuePartition(queue), Sort: ticketPrefix + digits(uint64(atMs), ticketTimeChars) + "#" + id}
}

func (t ticket) matchKey() table.Key { return matchKeyOf(t.queue, t.id()) }

func matchKeyOf(queue, id string) table.Key {
	return table.Key{Partition: queuePartition(queue), Sort: "MATCH#" + id}
}

// ticketItem is an agent that waits for a partner, as all in its queue see it.
type ticketItem struct {
	V         int      `json:"v"`
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Key       string   `json:"key"`
	Hash      string   `json:"hash"` // of the secret
	Interests []string `json:"likes,omitempty"`
	AtMs      int64    `json:"at"`    // when it entered
	CallMs    int64    `json:"call"`  // its last call
	UntilMs   int64    `json:"until"` // the end of that call
}

// put is the op that stores the ticket for as long as somebody asks for it.
func (i ticketItem) put(k table.Key, c table.Condition) table.Op {
	return table.Put(table.Item{
		Key: k, Expires: ceilSecond(time.UnixMilli(i.UntilMs).Add(ticketGrace)), Data: encode(i),
	}, c)
}

// matchItem is what became of a ticket. It is put if it is absent, so that a ticket
// has one end.
type matchItem struct {
	V         int      `json:"v"`
	Left      bool     `json:"left,omitempty"` // it was given up; else:
	Room      string   `json:"room,omitempty"` // the id
	Seat      int      `json:"seat,omitempty"`
	Partner   string   `json:"partner,omitempty"` // its name
	Interests []string `json:"likes,omitempty"`   // and what it is interested in
	Opens     bool     `json:"opens,omitempty"`   // the owner of the ticket has waited longer
}

// put is the op that ends a ticket with m.
func (m matchItem) put(k table.Key, now time.Time) table.Op {
	m.V = version
	return table.Put(table.Item{Key: k, Expires: now.Add(matchLife), Data: encode(m)}, table.IfAbsent)
}

// interests checks what an agent says that it is interested in. Blank ones and
// those that come twice are left out.
func interests(words []string) ([]string, error) {
	var out []string
	for _, w := range words {
		w = strings.Join(strings.Fields(w), " ")
		switch {
		case w == "":
		case utf8.RuneCountInString(w) > MaxInterest || !utf8.ValidString(w) || hasControls(w, ""):
			return nil, refuse(InvalidArgument, "interests: each at most %d characters of UTF-8 without control characters.", MaxInterest)
		case holdsToken(w):
			return nil, errTokenInText("interests")
		case !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, w) }):
			out = append(out, w)
		}
	}
	if len(out) > MaxInterests {
		return nil, refuse(InvalidArgument, "interests: at most %d. Name those that matter most.", MaxInterests)
	}
	return out, nil
}
