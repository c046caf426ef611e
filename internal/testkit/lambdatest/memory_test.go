package lambdatest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/picture/picturetest"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// memoryGroup returns a control group of Linux that kills what takes more than so many
// MiB; "" where this process may make none.
func memoryGroup(t *testing.T, size int) string {
	t.Helper()
	dir, limit := "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
	if _, err := os.Stat(filepath.Join(dir, limit)); err != nil {
		dir, limit = "/sys/fs/cgroup", "memory.max"
	}
	dir, err := os.MkdirTemp(dir, "parley-")
	if err == nil {
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		err = os.WriteFile(filepath.Join(dir, limit), fmt.Append(nil, size<<20), 0o600)
	}
	if err != nil {
		t.Logf("nothing kills the function above %d MiB, its memory is only measured: %v", size, err)
		return ""
	}
	return dir
}

// startWithin starts an instance that has so many MiB, as Lambda does, no limits, and the settings of env.
func (f *function) startWithin(size int, env ...string) *lambdatest.Instance {
	f.t.Helper()
	p := f.program(0, append(env, fmt.Sprint("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", size), "PARLEY_UNITS_PER_MINUTE=0",
		"PARLEY_MESSAGES_PER_MINUTE=0", "PARLEY_BYTES_PER_MINUTE=0")...)
	if group := memoryGroup(f.t, size); group != "" {
		p.Args = []string{"-c", "echo $$ >" + filepath.Join(group, "cgroup.procs") + " && exec " + p.Path}
		p.Path = "/bin/sh"
	}
	return lambdatest.Start(f.t, p)
}

// copies stores n rooms with a state of about 64 KB, each with the agent of seat, and
// returns its tokens.
func (f *function) copies(seat result, n int) (tokens []string) {
	f.t.Helper()
	tab := dynamotable.New(dynamolocal.Client(f.engine), f.table, dynamotable.Options{})
	token, err := ident.ParseToken(seat.AgentToken)
	if err != nil {
		f.t.Fatal(err)
	}
	get := func(k table.Key) table.Item {
		item, err := tab.Get(f.t.Context(), k, table.Strong)
		if err != nil {
			f.t.Fatal(err)
		}
		return item
	}
	meta, first := get(roomlog.MetaKey(token.Room)), get(roomlog.EventKey(token.Room, 1))
	parts := f.parts(tab, token.Room)
	var x room.Snapshot
	if err := roomlog.Decode(meta, &x); err != nil {
		f.t.Fatal(err)
	}
	state, err := x.State(token.Room, parts)
	if err != nil {
		f.t.Fatal(err)
	}
	state.Description = strings.Repeat("字", core.MaxDescription)
	for n := range core.MaxBans {
		state.Knocks = append(state.Knocks, room.Knock{AtMs: int64(n), Key: strings.Repeat("名", 2*base.MaxName)})
	}
	meta.Data, parts = roomlog.Encode(state.Snapshot()), state.Parts()
	var g errgroup.Group
	g.SetLimit(4)
	for range n {
		token.Room = ident.NewRoomID()
		tokens = append(tokens, token.String())
		meta.Key, first.Key = roomlog.MetaKey(token.Room), roomlog.EventKey(token.Room, 1)
		ops := []table.Op{table.Put(meta, table.Always), table.Put(first, table.Always)}
		for _, p := range parts {
			k := table.Key{Partition: meta.Key.Partition, Sort: roomlog.LayoutOf("", "").Parts + p.Name}
			ops = append(ops, table.Put(table.Item{Key: k, Expires: meta.Expires, Data: roomlog.Encode(p)},
				table.Always))
		}
		g.Go(func() error { return tab.Write(f.t.Context(), ops...) })
	}
	if err := g.Wait(); err != nil {
		f.t.Fatal(err)
	}
	return tokens
}

