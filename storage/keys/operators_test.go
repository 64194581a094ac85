package keys

import (
	"errors"
	"strings"
	"testing"
)

func TestOperators(t *testing.T) {
	t.Parallel()
	var public []string
	var private []OperatorKey
	for range 3 {
		pub, priv, err := GenerateOperator()
		if err != nil {
			t.Fatal(err)
		}
		k, err := ParseOperatorKey(priv)
		if err != nil {
			t.Fatal(err)
		}
		public, private = append(public, pub), append(private, k)
	}
	all, err := ParseOperators(strings.Join(public, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := all.Seal("here", []byte("who"))
	if err != nil {
		t.Fatal(err)
	}
	for i, first := range private {
		half, err := first.First("here", sealed)
		if err != nil {
			t.Fatal(err)
		}
		for j, second := range private {
			plain, err := second.Second("here", half)
			if alone := i == j; alone != (err != nil) || !alone && string(plain) != "who" {
				t.Errorf("operators %d and %d: %q, %v", i, j, plain, err)
			}
		}
		if _, err := first.First("there", sealed); !errors.Is(err, ErrOpen) {
			t.Errorf("opens at another place: %v", err)
		}
		if _, err := first.Second("here", sealed); err == nil {
			t.Error("opens without the first")
		}
	}
	_, stranger, err := GenerateOperator()
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseOperatorKey(stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.First("here", sealed); !errors.Is(err, ErrNotTheirs) {
		t.Errorf("a stranger opens it: %v", err)
	}
	for _, bad := range []string{public[0], public[0] + "," + public[0], "x", public[0] + ",imagika-operator:AAAA", stranger} {
		if _, err := ParseOperators(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if none, err := ParseOperators(" "); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
	if sealed, err := Operators(nil).Seal("here", []byte("who")); sealed != nil || err != nil {
		t.Errorf("%q, %v", sealed, err)
	}
}
