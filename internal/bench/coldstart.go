package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"
)

// invocation is Lambda's Runtime API for one invocation (AWS Lambda Developer
// Guide, "Using the Lambda runtime API for custom runtimes"): it gives one event
// out, and takes the answer.
type invocation struct {
	event []byte
	given atomic.Bool
	done  chan error // receives once the answer is whole, or failed
}

// coldStart runs program as a function and returns the time from its start to
// the end of its answer to event.
func coldStart(ctx context.Context, program string, event []byte) (took time.Duration, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	i := &invocation{event: event, done: make(chan error, 1)}
	api := &http.Server{Handler: i.routes()}
	go func() { _ = api.Serve(l) }() // until Close
	defer api.Close()

	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=bench", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "_HANDLER=bootstrap", "AWS_REGION=eu-west-1", "PARLEY_TABLE=bench",
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", // nobody is asked with them
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case err = <-i.done:
		took = time.Since(began)
		cancel() // kills it
		<-exited
	case err = <-exited:
		err = errors.Join(errors.New("it ended without an answer"), err, ctx.Err())
	}
	return took, err
}

func (i *invocation) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", i.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		i.end(err)
	})
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "bench")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // there is none
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		i.end(errors.New("the function called " + r.URL.Path))
	})
	return mux
}

// next gives the event out, to the first who asks.
func (i *invocation) next(w http.ResponseWriter, r *http.Request) {
	if i.given.Swap(true) {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
	_, _ = w.Write(i.event) // a function that has gone does not answer
}

func (i *invocation) end(err error) {
	select {
	case i.done <- err:
	default: // it has ended already
	}
}
