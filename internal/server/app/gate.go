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
		Account: c.Settings.allowAccount(),
		Invite:  func(ctx context.Context, v ident.Invite) (bool, error) { return a.rooms.MadeInvite(ctx, v) },
		Seat: func(ctx context.Context, t ident.Token) (room.Agent, bool, error) {
			return a.rooms.SeatOf(ctx, t)
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
