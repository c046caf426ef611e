package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// startPair launches two programs on one new table of DynamoDB Local, as two
// Lambda instances would stand side by side.
func startPair(t *testing.T, more ...string) (one, other *program) {
	t.Helper()
	env := []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + dynamolocal.Start(t),
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
	}
	env = append(env, more...)
	settings := []string{"--create-table", "--table", "e2e-" + rand.Text()}
	return startOn(t, settings, env), startOn(t, settings, env)
}

func TestDynamoDB_agentsOnTwoPrograms_holdOneConversation(t *testing.T) {
	one, other := startPair(t)
	a, b := talk{t, openGo(t, one.url, modernProtocol)}, talk{t, openGo(t, other.url, legacyProtocol)}
	alice, bob := a.join("the bridge", "Alice"), b.join("the bridge", "Bob")
	answered := b.waiting(bob)
	a.awaitWaiting(alice.token, "Bob")
	a.ok("send_message", args{"agent_token": alice.token, "text": opening})
	b.heard(<-answered, bob)
	b.ok("send_message", args{"agent_token": bob.token, "text": reply})
	if news := a.listen(&alice); news[len(news)-1].Text != reply {
		t.Errorf("Alice heard %+v, want Bob's reply", news)
	}
}

// A call for news asks for a wait, and looks: a wait would poll each room.
func TestDynamoDB_newsOfTwoPrograms_looksAndSeesWhatTheOtherWrote(t *testing.T) {
	one, other := startPair(t)
	c := talk{t, openGo(t, one.url, modernProtocol)}
	seat, bob := c.join("the bridge", "Alice"), c.join("the bridge", "Bob")
	_, link, _ := strings.Cut(c.ok("join_room", args{"agent_token": seat.token}).Watch, "#")
	claim, ok := ident.ParseLinkCode(link)
	if !ok {
		t.Fatal("there is no link to watch")
	}
	person := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	c.ok("supervise", args{"agent_token": person, "claim": link})
	for n := range 3 {
		body := string(results.JSON(args{"wait_seconds": 25, "seats": []args{{"token": person}}}))
		began := time.Now()
		resp, err := http.Post(strings.TrimSuffix(other.url, "/mcp")+"/v1/news", "application/json",
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var told results.News
		err = json.NewDecoder(resp.Body).Decode(&told)
		_ = resp.Body.Close()
		if took := time.Since(began); err != nil || told.PollAfter != 20 || took > 15*time.Second ||
			len(told.Seats) != 1 || told.Seats[0].Needs == nil || len(told.Seats[0].Needs.Asks) != n {
			t.Fatalf("look %d: %d after %v, %v: %+v", n, resp.StatusCode, took, err, told)
		}
		c.ok("send_message", args{"agent_token": bob.token, "text": fmt.Sprint("How warm? ", n), "kind": "request",
			"ask": []string{"Alice"}})
	}
}

// A file that one server took is given by the other, and is gone from the bucket once its message is removed.
func TestDynamoDB_fileOfOneProgram_isGivenByTheOther(t *testing.T) {
	bucket := s3local.Start(t)
	one, other := startPair(t, "PARLEY_FILES_BUCKET="+bucket.Bucket, "AWS_ENDPOINT_URL_S3="+bucket.Endpoint)
	a, b := talk{t, openGo(t, one.url, modernProtocol)}, talk{t, openGo(t, other.url, modernProtocol)}
	alice, bob := a.join("the bridge", "Alice"), b.join("the bridge", "Bob")
	const name = "plan.bin"
	id, err := upload(t.Context(), a.c, alice.token, name)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.download(bob.token, id); !bytes.Equal(got, contentOf(name)) {
		t.Errorf("%d bytes came, or others", len(got))
	}
	b.ok("update_room", args{"agent_token": alice.token, "redact": id})
	if n := len(bucket.Objects(t)); n != 0 {
		t.Errorf("after its removal the bucket has %d objects", n)
	}
}
