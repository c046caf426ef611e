package chat

import "context"

// Glimpse is what anybody may see of a public room without a password.
type Glimpse struct {
	Info
	Messages []Message // the last of the talk, as a newcomer would be given it
}

// Glimpse looks into the public room of a name, from outside. Any other room, one
// with a password included, is RoomNotFound: that it exists is not told.
func (s *Service) Glimpse(ctx context.Context, room string) (Glimpse, error) {
	n, err := roomName(room)
	if err != nil {
		return Glimpse{}, err
	}
	got, err := byName(ctx, s, "looked", func() (Glimpse, error) { return s.glimpseOf(ctx, n.key) })
	return got, s.outward(err)
}

func (s *Service) glimpseOf(ctx context.Context, key string) (Glimpse, error) {
	r, f, err := s.lookUp(ctx, key)
	if err != nil {
		return Glimpse{}, err
	}
	defer r.done()
	if !f.Public || f.Password != "" {
		return Glimpse{}, errNoRoom
	}
	stranger := agent{Since: newcomerSees(f)}
	info, err := r.info(ctx, f, 0, stranger.Since)
	if err != nil {
		return Glimpse{}, err
	}
	got := Seated{Room: info.Room}
	err = r.lastWords(ctx, stranger, f.asOf+1, &got)
	return Glimpse{info, got.Messages}, err
}
