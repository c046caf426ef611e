package bridge

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/ident"
)

// seat is a seat that an agent took through a bridge.
type seat struct {
	Server string `json:"server"`
	Room   string `json:"room"` // the keys of the names
	Name   string `json:"name"`
	Token  string `json:"token"`
	Holder string `json:"holder"` // the bridge through which it was used last
}

// keeper remembers seats between runs, in a file of this person. A seat belongs to one
// bridge for as long as that runs: each bridge locks a file of its own, and the system
// unlocks it however the process ends. So two sessions of one person never get the same
// seat, and after a restart the seat is free for the next bridge at once.
type keeper struct {
	server string
	guest  string // the id of the only room, to which an invite leads; "" for any
	path   string
	id     string
	lease  *flock.Flock

	mu   sync.Mutex
	used map[string]bool // by token: an agent has it through this bridge
}

// seatsName is the file of the seats.
const seatsName = "bridge.json"

// maxSeats is how many seats are remembered; then the oldest are forgotten.
const maxSeats = 200

// newKeeper returns the keeper of a bridge to a server.
func newKeeper(server client.Place) (*keeper, error) {
	path, err := client.StatePath(seatsName)
	if err != nil {
		return nil, err
	}
	k := &keeper{server: server.Base, path: path, id: rand.Text(), used: map[string]bool{}}
	if v, ok := ident.ParseInvite(server.Invite); ok {
		k.guest = v.Room
	}
	k.lease = flock.New(k.leaseOf(k.id), flock.SetPermissions(0o600))
	// A bridge that looks at a lease has this lock, too, so it never takes one for free that is
	// about to be locked.
	return k, client.WithLock(path, func() error {
		if ok, err := k.lease.TryLock(); err != nil || !ok {
			return errors.Join(fmt.Errorf("cannot lock %s", k.lease.Path()), err)
		}
		return k.sweep()
	})
}

// sweep removes the leases of bridges that were killed.
func (k *keeper) sweep() error {
	dir, own := filepath.Split(k.leaseOf("*"))
	before, after, _ := strings.Cut(own, "*")
	all, err := os.ReadDir(dir)
	for _, e := range all {
		if id, ok := strings.CutPrefix(e.Name(), before); ok && strings.HasSuffix(id, after) {
			k.runs(strings.TrimSuffix(id, after))
		}
	}
	return err
}

// close gives the seats to whoever comes next.
func (k *keeper) close() {
	if k == nil {
		return
	}
	_ = os.Remove(k.lease.Path()) // one that remains is removed by who looks at it
	_ = k.lease.Close()
}

func (k *keeper) leaseOf(id string) string {
	return strings.TrimSuffix(k.path, ".json") + "-" + id + ".lock"
}

// runs reports whether the bridge of a lease still runs, and removes a lease that has none.
func (k *keeper) runs(id string) bool {
	if id == k.id {
		return true
	}
	if _, err := os.Stat(k.leaseOf(id)); err != nil {
		return false
	}
	lease := flock.New(k.leaseOf(id))
	free, err := lease.TryLock()
	if err != nil || !free {
		return true
	}
	_ = os.Remove(lease.Path()) // else the next one does
	_ = lease.Close()
	return false
}

// claim returns the token of the seat of that name, for an agent that joins without one;
// "" if there is none, or an agent has it already.
func (k *keeper) claim(room, name string) (token string, err error) {
	if k == nil {
		return "", nil
	}
	is, ok := k.named(room, name)
	if !ok {
		return "", nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err = k.update(func(all []seat) []seat {
		i := slices.IndexFunc(all, is)
		if i < 0 || k.used[all[i].Token] || all[i].Holder != k.id && k.runs(all[i].Holder) {
			return all
		}
		token, all[i].Holder = all[i].Token, k.id
		k.used[token] = true
		return all
	})
	return token, err
}

// release says that the agent has not got the seat that it claimed.
func (k *keeper) release(token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.used, token)
}

// remember notes that an agent has a seat.
func (k *keeper) remember(room, name, token string) error {
	if k == nil {
		return nil
	}
	s, ok := k.key(room, name)
	if !ok {
		return nil
	}
	s.Token, s.Holder = token, k.id
	k.mu.Lock()
	defer k.mu.Unlock()
	k.used[token] = true
	return k.update(func(all []seat) []seat {
		all = append(slices.DeleteFunc(all, func(old seat) bool { return old.Token == token || s.same(old) }), s)
		return all[max(0, len(all)-maxSeats):]
	})
}

// forget notes that the seat of a token is gone.
func (k *keeper) forget(token string) error {
	if k == nil || token == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.used, token)
	return k.update(func(all []seat) []seat {
		return slices.DeleteFunc(all, func(s seat) bool { return s.Token == token })
	})
}

// key returns the seat of that name without a token; ok is false if no seat can have the
// name. The room may be written as name:password.
func (k *keeper) key(room, name string) (s seat, ok bool) {
	room, _, _ = strings.Cut(room, ":")
	r, err := ident.RoomName(room)
	if err != nil {
		return seat{}, false
	}
	n, err := ident.AgentName(name)
	return seat{Server: k.server, Room: r.Key, Name: n.Key}, err == nil
}

// named returns what tells the seat of that name; ok is false if there can be none. A guest
// need not name the room.
func (k *keeper) named(room, name string) (is func(seat) bool, ok bool) {
	if room != "" || k.guest == "" {
		key, ok := k.key(room, name)
		return key.same, ok
	}
	n, err := ident.AgentName(name)
	return func(s seat) bool {
		t, err := ident.ParseToken(s.Token)
		return err == nil && t.Room == k.guest && s.Server == k.server && s.Name == n.Key
	}, err == nil
}

func (s seat) same(other seat) bool {
	return s.Server == other.Server && s.Room == other.Room && s.Name == other.Name
}

// update replaces the seats in the file, while no other process does.
func (k *keeper) update(change func([]seat) []seat) error {
	return client.WithLock(k.path, func() error {
		all, err := readSeats(k.path)
		if err != nil {
			return err
		}
		before := slices.Clone(all)
		if all = change(all); slices.Equal(before, all) {
			return nil
		}
		data, err := json.MarshalIndent(content{all}, "", "  ")
		if err != nil {
			return err
		}
		return client.WriteFile(k.path, data, 0o600)
	})
}

// content is what the file of the seats holds.
type content struct {
	Seats []seat `json:"seats"`
}

func readSeats(path string) ([]seat, error) {
	data, err := client.ReadFile(path)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	var in content
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("%s is damaged: remove it", path)
	}
	return in.Seats, nil
}

// ServerOf returns the address of the server from which an agent got a token through a
// bridge; "" if none did.
func ServerOf(token string) (string, error) {
	path, err := client.StatePath(seatsName)
	if err != nil {
		return "", err
	}
	all, err := readSeats(path)
	for _, s := range all {
		if s.Token == token {
			return s.Server, nil
		}
	}
	return "", err
}
