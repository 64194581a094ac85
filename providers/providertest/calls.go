package providertest

import (
	"encoding/json"
	"testing"

	"github.com/imagika/imagika/providers"
)

// asynchronous is a provider that can do all that there is to do with a handle.
type asynchronous interface {
	providers.Poller
	providers.Fetcher
	providers.Canceler
}

// Complete submits to an asynchronous model, and finishes.
func Complete(t *testing.T, p providers.Provider, r providers.Request) ([]Made, error) {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		return nil, err
	}
	return Finish(t, p, sub.Handle)
}

// Unfound checks that handles which are none of the provider's lead nowhere, whatever is asked. Like MustFail, it looks
// for secrets.
func Unfound(t *testing.T, p asynchronous, billed providers.Billed, secret string, handles ...string) {
	t.Helper()
	for _, handle := range handles {
		_, polled := p.Poll(t.Context(), []byte(handle))
		_, fetched := p.Fetch(t.Context(), []byte(handle))
		_, canceled := p.Cancel(t.Context(), []byte(handle))
		for _, err := range []error{polled, fetched, canceled} {
			if e := MustFail(t, err, secret); e.Class != providers.Lost || e.Billed != billed {
				t.Errorf("%q: %v, billed %s", handle, e, e.Billed)
			}
		}
	}
}

// ExpectFields compares the fields that want, a JSON object, names; null is not there.
func ExpectFields(t *testing.T, fields map[string]any, want string) {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(want), &all); err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		got, _ := json.Marshal(fields[name])
		expected, _ := json.Marshal(v)
		if string(got) != string(expected) {
			t.Errorf("%s is %s, want %s", name, got, expected)
		}
	}
}
