package main

import (
	"os/exec"
	"testing"
)

func TestColdStart_functionThatEndsBeforeItAnswers_isAnError(t *testing.T) {
	for _, program := range []string{"true", "false"} {
		path, err := exec.LookPath(program)
		if err != nil {
			t.Skipf("SKIPPED, NOT TESTED: %v", err)
		}
		if took, err := coldStart(t.Context(), path, nil); err == nil {
			t.Errorf("%s answered after %v", program, took)
		}
	}
}
