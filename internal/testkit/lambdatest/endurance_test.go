package lambdatest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// rssLine is where Linux says how much memory a process has.
const rssLine = `VmRSS:\s+(\d+) kB`

// footprint is what a process holds.
type footprint struct {
	memory int // KiB
	files  int
}

func footprintOf(t *testing.T, i *lambdatest.Instance) footprint {
	t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(i.PID()))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	memory, err := strconv.Atoi(string(regexp.MustCompile(rssLine).FindSubmatch(status)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return footprint{memory: memory, files: len(files)}
}

// goroutines ends the process and returns how many goroutines it had: on SIGQUIT
// every Go program prints them.
func goroutines(t *testing.T, i *lambdatest.Instance) int {
	t.Helper()
	i.Signal(syscall.SIGQUIT)
	i.Wait()
	dump := i.Output()
	i.Forget() // it is long, and tells nothing else
	return strings.Count(dump, "\ngoroutine ")
}

// talk makes n invocations of many kinds, one after the other.
func talk(t *testing.T, i *lambdatest.Instance, seat result, n int) {
	t.Helper()
	client := i.FunctionURL()
	for k := range n {
		switch k % 5 {
		case 0:
			call(t, client, "send_message", args{"agent_token": seat.AgentToken,
				"text": fmt.Sprint("message ", k, " of many: ", seat.Seq)})
		case 1:
			seat.Cursor = call(t, client, "wait_for_message",
				args{"agent_token": seat.AgentToken, "cursor": seat.Cursor,
					"wait_seconds": 0}).Cursor
		case 2:
			call(t, client, "room_info", args{"agent_token": seat.AgentToken})
		case 3:
			if r, err := try(t, client, "join_room",
				args{"room": fmt.Sprint("no such room ", k), "agent_name": "X",
					"create_if_missing": false}); err != nil || r.Code != "room_not_found" {
				t.Fatalf("%+v, %v", r, err)
			}
		default:
			call(t, client, "message_history", args{"agent_token": seat.AgentToken, "limit": 20})
		}
	}
}

func TestBootstrap_hundredsOfInvocations_leaveNothingBehind(t *testing.T) {
	t.Parallel()
	leaveNothingBehind(t, 200, 300)
}

func TestSoak_bootstrap_thousandInvocations_leaveNothingBehind(t *testing.T) {
	soak(t)
	leaveNothingBehind(t, 500, 1000)
}

// leaveNothingBehind has an instance serve some invocations, by which its heap has its size, and then more.
func leaveNothingBehind(t *testing.T, first, more int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("what a process holds is read from /proc")
	}
	f := deploy(t)
	// Collected often, the memory follows what is in use, also where the processor is busy.
	short, long := f.start(0, "PARLEY_UNITS_PER_MINUTE=0"), f.start(0, "PARLEY_UNITS_PER_MINUTE=0", "GOGC=20")
	seat := join(t, short.FunctionURL(), "room", "Alice")
	talk(t, short, seat, 50)
	talk(t, long, seat, first)
	before := footprintOf(t, long)
	talk(t, long, seat, more)
	after := footprintOf(t, long)
	t.Logf("after %d invocations %d KiB and %d files, after %d more %d KiB and %d files", first, before.memory,
		before.files, more, after.memory, after.files)
	if most := before.memory + before.memory/4; !raceDetector && after.memory > most {
		t.Errorf("the memory grew from %d to %d KiB in %d invocations", before.memory, after.memory, more)
	}
	if after.files > before.files+2 {
		t.Errorf("the open files grew from %d to %d in %d invocations", before.files, after.files, more)
	}
	few, many := goroutines(t, short), goroutines(t, long)
	t.Logf("goroutines after 50 invocations %d, after %d %d", few, first+more, many)
	if few == 0 || many > few+4 {
		t.Errorf("%d goroutines after 50 invocations, %d after %d", few, many, first+more)
	}
}

func TestBootstrap_peakOfMemory_leavesRoomInTheFunction(t *testing.T) {
	t.Parallel()
	if raceDetector || runtime.GOOS != "linux" {
		t.Skip("the race detector takes memory of its own; what a process holds is read from /proc")
	}
	i := deploy(t).start(0, "PARLEY_UNITS_PER_MINUTE=0")
	client := i.FunctionURL()
	// Of all calls those with a password take the most, for a moment.
	seat := call(t, client, "create_room", args{"room": "vault", "agent_name": "Alice", "password": "correct horse",
		"capacity": 100})
	for k := range 10 {
		call(t, client, "join_room", args{"room": "vault:correct horse", "agent_name": fmt.Sprint("Agent ", k)})
	}
	for k := range 20 {
		call(t, client, "send_message", args{"agent_token": seat.AgentToken,
			"text": fmt.Sprint(k, strings.Repeat("x", 30_000))})
		call(t, client, "message_history", args{"agent_token": seat.AgentToken, "limit": 100})
	}
	peak := peakOf(t, i)
	t.Logf("the most memory it ever had: %d MiB", peak>>10)
	if least := slices.Min(memorySizes(t)) << 10; peak > least*3/4 {
		t.Errorf("it had %d KiB; the smallest function that the template allows has %d", peak, least)
	}
}
