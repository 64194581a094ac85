package providertest

import (
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
)

// Ask is a request for one image of a model, or for the first thing it can do if no operation is given.
func Ask(t *testing.T, p providers.Describer, model string, op providers.Operation) providers.Request {
	t.Helper()
	m, ok := p.Describe(model)
	if !ok {
		t.Fatalf("model %s is not known", model)
	}
	if op == "" {
		op = m.Operations[0]
	}
	return Request(m, op)
}

// Submit a request, which has to be taken.
func Submit(t *testing.T, p providers.Provider, r providers.Request) providers.Submission {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err != nil {
		t.Fatalf("submit %s: %v", r.Operation, err)
	}
	return sub
}

// MustFail returns the *Error in err, which has to be there, complete, and silent about the prompt and what else is
// secret.
func MustFail(t *testing.T, err error, secrets ...string) *providers.Error {
	t.Helper()
	e := CheckError(t, err)
	if e == nil {
		t.Fatalf("error %v is no *providers.Error", err)
	}
	for _, secret := range append(secrets, "fox", "://") {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("error %q says %q", e, secret)
		}
	}
	return e
}

// Failure is what a table of errors compares.
type Failure struct {
	Class  providers.Class
	Billed providers.Billed
	Stage  string
	Wait   time.Duration
	Scope  string
}

// FailureOf an error.
func FailureOf(e *providers.Error) Failure {
	return Failure{e.Class, e.Billed, e.Stage, e.Wait, e.Scope}
}

// CheckFailure compares an error, which has to be as MustFail says.
func CheckFailure(t *testing.T, err error, want Failure, secrets ...string) {
	t.Helper()
	if got := FailureOf(MustFail(t, err, secrets...)); got != want {
		t.Errorf("%+v, want %+v (%v)", got, want, err)
	}
}

// CheckResult fetches a result that was paid for, which has to be images, or to fail with a class if one is given.
func CheckResult(t *testing.T, p providers.Fetcher, handle []byte, class providers.Class, secrets ...string) {
	t.Helper()
	images, err := p.Fetch(t.Context(), handle)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Collect(images)
	switch {
	case class != "":
		if e := MustFail(t, err, secrets...); e.Class != class || e.Billed != providers.BilledYes {
			t.Errorf("%v, want %s", e, class)
		}
	case err != nil:
		t.Error(err)
	}
}

// Finish polls and reads to the end, and stops at the first error. It asks without a pause.
func Finish(t *testing.T, p providers.Provider, handle []byte) ([]Made, error) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		progress, err := p.(providers.Poller).Poll(t.Context(), handle)
		if err != nil {
			return nil, err
		}
		if progress.Done {
			images, err := p.(providers.Fetcher).Fetch(t.Context(), handle)
			if err != nil {
				return nil, err
			}
			return Collect(images)
		}
	}
	t.Fatal("not done within ten seconds")
	return nil, nil
}
