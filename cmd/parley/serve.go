package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/httpapi"
	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/observe/meter/scrape"
	"github.com/parley-chat/parley/internal/server/app"
)

// checkTime bounds how long the first answer of a table may take.
const checkTime = 15 * time.Second

// After the program was asked to end, it goes on while it gives answers: until drainPause has passed since the last
// answer, or drainTime in all. A limit of the whole alone would cut off the waits of a busy server: thousands of waits
// end at once, and some are answered half a minute after the others. The unit of systemd and the container in
// deploy/self-hosted wait for longer than drainTime.
const (
	drainPause = 10 * time.Second
	drainTime  = 90 * time.Second
)

// serveCommand is `parley serve`.
type serveCommand struct{ settings }

// Run serves until ctx ends. Then it answers every open wait with the present news and accepts nothing new.
//
// Run listens before opening the table, so that a used port leaves no new file or table behind.
func (s *serveCommand) Run(ctx context.Context, io streams) error {
	rooms := s.settings.place()
	if err := checkFolder("--data (PARLEY_DATA)", s.Data); s.Table == "" && err != nil {
		return err
	}
	if _, err := os.Stat(s.Data); s.Table == "" && errors.Is(err, fs.ErrNotExist) {
		rooms += ", a new file"
	}
	err := s.serve(ctx, io, func(config app.Config, a *app.App, at endpoint) error {
		return s.greet(ctx, config, a, at, rooms, io)
	})
	if err == nil && shell.IsTerminal(io.out) { // below the ^C of the terminal
		fmt.Fprintf(io.out, "\nThe server has stopped. The rooms stay in %s.\n", s.settings.place())
	}
	return err
}

// serve is Run with another greeting. The greeting comes when the server accepts connections.
func (s *serveCommand) serve(ctx context.Context, io streams,
	greet func(app.Config, *app.App, endpoint) error) (err error) {
	log := s.Logger(io.err)
	ln, err := listen("--addr", s.Addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	metricsLn, err := s.settings.listenForMetrics()
	if err != nil {
		return err
	}
	if metricsLn != nil {
		defer metricsLn.Close()
	}

	// The ports are taken, and nothing is stored yet.
	figures := scrape.New()
	app.TuneCollector(ctx)
	at := endpointOf(ln.Addr(), ownAddress)
	config := app.Config{
		Settings: s.Settings, Open: s.opener(figures, log), Metrics: figures, Logger: log, OnLoopback: !at.open,
		Reachable: at.reachable(), ClientSecret: s.clientSecret,
	}
	a, err := app.New(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := ready(ctx, a); err != nil {
		return err
	}

	// The table answers, and connections queue.
	defer call(ctx, a)()
	if metricsLn != nil {
		defer serveMetrics(metricsLn, figures.Handler(), s.AllowedHosts(), io.out, log).Close()
	}
	if err := greet(config, a, at); err != nil {
		return err
	}
	server := httpapi.NewServer(a.Handler, log)
	bounded := httpapi.BoundConnections(server, ln, app.MaxConnections(), s.TrustProxy)
	return serveUntil(ctx, server, bounded, a.Stop, clockwork.NewRealClock(), log)
}

// call starts the calls of agents, webhooks and endpoints, until the server or stop ends them. stop waits for the last
// call.
func call(ctx context.Context, a *app.App) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.Call(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// greet says where the server and its rooms are, and how to use the server.
func (s *serveCommand) greet(ctx context.Context, config app.Config, a *app.App, at endpoint, rooms string,
	io streams) error {
	g := greeting{at: at, public: s.PublicAddress(), rooms: rooms, exposure: config.Exposure()}
	if config.Keys() && s.SignInIssuer == "" { // accounts need no key
		var err error
		g.makeKey, err = keyCommand(ctx, a.Keys(config.Logger), s.settings, g.base())
		if err != nil {
			return err
		}
	}
	g.io = io
	if err := g.banner(io.out); err != nil {
		config.Logger.Warn("cannot write to standard output", "error", err)
	}
	warnOfGone(io)
	return nil
}

// warnOfGone names the clients of this machine that start this program at a path that no longer exists.
func warnOfGone(io streams) {
	m, err := thisMachine()
	if err != nil {
		return // the user of a service, for example, has no clients
	}
	for _, s := range m.List() {
		if s.Gone != "" {
			fmt.Fprintln(io.err, "parley:", io.own(whatIsGone(s)))
		}
	}
}

// ready returns an error if the table does not answer.
func ready(ctx context.Context, a *app.App) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	return a.Ready(ctx)
}

// serveUntil serves on ln until ctx ends. Then serveUntil calls stop, which ends open waits, and goes on while answers
// are given: see drainPause.
func serveUntil(ctx context.Context, server *http.Server, ln net.Listener, stop func(), clock clockwork.Clock,
	log *slog.Logger) error {
	var pause atomic.Pointer[clockwork.Timer] // set once the server stops
	handler := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if timer := pause.Load(); timer != nil {
				(*timer).Reset(drainPause)
			}
		}()
		handler.ServeHTTP(w, r)
	})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	drain, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	whole, timer := clock.AfterFunc(drainTime, cancel), clock.AfterFunc(drainPause, cancel)
	defer whole.Stop()
	defer timer.Stop()
	pause.Store(&timer)
	stop()
	if err := server.Shutdown(drain); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
