package chaos_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// soakRow is what became of one thing.
type soakRow struct {
	What    string  `json:"what"`
	Start   float64 `json:"start"`
	Middle  float64 `json:"middle"`
	End     float64 `json:"end"`
	Rest    float64 `json:"rest"`
	Slope   float64 `json:"slope_per_hour"` // of the second half
	Points  int     `json:"points"`         // that the slope is of
	Verdict string  `json:"verdict"`        // empty is good
}

// soakReport is what is published of a soak.
type soakReport struct {
	Soak      string         `json:"soak"`
	Seed      uint64         `json:"seed"`
	Faults    int            `json:"faults"`
	Updates   int            `json:"updates"`
	Processor float64        `json:"processors"` // that the program took, of all its processes
	Busy      float64        `json:"busy"`       // processors that anything took
	Missed    int            `json:"missed"`     // looks that got no answer
	Keys      map[string]int `json:"redis_keys"` // at rest, by class
	Waiting   map[string]int `json:"tasks"`      // at rest, by state and kind
	Strays    int            `json:"objects_without_rows"`
	Rows      []soakRow      `json:"rows"`
	Wrong     []string       `json:"wrong"`
}

// judgeSoak holds everything against its bounds, and tells of it.
func (s *soak) judgeSoak() {
	s.t.Helper()
	s.told = soakReport{
		Soak: soakFlag.String(), Seed: s.report.Seed, Faults: s.faults(), Updates: len(s.crowd.updates), Missed: s.during.failed,
		Processor: s.processors(), Busy: s.busy, Wrong: []string{},
	}
	for _, b := range s.fleet.berths {
		for _, of := range ofProcess {
			s.judgeProcess(b, of)
		}
	}
	for _, of := range ofServers {
		s.row(s.judgeThing(of.of, s.during.things[of.of], s.before.things[of.of], s.rest.things[of.of], of))
	}
	s.judgeTables()
	s.judgeLeftovers()
	s.keep("soak.json", s.told)
	for _, one := range s.told.Wrong {
		s.t.Error(one)
	}
	s.t.Log("\n" + s.told.String())
}

// row adds a row, and what is wrong about it.
func (s *soak) row(r soakRow) {
	s.told.Rows = append(s.told.Rows, r)
	if r.Verdict != "" {
		s.told.Wrong = append(s.told.Wrong, fmt.Sprintf("%s: %s: %.0f, %.0f, %.0f and at rest %.0f, by %.0f an hour", r.What, r.Verdict, r.Start, r.Middle, r.End, r.Rest, r.Slope))
	}
}

// first and last of a series, and zero of an empty one.
func (s series) first() float64 {
	if len(s) == 0 {
		return 0
	}
	return s[0].Of
}

func (s series) last() float64 {
	if len(s) == 0 {
		return 0
	}
	return s[len(s)-1].Of
}

// lifeOf is the life of a berth that says most about the second half.
func (p *probes) lifeOf(berth, what string, half time.Duration) series {
	var best series
	for key, s := range p.lives {
		if strings.HasPrefix(key, berth+"#") && strings.HasSuffix(key, " "+what) && (best == nil || len(s.settled(half)) > len(best.settled(half))) {
			best = s
		}
	}
	return best
}

func (s *soak) judgeProcess(b *berth, of bound) {
	s.row(s.judgeThing(b.name+" "+of.of, s.during.lifeOf(b.name, of.of, s.half), s.before.lifeOf(b.name, of.of, 0), s.rest.lifeOf(b.name, of.of, 0), of))
}

// judgeThing holds what something was against its bound. What grew and is less at rest than it was at rest before had been at work:
// what leaks stays.
func (s *soak) judgeThing(what string, during, before, rest series, of bound) soakRow {
	late := during.settled(s.half)
	r := soakRow{What: what, Start: before.first(), Middle: during.after(s.half).first(), End: during.last(), Rest: rest.last(), Slope: late.slope(), Points: len(late)}
	switch {
	case !of.unlessStorm && late.grows(of.least, of.share) && rest.last() > before.last():
		r.Verdict = "grows"
	case !returns(before.last(), rest.last(), of.restShare, of.restMore):
		r.Verdict = "does not come back"
	}
	return r
}

