package e2e

import (
	"crypto/rand"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/process"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// signsInOn starts programs on one table at which strangers may sign in, and returns a key for it.
func signsInOn(t *testing.T, n int, table, env []string) (programs []*signsIn, key string) {
	t.Helper()
	const origin = "https://parley.example"
	for range n {
		p := startOn(t, append([]string{"--access", "keys", "--sign-in", "auto", "--public-url", origin}, table...),
			env)
		programs = append(programs, &signsIn{program: p, origin: origin})
	}
	made, err := programs[0].post(t.Context(), 1, "/oauth/register", "application/json",
		`{"client_name":"Agent","redirect_uris":["`+agentRedirect+`"]}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		p.client = made.Client
	}
	add := exec.CommandContext(t.Context(), os.Getenv(process.BinaryEnv), append([]string{"keys", "add", "Ann"},
		table[len(table)-2:]...)...)
	add.Env = append(process.Environment(), env...)
	out, err := add.Output()
	if err != nil {
		t.Fatal(err)
	}
	return programs, strings.TrimSpace(string(out))
}

// inTurn makes twenty calls at once over all programs. When the first is answered, it kills the last program, if it
// shall.
func inTurn(programs []*signsIn, kills bool, call func(i int, p *signsIn) (signInAnswer, error)) []signInAnswer {
	answers := make([]signInAnswer, 20)
	var calls sync.WaitGroup
	var first sync.Once
	for i := range answers {
		calls.Go(func() {
			got, err := call(i, programs[i%len(programs)])
			if err != nil {
				got = signInAnswer{} // it was killed
			}
			answers[i] = got
			if kills {
				first.Do(func() { programs[len(programs)-1].kill() })
			}
		})
	}
	calls.Wait()
	return answers
}

// Programs race with one code and one refresh token, and one of the processes dies amid the refreshes. Each program
// ends up with the one pair there is.
func TestSignIn_racesOfProcessesThatDie_leaveOnePairToAll(t *testing.T) {
	for name, start := range map[string]func(t *testing.T) ([]*signsIn, string){
		"a file": func(t *testing.T) ([]*signsIn, string) {
			return signsInOn(t, 1, []string{"--data", t.TempDir() + "/parley.db"}, nil)
		},
		"two processes on DynamoDB": func(t *testing.T) ([]*signsIn, string) {
			return signsInOn(t, 2, []string{"--create-table", "--table", "e2e-" + rand.Text()}, []string{
				"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t), "AWS_REGION=eu-west-1",
				"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			programs, key := start(t)
			first, dies := programs[0], programs[len(programs)-1]
			code := first.allowedBy(key)
			var pair signInAnswer
			for i, got := range inTurn(programs, false, func(i int, p *signsIn) (signInAnswer, error) {
				return p.exchange(t.Context(), i, code)
			}) {
				switch {
				case got.Access != "" && pair.Access == "":
					pair = got
				case got.Error != "invalid_grant":
					t.Errorf("exchange %d: %d %s", i, got.Status, got.Error)
				}
			}
			for round := range 3 {
				refresh := func(i int, p *signsIn) (signInAnswer, error) {
					return p.refresh(t.Context(), i, pair.Refresh)
				}
				answers := inTurn(programs, true, refresh)
				dies.again()
				strangers.CloseIdleConnections() // to the one that died
				next := signInAnswer{}
				for i, got := range answers {
					if got.Access == "" { // the program calls again
						again, err := refresh(i, first)
						if err != nil {
							t.Fatal(err)
						}
						got = again
					}
					if i == 0 {
						next = got
					}
					if got.Access == "" || got.Access != next.Access || got.Refresh != next.Refresh {
						t.Fatalf("round %d: call %d gets %d %s, another pair is %v", round, i, got.Status, got.Error,
							got.Access != next.Access)
					}
				}
				if next.Access == pair.Access {
					t.Fatal("nothing was renewed")
				}
				pair = next
				for i, p := range programs {
					if status, err := p.status(t.Context(), i, pair.Access); err != nil || status != http.StatusOK {
						t.Errorf("round %d: program %d answers %d, %v", round, i, status, err)
					}
				}
			}
		})
	}
}
