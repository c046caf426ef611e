package room

import "slices"

// askerOf returns who asks from a seat, for comparison: the guests of one invite are one.
func (s *State) askerOf(seat int) int {
	if agent, here := s.Seated(seat); here && agent.IsGuest() {
		return -agent.Invite
	}
	return seat
}

// withoutOldestOfMost returns list, which is not empty and begins with the oldest, without the oldest of the one that
// has most. of returns whose an entry is. list is unchanged.
func withoutOldestOfMost[T any](list []T, of func(*T) int) []T {
	count, oldest := map[int]int{}, 0
	for i := range list {
		count[of(&list[i])]++
	}
	for i := range list {
		if count[of(&list[i])] > count[of(&list[oldest])] {
			oldest = i
		}
	}
	return slices.Delete(slices.Clone(list), oldest, oldest+1)
}
