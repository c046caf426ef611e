package client

import (
	"errors"
	"slices"
)

// Moving is what moves from one address of a server to another: what this person keeps of the server.
type Moving struct {
	From, To string
	Seats    []Seat // the seats that move, as they are kept now
	Stay     []Seat // the seats that the new address has already
	Key      bool   // the key goes, since there is none for the new address
	Saved    bool   // the commands use the address
}

// ReadMove returns what a move between two addresses takes along. ReadMove changes nothing.
func ReadMove(from, to string) (Moving, error) {
	m := Moving{From: from, To: to}
	seats, err := OpenTokens()
	if err != nil {
		return m, err
	}
	all, err := seats.All()
	if err != nil {
		return m, err
	}
	m.divide(all)
	had, errHad := KeptKey(from)
	has, errHas := KeptKey(to)
	saved, errSaved := savedServer()
	m.Key, m.Saved = had != "" && has == "", saved == from
	return m, errors.Join(errHad, errHas, errSaved)
}

// divide records in m the seats that move and the seats that stay, and returns all seats as they are after the move.
func (m *Moving) divide(all []Seat) (after []Seat) {
	m.Seats, m.Stay, after = nil, nil, slices.Clone(all)
	for i, s := range all {
		if s.Server != m.From {
			continue
		}
		there := s
		there.Server = m.To
		if slices.ContainsFunc(all, func(other Seat) bool {
			return other.Server == m.To && (other.same(there) || other.Token == s.Token && other.Bridged == s.Bridged)
		}) {
			m.Stay = append(m.Stay, s)
			continue
		}
		m.Seats, after[i] = append(m.Seats, s), there
	}
	return after
}

// Move moves everything, and calls clients, which connects the clients of agents to the new address. Only the person
// may decide on a move: the operator of the new address sees the tokens from then on.
//
// Each file is replaced in one step, under its lock. First the key is copied; the old address keeps the key until the
// end. Then the seats move, then the clients, last the address that the commands use. So a crash, or a client's file
// that cannot be written, loses nothing: the same move again does the rest.
func (m *Moving) Move(clients func() error) error {
	if err := m.copyKey(); err != nil {
		return err
	}
	seats, err := OpenTokens()
	if err != nil {
		return err
	}
	if err := seats.Update(func(all []Seat) ([]Seat, error) { return m.divide(all), nil }); err != nil {
		return err
	}
	if err := clients(); err != nil {
		return err
	}
	if err := ForgetServer(m.From, m.To); err != nil {
		return err
	}
	return changeKeys(func(all map[string]string) {
		if len(m.Stay) == 0 && all[m.From] == all[m.To] { // else somebody may still use the key
			delete(all, m.From)
		}
	})
}

func (m *Moving) copyKey() error {
	return changeKeys(func(all map[string]string) {
		if key := all[m.From]; key != "" && all[m.To] == "" {
			all[m.To] = key
		}
	})
}
