package hook

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// nearest is how far up a program is looked for: a shell may be in between.
const nearest = 4

// caller returns the program whose name begins with name and that has started this
// process, and its process id. Where processes do not show that (outside Linux), it
// returns the program in the PATH, and 0.
func caller(name string) (program string, pid int) {
	for pid, n := os.Getppid(), 0; pid > 1 && n < nearest; pid, n = parent(pid), n+1 {
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil || !strings.HasPrefix(filepath.Base(path), name) {
			continue
		}
		if _, err := os.Stat(path); err == nil { // else it was updated since
			return path, pid
		}
		return inPath(name), pid
	}
	return inPath(name), 0
}

func inPath(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return name
}

// parent returns the process id of a process's parent; 0 if it is unknown (proc(5)).
func parent(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, behind, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(behind)
	if len(fields) < 2 {
		return 0
	}
	id, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return id
}
