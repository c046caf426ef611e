package jsonschema

import "testing"

func TestStandIn_called_panics(t *testing.T) {
	defer func() {
		if said := recover(); said != called {
			t.Errorf("it ends with %v", said)
		}
	}()
	_, _ = For[int](nil)
}
