package shell

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// AskForLink asks for the link of Watch.
func (s *Shell) AskForLink() (string, error) {
	if s.Ask == nil {
		return "", fail(usage, "There is no terminal to paste the link on: give it as the argument.")
	}
	return askFor(s.Ask, "the link", "Link: ")
}

// Watch opens the link of the person behind an agent, and keeps the person's token. Watch makes the token and stores it
// before the server knows the token: if the command ends at any point, the same link still works.
func (s *Shell) Watch(ctx context.Context, given string) error {
	link, err := client.ParseWatchLink(given)
	if err != nil {
		return s.noLink(given, err)
	}
	o := &opening{by: s, link: link}
	o.place, err = s.at(link.Base)
	if err != nil {
		return err
	}
	if err := o.claim(""); err != nil {
		return err
	}
	if o.seat.Claim == "" { // the link was opened here before
		err := o.print(ctx)
		if !client.IsUnknown(err) && fault.CodeOf(err) != fault.Removed {
			return o.explain(err)
		}
		if err := errors.Join(s.Seats.MarkUnknown(o.seat.Token, s.Clock.Now()), o.claim(o.seat.Token)); err != nil {
			return err
		}
	}
	if err := o.open(ctx); err != nil {
		return o.refused(err)
	}
	return o.explain(o.print(ctx))
}

// noLink says what a person can do who gives something else than a link.
func (s *Shell) noLink(given string, err error) error {
	all, _ := s.Seats.All()
	own := slices.IndexFunc(all, func(seat client.Seat) bool { return seat.OfShell() && sameName(given)(seat.Room) })
	_, invited := ident.InviteIn(given)
	switch {
	case invited:
		return fail(usage, "This is an invite to a room. To take a seat there: %s", s.command("join LINK --as NAME"))
	case own >= 0:
		return fail(usage, "watch opens the link of an agent. To follow the room: %s",
			s.command("tail"+flagFor("--room", all[own].Room)+flagFor("--as", all[own].Name)))
	case strings.Contains(given, "/r/") && strings.Contains(given, "#"):
		return fail(usage, "This link is mistyped or cut short: copy the whole link again.")
	}
	return fail(usage, "%s. Ask your agent for its link.", err)
}

func (o *opening) explain(err error) error {
	return (&session{place: o.place, seat: o.seat, file: o.by.Seats, clock: o.by.Clock, by: o.by}).explain(err)
}

// opening is how a link is opened.
type opening struct {
	by    *Shell
	link  client.WatchLink
	place client.Place
	seat  client.Seat // of the link, with the token of the person
}

// claim finds the seat of the link in the file, with the token of an earlier run, but not the token not, or adds the
// seat with a new token. If the person watches the seat already, the seat has no claim. Else the server must open the
// link and decides who the person is.
func (o *opening) claim(not string) error {
	o.seat = client.Seat{Server: o.link.Base, Room: o.link.Claim.Room, Person: true, Claim: o.link.Claim.String()}
	return o.by.Seats.Update(func(all []client.Seat) ([]client.Seat, error) {
		i := slices.IndexFunc(all, func(old client.Seat) bool {
			return old.Server == o.seat.Server && old.Person && old.Token != not &&
				(old.Claim == o.seat.Claim || old.Claim == "" && isOf(old.Token, o.link.Claim))
		})
		if i >= 0 {
			o.seat = all[i]
		}
		if o.seat.Claim != "" {
			if err := o.by.refuseAgents(""); err != nil {
				return nil, err
			}
		}
		if i >= 0 {
			return all, nil
		}
		o.seat.Token = ident.Token{Room: o.link.Claim.Room, Seat: o.link.Claim.Seat, Secret: ident.NewSecret(),
			Person: true}.String()
		return append(all, o.seat), nil
	})
}

// isOf reports whether a token belongs to the seat of a claim.
func isOf(token string, c ident.LinkCode) bool {
	t, err := ident.ParseToken(token)
	return err == nil && t.Room == c.Room && t.Seat == c.Seat
}

// session returns a session with the seat. Where the person has no key, bears admits the session.
func (o *opening) session(bears string) *session {
	return &session{client: o.by.Dial(o.place, bears), place: o.place, seat: o.seat, file: o.by.Seats, out: o.by.Out,
		clock: o.by.Clock, by: o.by}
}

// open makes the stored token the person's token at the server. The same call again is safe.
func (o *opening) open(ctx context.Context) error {
	on := o.session(o.seat.Claim)
	defer on.client.Close()
	until := o.by.Clock.Now().Add(sendFor)
	goOn := func(err error) bool { return passing(err) && !o.by.Clock.Now().After(until) }
	return on.persist(ctx, goOn, func() error {
		_, err := on.call(ctx, "supervise", args{"claim": o.seat.Claim}, &results.Supervised{})
		return err
	})
}

// refused says why the link could not be opened. refused removes the stored seat, unless the server may be another one
// than that of the link: an earlier run may have opened the link, which opens once.
func (o *opening) refused(err error) error {
	var refused *fault.Error
	if !errors.As(err, &refused) || passing(err) {
		return err
	}
	if isUnadmitted(err) { // the link works once the agent has shown its key
		return o.explain(err)
	}
	var kept error
	if client.IsUnknown(err) || refused.Code == fault.KeyInvalid {
		kept = o.by.Seats.MarkUnknown(o.seat.Token, o.by.Clock.Now())
	} else {
		kept = o.by.Seats.Remove(o.seat.Token)
	}
	switch {
	case kept != nil:
		return kept
	case refused.Code != fault.KeyInvalid:
		return plain(refused, o.by.command)
	case o.place.Key != "":
		return fail(failed, "%s", o.place.Refused())
	}
	return fail(gone, "The server at %s does not know this link: its agent has left the room or has a newer link. "+
		"Ask the agent for a new one.", o.place.Base)
}

// print stores the seat under the names of the room and the agent, and says what the person can do.
func (o *opening) print(ctx context.Context) error {
	on := o.session(o.seat.Token)
	defer on.client.Close()
	var got results.Info
	r, err := on.call(ctx, "room_info", args{}, &got)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(got.Room.Agents, func(a results.Agent) bool { return a.You })
	if i < 0 {
		return fail(failed, "The server does not say which agent of the room %s this is.", got.Room.Name)
	}
	o.seat.Room, o.seat.Name, o.seat.Claim = got.Room.Name, got.Room.Agents[i].Name, ""
	if err := o.by.Seats.Put(o.seat); err != nil {
		return err
	}
	on.seat = o.seat // the commands below need the names of the seat
	all, err := o.by.Seats.All()
	if err != nil {
		return err
	}
	return o.by.Out.show(r, func() {
		on.about(got)
		if isOwn(all, o.seat) { // a note to the own agent, with --to, would go from the seat to itself
			o.by.Out.print("You watch %s, your own seat, as which you go on speaking. The link is used up: nobody "+
				"else can open it.", o.seat.Name)
			return
		}
		o.by.Out.print("You watch %s. The link is used up: nobody else can open it. Follow the room, speak to all "+
			"or to your agent alone, or pause your agent:\n  %s\n  %s\n  %s\n  %s", o.seat.Name, on.command("tail"),
			on.command("say TEXT"), on.command("say"+flagFor("--to", strings.ReplaceAll(o.seat.Name, ",", `\,`))+" TEXT"), on.command("supervise pause"))
	})
}
