package lambdatest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// cpuTime returns the processor time that the threads of the process have used. Go
// ends threads only in cases that a function does not have, so none is missing.
func cpuTime(t *testing.T, i *lambdatest.Instance) time.Duration {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(i.PID()), "task", "*", "schedstat"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schedstat of the process: %v", err)
	}
	var sum int64
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		used, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(used, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return time.Duration(sum)
}

// Lambda's share of a processor is the memory, and 1,769 MB are a whole one
// ("Configure Lambda function memory").
const (
	period = 20_000              // microseconds
	quota  = period * 128 / 1769 // of them, at 128 MB
)

// throttle gives the process the share of a processor that Lambda gives with 128 MB, by
// a control group of its own. It returns false where this process may not create one.
func throttle(t *testing.T, i *lambdatest.Instance) bool {
	t.Helper()
	for _, root := range []string{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup"} { // versions 1 and 2
		group, err := os.MkdirTemp(root, "parley-cold-")
		if err != nil {
			continue
		}
		t.Cleanup(func() { leave(t, i, group) })
		limit := map[string]string{"cpu.cfs_period_us": strconv.Itoa(period), "cpu.cfs_quota_us": strconv.Itoa(quota)}
		if root == "/sys/fs/cgroup" {
			limit = map[string]string{"cpu.max": fmt.Sprint(quota, " ", period)}
		}
		if tell(group, limit) && tell(group, map[string]string{"cgroup.procs": strconv.Itoa(i.PID())}) {
			return true
		}
	}
	return false
}

// tell writes the files of a control group.
func tell(group string, files map[string]string) bool {
	for name, text := range files {
		if os.WriteFile(filepath.Join(group, name), []byte(text), 0) != nil {
			return false
		}
	}
	return true
}

// leave ends the process and removes its control group.
func leave(t *testing.T, i *lambdatest.Instance, group string) {
	i.Signal(os.Kill)
	i.Wait()
	if err := os.Remove(group); err != nil {
		t.Error(err)
	}
}
