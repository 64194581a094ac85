package bfl_test

import (
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/bfl/bfltest"
	"github.com/imagika/imagika/providers/providertest"
)

// TestAISDK drives the fake with the Black Forest Labs provider of Vercel's AI SDK: what it takes for the service is one.
func TestAISDK(t *testing.T) {
	t.Parallel()
	sdk := providertest.NewClient(t)
	s := bfltest.New(t)
	s.AllowKeyAtResults()
	s.Fault(
		bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{Pending: 1},
		bfltest.Fault{Status: 402, Body: `{"detail":"Insufficient credits"}`}, bfltest.Fault{End: "Error"},
	)
	mask := sdk.File("mask.png", providertest.PNG(providers.Size{Width: 96, Height: 64}, 0))
	sdk.Drive(9, s.URL(), bfltest.Key, sdk.Picture, mask)
	if s.Billed() != 6 {
		t.Errorf("billed %d, want 6", s.Billed())
	}
}
