package providertest_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
)

func TestFakeConforms(t *testing.T) {
	t.Parallel()
	providertest.Run(t, func(*testing.T) providers.Provider {
		f := providertest.NewFake("fake")
		f.Script(func(int, providers.Request) providertest.Step { return providertest.Step{Polls: 2} })
		return f
	})
}

func submit(ctx context.Context, f *providertest.Fake, model, attempt string) (providers.Submission, error) {
	m := providertest.FakeModel(model)
	r := providertest.Request(m, providers.Generate)
	r.AttemptID = attempt
	return f.Submit(ctx, r)
}

func TestFakeBooks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		desc   string
		step   providertest.Step
		class  providers.Class
		billed int
		found  providers.Outcome
	}{
		{"success", providertest.Step{}, "", 1, providers.Unknown},
		{"refused", providertest.Step{Err: &providers.Error{Class: providers.Rejected, Billed: providers.BilledNo}}, providers.Rejected, 0, providers.NotAccepted},
		{"refused late", providertest.Step{Err: &providers.Error{Class: providers.Rejected, Billed: providers.BilledYes}}, providers.Rejected, 1, providers.Unknown},
		{"answer lost", providertest.Step{LoseAnswer: true}, providers.UnknownCall, 1, providers.Unknown},
		{"hang", providertest.Step{Hang: true, Reconcile: providers.NotAccepted}, providers.UnknownCall, 1, providers.NotAccepted},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			f := providertest.NewFake("fake")
			f.Script(func(int, providers.Request) providertest.Step { return tt.step })
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := submit(ctx, f, "fake", "a")
			var failed *providers.Error
			if errors.As(err, &failed) != (tt.class != "") || (failed != nil && failed.Class != tt.class) {
				t.Errorf("error %v, want class %q", err, tt.class)
			}
			if got := f.Billed(); got != tt.billed {
				t.Errorf("billed %d, want %d", got, tt.billed)
			}
			found, _, err := f.Reconcile(t.Context(), providers.Request{AttemptID: "a"})
			if err != nil || found != tt.found {
				t.Errorf("reconcile %v, %v; want %v", found, err, tt.found)
			}
		})
	}
}

func TestFakeCancel(t *testing.T) {
	t.Parallel()
	f := providertest.NewFake("fake")
	f.Script(func(n int, _ providers.Request) providertest.Step {
		return providertest.Step{Polls: -1, CancelRefused: n == 1}
	})
	for n, want := range []bool{true, false} {
		sub, err := submit(t.Context(), f, "fake-async", strconv.Itoa(n))
		if err != nil {
			t.Fatal(err)
		}
		if unbilled, err := f.Cancel(t.Context(), sub.Handle); err != nil || unbilled != want {
			t.Errorf("call %d: canceled %v, %v; want %v", n, unbilled, err, want)
		}
		f.Finish(strconv.Itoa(n))
		progress, err := f.Poll(t.Context(), sub.Handle)
		if progress.Done == want || (err != nil) != want {
			t.Errorf("call %d: polled %+v, %v", n, progress, err)
		}
	}
	if f.Billed() != 1 {
		t.Errorf("billed %d, want only the one that could not be taken back", f.Billed())
	}
}

func TestFakeIsSafe(t *testing.T) {
	t.Parallel()
	f := providertest.NewFake("fake")
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, err := submit(t.Context(), f, "fake", strconv.Itoa(i)); err != nil {
				t.Error(err)
			}
		})
	}
	if err := f.Await(t.Context(), 16); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if got := len(f.Calls()); got != 16 {
		t.Errorf("%d calls, want 16", got)
	}
}
