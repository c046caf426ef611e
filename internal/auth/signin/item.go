package signin

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

// The partitions. Partition holds the sign-ins in the order of their keys. The turns of a sign-in have a partition of
// their own, named Partition, "#" and the id of the sign-in.
const (
	Partition      = "SIGNINS"
	CodesPartition = "CODES"
)

const (
	usedPrefix = "USED#"
	// version is the version of the items. It grows when an older program would misread the items.
	version = 1
)

// The lives of the items. An access token is valid for accessLife after the turn that made the token, and for grace
// after the next turn, since clients have calls under way. A consumed refresh token leads to the present pair for
// shareLife: the sessions of a client share one pair, and each goes on with the token that it has read, perhaps after
// its computer slept. With less, one session's turn would sign all the others out.
const (
	signInLife = 90 * 24 * time.Hour // after the last turn
	turnLife   = 24 * time.Hour
	codeLife   = time.Minute
	usedLife   = 10 * time.Minute
	accessLife = 7 * 24 * time.Hour
	grace      = 2 * time.Minute
	shareLife  = 30 * time.Minute // less than turnLife
	// again is how long after the first exchange of a code a second one may come from the same client.
	again = 10 * time.Second
)

// Grant is what a person allowed: which program may act for the person here.
type Grant struct {
	Client   string `json:"client"` // the client id
	Name     string `json:"name"`   // of the program, as the person saw it
	Resource string `json:"resource"`
}

// item is the data of a sign-in. Only a turn rewrites the item.
type item struct {
	V int `json:"v"`
	Grant
	Turn    int64  `json:"turn"`
	Access  string `json:"access"`           // the hash of the present access token
	Refresh string `json:"refresh"`          // the hash of the present refresh token
	Before  string `json:"before,omitempty"` // the hash of the previous access token
	MadeMs  int64  `json:"made"`
	TurnMs  int64  `json:"turned"` // when the present pair was made
}

// turn is the data of a turn.
type turn struct {
	V        int    `json:"v"`
	Consumed string `json:"consumed"` // the hash of the refresh token that the turn consumed
	Salt     string `json:"salt"`     // see ident.SignInSecret.Next
	AtMs     int64  `json:"at"`
}

// code is the data of a code, used or not.
type code struct {
	V  int    `json:"v"`
	ID string `json:"id"` // of the sign-in that the code makes
	Grant
	Redirect  string `json:"redirect"`
	Challenge string `json:"challenge"`      // RFC 7636, S256
	UsedMs    int64  `json:"used,omitempty"` // when the code was used
}

// Stored is a sign-in as the table has it.
type Stored struct {
	Key     string // the id of the key
	ID      string
	Made    time.Time
	Turned  time.Time // when the present tokens were made
	Expires time.Time
	Grant
	data item
}

// Admits reports whether t is an access token of s that is valid at the time now.
func (s Stored) Admits(t ident.SignInSecret, now time.Time) bool {
	if t.Use != ident.AccessToken || t.ID != s.ID || t.Key != s.Key || !now.Before(s.Expires) {
		return false
	}
	hash, age := t.Hash(), now.Sub(s.Turned)
	return same(hash, s.data.Access) && age < accessLife || same(hash, s.data.Before) && age < grace
}

// Expired reports whether t is the present access token of s, and is too old.
func (s Stored) Expired(t ident.SignInSecret, now time.Time) bool {
	return t.Use == ident.AccessToken && t.ID == s.ID && t.Key == s.Key && same(t.Hash(), s.data.Access) &&
		now.Sub(s.Turned) >= accessLife
}

// KeyOf returns the key of the item of a sign-in.
func KeyOf(key, id string) table.Key { return table.Key{Partition: Partition, Sort: key + "#" + id} }

func turnOf(id string, n int64) table.Key {
	return table.Key{Partition: Partition + "#" + id, Sort: fmt.Sprintf("%016d", n)}
}

func codeOf(hash string) table.Key { return table.Key{Partition: CodesPartition, Sort: hash} }

func usedOf(hash string) table.Key {
	return table.Key{Partition: CodesPartition, Sort: usedPrefix + hash}
}

// Decode reads the item of a sign-in. It fails for an item of a newer version.
func Decode(it table.Item) (Stored, error) {
	data, err := decode[item](it)
	if err != nil {
		return Stored{}, err
	}
	key, id, _ := strings.Cut(it.Key.Sort, "#")
	return Stored{Key: key, ID: id, Made: time.UnixMilli(data.MadeMs).UTC(), Turned: time.UnixMilli(data.TurnMs).UTC(),
		Expires: it.Expires, Grant: data.Grant, data: data}, nil
}

// decode reads the data of an item.
func decode[D interface{ itsVersion() int }](it table.Item) (data D, err error) {
	err = json.Unmarshal(it.Data, &data)
	if err == nil && data.itsVersion() != version {
		err = fmt.Errorf("it has version %d; this program reads %d", data.itsVersion(), version)
	}
	if err != nil {
		return data, fmt.Errorf("signin: item %s: %w", it.Key, err)
	}
	return data, nil
}

func (d item) itsVersion() int { return d.V }
func (d turn) itsVersion() int { return d.V }
func (d code) itsVersion() int { return d.V }

// encode returns the data of an item, which is strings and numbers only.
func encode(data any) []byte {
	text, _ := json.Marshal(data)
	return text
}
