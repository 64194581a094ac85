package providers_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

func TestHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRouter(t, providertest.NewFake("a"), providertest.NewFake("b"))
		second := spec("b")
		second.Priority = 2
		use(t, r, nil, spec("a"), second)
		for _, tt := range []struct {
			holds []providers.Hold
			want  string
		}{
			{nil, "a"},
			{[]providers.Hold{{Provider: "a"}}, "b"},
			{[]providers.Hold{{Provider: "a", Model: "a"}}, "b"},
			{[]providers.Hold{{Provider: "a", Model: "other"}}, "a"},
			{[]providers.Hold{{Provider: "a", Until: time.Now()}}, "a"},
			{[]providers.Hold{{Provider: "b"}}, "a"},
		} {
			r.Hold(tt.holds)
			if got := pick(t, r, ask("m")); got != tt.want {
				t.Errorf("with %+v it asks %s, want %s", tt.holds, got, tt.want)
			}
		}
		r.Hold([]providers.Hold{{Provider: "a"}, {Provider: "b"}})
		if _, err := r.Pick(t.Context(), ask("m")); class(t, err) != providers.Auth {
			t.Errorf("with nobody left: %v", err)
		}
		r.Hold([]providers.Hold{{Provider: "a", Until: time.Now().Add(time.Minute)}, {Provider: "b"}})
		if got := waitOf(t, r, "m"); got != time.Minute {
			t.Errorf("it waits %v for a hold that ends soon", got)
		}
		time.Sleep(time.Minute)
		if got := pick(t, r, ask("m")); got != "a" {
			t.Errorf("after the hold it asks %s", got)
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	sick := providertest.NewFake("sick")
	sick.Script(fails(providers.Error{Class: providers.Auth}))
	r := newRouter(t, sick, providertest.NewFake("well"))
	use(t, r, map[string]providers.KeyLimits{"well": {DailyBudget: 9}}, spec("sick"), spec("well"))
	_, _ = r.Submit(t.Context(), route(t, r, "sick", "sick"), request("sick"))
	r.Hold([]providers.Hold{{Provider: "well"}})
	all, err := r.Health(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if key := all[0].Models[0]; all[0].Provider != "sick" || key.State != providers.StateDisabled || key.Why != "auth" || key.Held != 0 {
		t.Errorf("%+v", all[0])
	}
	if well := all[1]; well.Budget != 9 || len(well.Models) != 2 || well.Models[1].Offer != "m" || well.Models[1].Held < time.Hour {
		t.Errorf("%+v", well)
	}
}
