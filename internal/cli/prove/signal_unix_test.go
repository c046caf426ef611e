//go:build unix

package prove_test

import (
	"io"
	"os/exec"
	"testing"
)

func TestRun_commandEndedByASignal_hasTheCodeOfAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: sh is not installed: it sends itself a signal")
	}
	c := doing("exit 0", io.Discard)
	c.Args = []string{sh, "-c", "kill -KILL $$"}
	if ran, err := c.Run(t.Context()); err != nil || ran.Exit != 128+9 || ran.TimeOut {
		t.Errorf("%v, %+v", err, ran)
	}
}
