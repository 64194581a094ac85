package turnstile

import (
	"errors"
	"testing"
)

func TestTurnstile(t *testing.T) {
	t.Parallel()
	one := Turnstile{Each: 2, All: 3}
	enters := func(person int64, want error) func() {
		t.Helper()
		leave, err := one.Enter(person)
		if !errors.Is(err, want) {
			t.Errorf("%d enters: %v, want %v", person, err, want)
		}
		return leave
	}
	first := enters(1, nil)
	enters(1, nil)
	enters(1, ErrEach)
	last := enters(2, nil)
	enters(3, ErrAll)
	first()
	first() // is no second leaving
	enters(3, nil)
	enters(2, ErrAll)
	last()
	enters(1, nil)
	if len(one.of) != 2 || one.all != 3 {
		t.Errorf("%v of %d are inside", one.of, one.all)
	}
}
