package chaos_test

import (
	"slices"
	"testing"
	"time"
)

// The same seed makes the same schedule, whatever other targets there are; another seed makes another, and only what is wanted strikes.
func TestSchedule(t *testing.T) {
	t.Parallel()
	const last = 10 * time.Minute
	one := schedule(1, last, 1, 2, kinds())
	if again := schedule(1, last, 1, 2, kinds()); !slices.Equal(one, again) || len(one) < 100 {
		t.Errorf("%d faults and %d, which are not the same", len(one), len(again))
	}
	if other := schedule(2, last, 1, 2, kinds()); slices.Equal(one, other) {
		t.Error("two seeds make the same schedule")
	}
	fewer := slices.DeleteFunc(slices.Clone(one), func(f fault) bool { return f.Target == "worker-3" })
	if alone := schedule(1, last, 1, 1, kinds()); !slices.Equal(fewer, alone) {
		t.Error("another worker changes what happens to the first")
	}
	struck := map[kind]bool{}
	for _, f := range one {
		struck[f.Kind] = true
	}
	for _, k := range kinds() {
		if !struck[k] {
			t.Errorf("%s never happens", k)
		}
		for _, f := range schedule(1, last, 1, 2, []kind{k}) {
			if f.Kind != k || f.At >= last {
				t.Errorf("%s, and only %s is wanted within %s", f, k, last)
			}
		}
	}
	if calm := schedule(1, last, 1, 2, nil); len(calm) != 0 {
		t.Errorf("without faults there are %v", calm)
	}
}

func TestKindsOfAFlag(t *testing.T) {
	t.Parallel()
	if all, err := parseKinds("all"); err != nil || !slices.Equal(all, kinds()) {
		t.Errorf("%v, %v", all, err)
	}
	if none, err := parseKinds("none"); err != nil || none != nil {
		t.Errorf("%v, %v", none, err)
	}
	if two, err := parseKinds("kill,freeze"); err != nil || !slices.Equal(two, []kind{kindKill, kindFreeze}) {
		t.Errorf("%v, %v", two, err)
	}
	if _, err := parseKinds("kill,rain"); err == nil {
		t.Error("rain is a fault")
	}
}
