package client

import (
	"errors"
	"slices"
)

// Moving is what a move takes along: what this person keeps of a server, from one address of it to another.
type Moving struct {
	From, To string
	Seats    []Seat // that go, as they are kept now
	Stay     []Seat // that the new address has already
	Key      bool   // the key goes, since there is none for the new address
	Saved    bool   // the address is the one that the commands use
}

// ReadMove returns what a move between two addresses takes along. It changes nothing.
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

// divide notes which seats go and which stay, and returns all seats as they are after the move.
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

// Move takes all that along, and calls clients, which connects the clients of agents to the new address. Only the
// person may decide it: whoever runs that address is shown the tokens from then on.
//
// Each file is replaced in one step, under its lock. The key goes first, and stays at the old address until all is
// done. Then the seats go, then the clients, last the address that the commands use. So a crash, or a client whose file
// cannot be written, loses nothing: the same move again does the rest.
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
		if len(m.Stay) == 0 && all[m.From] == all[m.To] { // else somebody may still use it
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
