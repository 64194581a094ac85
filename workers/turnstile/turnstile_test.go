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

// Who is heavy leaves room for fewer, and takes all of it along.
func TestWeights(t *testing.T) {
	t.Parallel()
	one := Turnstile{Each: 1, All: 10}
	leave, err := one.EnterWith(1, 7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.EnterWith(2, 4); !errors.Is(err, ErrAll) {
		t.Errorf("four beside seven of ten: %v", err)
	}
	if _, err := one.EnterWith(2, 3); err != nil {
		t.Errorf("three beside seven of ten: %v", err)
	}
	leave()
	if _, err := one.EnterWith(1, 7); err != nil {
		t.Errorf("seven once more: %v", err)
	}
}
