package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// thisMachine describes in one line what the figures depend on, without naming
// the machine or its owner. dir is on the disk that is measured.
func thisMachine(dir string) (string, error) {
	sync, err := syncTime(dir)
	if err != nil {
		return "", err
	}
	about := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := cpuModel(); model != "" {
		about[0] += " of " + model
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		about = append(about, "Linux "+strings.TrimSpace(string(kernel)))
	}
	about = append(about, runtime.GOOS+"/"+runtime.GOARCH, runtime.Version(), "one write and fsync: "+duration(sync))
	return strings.Join(about, "; ") + ".", nil
}

// cpuModel returns the name of the first processor, or "" if it is unknown.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(strings.TrimLeft(line, "\t :"))
}

// syncTime returns the median time to write a page of 4 KiB to the disk of dir,
// the least that any acknowledged write takes.
func syncTime(dir string) (time.Duration, error) {
	write, file, err := pageWriter(filepath.Join(dir, fmt.Sprintf("parley-bench-sync-%d", os.Getpid())))
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var times []float64
	for range 50 {
		began := time.Now()
		if err := write(); err != nil {
			return 0, err
		}
		times = append(times, float64(time.Since(began)))
	}
	return time.Duration(median(times)), nil
}
