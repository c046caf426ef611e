package app

import (
	"context"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// newGate returns the gate that admits callers. The keys, the accounts and the sign-ins are in the table of the rooms.
func (a *App) newGate(c Config, t table.Table) *access.Gate {
	return access.New(access.Options{
		Table: t, Clock: clockwork.NewRealClock(), Logger: c.Logger, Resource: c.signInResource(),
		LookUps: a.lookUps(),
		Account: c.Settings.allowAccount(),
		Invite:  func(ctx context.Context, v ident.Invite) (bool, error) { return a.rooms.MadeInvite(ctx, v) },
		Seat: func(ctx context.Context, token ident.Token) (room.Agent, bool, error) {
			return a.rooms.SeatOf(ctx, token)
		},
		Upload: func(ctx context.Context, c ident.UploadCode) (room.Agent, bool, error) {
			return a.rooms.UploaderOf(ctx, c)
		},
		Download: func(ctx context.Context, t ident.Ticket) (room.Agent, bool, error) {
			return a.rooms.DownloaderOf(ctx, t)
		},
		Link: func(ctx context.Context, c ident.LinkCode) (room.Agent, bool, error) {
			return a.rooms.AgentBehind(ctx, c)
		},
	})
}

// lookUpsOfFile is how many secrets a second are looked up in a file, at some 30 µs each: so a crowd that guesses
// from ever new networks delays nobody.
const lookUpsOfFile = 10_000

// lookUps returns access.Options.LookUps.
func (a *App) lookUps() int {
	if a.store.SingleProcess {
		return lookUpsOfFile
	}
	return 0
}
