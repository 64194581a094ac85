package fal

import (
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/fal/faltest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestDelete deletes with the key that it takes, and says when a file stayed.
func TestDelete(t *testing.T) {
	t.Parallel()
	s := faltest.New(t)
	p := open(t, s, func(o *Options) { o.AdminKey, o.AdminURL = faltest.AdminKey, s.AdminURL() })
	m, _ := p.find(sketch)
	sub, err := p.Submit(t.Context(), providertest.Request(m.Model, providers.Generate))
	if err != nil {
		t.Fatal(err)
	}
	s.Stuck(true)
	if e := check(t, p.Delete(t.Context(), sub.ExternalID)); e.Class != providers.Transient || !s.Has(sub.ExternalID) {
		t.Errorf("a file that stayed: %v", e)
	}
	s.Stuck(false)
	for range 2 { // what is gone is no error
		if err := p.Delete(t.Context(), sub.ExternalID); err != nil || s.Has(sub.ExternalID) {
			t.Errorf("deleted: %v", err)
		}
	}
	if e := check(t, p.Delete(t.Context(), "../other")); e.Class != providers.BadRequest {
		t.Errorf("a path: %v", e)
	}
	other := open(t, s, func(o *Options) { o.AdminKey, o.AdminURL = faltest.Key, s.AdminURL() })
	if e := check(t, other.Delete(t.Context(), sub.ExternalID)); e.Class != providers.Auth {
		t.Errorf("another key: %v", e)
	}
	if open(t, s).Deletes() {
		t.Error("it deletes without a key")
	}
}
