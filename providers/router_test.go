package providers_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// half is a draw that takes no sides.
func half() float64 { return 0.5 }

func newRouter(t *testing.T, ps ...providers.Provider) *providers.Router {
	t.Helper()
	r, err := providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: ps, Draw: half,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// use offers the model "m" over the routes.
func use(t *testing.T, r *providers.Router, limits map[string]providers.KeyLimits, routes ...providers.RouteSpec) {
	t.Helper()
	if err := r.Use(providers.Book{Offers: []providers.Offer{{Name: "m", Routes: routes}}, Limits: limits}); err != nil {
		t.Fatal(err)
	}
}

func spec(name string) providers.RouteSpec {
	return providers.RouteSpec{Provider: name, Model: name, Priority: 1}
}

func request(model string) providers.Request {
	return providers.Request{
		AttemptID: "attempt", Model: model, Operation: providers.Generate, Prompt: "p", Count: 1, Seed: 7,
		Size: providers.Size{Width: 64, Height: 64},
	}
}

func ask(offer string) providers.Ask {
	return providers.Ask{Offer: offer, Operation: providers.Generate, Count: 1}
}

func fails(e providers.Error) func(int, providers.Request) providertest.Step {
	return func(int, providers.Request) providertest.Step { return providertest.Step{Err: &e} }
}

func class(t *testing.T, err error) providers.Class {
	t.Helper()
	var failed *providers.Error
	if !errors.As(err, &failed) {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	return failed.Class
}

// pick returns the provider picked for the offer, or "".
func pick(t *testing.T, r *providers.Router, a providers.Ask) string {
	t.Helper()
	route, err := r.Pick(t.Context(), a)
	if err != nil {
		return ""
	}
	return route.Provider.Name()
}

func route(t *testing.T, r *providers.Router, provider, model string) providers.Route {
	t.Helper()
	found, ok := r.Route(provider, model)
	if !ok {
		t.Fatalf("no route to %s/%s", provider, model)
	}
	return found
}

func TestNewRouterNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc string
		ps   []providers.Provider
		want string
	}{
		{"two providers of one name", []providers.Provider{
			providertest.NewFake("a", providertest.FakeModel("m")), providertest.NewFake("a", providertest.FakeModel("n")),
		}, `provider "a"`},
		{"no name", []providers.Provider{providertest.NewFake("", providertest.FakeModel("m"))}, `provider ""`},
	}
	for _, tt := range tests {
		_, err := providers.NewRouter(providers.Config{
			Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: tt.ps,
		})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %s", tt.desc, err, tt.want)
		}
	}
}

func TestModelsOfOneNameAreOneOffer(t *testing.T) {
	t.Parallel()
	r := newRouter(t, providertest.NewFake("a", providertest.FakeModel("m")), providertest.NewFake("b", providertest.FakeModel("m")))
	all, err := r.Explain(t.Context(), ask("m"))
	if err != nil || len(all) != 2 || len(r.Offers()) != 1 {
		t.Errorf("%d routes in %d offers, %v; want two in one", len(all), len(r.Offers()), err)
	}
}

func TestUseRefuses(t *testing.T) {
	t.Parallel()
	r := newRouter(t, providertest.NewFake("a"))
	tests := []struct {
		desc, want string
		book       providers.Book
	}{
		{"unknown model without capabilities", "does not know model", providers.Book{Offers: []providers.Offer{{
			Name: "m", Routes: []providers.RouteSpec{{Provider: "a", Model: "new"}},
		}}}},
		{"a call larger than the burst", "burst is 2", providers.Book{
			Offers: []providers.Offer{{Name: "m", Routes: []providers.RouteSpec{spec("a")}}},
			Limits: map[string]providers.KeyLimits{"a": {ImagesPerMinute: 60, Burst: 2}},
		}},
		{"two of one name", `model "m"`, providers.Book{Offers: []providers.Offer{
			{Name: "m", Routes: []providers.RouteSpec{spec("a")}}, {Name: "m", Routes: []providers.RouteSpec{spec("a")}},
		}}},
	}
	for _, tt := range tests {
		if err := r.Use(tt.book); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one with %q", tt.desc, err, tt.want)
		}
		if _, ok := r.Model("a"); !ok {
			t.Errorf("%s: a book that was refused replaced the one before", tt.desc)
		}
	}
}

