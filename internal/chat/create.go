package chat

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// CreateRoom makes a new room with the caller as its admin. Without a name one
// is made up, easy to say and hard to guess.
func (s *Service) CreateRoom(ctx context.Context, req CreateRequest) (Seated, error) {
	if req.Room == "" {
		req.Room = madeUpName()
	}
	in, err := newEntrance(req.Room, req.Password, req.AgentName)
	if err != nil {
		return Seated{}, err
	}
	if in.settings, err = newSettings(in, req.Description, req.Capacity, req.Type, req.Public); err != nil {
		return Seated{}, err
	}
	in.create, in.join = true, false
	got, err := s.takeSeat(ctx, in)
	return got, s.outward(err)
}

// madeUpName returns two words and a number: 6 + 6 + 20 random bits.
func madeUpName() string {
	var raw [8]byte
	rand.Read(raw[:])
	v := binary.BigEndian.Uint64(raw[:])
	return fmt.Sprintf("%s-%s-%07d", qualities[v&63], things[v>>6&63], v>>12&(1<<20-1))
}

var qualities = [64]string{
	"amber", "ample", "blue", "bold", "brave", "bright", "brisk", "calm",
	"clear", "clever", "cool", "crisp", "deep", "eager", "early", "easy",
	"fair", "fast", "fine", "firm", "fond", "fresh", "gentle", "glad",
	"golden", "good", "grand", "green", "happy", "honest", "keen", "kind",
	"large", "light", "lively", "loyal", "lucky", "mellow", "merry", "mild",
	"neat", "noble", "open", "plain", "proud", "quick", "quiet", "rapid",
	"ready", "rich", "royal", "sharp", "silver", "simple", "smart", "smooth",
	"soft", "solid", "steady", "sunny", "swift", "true", "warm", "wise",
}

var things = [64]string{
	"acorn", "anchor", "apple", "arrow", "badge", "basin", "beach", "bell",
	"bird", "boat", "book", "bridge", "brook", "cabin", "candle", "canyon",
	"castle", "cedar", "cloud", "comet", "coral", "creek", "delta", "falcon",
	"ferry", "field", "forest", "fox", "garden", "harbor", "hill", "island",
	"lake", "lantern", "leaf", "maple", "meadow", "moon", "mountain", "ocean",
	"orchard", "otter", "owl", "panda", "pearl", "pine", "planet", "pond",
	"rabbit", "river", "robin", "sail", "shore", "spring", "star", "stone",
	"summit", "table", "tiger", "tower", "valley", "village", "willow", "window",
}
