// Package sample has code for each operator, of which the tests notice some.
package sample

import (
	"errors"
	"time"
)

var errOdd = errors.New("odd")

type Box struct{ items []int }

// Put is known to both files of tests.
func (b *Box) Put(n int) {
	b.items = append(b.items, n)
}

func Between(n, lo, hi int) bool { return lo <= n && n < hi }

func Half(n int) (int, error) {
	if n%2 != 0 {
		return 0, errOdd
	}
	return n / 2, nil
}

func Sum(of []int) (sum int, err error) {
	for _, n := range of {
		half, err := Half(n)
		if err != nil {
			return 0, err
		}
		sum += half
	}
	return sum, nil
}

func Wait(tries int) time.Duration {
	switch {
	case tries > 5:
		return 10 * time.Second
	}
	return time.Second
}

func Untested() bool { return !(time.Now().IsZero()) }

func Unreached(n int) int {
	if !(n < 0) {
		n++
	}
	return n
}

// Last never ends if its step is left out.
func Last(n int) int {
	last := 0
	for n > 0 {
		last = n
		n--
	}
	return last
}

// Cheap is asked only where it says yes, and Dear where it says no.
func Cheap(n int) bool {
	if n < 10 || n == 99 {
		return true
	}
	return false
}

func Dear(n int) bool {
	if n > 10 && n != 99 {
		return true
	}
	return false
}
