package providers_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

// wordy is a fake that does these writings and answers with its name.
func wordy(name string, all ...providers.Writing) *providertest.Fake {
	f := providertest.NewFake(name, providertest.FakeModel(name))
	f.ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) {
		return providers.Written{Text: "by " + name, Cost: 300}, nil
	}, all...)
	return f
}

// choose returns who is to be asked to improve a prompt, or the class of the error.
func choose(t *testing.T, r *providers.Router, without, tried []string) string {
	t.Helper()
	p, err := r.PickWriter(t.Context(), providers.Improve, without, tried)
	if err != nil {
		return string(class(t, err))
	}
	return p.Name()
}

func TestWritersInTheOperatorsOrder(t *testing.T) {
	t.Parallel()
	a, b := wordy("a", providers.Improve), wordy("b", providers.Improve, providers.Describe)
	silent := providertest.NewFake("c", providertest.FakeModel("c"))
	tests := []struct {
		desc    string
		order   []string
		writing providers.Writing
		without []string
		want    []string
	}{
		{"as configured", nil, providers.Improve, nil, []string{"a", "b"}},
		{"as the operator says", []string{"b", "nobody", "c", "a"}, providers.Improve, nil, []string{"b", "a"}},
		{"only some", []string{"b"}, providers.Improve, nil, []string{"b"}},
		{"nobody", []string{}, providers.Improve, nil, nil},
		{"who can", nil, providers.Describe, nil, []string{"b"}},
		{"none can", nil, providers.Translate, nil, nil},
		{"without those a person keeps out", nil, providers.Improve, []string{"a"}, []string{"b"}},
	}
	for _, tt := range tests {
		r, err := providers.NewRouter(providers.Config{
			Limits: providers.NewLocalLimits(), States: providers.NewLocalStates(), Providers: []providers.Provider{a, b, silent}, Writers: tt.order,
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range r.Writers(tt.writing, tt.without) {
			got = append(got, p.Name())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.desc, diff)
		}
	}
}

func TestWriterThatFailsGivesWay(t *testing.T) {
	t.Parallel()
	a, b := wordy("a", providers.Improve), wordy("b", providers.Improve)
	r := newRouter(t, a, b)
	if got := choose(t, r, nil, nil); got != "a" {
		t.Fatalf("%s is asked first", got)
	}
	if got := choose(t, r, nil, []string{"a"}); got != "b" {
		t.Errorf("%s is asked after a", got)
	}
	if got := choose(t, r, []string{"b"}, []string{"a"}); got != string(providers.BadRequest) {
		t.Errorf("%s is asked where nobody is left", got)
	}
	failing := func(e providers.Error) {
		a.ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) { return providers.Written{}, &e }, providers.Improve)
		if _, err := r.Write(t.Context(), a, providers.WriteRequest{Writing: providers.Improve, Text: "a fox"}); err == nil {
			t.Fatal("the script was not followed")
		}
	}
	failing(providers.Error{Class: providers.RateLimited, Billed: providers.BilledNo, Scope: providers.ScopeModel})
	if got := choose(t, r, nil, nil); got != "b" {
		t.Errorf("%s is asked while a cools", got)
	}
	if got := choose(t, r, []string{"b"}, nil); got != string(providers.RateLimited) {
		t.Errorf("%s where all cool", got)
	}
	if got := pick(t, r, ask("a")); got != "a" {
		t.Errorf("images go to %q: what words hit is no limit of theirs", got)
	}
	failing(providers.Error{Class: providers.Auth, Billed: providers.BilledNo})
	if got := choose(t, r, []string{"b"}, nil); got != string(providers.Auth) {
		t.Errorf("%s with a key that was refused", got)
	}
	if got := pick(t, r, ask("a")); got != "" {
		t.Errorf("images go to %q, whose key was refused", got)
	}
}

func TestWriteAnswers(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	tests := []struct {
		desc string
		text string
		err  error
		want providers.Class // empty is none
	}{
		{"a text", "a red fox", nil, ""},
		{"nothing", "", nil, providers.NoOutput},
		{"an error that is none of the contract", "", lost, providers.UnknownCall},
	}
	for _, tt := range tests {
		a := wordy("a", providers.Improve)
		a.ScriptWords(func(int, providers.WriteRequest) (providers.Written, error) {
			return providers.Written{Text: tt.text, Cost: -1}, tt.err
		},
			providers.Improve)
		r := newRouter(t, a)
		got, err := r.Write(t.Context(), a, providers.WriteRequest{Writing: providers.Improve, Text: "a fox"})
		if (err != nil) != (tt.want != "") || err != nil && class(t, err) != tt.want {
			t.Errorf("%s: %v, want %q", tt.desc, err, tt.want)
		}
		if err == nil && got.Cost <= 0 {
			t.Errorf("%s: a call of which nobody says the price is booked with %d", tt.desc, got.Cost)
		}
	}
}

// A writer's calls count into its provider's budget of the day.
func TestWritingsHaveTheBudgetOfTheDay(t *testing.T) {
	t.Parallel()
	a := wordy("a", providers.Improve)
	r := newRouter(t, a)
	use(t, r, map[string]providers.KeyLimits{"a": {DailyBudget: 2_200}}, spec("a"))
	if got := choose(t, r, nil, nil); got != "a" {
		t.Fatalf("%s with all the budget left", got)
	}
	if _, err := r.Write(t.Context(), a, providers.WriteRequest{Writing: providers.Improve, Text: "a fox"}); err != nil {
		t.Fatal(err)
	}
	if got := choose(t, r, nil, nil); got != string(providers.BadRequest) {
		t.Errorf("%s with nothing left", got)
	}
}

func TestModerate(t *testing.T) {
	t.Parallel()
	judge := providertest.NewFake("judge", providertest.FakeModel("m"))
	judge.ScriptModeration(func(text string, pictures int) ([]providers.Category, error) {
		if text == "broken" {
			return nil, &providers.Error{Provider: "judge", Class: providers.Auth, Billed: providers.BilledNo}
		}
		if pictures > 0 {
			return []providers.Category{providers.Violence}, nil
		}
		return nil, nil
	})
	r := newRouter(t, judge)
	found, by, err := r.Moderate(t.Context(), "a fox", nil, nil)
	if err != nil || len(found) > 0 || by != "judge" {
		t.Errorf("%v by %q, %v", found, by, err)
	}
	found, _, err = r.Moderate(t.Context(), "a fox", []providers.Reference{providertest.Picture()}, nil)
	if diff := cmp.Diff([]providers.Category{providers.Violence}, found); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	if found, by, err = r.Moderate(t.Context(), "a fox", nil, []string{"judge"}); err != nil || len(found) > 0 || by != "" {
		t.Errorf("kept out: %v by %q, %v", found, by, err)
	}
	if _, _, err = r.Moderate(t.Context(), "broken", nil, nil); class(t, err) != providers.Auth {
		t.Errorf("%v, want auth", err)
	}
	if _, _, err = r.Moderate(t.Context(), "a fox", nil, nil); class(t, err) != providers.Auth {
		t.Errorf("%v: a refused key was used again", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r = newRouter(t, judge)
	if _, _, err = r.Moderate(ctx, "a fox", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
}