// parts returns those of a room's snapshot.
func (f *function) parts(tab table.Reader, id string) (parts []room.Part) {
	f.t.Helper()
	layout := roomlog.LayoutOf(id, "")
	page, err := tab.Query(f.t.Context(), table.Range{Partition: layout.Partition, Prefix: layout.Parts,
		Limit: table.MaxLimit, Consistency: table.Strong})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, item := range page.Items {
		p := room.Part{Name: strings.TrimPrefix(item.Key.Sort, layout.Parts)}
		if err := roomlog.Decode(item, &p); err != nil {
			f.t.Fatal(err)
		}
		parts = append(parts, p)
	}
	return parts
}

// peakOf returns the most memory that the process of i ever had, in KiB.
func peakOf(t *testing.T, i *lambdatest.Instance) int {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(i.PID()), "status"))
	if err != nil {
		t.Fatal(err)
	}
	peak, err := strconv.Atoi(string(regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return peak
}

// An instance may serve for hours, and each call may be in another room.
func TestSoak_moreRoomsThanMemory_live(t *testing.T) {
	soak(t)
	t.Parallel()
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory of its own; what a process holds is read from /proc")
	}
	f := deploy(t)
	size := slices.Min(memorySizes(t))
	i := f.startWithin(size)
	client := i.FunctionURL()
	seat := call(t, client, "create_room", args{"room": "vault", "agent_name": "Alice", "password": "correct horse",
		"capacity": 100})
	for n, token := range f.copies(seat, 900) { // if all stayed in memory, the function would have too little
		if r, err := try(t, client, "room_info", args{"agent_token": token}); err != nil || r.Code != "" {
			t.Fatalf("in room %d: %+v, %v", n+1, r, err)
		}
	}
	// Then come the calls that take the most for themselves.
	for k := range 40 {
		call(t, client, "send_message", args{"agent_token": seat.AgentToken,
			"text": fmt.Sprint(k, strings.Repeat("x", 32_000))})
	}
	for k := range 10 {
		call(t, client, "message_history", args{"agent_token": seat.AgentToken, "limit": 100})
		call(t, client, "join_room", args{"room": "vault:correct horse", "agent_name": fmt.Sprint("Agent ", k)})
		resp, err := post(t, client, strings.Repeat(" ", 5<<20)) // nearly as much as an event of Lambda can hold
		if err != nil {
			t.Fatal(err)
		}
		if text, err := readAll(resp); err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatalf("%d %s, %v", resp.StatusCode, text, err)
		}
	}
	peak := peakOf(t, i)
	t.Logf("the most memory it ever had: %d MiB", peak>>10)
	if peak > size<<10*7/8 {
		t.Errorf("it had %d KiB of the %d MiB of the smallest function that the template allows", peak, size)
	}
}

// The picture takes as much to decode as any that is not refused by its header, and more than is shown to draw.
func TestBootstrap_heavyPicture_fitsIntoTheMemory(t *testing.T) {
	t.Parallel()
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory of its own; what a process holds is read from /proc")
	}
	f := deploy(t)
	size := slices.Min(memorySizes(t))
	_, env := f.withBucket()
	i := f.startWithin(size, env...)
	client := i.FunctionURL()
	alice, bob := join(t, client, "gallery", "Alice"), join(t, client, "gallery", "Bob")
	before := peakOf(t, i)
	picture := picturetest.Heavy(t, 2000, 8)
	sent, err := upload(t, client, offer(t, client, alice.AgentToken, len(picture)), picture)
	if err != nil || !sent.Sent {
		t.Fatalf("%+v, %v", sent, err)
	}
	for range 5 { // the collector may be late
		if got := call(t, client, "get_file", args{"agent_token": bob.AgentToken, "id": sent.ID}); got.Download == "" {
			t.Fatalf("Bob is answered %+v", got)
		}
	}
	peak := peakOf(t, i)
	t.Logf("the most memory it ever had: %d MiB, and %d before", peak>>10, before>>10)
	if peak < before+16<<10 {
		t.Error("the picture was not decoded")
	}
	if peak > size<<10*7/8 {
		t.Errorf("it had %d KiB of the %d MiB of the smallest function that the template allows", peak, size)
	}
}
