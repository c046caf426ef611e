package lambdatest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

const functionName = "parley-test"

// patience bounds every wait for something that should take milliseconds.
const patience = 20 * time.Second

// Instance is an execution environment: a process and its Runtime API.
type Instance struct {
	*Runtime
	// Began is the start time of the process.
	Began time.Time

	cmd    *exec.Cmd
	output string // a file, which holds everything that the process has printed
}

// Program is what runs in an instance.
type Program struct {
	Path string
	Args []string
	// Env are the settings of the function, as NAME=value. Apart from them, the
	// process has only the variables that Lambda sets.
	Env []string
	// Concurrency is how many invocations the process takes at once; 0 means one.
	Concurrency int
	// Idle, unless nil, is called with each GET next: when the init phase or an
	// invocation is over.
	Idle func()
}

// Start runs p in a new instance, which ends with the test. If the test fails, the
// output of the process is logged.
func Start(t testing.TB, p Program) *Instance {
	t.Helper()
	i, err := start(t, p, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// start is Start in a folder of the caller.
func start(t testing.TB, p Program, dir string) (*Instance, error) {
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		return nil, err
	}
	defer output.Close() // the process has its own descriptor
	r, err := listen(t, p.Idle)
	if err != nil {
		return nil, err
	}
	i := &Instance{Runtime: r, cmd: exec.Command(p.Path, p.Args...), output: output.Name()}
	i.cmd.Dir = dir
	i.cmd.Env = append(environment(r.Addr(), p.Concurrency), p.Env...)
	i.cmd.Stdout, i.cmd.Stderr = output, output
	i.Began = time.Now()
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = i.cmd.Wait() // cmd.ProcessState says how it ended
		close(r.exited)
	}()
	t.Cleanup(func() {
		i.Signal(syscall.SIGKILL)
		<-r.exited
		said := i.Output()
		if err := secretscan.Find(said); err != nil {
			t.Error(err)
		}
		if t.Failed() && said != "" {
			t.Logf("the process printed:\n%s", said)
		}
	})
	return i, nil
}

// environment returns the variables that Lambda sets ("Defined runtime environment
// variables" in the Developer Guide), with credentials that only a local engine
// accepts.
func environment(api string, concurrency int) []string {
	env := []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + functionName, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + functionName, "AWS_LAMBDA_LOG_STREAM_NAME=test",
		"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local",
		"_HANDLER=bootstrap", "LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime",
		"PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin", "LANG=en_US.UTF-8", "TZ=:UTC",
	}
	if concurrency > 0 {
		env = append(env, "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(concurrency))
	}
	return env
}

// PID returns the id of the process.
func (i *Instance) PID() int { return i.cmd.Process.Pid }

// Signal sends the process a signal. It does nothing if the process has ended.
func (i *Instance) Signal(s os.Signal) {
	i.t.Helper()
	if err := i.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		i.t.Errorf("sending %v: %v", s, err)
	}
}

// Wait returns when the process has ended, with its exit code, or -1 if a signal
// killed it. It fails the test if the process does not end.
func (i *Instance) Wait() int {
	i.t.Helper()
	select {
	case <-i.exited:
		return i.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		i.t.Fatalf("the process has not ended after %v", patience)
		return 0
	}
}

// Output returns what the process has printed so far.
func (i *Instance) Output() string {
	i.t.Helper()
	text, err := os.ReadFile(i.output)
	if err != nil {
		i.t.Error(err)
	}
	return string(text)
}

// Forget discards what the process has printed so far.
func (i *Instance) Forget() {
	i.t.Helper()
	if err := os.Truncate(i.output, 0); err != nil {
		i.t.Error(err)
	}
}
