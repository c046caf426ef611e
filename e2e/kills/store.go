package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/parley-chat/parley/e2e/internal/process"
)

// store is servers over one place where rooms are kept, and all who talk there.
type store struct {
	name    string
	dir     string
	binary  string
	servers []*server
	ledger  *ledger
	said    *os.File      // what the servers printed, for whoever looks for a fault
	floors  int           // how many rooms there are to be: each writer of a log waits for the others
	rest    time.Duration // between two tasks of a room, at most: the faster store leaves time to the other
	rooms   []*room

	mu    sync.Mutex
	kills int
	times map[kind]int // see count
}

// server is one process, or the place of one that was killed.
type server struct {
	url     string
	args    []string // of its next start
	env     []string
	running *process.Server // nil while there is none
}

// open starts servers, each with the arguments and additions to the environment.
func (s *store) open(servers int, arguments, env []string) (err error) {
	s.times = map[kind]int{}
	s.ledger, err = createLedger(s.ledgerName())
	if err != nil {
		return err
	}
	s.said, err = os.Create(filepath.Join(s.dir, s.name+".log"))
	if err != nil {
		return err
	}
	for range servers {
		one := &server{args: append([]string{"--addr", "127.0.0.1:0"}, arguments...),
			env: append(process.Environment(), env...)}
		s.servers = append(s.servers, one)
		if err := s.start(one); err != nil {
			return err
		}
		one.args[1] = strings.TrimSuffix(strings.TrimPrefix(one.url, "http://"), "/mcp")
	}
	return nil
}

func (s *store) ledgerName() string { return filepath.Join(s.dir, s.name+".ledger") }

func openSQLite(dir, binary string) (*store, error) {
	s := &store{name: "SQLite", dir: dir, binary: binary, floors: 1, rest: 100 * time.Millisecond}
	return s, s.open(1, []string{"--data", filepath.Join(dir, "parley.db")}, nil)
}

// openDynamoDB has two servers on one table, as two Lambda instances would stand side by side.
func openDynamoDB(dir, binary, endpoint string) (*store, error) {
	s := &store{name: "DynamoDB", dir: dir, binary: binary, floors: 5, rest: time.Millisecond}
	return s, s.open(2, []string{"--create-table", "--table", "kills-" + rand.Text()}, []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + endpoint, "AWS_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"})
}

func (s *store) start(one *server) (err error) {
	one.running, err = process.Start(s.binary, one.args, one.env)
	if err != nil {
		return fmt.Errorf("a server on %s did not start: %w", s.name, err)
	}
	if one.url == "" {
		one.url = one.running.URL
	}
	return nil
}

// count counts acts that were acknowledged, for the line of progress.
func (s *store) count(k kind, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times[k] += n
}

// kill ends servers as a power cut would.
func (s *store) kill(victims ...*server) error {
	var errs []error
	for _, one := range victims {
		if one.running != nil {
			_, err := one.running.End(syscall.SIGKILL)
			_, unwritten := s.said.WriteString(one.running.Out.Said())
			errs = append(errs, err, unwritten)
			one.running = nil
		}
	}
	return errors.Join(errs...)
}

// again kills all servers and starts them: nothing is left of what they knew beside the table.
func (s *store) again() error {
	errs := []error{s.kill(s.servers...)}
	for _, one := range s.servers {
		errs = append(errs, s.start(one))
	}
	return errors.Join(errs...)
}

// between is how long the servers live, at most.
const between = 2 * time.Second

// killOften kills one of the servers or all of them at random moments, and starts them again, until ctx ends.
func (s *store) killOften(ctx context.Context) error {
	for {
		pause(ctx, between)
		if ctx.Err() != nil {
			return nil
		}
		victims := s.servers
		if n := mathrand.IntN(len(s.servers) + 1); n < len(s.servers) {
			victims = s.servers[n : n+1]
		}
		if err := s.kill(victims...); err != nil {
			return err
		}
		var who []string
		for _, one := range victims {
			who = append(who, one.url)
		}
		if err := s.ledger.write(entry{Step: killed, deed: deed{Who: strings.Join(who, " ")}}); err != nil {
			return err
		}
		s.mu.Lock()
		s.kills++
		s.mu.Unlock()
		for _, one := range victims {
			if mathrand.IntN(4) == 0 {
				killWhileStarting(s.binary, one)
			}
			if err := s.start(one); err != nil {
				return err
			}
		}
	}
}

// killWhileStarting starts a server and kills it before, while or just after it opens its table.
func killWhileStarting(binary string, one *server) {
	ctx, cancel := context.WithTimeout(context.Background(), mathrand.N(60*time.Millisecond))
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"serve"}, one.args...)...)
	cmd.Env = one.env
	_ = cmd.Run() // the start after it shows whether that is possible
}
