package ident

import (
	"fmt"
	"strings"
	"time"
)

// The addresses of files end in secrets.
//
// The code of an upload is "u" and 30 characters: 7 of the room's id, 5 of the seat, 16 of a secret, and 2 check
// characters over all. The ticket of a download is "f" and 43 characters: 7 of the room's id, 5 of the seat, 6 of the
// message's id, 7 of the second in which the ticket ends, 16 of a secret, and 2 check characters over all.
const (
	uploadPrefix = "u"
	ticketPrefix = "f"
	secondChars  = 7
	ticketChars  = RoomChars + seatChars + messageChars + secondChars + SecretChars + CheckChars
)

// UploadCode lets its holder upload one file.
type UploadCode struct {
	Room   string // the room's id
	Seat   int    // the file is shared in the name of the seat
	Secret string
}

// NewUploadCode returns a random code.
func NewUploadCode(room string, seat int) UploadCode { return UploadCode{room, seat, NewSecret()} }

// KeyedUploadCode returns the code for a call with an idempotency key of the agent that joined with event joined, or of
// the person behind the agent: the same code for each repetition.
func KeyedUploadCode(logKey, room string, seat int, joined int64, person bool, key string) UploadCode {
	return UploadCode{room, seat, derive(logKey, fmt.Sprintf("upload/%s/%d/%d/%t/%s", room, seat, joined, person, key))}
}

// String returns the code as the address has it.
func (c UploadCode) String() string {
	body := uploadPrefix + c.Room + Digits(uint64(c.Seat), seatChars) + c.Secret
	return body + Check(body)
}

// ParseUploadCode reads a code. ok is false if s does not have the form of a code.
func ParseUploadCode(s string) (c UploadCode, ok bool) {
	t, ok := parseLong(uploadPrefix, s)
	return UploadCode{t.Room, t.Seat, t.secret}, ok
}

// Ticket lets its holder download the file of one message, as long as the seat of the ticket may.
type Ticket struct {
	Room    string // the room's id
	Seat    int
	Message string // the id of the message
	Until   time.Time
	secret  string
}

// NewTicket returns a ticket until a second, for the seat whose agent joined with event joined, in the room whose log
// has the key.
func NewTicket(logKey, room string, seat int, joined int64, message string, until time.Time) Ticket {
	t := Ticket{Room: room, Seat: seat, Message: message, Until: time.Unix(until.Unix(), 0)}
	t.secret = derive(logKey, fmt.Sprintf("ticket/%s/%d/%d/%s/%d", room, seat, joined, message, t.Until.Unix()))
	return t
}

// String returns the ticket as the address has it.
func (t Ticket) String() string {
	message := strings.TrimPrefix(t.Message, string(messagePrefix))
	body := ticketPrefix + t.Room + Digits(uint64(t.Seat), seatChars) + message +
		Digits(uint64(t.Until.Unix()), secondChars) + t.secret
	return body + Check(body)
}

// ParseTicket reads a ticket. ok is false if s does not have the form of a ticket. Of tells whether the room has made
// the ticket.
func ParseTicket(s string) (t Ticket, ok bool) {
	body, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(s)), ticketPrefix)
	if !ok || !checked(ticketPrefix, body, ticketChars) {
		return t, false
	}
	t.Room, t.Seat = cut(&body, RoomChars), int(Number(cut(&body, seatChars)))
	t.Message = string(messagePrefix) + cut(&body, messageChars)
	t.Until = time.Unix(int64(Number(cut(&body, secondChars))), 0)
	t.secret = cut(&body, SecretChars)
	return t, true
}

// cut removes and returns the first n characters of the rest of a code.
func cut(left *string, n int) (part string) {
	part, *left = (*left)[:n], (*left)[n:]
	return part
}

// Of reports, in constant time, whether the room whose log has the key has made t for the agent that
// joined with event joined.
func (t Ticket) Of(logKey string, joined int64) bool {
	return sameText(t.secret, NewTicket(logKey, t.Room, t.Seat, joined, t.Message, t.Until).secret)
}
