package shell

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOutput_json_holdsNoSecretOfTheSeat(t *testing.T) {
	var out strings.Builder
	o := &Output{Screen: &Screen{Out: &out, Now: morning}, JSON: true}
	r := result{"name": json.RawMessage(`"tea"`)}
	for _, secret := range []string{"agent_token", "watch", "view"} {
		r[secret] = json.RawMessage(`"secret"`)
	}
	if err := o.show(r, nil); err != nil || strings.TrimSpace(out.String()) != `{"name":"tea"}` {
		t.Errorf("%q, %v", out.String(), err)
	}
}
