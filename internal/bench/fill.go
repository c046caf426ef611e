package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/internal/chat"
)

// filledRoom is a room that was made ready before its server was.
type filledRoom struct {
	Seats []seat // of agents who have read all there is
}

// seat is an agent's place in a room, as its client knows it.
type seat struct {
	Token  string
	Cursor string // at the end of what was said
}

// Of the agents of a filled room some have made the talk, and as many came
// afterwards: those are the seats.
const (
	fillSpeakers = 4
	fillSeats    = 4
)

// fillRooms makes rooms of so many events each; sizes are divided by commas.
func fillRooms(ctx context.Context, rooms *chat.Service, sizes string) ([]filledRoom, error) {
	var filled []filledRoom
	for size := range strings.SplitSeq(sizes, ",") {
		if size == "" {
			continue
		}
		events, err := strconv.Atoi(size)
		if err != nil {
			return nil, err
		}
		room, err := fillRoom(ctx, rooms, fmt.Sprintf("filled %d", len(filled)), events)
		if err != nil {
			return nil, err
		}
		filled = append(filled, room)
	}
	return filled, nil
}

// fillRoom makes a room of so many events, the arrivals of its agents included.
func fillRoom(ctx context.Context, rooms *chat.Service, name string, events int) (filledRoom, error) {
	speakers, err := fillArrivals(ctx, rooms, name, "speaker", fillSpeakers)
	if err != nil {
		return filledRoom{}, err
	}
	if err := fillTalk(ctx, rooms, speakers, events-fillSpeakers-fillSeats); err != nil {
		return filledRoom{}, err
	}
	seats, err := fillArrivals(ctx, rooms, name, "agent", fillSeats)
	if err != nil {
		return filledRoom{}, err
	}
	for i := range seats { // those who came later are news to those who came before
		got, err := rooms.Wait(ctx, chat.WaitRequest{Token: seats[i].Token, Cursor: seats[i].Cursor})
		if err != nil {
			return filledRoom{}, err
		}
		seats[i].Cursor = got.Cursor
	}
	return filledRoom{seats}, nil
}

func fillArrivals(ctx context.Context, rooms *chat.Service, room, name string, n int) ([]seat, error) {
	var seats []seat
	for i := range n {
		got, err := rooms.JoinRoom(ctx, chat.JoinRequest{Room: room, AgentName: fmt.Sprint(name, " ", i), Capacity: fillSpeakers + fillSeats})
		if err != nil {
			return nil, err
		}
		seats = append(seats, seat{got.Token, got.Cursor})
	}
	return seats, nil
}

// fillTalk has the speakers say so many messages, many at once: those share a
// transaction on the disk.
func fillTalk(ctx context.Context, rooms *chat.Service, speakers []seat, messages int) error {
	const atOnce = 64
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range atOnce {
		g.Go(func() error {
			for n := next.Add(1); n <= int64(messages); n = next.Add(1) {
				_, err := rooms.Send(ctx, chat.SendRequest{
					Token: speakers[n%fillSpeakers].Token,
					Text:  fmt.Sprintf("message %06d: %s", n, strings.Repeat("talk ", 14)),
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
