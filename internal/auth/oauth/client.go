package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/singleflight"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

const (
	// documentLife is how long a document is believed, and failureLife a failure to read a document.
	documentLife = 5 * time.Minute
	failureLife  = 30 * time.Second
)

// client is a program that asks to sign in.
type client struct {
	id        string
	name      string // as the program calls itself; "" if the name may not be shown
	known     bool   // the name is from our own list
	redirects []string
}

// registered is what the id of a registered client holds.
type registered struct {
	Name      string   `json:"n,omitempty"`
	Redirects []string `json:"r"`
}

// registeredPrefix begins the ids of registered clients.
const registeredPrefix = "dcr_"

// register gives a program an id (RFC 7591). Nothing is stored: the id says all. Redirects that are not allowed are
// left out, and the answer has the others: programs send a set for all the places where they run.
func (s *Server) register(w http.ResponseWriter, r *http.Request, _ string) {
	var asked struct {
		Name      string   `json:"client_name"`
		Redirects []string `json:"redirect_uris"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		answer(w, http.StatusBadRequest, refusal{"invalid_client_metadata", "The body must be JSON of at most 8 KB, " +
			"with redirect_uris."})
		return
	}
	taken := slices.DeleteFunc(asked.Redirects, func(address string) bool { return !mayRedirect(address) })
	if len(taken) == 0 {
		answer(w, http.StatusBadRequest, refusal{"invalid_redirect_uri", "None of these is allowed. Give " +
			"redirect_uris that begin with https://, with http:// and lead to this computer, or with the scheme of a " +
			"native program, such as com.example.app:/ (a domain backwards, and no query). No redirect_uri has a %, " +
			"a #, a backslash, a space, a letter beyond ASCII, or a part . or .. in its path."})
		return
	}
	name := shownName(asked.Name)
	text, _ := json.Marshal(registered{name, taken}) // strings
	id := registeredPrefix + base64.RawURLEncoding.EncodeToString(text)
	if len(id) > auth.MaxClientID {
		answer(w, http.StatusBadRequest, refusal{"invalid_client_metadata", "The redirect_uris are too long."})
		return
	}
	answer(w, http.StatusCreated, map[string]any{
		"client_id":                  id,
		"client_id_issued_at":        s.o.Clock.Now().Unix(),
		"client_name":                name,
		"redirect_uris":              taken,
		"token_endpoint_auth_method": "none",
		"grant_types":                []string{"authorization_code", "refresh_token"},
		"response_types":             []string{"code"},
		"scope":                      scopes,
	})
}

// shownName returns a name by the rules of names, without characters that the rules do not allow; "" if nothing is
// left.
func shownName(text string) string {
	kept := strings.Map(func(c rune) rune {
		if strings.ContainsRune("()[]{}:;,/|+*&!?\"", c) {
			return ' '
		}
		return c
	}, text)
	name, err := ident.Nickname("client_name", strings.Join(strings.Fields(kept), " "))
	if err != nil {
		return ""
	}
	return name.Shown
}

// errClient says that nobody knows the program. The page shows the error.
var errClient = errors.New("unknown client")

// clientOf returns the program with an id. After an error other than errClient the person may try again.
func (s *Server) clientOf(ctx context.Context, id, address string) (client, error) {
	if len(id) > auth.MaxClientID {
		return client{}, errClient
	}
	if body, ok := strings.CutPrefix(id, registeredPrefix); ok {
		var is registered
		text, err := base64.RawURLEncoding.DecodeString(body)
		if err != nil || json.Unmarshal(text, &is) != nil {
			return client{}, errClient
		}
		return client{id: id, name: shownName(is.Name), redirects: is.Redirects}, nil
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme != "https" || u.Host == "" || len(u.Path) < 2 || u.User != nil || u.Fragment != "" ||
		hasSteps(u.Path) {
		return client{}, errClient
	}
	got, err := s.documents.find(ctx, id, address)
	if known, there := builtIn()[id]; there {
		if err != nil {
			got = known
		}
		got.name, got.known, err = known.name, true, nil
	}
	return got, err
}

// documents are the documents that describe programs (draft-ietf-oauth-client-id-metadata-document). The methods may be
// called concurrently.
type documents struct {
	get   func(ctx context.Context, address string) ([]byte, error)
	judge func(address string) error
	clock clockwork.Clock
	reads singleflight.Group

	mu    sync.Mutex
	of    map[string]document
	began time.Time    // of the minute in which fetches are counted
	spent ident.Counts // fetches since began
	ofAll int          // fetches since began, of the process
}

type document struct {
	client
	err  error // errClient if there is no document
	read time.Time
}

func (d document) isFresh(now time.Time) bool {
	if d.err != nil {
		return now.Sub(d.read) < failureLife
	}
	return now.Sub(d.read) < documentLife
}

// find returns the client whose id is the address of a document, and fetches the document unless the last read is
// fresh. An address that is never called is refused before it counts: such addresses would keep new programs out for a
// minute.
func (d *documents) find(ctx context.Context, id, address string) (client, error) {
	if d.judge(id) != nil {
		return client{}, errClient
	}
	if known, fresh := d.cached(id); fresh {
		return known.client, known.err
	}
	done := d.reads.DoChan(id, func() (any, error) {
		// Another caller may have fetched the document since.
		if known, fresh := d.cached(id); fresh {
			return known.client, known.err
		}
		if err := d.spend(address); err != nil {
			return client{}, err
		}
		got, err := d.fetch(context.WithoutCancel(ctx), id)
		d.remember(id, document{got, err, d.clock.Now()})
		return got, err
	})
	select {
	case <-ctx.Done():
		return client{}, ctx.Err()
	case result := <-done:
		got, _ := result.Val.(client)
		return got, result.Err
	}
}

// cached returns a document as of the last read, and whether the read is fresh.
func (d *documents) cached(id string) (document, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, there := d.of[id]
	return known, there && known.isFresh(d.clock.Now())
}

// spend counts a fetch, or refuses it. Beyond MaxDocumentsOfProcess a network still gets its first document: otherwise
// six addresses could keep all new programs out.
func (d *documents) spend(address string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.clock.Now(); d.began.IsZero() || now.Sub(d.began) >= auth.DocumentsEvery {
		d.began, d.ofAll, d.spent = now, 0, ident.Counts{}
	}
	groups, most := ident.Groups(address), auth.MaxFirstDocuments
	if _, further := d.spent.Over([]ident.Group{{Key: ident.Network(address), Times: 1}}, 1, 1); further {
		most = auth.MaxDocumentsOfProcess
	}
	if _, over := d.spent.Over(groups, 1, auth.MaxDocumentsOfAddress); over || d.ofAll >= most {
		return fault.RetryLater(fault.RateLimited, auth.DocumentsEvery,
			"Too many programs that this server does not know "+
				"ask to sign in. Try again in a minute.")
	}
	d.ofAll++
	d.spent.Add(groups, 1)
	return nil
}

// fetch reads a document.
func (d *documents) fetch(ctx context.Context, id string) (client, error) {
	body, err := d.get(ctx, id)
	if err != nil {
		return client{}, errClient
	}
	var is struct {
		ID        string   `json:"client_id"`
		Name      string   `json:"client_name"`
		Redirects []string `json:"redirect_uris"`
	}
	if len(body) > auth.MaxDocument || json.Unmarshal(body, &is) != nil || is.ID != id {
		return client{}, errClient
	}
	return client{id: id, name: shownName(is.Name), redirects: is.Redirects}, nil
}

func (d *documents) remember(id string, got document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for other := range d.of { // in any order
		if len(d.of) < auth.MaxDocuments {
			break
		}
		delete(d.of, other)
	}
	d.of[id] = got
}

// builtIn returns the known programs by the addresses of their documents, with the contents of the documents on 23
// November 2026.
func builtIn() map[string]client {
	list := map[string]client{}
	for _, c := range []client{
		{"https://claude.ai/oauth/mcp-oauth-client-metadata", "Claude", true,
			[]string{"https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"}},
		{"https://claude.ai/oauth/claude-code-client-metadata", "Claude Code", true,
			[]string{"http://localhost/callback", "http://127.0.0.1/callback"}},
		{"https://chatgpt.com/oauth/codex/client.json", "Codex", true,
			[]string{"http://127.0.0.1/callback", "http://localhost/callback"}},
		{"https://vscode.dev/oauth/client-metadata.json", "VS Code", true,
			[]string{"http://127.0.0.1/", "https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"}},
	} {
		list[c.id] = c
	}
	return list
}
