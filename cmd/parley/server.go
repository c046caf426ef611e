package main

import (
	"fmt"
	"io"
	"os"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/server/app"
)

// server is the part of a client command that names the server.
type server struct {
	URL string `name:"url" env:"PARLEY_URL" placeholder:"URL" help:"The address of the server. By default the last one given to parley connect, else http://127.0.0.1:8080."`
}

// place returns the server, with this person's key for the server.
func (s server) place(notes io.Writer) (client.Place, error) {
	p, err := s.named()
	if err != nil {
		return p, usage(err)
	}
	if p.Key != "" && s.URL != os.Getenv("PARLEY_URL") {
		fmt.Fprintln(notes, "parley: others on this machine can read a key on a command line. This one is stored "+
			"once the server has admitted it: leave it out from then on.")
	}
	return p.WithKey()
}

// named returns the server that the command names, or else the person's usual server.
func (s server) named() (client.Place, error) {
	if s.URL == "" {
		return client.Server()
	}
	return client.ParsePlace(s.URL)
}

// options returns the options of a client of the server at p. The client stores the key that admits it.
func options(p client.Place, notes io.Writer) client.Options {
	o := client.Options{Version: app.Version(), Bearer: p.Key, Invite: p.Invite}
	if p.Key != "" {
		o.Admitted = func() {
			isNew := false
			kept, err := client.KeptKey(p.Base)
			if err == nil && kept != p.Key {
				isNew, err = client.KeepKey(p.Base, p.Key)
			}
			if isNew {
				err = sayReturned(notes, p.Base)
			}
			if err != nil {
				fmt.Fprintln(notes, "parley: the key cannot be stored for the next time:", err)
			}
		}
	}
	return o
}
