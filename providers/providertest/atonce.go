package providertest

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/imagika/imagika/providers"
)

// Refused makes a call that has to fail, be it as such or with its image.
func Refused(t *testing.T, p providers.Provider, r providers.Request, secrets ...string) *providers.Error {
	t.Helper()
	sub, err := p.Submit(t.Context(), r)
	if err == nil && sub.Images != nil {
		_, err = Collect(sub.Images)
	}
	return MustFail(t, err, secrets...)
}

// CheckUnfit makes requests unfit for a model, one way at a time. The adapter has to say so without a call.
func CheckUnfit(t *testing.T, p providers.Provider, fit func() providers.Request, ways map[string]func(*providers.Request), secrets ...string) {
	t.Helper()
	for desc, change := range ways {
		r := fit()
		change(&r)
		if e := Refused(t, p, r, secrets...); FailureOf(e) != (Failure{Class: providers.BadRequest, Billed: providers.BilledNo, Scope: providers.ScopeModel}) {
			t.Errorf("%s: %+v", desc, e)
		}
	}
}

// CheckUnreadable makes a call with a picture of ours that cannot be read.
func CheckUnreadable(t *testing.T, p providers.Provider, r providers.Request, secrets ...string) {
	t.Helper()
	r.References[0].Open = func(context.Context) (io.ReadCloser, error) { return nil, errors.New("the store is away") }
	if e := Refused(t, p, r, secrets...); e.Class != providers.Transient || e.Billed != providers.BilledNo {
		t.Errorf("%+v", e)
	}
}

// CheckHang makes a call that is read and not answered, in a context that is canceled then.
func CheckHang(ctx context.Context, t *testing.T, p providers.Provider, r providers.Request, secrets ...string) {
	t.Helper()
	_, err := p.Submit(ctx, r)
	e := MustFail(t, err, secrets...)
	if e.Class != providers.UnknownCall || e.Billed != providers.BilledMaybe || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// CheckProbe probes with the right key and with a wrong one, and once nobody is there.
func CheckProbe(t *testing.T, right, wrong providers.Prober, leave func()) {
	t.Helper()
	if err := right.Probe(t.Context()); err != nil {
		t.Errorf("probe: %v", err)
	}
	if e := CheckError(t, wrong.Probe(t.Context())); e == nil || e.Class != providers.Auth || e.Scope != providers.ScopeKey {
		t.Errorf("a wrong key: %+v", e)
	}
	leave()
	if e := CheckError(t, right.Probe(t.Context())); e == nil || e.Class != providers.Transient {
		t.Errorf("nobody there: %+v", e)
	}
}
