package providers_test

import (
	"fmt"
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// BenchmarkPick is the router's decision among ten routes, without the network that shared records cost.
func BenchmarkPick(b *testing.B) {
	var ps []providers.Provider
	var specs []providers.RouteSpec
	for i := range 10 {
		name := fmt.Sprintf("p%d", i)
		ps = append(ps, providertest.NewFake(name))
		specs = append(specs, providers.RouteSpec{Provider: name, Model: name, Priority: 1 + i/5, Weight: float64(i % 3)})
	}
	r, err := providers.NewRouter(providers.Config{Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: ps})
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Use(providers.Book{Offers: []providers.Offer{{Name: "m", Routes: specs}}}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Pick(b.Context(), ask("m")); err != nil {
			b.Fatal(err)
		}
	}
}