// judgeTables holds rows against what was done, and the whole database against its rows. Of a table that is at rest as it was before
// the last look was in the middle of work.
func (s *soak) judgeTables() {
	updates := func(p *probes) float64 { return p.things[ofUpdates].last() }
	middle, end := s.during.things[ofUpdates].after(s.half).first(), s.during.things[ofUpdates].last()
	for _, table := range slices.Sorted(maps.Keys(s.rest.tables)) {
		of := func(p *probes) float64 { return p.tables[table].last() }
		half := s.during.tables[table].after(s.half).first()
		r := soakRow{What: "table " + table, Start: of(s.before), Middle: half, End: s.during.tables[table].last(), Rest: of(s.rest)}
		halved := len(s.during.tables[table].after(s.half)) > 0
		switch {
		case halved && r.Rest > r.Start && strides[table] == "" &&
			swells(load{updates(s.before), r.Start}, load{middle, half}, load{end, r.End}, swellShare, swellRows):
			r.Verdict = "grows for each update"
		case strides[table] != "" && r.Rest > s.rest.tables[strides[table]].last():
			r.Verdict = "has more rows than " + strides[table]
		case strides[table] == "" && of(s.later)-r.Rest > idleRows:
			r.Verdict = fmt.Sprintf("grows by %.0f while nobody does anything", of(s.later)-r.Rest)
		}
		if r.Rest > 0 || r.Verdict != "" {
			s.row(r)
		}
	}
	size := func(p *probes) float64 { return p.things[ofSQLBytes].last() }
	half := s.during.things[ofSQLBytes].after(s.half).first()
	r := soakRow{What: ofSQLBytes, Start: size(s.before), Middle: half, End: s.during.things[ofSQLBytes].last(), Rest: size(s.rest)}
	if swells(load{updates(s.before), r.Start}, load{middle, half}, load{end, r.End}, bytesShare, bytesLeast) {
		r.Verdict = "grows for each update"
	}
	s.row(r)
}

// judgeLeftovers holds what is in Redis and in the bucket at rest against what has a reason to be.
func (s *soak) judgeLeftovers() {
	s.t.Helper()
	kept := s.rest.things[ofTasksKept].last()
	r := soakRow{
		What: ofTasksKept, Start: s.before.things[ofTasksKept].last(), Middle: s.during.things[ofTasksKept].after(s.half).first(),
		End: s.during.things[ofTasksKept].last(), Rest: kept,
	}
	s.row(r)
	did := work{
		people: len(s.crowd.all), updates: len(s.crowd.updates), faults: s.faults(), kept: int(kept),
		paid: s.number(`SELECT (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM refunds)`),
	}
	counts, wrong, err := s.rest.leftovers(s.t.Context(), did)
	fatal(s.t, err)
	waiting, err := s.rest.waiting(s.t.Context())
	fatal(s.t, err)
	s.told.Waiting = waiting
	wrong = append(wrong, undue(waiting, did)...)
	s.told.Keys = counts
	s.told.Wrong = append(s.told.Wrong, wrong...)
	strays := s.strays()
	s.told.Strays = len(strays)
	if most := lostPuts * s.faults(); len(strays) > most {
		s.told.Wrong = append(s.told.Wrong, fmt.Sprintf("%d objects are in the bucket without a row, and at most %d puts were lost:\n%s", len(strays), most, describe(strays)))
	}
	s.row(soakRow{
		What: ofObjects, Start: s.before.things[ofObjects].last(), Middle: s.during.things[ofObjects].after(s.half).first(),
		End: s.during.things[ofObjects].last(), Rest: s.rest.things[ofObjects].last(),
	})
}

// processors is how many processors the program kept busy.
func (s *soak) processors() float64 {
	seconds := 0.0
	for key, life := range s.during.lives {
		if strings.HasSuffix(key, ofProcessor) {
			seconds += life.last() - life.first()
		}
	}
	return seconds / soakFlag.Seconds()
}

// processorTime is how long the processors of the machine have done something, and how long they have been there.
func processorTime(t *testing.T) (busy, all float64) {
	t.Helper()
	text, err := os.ReadFile("/proc/stat")
	fatal(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(first)[1:9] { // user, nice, system, idle, iowait, irq, softirq, steal
		n, err := strconv.ParseFloat(field, 64)
		fatal(t, err)
		if all += n; i != 3 && i != 4 {
			busy += n
		}
	}
	return busy, all
}

// String is the report for people.
func (p soakReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "soak of %s, seed %d: %d updates, %d faults, the program took %.2f processors of the %.2f of %d that were busy, %d looks without an answer\n",
		p.Soak, p.Seed, p.Updates, p.Faults, p.Processor, p.Busy, runtime.NumCPU(), p.Missed)
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tstart\tmiddle\tend\tat rest\tan hour\tpoints\tverdict\t")
	for _, r := range p.Rows {
		verdict, slope := "good", "-"
		if r.Verdict != "" {
			verdict = r.Verdict
		}
		if r.Points >= enough {
			slope = amount(r.Slope)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t\n", r.What, amount(r.Start), amount(r.Middle), amount(r.End), amount(r.Rest), slope, r.Points, verdict)
	}
	_ = w.Flush() // to memory
	for _, c := range keyClasses {
		fmt.Fprintf(&b, "redis at rest: %d keys of %s\n", p.Keys[c.name], c.name)
	}
	fmt.Fprintf(&b, "tasks at rest: %v\n", p.Waiting)
	fmt.Fprintf(&b, "%d objects without a row, %d wrong", p.Strays, len(p.Wrong))
	return b.String()
}

// amount is a number for people.
func amount(of float64) string {
	if of >= 2*mebi || of <= -2*mebi {
		return fmt.Sprintf("%.1f MiB", of/mebi)
	}
	return fmt.Sprintf("%.0f", of)
}
