package chaos_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
)

// Each process and server that leaks, or keeps what it opened, is told of, and one that does neither is not.
func TestSoakBounds(t *testing.T) {
	t.Parallel()
	s := &soak{half: 15 * time.Minute}
	for _, of := range slices.Concat(ofProcess, ofServers) {
		flat := drawn(func(float64) float64 { return 100 })
		if r := s.judgeThing(of.of, flat, flat, flat, of); r.Verdict != "" {
			t.Errorf("%s stays as it is and %s", of.of, r.Verdict)
		}
		leak := drawn(func(m float64) float64 { return 100 + m*(of.least+20) })
		if r := s.judgeThing(of.of, leak, flat, flat, of); r.Verdict != "" {
			t.Errorf("%s is at rest what it was, and %s", of.of, r.Verdict)
		}
		switch r := s.judgeThing(of.of, leak, flat, series{{At: 0, Of: 101}}, of); {
		case of.unlessStorm && r.Verdict != "":
			t.Errorf("%s is judged in the storm: %s", of.of, r.Verdict)
		case !of.unlessStorm && r.Verdict != "grows":
			t.Errorf("%s leaks and %q", of.of, r.Verdict)
		}
		kept := series{{At: 0, Of: 100*(1+of.restShare) + of.restMore + 1}}
		if r := s.judgeThing(of.of, flat, flat, kept, of); r.Verdict != "does not come back" {
			t.Errorf("%s keeps what it has and %q", of.of, r.Verdict)
		}
	}
}

// Of each kind of key there may be so many, and not one more.
func TestSoakKeys(t *testing.T) {
	t.Parallel()
	did := work{people: 10, updates: 1000, faults: 5, kept: 7}
	most := map[string]int{}
	for _, c := range keyClasses {
		most[c.name] = c.most(did)
	}
	if wrong := beyond(most, did); len(wrong) > 0 {
		t.Errorf("as many as there may be: %q", wrong)
	}
	for name := range most {
		more := maps.Clone(most)
		more[name]++
		if wrong := beyond(more, did); len(wrong) != 1 || !strings.Contains(wrong[0], name) {
			t.Errorf("one more of %s: %q", name, wrong)
		}
	}
	for key, want := range map[string]string{
		"asynq:{generate}:t:generation:1:2": "asynq: tasks", "asynq:{generate}:processed:2026-01-02": "asynq: queues", "asynq:servers:{h:1:x}": "asynq: servers",
		"asynq:queues": "asynq: the rest", "lane:{ab}:done:cd": "updates done", "upd:cd": "updates done", "lane:{ab}:meta": "lanes", "lanes:seen": "lanes, all",
		"pools:seen": "pools", "limit:{ab}:rate": "limits", "relay:{ab}": "what was said", "else": "",
	} {
		got := ""
		if i := slices.IndexFunc(keyClasses, func(c keyClass) bool { return c.is(key) }); i >= 0 {
			got = keyClasses[i].name
		}
		if got != want {
			t.Errorf("%s is of %q, want %q", key, got, want)
		}
	}
	for prefix := range strings.FieldsSeq(queue.ACL) {
		key, ours := strings.CutPrefix(prefix, "~")
		if ours && !slices.ContainsFunc(keyClasses, func(c keyClass) bool { return c.is(strings.TrimSuffix(key, "*") + "{x}:y") }) {
			t.Errorf("no kind of key is like %s", key)
		}
	}
}

// Tasks that are planned are bounded by what was done, and those that are given up by what broke.
func TestSoakTasks(t *testing.T) {
	t.Parallel()
	did := work{people: 10, paid: 100, faults: 5}
	for _, tt := range []struct {
		archived, completed, scheduled, wrong int
	}{{72, 120, 20, 0}, {73, 120, 20, 1}, {72, 121, 20, 1}, {72, 120, 21, 1}, {73, 121, 21, 3}} {
		waiting := map[string]int{"archived replay": tt.archived, "completed upd": tt.completed, "scheduled right": tt.scheduled}
		if wrong := undue(waiting, did); len(wrong) != tt.wrong {
			t.Errorf("%+v: %q", tt, wrong)
		}
	}
}

// There is a fault about every ten seconds, and from a third on all processes but one live until the end.
func TestSoakSchedule(t *testing.T) {
	t.Parallel()
	const last = 30 * time.Minute
	for seed := range uint64(20) {
		all := soakSchedule(seed, last)
		if n := len(all); n < 110 || n > 200 {
			t.Errorf("seed %d: %d faults in half an hour", seed, n)
		}
		dies := map[string]bool{}
		for _, f := range all {
			if f.At > last/3 && (f.Kind == kindKill || f.Kind == kindReplace) {
				dies[f.Target] = true
			}
		}
		if len(dies) != 1 || !dies["worker-2"] {
			t.Errorf("seed %d: after a third die %v", seed, dies)
		}
	}
}

// What a process tells is read, with its labels added up.
func TestReadGauges(t *testing.T) {
	t.Parallel()
	got := readGauges([]byte(`# HELP go_goroutines Number of goroutines
go_goroutines 42
go_goroutines_else 7
process_resident_memory_bytes 1.5e+08
imagika_database_connections{pool="main",state="idle"} 3
imagika_database_connections{pool="main",state="used"} 2
`))
	if want := map[string]float64{ofGoroutines: 42, ofResident: 1.5e8, ofPool: 5}; !maps.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}
