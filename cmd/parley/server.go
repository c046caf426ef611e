package main

import (
	"github.com/parley-chat/parley/internal/app"
	"github.com/parley-chat/parley/internal/client"
)

// server is the part of a client command that says which server it calls.
type server struct {
	URL string `name:"url" env:"PARLEY_URL" placeholder:"URL" help:"The address of the server. By default the one that parley connect was given last, else http://127.0.0.1:8080."`
}

// base returns the address of the server.
func (s server) base() (string, error) {
	if s.URL == "" {
		return client.Server()
	}
	return client.Address(s.URL)
}

// client returns a client of the server.
func (s server) client() (*client.Client, error) {
	base, err := s.base()
	if err != nil {
		return nil, err
	}
	return client.New(base, client.Options{Version: app.Version()}), nil
}
