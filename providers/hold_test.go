package providers_test

import (
	"slices"
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

// TestFailing has all calls of a route fail, however seldom they are and whatever its probe says: it is away, and stays so
// until a call works.
func TestFailing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc   string
		err    providers.Error
		every  time.Duration // a call
		probed bool
		known  time.Duration // when it has to be known
	}{
		{"many calls", providers.Error{Class: providers.Transient}, time.Second, false, 2 * time.Minute},
		{"many calls, a good probe", providers.Error{Class: providers.Transient}, time.Second, true, 3 * time.Minute},
		{"some calls", providers.Error{Class: providers.Transient}, 90 * time.Second, false, 15 * time.Minute},
		{"some calls, a good probe", providers.Error{Class: providers.Transient}, time.Minute, true, 20 * time.Minute},
		{"few calls, a good probe", providers.Error{Class: providers.Transient}, 3 * time.Minute, true, time.Hour},
		{"a refused key", providers.Error{Class: providers.Auth}, time.Minute, false, time.Minute},
		{"a refused key, a good probe", providers.Error{Class: providers.Auth}, time.Minute, true, 5 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := providertest.NewFake("a", providertest.FakeModel("a"))
				fake.Script(fails(tt.err))
				r := newRouter(t, fake)
				call := func() {
					if picked, err := r.Pick(t.Context(), ask("a")); err == nil {
						_, _ = r.Submit(t.Context(), picked, request("a"))
					}
				}
				start := time.Now()
				for second := time.Duration(1); time.Since(start) < 3*time.Hour; second++ {
					time.Sleep(time.Second)
					if tt.probed && second*time.Second%(15*time.Second) == 0 {
						if _, err := r.Heal(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					if second*time.Second%tt.every == 0 {
						call()
					}
					if time.Since(start) > tt.known && !away(t, r) {
						t.Fatalf("after %v it is not away", time.Since(start))
					}
				}
				fake.Script(func(int, providers.Request) providertest.Step { return providertest.Step{} })
				for time.Since(start) < 4*time.Hour && away(t, r) {
					time.Sleep(time.Second)
					call()
				}
				if away(t, r) {
					t.Error("it works, and is away")
				}
			})
		})
	}
}

// TestNotFailing has nobody call a route after it opened a few times: a good probe is believed in the end.
func TestNotFailing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := providertest.NewFake("a", providertest.FakeModel("a"))
		fake.Script(fails(providers.Error{Class: providers.Transient}))
		r := newRouter(t, fake)
		for range 5 {
			for range 5 {
				_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
			}
			time.Sleep(15 * time.Second)
			if _, err := r.Heal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !away(t, r) {
			t.Error("the probe is believed at once")
		}
		time.Sleep(5 * time.Minute)
		if away(t, r) {
			t.Error("the probe is never believed")
		}
	})
}

// away reports whether all that is known of the one provider speaks against its use.
func away(t *testing.T, r *providers.Router) bool {
	t.Helper()
	all, err := r.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(all[0].Models, func(m providers.ModelHealth) bool {
		return m.Failing || m.State == providers.StateOpen || m.State == providers.StateDisabled
	})
}