func TestUseLeavesOutWhatIsNotConfigured(t *testing.T) {
	t.Parallel()
	r := newRouter(t, providertest.NewFake("a"))
	err := r.Use(providers.Book{Offers: []providers.Offer{
		{Name: "here", Routes: []providers.RouteSpec{spec("a"), spec("absent")}},
		{Name: "secret", Hidden: true, Routes: []providers.RouteSpec{spec("a")}},
		{Name: "absent", Routes: []providers.RouteSpec{spec("absent")}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Offers(); len(got) != 1 || got[0].Name != "here" {
		t.Errorf("offers are %v, want only the one with a route that is not hidden", got)
	}
	if _, ok := r.Model("secret"); !ok {
		t.Error("a hidden offer cannot be asked for")
	}
}

func TestCapabilitiesOfAnOffer(t *testing.T) {
	t.Parallel()
	narrow, wide := providertest.FakeModel("a"), providertest.FakeModel("b")
	narrow.Operations, narrow.MaxCount, narrow.MaxRefs, narrow.Mask = []providers.Operation{providers.Generate}, 1, 0, true
	r := newRouter(t, providertest.NewFake("a", narrow), providertest.NewFake("b", wide))
	use(t, r, nil, spec("a"), providers.RouteSpec{Provider: "b", Model: "b", Priority: 2})
	m, _ := r.Model("m")
	if m.Name != "m" || m.MaxCount != 4 || !m.Can(providers.Edit) || !m.Mask {
		t.Errorf("the offer can do %+v, want whatever one of its routes can", m)
	}
	tests := []struct {
		desc string
		ask  providers.Ask
		want string
	}{
		{"first by priority", ask("m"), "a"},
		{"an operation one route lacks", providers.Ask{Offer: "m", Operation: providers.Edit, Count: 1, Refs: 1}, "b"},
		{"more images than the route makes in a call", providers.Ask{Offer: "m", Operation: providers.Generate, Count: 3}, "a"},
		{"a mask", providers.Ask{Offer: "m", Operation: providers.Edit, Count: 1, Refs: 1, Mask: true}, ""},
		{"not wanted", providers.Ask{Offer: "m", Operation: providers.Generate, Count: 1, Without: []string{"a"}}, "b"},
	}
	for _, tt := range tests {
		if got := pick(t, r, tt.ask); got != tt.want {
			t.Errorf("%s: picked %q, want %q", tt.desc, got, tt.want)
		}
	}
}

func TestWhatWasTried(t *testing.T) {
	t.Parallel()
	r := newRouter(t, providertest.NewFake("a"), providertest.NewFake("b"))
	use(t, r, nil, spec("a"), providers.RouteSpec{Provider: "b", Model: "b", Priority: 2})
	tried := func(class providers.Class, times int) []providers.Tried {
		return slices.Repeat([]providers.Tried{{Provider: "a", Model: "a", Class: class}}, times)
	}
	tests := []struct {
		class providers.Class
		times int
		want  string
	}{
		{providers.Transient, 2, "a"},
		{providers.Transient, 3, "b"},
		{providers.NoOutput, 2, "a"},
		{providers.NoOutput, 3, "b"},
		{providers.Auth, 1, "b"},
		{providers.BadRequest, 1, "b"},
		{providers.RateLimited, 9, "a"},
	}
	for _, tt := range tests {
		a := ask("m")
		a.Tried = tried(tt.class, tt.times)
		if got := pick(t, r, a); got != tt.want {
			t.Errorf("after %d × %s: picked %q, want %q", tt.times, tt.class, got, tt.want)
		}
	}
	a := ask("m")
	a.Tried = append(tried(providers.Auth, 1), providers.Tried{Provider: "b", Model: "b", Class: providers.Auth})
	if _, err := r.Pick(t.Context(), a); !errors.Is(err, providers.ErrNoCandidate) {
		t.Errorf("with everything tried: %v, want ErrNoCandidate", err)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	cost := func(s providers.RouteSpec, micro int64) providers.RouteSpec {
		s.Cost = providers.Prices{{Amount: micro}}
		return s
	}
	r := newRouter(t, providertest.NewFake("a"), providertest.NewFake("b"), providertest.NewFake("c"))
	use(t, r, nil, cost(spec("a"), 3), cost(spec("b"), 1), cost(spec("c"), 1))
	if got := pick(t, r, ask("m")); got != "b" {
		t.Errorf("picked %q, want the first of the cheapest", got)
	}
	r.Took(t.Context(), route(t, r, "b", "b"), time.Second)
	r.Took(t.Context(), route(t, r, "c", "c"), 100*time.Millisecond)
	if got := pick(t, r, ask("m")); got != "c" {
		t.Errorf("picked %q, want the faster of two at one price", got)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	r, err := providers.NewRouter(providers.Config{
		Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(),
		Providers: []providers.Provider{providertest.NewFake("a"), providertest.NewFake("b")},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b := spec("a"), spec("b")
	a.Weight, b.Weight = 3, 1
	use(t, r, nil, a, b)
	count := make(map[string]int)
	for range 4000 {
		count[pick(t, r, ask("m"))]++
	}
	if count["a"] < 2850 || count["a"] > 3150 {
		t.Errorf("weights 3 and 1 gave %v of 4000 calls", count)
	}
}

func TestCooldowns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc         string
		fail         providers.Error
		times        int
		model, other time.Duration // how long each of two models of the provider is left alone
	}{
		{"rate of a model", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeModel}, 1, 7 * time.Second, 0},
		{"rate of a key", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeKey}, 1, 7 * time.Second, 7 * time.Second},
		{"rate of a call", providers.Error{Class: providers.RateLimited, Wait: 7 * time.Second, Scope: providers.ScopeCall}, 1, 0, 0},
		{"refused content", providers.Error{Class: providers.Rejected}, 20, 0, 0},
		{"four failures", providers.Error{Class: providers.Transient}, 4, 0, 0},
		{"five failures", providers.Error{Class: providers.Transient}, 5, 5 * time.Second, 0},
		{"nine without output", providers.Error{Class: providers.NoOutput}, 9, 0, 0},
		{"ten without output", providers.Error{Class: providers.NoOutput}, 10, 5 * time.Second, 0},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := providertest.NewFake("a")
				fake.Script(fails(tt.fail))
				r := newRouter(t, fake)
				for range tt.times {
					if _, err := r.Submit(t.Context(), route(t, r, "a", "a"), request("a")); err == nil {
						t.Fatal("the failure was lost")
					}
				}
				for model, want := range map[string]time.Duration{"a": tt.model, "a-async": tt.other} {
					if got := waitOf(t, r, model); got != want {
						t.Errorf("%s is left alone for %v, want %v", model, got, want)
					}
				}
			})
		})
	}
}

