package fal

import (
	"testing"

	"github.com/imagika/imagika/providers/fal/faltest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestOfficialClient drives the server of these tests with fal's client for Node, so that it is not only our own
// reading of the queue that the adapter is tested against.
func TestOfficialClient(t *testing.T) {
	client := providertest.NewClient(t)
	t.Parallel()
	s := faltest.New(t)
	for range 7 { // what the server does and refuses by itself; a wrong key is no call
		s.Fault(faltest.Fault{})
	}
	s.Fault(faltest.Fault{EndStatus: 422, Body: detail("content_policy_violation")})
	client.Drive(12, s.URL(), faltest.Key, client.Picture)
	calls := s.Calls()
	if len(calls) != 8 || s.Billed() != 3 {
		t.Fatalf("%d calls, %d billed; want 8 and 3", len(calls), s.Billed())
	}
	if c := calls[1]; c.Callback != "https://imagika.example/callback?x=1" || c.Header.Get("X-Fal-Request-Timeout") != "60" {
		t.Errorf("callback %q, header %v", c.Callback, c.Header)
	}
}
