package mcptools_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// shelf is a room as a resource, as far as these tests look at it.
type shelf struct {
	Untrusted string    `json:"untrusted"`
	Room      room      `json:"room"`
	Messages  []message `json:"messages"`
	uri       string
}

// read reads a resource.
func (p *peer) read(uri string) (shelf, error) {
	p.w.t.Helper()
	var request mcp.ReadResourceRequest
	request.Params.URI = uri
	got, err := p.mcp.ReadResource(p.w.t.Context(), request)
	if err != nil {
		return shelf{}, err
	}
	text, ok := got.Contents[0].(mcp.TextResourceContents)
	if !ok || len(got.Contents) != 1 || text.MIMEType != "application/json" {
		p.w.t.Fatalf("%s holds %+v", uri, got.Contents)
	}
	if ttl, known := got.TTL(); known && ttl > 0 || got.CacheScope == mcp.CacheScopePublic {
		p.w.t.Errorf("%s may be kept %d ms, %s", uri, ttl, got.CacheScope)
	}
	v := shelf{uri: text.URI}
	if err := json.Unmarshal([]byte(text.Text), &v); err != nil {
		p.w.t.Fatal(err)
	}
	return v, nil
}

func TestResource_publicRoom_isReadByItsName(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		p := w.connect(generation)
		name := "Ann's café " + generation[:4]
		ann := p.call("create_room", args{"agent_name": "Ann", "room": name, "public": true, "description": "tea & talk"})
		p.call("send_message", args{"agent_token": ann.Token, "text": "come in"})
		for _, uri := range []string{"parley://rooms/" + url.PathEscape(name), "parley://rooms/" + strings.ToUpper(name)} {
			got, err := p.read(uri)
			if err != nil {
				t.Fatalf("%s, %s: %v", generation, uri, err)
			}
			if got.Room.Name != name || got.Room.Description != "tea & talk" || got.Untrusted == "" || len(got.Messages) != 1 || got.Messages[0].Text != "come in" {
				t.Errorf("%s: %+v", uri, got)
			}
		}
	}
}

// The address of a seat holds its token. Nothing that comes back does.
func TestResource_ownRoom_isReadByItsToken(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("join_room", args{"agent_name": "Ann", "room": "den:pw"})
	p.call("send_message", args{"agent_token": ann.Token, "text": "here I am"})
	got, err := p.read("parley://seats/" + ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	said := slices.ContainsFunc(got.Messages, func(m message) bool { return m.Text == "here I am" })
	if got.Room.Name != "den" || !got.Room.seated(t)[0].You || !said || got.uri != "parley://rooms/den" {
		t.Errorf("got %+v", got)
	}
	if _, err := p.read("parley://seats/" + ann.Token + "x"); err == nil || strings.Contains(err.Error()+w.log.String(), ann.Token) {
		t.Errorf("error %v, log %s", err, w.log)
	}
}

func TestResource_tokenSpelledOddly_isReadAndNotGivenBack(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		p := w.connect(generation)
		ann := p.call("join_room", args{"agent_name": "Ann", "room": "odd " + generation})
		for _, odd := range []string{" " + ann.Token, ann.Token + " ", "%20" + ann.Token, fmt.Sprintf("%%%x", ann.Token[0]) + ann.Token[1:], strings.ToUpper(ann.Token)} {
			got, err := p.read("parley://seats/" + odd)
			if err != nil || got.Room.Name != "odd "+generation {
				t.Errorf("%s, %q: %+v, %v", generation, odd, got, err)
			}
			if strings.Contains(strings.ToLower(fmt.Sprint(err, got.uri, w.log)), ann.Token) {
				t.Errorf("%s, %q: the token came back: %v, %s, log %s", generation, odd, err, got.uri, w.log)
			}
		}
	}
}

func TestResource_whatIsNotThere_isNotFoundInEachGeneration(t *testing.T) {
	w := newWorld(t)
	for generation, want := range map[string]error{legacy: mcp.ErrResourceNotFound, modern: mcp.ErrInvalidParams} {
		p := w.connect(generation)
		hidden := p.call("create_room", args{"agent_name": "Ann", "room": "hidden " + generation})
		p.call("create_room", args{"agent_name": "Ann", "room": "locked " + generation, "public": true, "password": "pw"})
		left := p.call("join_room", args{"agent_name": "Ann", "room": "left " + generation})
		p.call("leave_room", args{"agent_token": left.Token})
		for _, uri := range []string{
			"parley://rooms/hidden " + generation, "parley://rooms/locked%20" + generation, "parley://rooms/locked " + generation + ":pw",
			"parley://rooms/nowhere", "parley://rooms/", "parley://rooms/%ff", "parley://rooms/a/b", "parley://seats/", "parley://seats/abc",
			"parley://seats/" + left.Token, "parley://seats/" + hidden.Token + "/x", "parley://rooms/" + hidden.Token, "parley://else", "file:///etc/passwd",
		} {
			if got, err := p.read(uri); !errors.Is(err, want) {
				t.Errorf("%s, %s: %+v, %v", generation, uri, got, err)
			}
		}
	}
}

func TestResource_templatesOfBothKinds_areListed(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		list, err := w.connect(generation).mcp.ListResourceTemplates(t.Context(), mcp.ListResourceTemplatesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, one := range list.ResourceTemplates {
			found = append(found, one.URITemplate.Raw())
			if one.Title == "" || one.Description == "" || one.MIMEType == "" {
				t.Errorf("%+v", one)
			}
		}
		if !slices.Equal(found, []string{"parley://seats/{agent_token}", "parley://rooms/{name}"}) {
			t.Errorf("%s lists %q", generation, found)
		}
	}
}

func TestCompletion_offersTheNamesOfPublicRoomsOnly(t *testing.T) {
	w := newWorld(t)
	p := w.connect(legacy)
	for _, name := range []string{"tea room", "The Tea", "coffee"} {
		p.call("create_room", args{"agent_name": "Ann", "room": name, "public": true, "description": "tea, too"})
	}
	p.call("create_room", args{"agent_name": "Ann", "room": "tea in secret"})
	room := mcp.ResourceReference{Type: "ref/resource", URI: "parley://rooms/{name}"}
	join := mcp.PromptReference{Type: "ref/prompt", Name: "join_conversation"}
	for _, c := range []struct {
		ref      any
		argument mcp.CompleteArgument
		want     []string
	}{
		{room, mcp.CompleteArgument{Name: "name", Value: "TEA"}, []string{"tea room", "The Tea"}},
		{join, mcp.CompleteArgument{Name: "room", Value: "cof"}, []string{"coffee"}},
		{join, mcp.CompleteArgument{Name: "room", Value: ""}, []string{"coffee", "tea room", "The Tea"}},
		{join, mcp.CompleteArgument{Name: "password", Value: "t"}, nil},
		{mcp.PromptReference{Type: "ref/prompt", Name: "start_conversation"}, mcp.CompleteArgument{Name: "room", Value: "t"}, nil},
		{mcp.ResourceReference{Type: "ref/resource", URI: "parley://seats/{agent_token}"}, mcp.CompleteArgument{Name: "agent_token", Value: "t"}, nil},
	} {
		var request mcp.CompleteRequest
		request.Params.Ref, request.Params.Argument = c.ref, c.argument
		got, err := p.mcp.Complete(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Completion.Values, c.want) {
			t.Errorf("%+v: %q, want %q", c, got.Completion.Values, c.want)
		}
	}
}
