package roomlog

import (
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestReadPosition_ofAFormerOwnerOfTheNumber_isNone(t *testing.T) {
	l := newStore(t).furnished(t, 3)
	defer l.Release()
	bob, eve := room.Agent{Seat: 2, Joined: 2}, room.Agent{Seat: 2, Joined: 70_000}
	if err := l.Seats().SetReadPosition(t.Context(), bob, room.ReadPosition{Acked: 5, Credential: "seen"}); err != nil {
		t.Fatal(err)
	}
	if p, err := l.Seats().ReadPosition(t.Context(), bob); err != nil || p.Acked != 5 || p.Credential == "" {
		t.Errorf("Bob has read up to %+v, %v", p, err)
	}
	if p, err := l.Seats().ReadPosition(t.Context(), eve); err != nil || p.Acked != 0 || p.Credential != "" {
		t.Errorf("Eve has read up to %+v, %v", p, err)
	}
}
