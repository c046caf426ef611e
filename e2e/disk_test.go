//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/testkit/engine"
)

// The disk is full for the program alone: it may not make a file longer.
func TestDisk_filesMayNotGrow_isUnavailableAndLosesNothing(t *testing.T) {
	p := start(t)
	fill, empty := func() { limit(t, p, 1<<20) }, func() { limit(t, p, noLimit) }
	servesOnAFullDisk(t, p, http.StatusServiceUnavailable, fill, func() {}, empty)
}

const noLimit = ^uint64(0)

// limit lets no file of a running program grow beyond so many bytes: then writing
// fails as on a full disk (prlimit(2)).
func limit(t *testing.T, p *program, bytes uint64) {
	t.Helper()
	want := syscall.Rlimit{Cur: bytes, Max: noLimit}
	_, _, failed := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&want)), 0, 0, 0)
	if failed != 0 {
		t.Fatal(failed)
	}
}

const diskFull = "The disk of this server is full. Nothing was done: try again later, and tell the person who runs " +
	"the server."

// The disk is a real one of 12 MB, and another file takes most of it. The refusal says so to agents and at a
// shell, and the log once. The server is healthy: it still throws somebody out, which a proxy must let pass.
func TestDisk_full_isUnavailableAndLosesNothing(t *testing.T) {
	t.Parallel()
	disk := engine.SmallDisk(t, "12m")
	other := filepath.Join(disk, "other")
	if err := os.WriteFile(other, make([]byte, 11<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startOn(t, []string{"--data", filepath.Join(disk, "parley.db")}, nil)
	ann := visitor(t, p)
	ann.does("join", "shed", "--as", "Ann")
	log := p.out
	servesOnAFullDisk(t, p, http.StatusOK, func() {}, func() {
		got := talk{t, openGo(t, p.url, modernProtocol)}.refused("unavailable", "join_room",
			args{"room": "loft", "agent_name": "Alice"})
		if got.Message != diskFull {
			t.Errorf("on a full disk a call was refused with %q, want %q", got.Message, diskFull)
		}
		if got := ann.runs("say", "Is there room for this?"); got.code != 5 ||
			!strings.HasSuffix(got.err, "parley: "+diskFull+"\n") {
			t.Errorf("on a full disk say ended with %d and %q, want 5 and %q", got.code, got.err, diskFull)
		}
		if n := strings.Count(log.String(), "the disk is nearly full"); n != 1 {
			t.Errorf("the log says %d times that the disk is nearly full, want once", n)
		}
	}, func() {
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
	})
}

// On a disk with less than 1 GiB free no file is taken, before a byte is read, and messages are.
func TestAttack_files_diskNearlyFull(t *testing.T) {
	p := startOn(t, []string{"--trust-proxy", "--access", "open", "--data",
		filepath.Join(engine.SmallDisk(t, "900m"), "parley.db")}, nil)
	two := p.pair(t, "full")
	for _, more := range []args{{"size": 1 << 20}, {"text": "short"}} {
		got := two.ann.files(t, "share_file", two.hers.with(more).with(args{"name": "x.bin"}))
		if got.Code != "unavailable" {
			t.Errorf("%v: %+v", more, got)
		}
	}
	two.ann.must(t, "send_message", two.hers.with(args{"text": "still here"}))
	attacks(t, "with less than 1 GiB of disk free: no file is taken, and messages are")
}

// Through one invite, from 24 networks and without limits, a disk of 32 MiB is filled as far as words go. Then the
// admin still throws everybody out, and the operator still revokes a key.
func TestAttack_diskFilledByAGuest_whoIsThenThrownOut(t *testing.T) {
	t.Parallel()
	disk := engine.SmallDisk(t, "32m")
	if err := os.WriteFile(filepath.Join(disk, "other"), make([]byte, 20<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startOn(t, []string{"--data", filepath.Join(disk, "parley.db"), "--trust-proxy", "--access", "keys",
		"--bytes-per-minute", "0", "--messages-per-minute", "0", "--units-per-minute", "0"}, nil)
	admin := p.door(p.newKey("Ann"))
	at := func(n int, url, tool string, arguments args) answer {
		got, err := stranger{p, fmt.Sprintf("2001:db8:%x::1", n)}.callAt(t.Context(), url, tool, arguments)
		if err != nil {
			t.Error(err)
		}
		return got
	}
	ann := at(0, admin, "create_room", args{"room": "plans", "agent_name": "Ann", "capacity": 9})
	door := inviteLink.FindString(ann.Invite)
	if door == "" {
		t.Fatalf("no invite: %+v", ann)
	}
	door = strings.TrimSuffix(p.url, "/mcp") + door + "/mcp"
	gus := at(1, door, "join_room", args{"agent_name": "Gus"})
	flood := func(url, token string) {
		var all sync.WaitGroup
		for network := range 24 {
			all.Go(func() {
				// Longer than a second: the space was read again.
				for n, said := 0, time.Now(); time.Since(said) < 1200*time.Millisecond; n++ {
					switch code := at(network, url, "send_message", args{"agent_token": token,
						"text": fmt.Sprint(network, n, strings.Repeat("x", 30_000))}).Code; code {
					case "":
						said = time.Now()
					case "unavailable":
						<-time.After(50 * time.Millisecond) // what is refused fills nothing
					default:
						t.Errorf("a flood was refused with %q", code)
						return
					}
				}
			})
		}
		all.Wait()
	}
	left := func() int64 {
		var fs syscall.Statfs_t
		if err := syscall.Statfs(disk, &fs); err != nil {
			t.Fatal(err)
		}
		return int64(fs.Bavail) * fs.Bsize
	}
	flood(door, gus.AgentToken)
	afterGuest := left()
	if got := at(0, admin, "send_message", args{"agent_token": ann.AgentToken, "text": "Who?"}); !got.Sent {
		t.Errorf("after the guests' words have ended, the admin gets %+v", got)
	}
	flood(admin, ann.AgentToken)
	t.Logf("%d bytes were left by the guest, and %d by all", afterGuest, left())
	for n := range 200 { // what else a guest may do writes, too
		at(n, door, "wait_for_message", args{"agent_token": gus.AgentToken, "cursor": gus.Cursor, "wait_seconds": 0,
			"activity": fmt.Sprint("busy ", n)})
	}
	_, link, _ := strings.Cut(gus.Watch, "#")
	claim, _ := ident.ParseLinkCode(link)
	person := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	for n := range 200 { // and its person
		at(n, door, "supervise", args{"agent_token": person, "claim": link, "person_name": fmt.Sprint("Mr ", n)})
	}
	for _, call := range []struct {
		tool string
		more args
	}{{"manage_agent", args{"action": "kick", "agent_name": "Gus"}},
		{"manage_agent", args{"action": "ban", "agent_name": "Gus"}}, {"update_room", args{"closed": true}}} {
		if got := at(0, admin, call.tool, args{"agent_token": ann.AgentToken}.with(call.more)); got.Code != "" {
			t.Errorf("%s on the full disk: %+v", call.tool, got)
		}
	}
	if _, err := p.keys("revoke", "Ann"); err != nil {
		t.Error(err)
	}
	attacks(t, "a disk of 32 MiB, filled through one invite: %d bytes left, and everybody can be thrown out", left())
}

// servesOnAFullDisk has agents talk until the disk is full, and on once there is
// room again. The program runs all the time. It calls look while the disk is full, when /healthz answers with health.
func servesOnAFullDisk(t *testing.T, p *program, health int, fill, look, empty func()) {
	t.Helper()
	c := talk{t, openGo(t, p.url, modernProtocol)}
	alice, bob := c.meet("the attic")
	a := attic{talk: c, alice: alice}
	a.store("The first box.")
	c.hears(&bob, "The first box.")
	fill()
	// The space is read again after a second. A short message may still fit where a long one did not, as does what
	// /healthz writes to see whether there is room. After writes of some 8 MB, also refused ones, the server moves its
	// log, which may make room: no such move may come later.
	said, since := 0, time.Now()
	awaitLonger(t, 3*patience, "nothing fits on the disk", func() bool {
		for range 70 {
			a.storeUntilFull(strings.Repeat("x", 30_000))
		}
		a.storeUntilFull("")
		if len(a.kept) > said {
			said, since = len(a.kept), time.Now()
		}
		return time.Since(since) > 1200*time.Millisecond && p.health() == health
	})
	a.isFull(bob)
	if status := p.health(); status != health {
		t.Errorf("on a full disk /healthz answered %d, want %d", status, health)
	}
	look()
	empty()
	await(t, "there is room", func() bool {
		return p.health() == http.StatusOK &&
			c.tool("send_message", args{"agent_token": alice.token, "text": "There is room again."}).Code == ""
	})
	a.kept = append(a.kept, "There is room again.")
	a.heardBy(bob)
	if code := p.terminate(); code != 0 {
		t.Errorf("the program ended with code %d", code)
	}
	p.again()
	a.talk = talk{t, openGo(t, p.url, modernProtocol)}
	a.heardBy(bob)
}

// attic is a room in which Alice keeps as much as fits.
type attic struct {
	talk
	alice seat
	kept  []string // acknowledged messages since the first
}

// short is the beginning of a message, which tells it from all others.
func short(text string) string { return text[:min(len(text), 20)] }

func (a *attic) store(text string) {
	a.t.Helper()
	a.ok("send_message", args{"agent_token": a.alice.token, "text": text})
	a.kept = append(a.kept, short(text))
}

// storeUntilFull stores messages that end in filler until one is refused because
// the disk is full.
func (a *attic) storeUntilFull(filler string) {
	a.t.Helper()
	for range 2000 {
		text := fmt.Sprintf("This is box %7d. %s", len(a.kept), filler)
		said := a.tool("send_message", args{"agent_token": a.alice.token, "text": text})
		switch said.Code {
		case "":
			a.kept = append(a.kept, short(text))
		case "unavailable":
			return
		default:
			a.t.Fatalf("message %d was answered %+v", len(a.kept), said)
		}
	}
	a.t.Fatal("the disk does not become full")
}

// isFull fails unless writes are refused, and reads served.
func (a *attic) isFull(bob seat) {
	a.t.Helper()
	a.refused("unavailable", "send_message", args{"agent_token": a.alice.token, "text": "Is there room for this?"})
	a.refused("unavailable", "join_room", args{"room": "another attic", "agent_name": "Alice"})
	a.ok("room_info", args{"agent_token": bob.token})
	a.ok("list_rooms", args{})
	if got := a.ok("message_history", args{"agent_token": bob.token, "limit": 1}).Messages; len(got) != 1 ||
		short(got[0].Text) != a.kept[len(a.kept)-1] {
		a.t.Errorf("on a full disk the history ends in %+v, want %q", got, a.kept[len(a.kept)-1])
	}
	if got := a.ok("wait_for_message", waitArgs(bob, 0)).Messages; len(got) == 0 ||
		short(got[0].Text) != a.kept[1] {
		a.t.Errorf("on a full disk a wait answered %+v, want %q first", got, a.kept[1])
	}
}

// heardBy fails unless Bob, who has heard the first message, hears all others.
func (a *attic) heardBy(bob seat) {
	a.t.Helper()
	heard := a.kept[:1:1]
	for len(heard) < len(a.kept) {
		for _, m := range a.listen(&bob) {
			heard = append(heard, short(m.Text))
		}
	}
	if fmt.Sprint(heard) != fmt.Sprint(a.kept) {
		a.t.Errorf("Bob heard %q, want %q", heard, a.kept)
	}
}
