package account_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/auth/account"
)

// What cannot be read lets nobody in.
func TestRead_claimsThatAreMissingOrOverflow_areRefused(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat(`"g",`, 201), ",")
	for claims, want := range map[string]error{
		`{}`:        nil,
		`{"sub":7}`: nil,
		`{"sub":"` + strings.Repeat("s", 256) + `"}`:                nil,
		`{"sub":"1","groups":[1]}`:                                  nil,
		`{"sub":"1","groups":["` + strings.Repeat("g", 257) + `"]}`: nil,
		`{"sub":"1","groups":[` + many + `]}`:                       account.ErrManyGroups,
		// Entra ID, "groups overage claim".
		`{"sub":"1","_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"x"}}}`: account.ErrManyGroups,
		`{"sub":"1","hasgroups":true}`: account.ErrManyGroups,
	} {
		var c account.Claims
		if err := json.Unmarshal([]byte(claims), &c); err != nil {
			t.Fatal(err)
		}
		p, err := account.Read("https://id.example", c, true)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%.60s: %+v, %v", claims, p, err)
		}
	}
}