func waitOf(t *testing.T, r *providers.Router, model string) time.Duration {
	t.Helper()
	_, err := r.Pick(t.Context(), ask(model))
	if err == nil {
		return 0
	}
	var failed *providers.Error
	if !errors.As(err, &failed) || failed.Class != providers.RateLimited {
		t.Fatalf("%v is no rate limit", err)
	}
	return failed.Wait
}

// TestRecovery opens a route, lets a trial fail, lets one succeed, and watches the traffic come back.
func TestRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := providertest.NewFake("a")
		fake.Script(fails(providers.Error{Class: providers.Transient}))
		r := newRouter(t, fake)
		for range 5 {
			_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
		}
		time.Sleep(5 * time.Second)
		trial, err := r.Pick(t.Context(), ask("a"))
		if err != nil {
			t.Fatalf("half-open: %v", err)
		}
		second, err := r.Pick(t.Context(), ask("a")) // at the same time
		if err != nil {
			t.Fatal(err)
		}
		release, err := r.Slot(t.Context(), trial, "generation", 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Slot(t.Context(), second, "another", 2, 1); class(t, err) != providers.RateLimited {
			t.Errorf("a second trial at once: %v", err)
		}
		_, _ = r.Submit(t.Context(), trial, request("a"))
		release()
		if got := waitOf(t, r, "a"); got != 10*time.Second {
			t.Errorf("after a trial that failed it is left alone for %v, want 10s", got)
		}
		time.Sleep(10 * time.Second)
		fake.Script(func(int, providers.Request) providertest.Step { return providertest.Step{} })
		if trial, err = r.Pick(t.Context(), ask("a")); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Submit(t.Context(), trial, request("a")); err != nil {
			t.Fatal(err)
		}
		if got := waitOf(t, r, "a"); got != 2*time.Second {
			t.Errorf("just recovered: half of the calls shall not pass a share of a tenth yet, but waited %v", got)
		}
		time.Sleep(20 * time.Second)
		if got := waitOf(t, r, "a"); got != 0 {
			t.Errorf("20 s later more than half shall pass, but waited %v", got)
		}
	})
}

