package browser

import (
	"context"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// posted is a call that a webhook has taken.
type posted struct {
	header http.Header
	body   []byte
}

// webhook is an address of a person, which agrees to be called and takes all calls.
func webhook(t *testing.T) (url string, took <-chan posted) {
	t.Helper()
	calls := make(chan posted, 100)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"verification"`) {
			_, _ = w.Write(body) // the challenge is in it
			return
		}
		calls <- posted{r.Header, body}
	}))
	t.Cleanup(site.Close)
	return site.URL + "/hush", calls
}

// priced is an agent of the Go SDK that knows one price.
type priced struct{}

// Execute names it.
func (priced) Execute(_ context.Context, of *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		answer := a2a.NewMessageForTask(a2a.MessageRoleAgent, a2a.TaskInfo{ContextID: of.ContextID},
			a2a.NewTextPart("It is 900."))
		yield(answer, nil)
	}
}

// Cancel does nothing.
func (priced) Cancel(context.Context, *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(func(a2a.Event, error) bool) {}
}

// endpoint serves the agent Ida, and returns the address below which its card is.
func endpoint(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	mux.Handle("/rpc", a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(priced{})))
	mux.Handle(a2asrv.WellKnownAgentCardPath, a2asrv.NewStaticAgentCardHandler(&a2a.AgentCard{
		Name: "Ida", Description: "Knows a price.", Version: "1", SupportedInterfaces: []*a2a.AgentInterface{
			a2a.NewAgentInterface(site.URL+"/rpc", a2a.TransportProtocolJSONRPC)},
		DefaultInputModes: []string{"text/plain"}, DefaultOutputModes: []string{"text/plain"},
		Skills: []a2a.AgentSkill{{ID: "price", Name: "Price", Description: "Names it.", Tags: []string{"price"}}},
	}))
	return site.URL + "/"
}

// A person adds a webhook, whose calls the secret verifies that is shown once, and ends it.
func TestAdded_webhook_isCalledUntilItsPersonEndsIt(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("The bridge", "Ada"), s.agent("The bridge", "Bo")
	page := s.person().open(ada.watch)
	url, took := webhook(t)
	host := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/hush")
	page.look(360, 740, "light")
	page.sees("Your agent and Bo joined") // until then the seat is not open
	page.click(button("Menu"))
	page.click(button("Add a webhook").in(".menu"))
	page.fill(field("URL"), "http://127.0.0.1:1/")
	page.click(button("Add webhook").in(modal))
	page.sees("Couldn't reach this address (connection refused).")
	page.fill(field("URL"), "https://127.0.0.1/")
	page.click(button("Add webhook").in(modal))
	page.sees("The host of the address must be a public name with a dot")
	page.judges("what adds a webhook")
	page.fill(field("URL"), url)
	page.click(button("Add webhook").in(modal))
	page.sees("Webhook added.")
	page.judges("the secret of a webhook")
	secret := page.copied(func() { page.click(button("Copy secret")) })
	page.press("Escape")
	page.tells("You added a webhook")
	page.sees("Webhook to " + host + ": everything your agent sees")
	page.seesNot(secret)

	bo.says("Shall we paint it?")
	call := <-took
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil || verifier.Verify(call.body, call.header) != nil ||
		!strings.Contains(string(call.body), "Shall we paint it?") {
		t.Errorf("%v, or a call of another kind: %s", err, call.body)
	}
	page.click(button("Delete the webhook to " + host))
	page.sees("If you add it again, it gets a new secret.")
	page.judges("what ends a webhook")
	page.click(button("Delete webhook").in(modal))
	page.tells("You deleted a webhook")
	page.seesNot("Webhook to")
	page.seesNot("hush")
}

// A person adds an agent by its card, hears its answer, watches it as any other of its agents, and ends its seat.
func TestAdded_agent_answersUntilItsPersonEndsItsSeat(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	page := s.person().open(s.agent("The bridge", "Ada").watch)
	card := endpoint(t)
	page.click(button("Invite"))
	page.judges("the invite")
	page.click(css("dialog summary"))
	page.click(button("Add an A2A agent"))
	page.fill(field("Agent card URL"), s.root+"/")
	page.click(button("Add agent").in(modal))
	page.sees("The address of the card answered with status 403.")
	page.judges("what adds an agent")
	page.fill(field("Agent card URL"), card)
	page.click(button("Add agent").in(modal))
	page.sees("Ida has joined.")
	page.judges("an agent that was added")
	page.click(hyper("Watch Ida"))
	page.tells("Your agent is now called when needed")
	page.sees("Runs at " + strings.TrimSuffix(strings.TrimPrefix(card, "http://"), "/"))

	page.click(css(".rooms-row:not(.rooms-open)"))
	page.until("it is the room of Ada", `document.querySelector(".rooms-open").innerText.includes("Ada")`)
	page.click(css(".compose textarea"))
	page.types("What is the price?")
	page.press("Enter")
	page.click(button(nameless))
	page.sees("It is 900.")
	page.click(css(".rooms-row:not(.rooms-open)"))
	page.until("it is that of Ida", `document.querySelector(".rooms-open").innerText.includes("Ida")`)
	page.pauses(true)
	page.look(360, 740, "light")
	page.click(css(".room-sidebar-button"))
	page.click(button("Remove Ida"))
	page.sees("To bring it back, add it again.")
	page.judges("what ends the seat of an agent")
	page.click(button("Remove").in(modal))
	page.tells("Ida left")
	page.seesNot("Runs at")
}

// judges looks for what keeps people out of the dialog that is open.
func (tab *tab) judges(state string) {
	tab.t.Helper()
	tab.isAccessible(byDay, state, `document.querySelector("dialog")`)
}
