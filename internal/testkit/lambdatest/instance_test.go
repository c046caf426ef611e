package lambdatest_test

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

func TestStart_process_findsLambdasEnvironmentOnly(t *testing.T) {
	t.Setenv("PARLEY_TEST_STRAY", "1")
	i := lambdatest.Start(t, lambdatest.Program{Path: "/usr/bin/env", Env: []string{"SETTING=x"}, Concurrency: 4})
	if code := i.Wait(); code != 0 {
		t.Fatalf("exit code %d: %s", code, i.Output())
	}
	env := strings.Split(strings.TrimSpace(i.Output()), "\n")
	for _, want := range []string{"AWS_LAMBDA_RUNTIME_API=" + i.Addr(), "AWS_LAMBDA_MAX_CONCURRENCY=4",
		"AWS_REGION=eu-west-1", "SETTING=x"} {
		if !slices.Contains(env, want) {
			t.Errorf("no %s in %q", want, env)
		}
	}
	if strings.Contains(i.Output(), "STRAY") {
		t.Errorf("the environment of the test got in: %q", env)
	}
}

func TestInvoke_processEnds_saysSo(t *testing.T) {
	i := lambdatest.Start(t, lambdatest.Program{Path: "/bin/sleep", Args: []string{"3600"}})
	got := invoke(t.Context(), i.Runtime, `{}`)
	i.Signal(syscall.SIGTERM)
	if err := await(t, got).err; !errors.Is(err, lambdatest.ErrExited) {
		t.Error(err)
	}
	if code := i.Wait(); code != -1 {
		t.Errorf("exit code %d of a process killed by a signal", code)
	}
	i.Signal(syscall.SIGTERM) // does not mind
}