// TestTrialGivenBack has the trial of a route that was left alone, or of its key, end without a word about the provider: the
// next one may try at once.
func TestTrialGivenBack(t *testing.T) {
	t.Parallel()
	down, refused := providers.Error{Class: providers.Transient}, providers.Error{Class: providers.Auth}
	ends := map[string]providers.Error{
		"refused content":    {Class: providers.Rejected},
		"the rate of a call": {Class: providers.RateLimited, Scope: providers.ScopeCall},
	}
	for desc, end := range ends {
		for what, broken := range map[string]providers.Error{"a route": down, "a key": refused} {
			t.Run(desc+" of "+what, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r, trial := onTrial(t, broken, end)
					release, err := r.Slot(t.Context(), trial, "generation", 1, 1)
					if err != nil {
						t.Fatal(err)
					}
					if got := waitOf(t, r, "a"); got == 0 {
						t.Error("two try at the same time")
					}
					_, _ = r.Submit(t.Context(), trial, request("a"))
					if got := waitOf(t, r, "a"); got != 0 {
						t.Errorf("after the call it is left alone for %v", got)
					}
					release()
				})
			})
		}
	}
}

// TestTrialWithoutCall has whoever was to try come to nothing before the call.
func TestTrialWithoutCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, trial := onTrial(t, providers.Error{Class: providers.Transient}, providers.Error{Class: providers.Rejected})
		release, err := r.Slot(t.Context(), trial, "generation", 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		release()
		if got := waitOf(t, r, "a"); got != 0 {
			t.Errorf("after a slot that was given back it is left alone for %v", got)
		}
		use(t, r, map[string]providers.KeyLimits{"a": {Parallel: 1}}, spec("a"))
		release, err = r.Slot(t.Context(), route(t, r, "a", "a"), "another", 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		if trial, err = r.Pick(t.Context(), ask("m")); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Slot(t.Context(), trial, "generation", 2, 1); class(t, err) != providers.RateLimited {
			t.Errorf("without a free slot: %v", err)
		}
		if got := waitOf(t, r, "m"); got != 0 {
			t.Errorf("after a slot that was not there it is left alone for %v", got)
		}
	})
}

// onTrial is a route that broke, once it may be tried again. Its calls then end like that.
func onTrial(t *testing.T, broken, then providers.Error) (*providers.Router, providers.Route) {
	t.Helper()
	fake := providertest.NewFake("a")
	fake.Script(fails(broken))
	r := newRouter(t, fake)
	for range 5 {
		_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
	}
	time.Sleep(10 * time.Minute)
	fake.Script(fails(then))
	trial, err := r.Pick(t.Context(), ask("a"))
	if err != nil {
		t.Fatal(err)
	}
	return r, trial
}

func TestRefusedKeyAndProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sick, well := providertest.NewFake("a"), providertest.NewFake("b")
		sick.Script(fails(providers.Error{Class: providers.Auth}))
		r := newRouter(t, sick, well)
		use(t, r, nil, spec("a"), providers.RouteSpec{Provider: "b", Model: "b", Priority: 2})
		_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
		if got := pick(t, r, ask("m")); got != "b" {
			t.Fatalf("picked %q, want the other at once", got)
		}
		sick.SetProbe(errors.New("still no good"))
		if healed, err := r.Heal(t.Context()); err != nil || len(healed) > 0 {
			t.Errorf("healed %v, %v although the probe fails", healed, err)
		}
		time.Sleep(time.Minute) // until another process may probe
		sick.SetProbe(nil)
		if healed, err := r.Heal(t.Context()); err != nil || !slices.Equal(healed, []string{"a"}) {
			t.Errorf("healed %v, %v, want a", healed, err)
		}
		time.Sleep(time.Minute)
		if got := pick(t, r, ask("m")); got != "a" {
			t.Errorf("picked %q, want the one that was healed", got)
		}
	})
}

func TestEnable(t *testing.T) {
	t.Parallel()
	fake := providertest.NewFake("a")
	fake.Script(fails(providers.Error{Class: providers.Auth}))
	r := newRouter(t, fake)
	_, _ = r.Submit(t.Context(), route(t, r, "a", "a"), request("a"))
	if _, err := r.Pick(t.Context(), ask("a")); class(t, err) != providers.Auth {
		t.Fatalf("with a refused key: %v", err)
	}
	if err := r.Enable(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got := waitOf(t, r, "a"); got != 0 {
		t.Errorf("enabled, and yet left alone for %v", got)
	}
	if err := r.Enable(t.Context(), "nobody"); err == nil {
		t.Error("an unknown provider was enabled")
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRouter(t, providertest.NewFake("a"))
		use(t, r, map[string]providers.KeyLimits{"a": {DailyBudget: 2*providertest.Price + 1}}, spec("a"))
		for range 2 {
			got, err := r.Pick(t.Context(), ask("m"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Submit(t.Context(), got, request("a")); err != nil {
				t.Fatal(err)
			}
		}
		left := time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour))
		if got := waitOf(t, r, "m"); got != left {
			t.Errorf("over the budget it waits %v, want until midnight in %v", got, left)
		}
		time.Sleep(left)
		if got := waitOf(t, r, "m"); got != 0 {
			t.Errorf("the next day it still waits %v", got)
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	sick := providertest.NewFake("sick")
	sick.Script(fails(providers.Error{Class: providers.Auth}))
	narrow := providertest.FakeModel("narrow")
	narrow.Operations = []providers.Operation{providers.Edit}
	r := newRouter(t, sick, providertest.NewFake("narrow", narrow), providertest.NewFake("spare"), providertest.NewFake("good"))
	spare := spec("spare")
	spare.Priority = 2
	use(t, r, nil, spec("sick"), spec("narrow"), spare, spec("good"))
	_, _ = r.Submit(t.Context(), route(t, r, "sick", "sick"), request("sick"))
	all, err := r.Explain(t.Context(), ask("m"))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]providers.Verdict)
	for _, c := range all {
		got[c.Route.Provider.Name()] = c.Verdict
	}
	want := map[string]providers.Verdict{
		"good": providers.Chosen, "spare": providers.Standby, "sick": providers.LeftAlone, "narrow": providers.CannotDo,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if all[0].Route.Provider.Name() != "good" || all[1].Route.Provider.Name() != "spare" {
		t.Error("candidates do not stand in the order in which they would be asked")
	}
}
