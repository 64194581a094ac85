// Command bench runs the benchmarks of every package and shows what they measured as one table, each number beside what it is to
// be compared with in the same run, and beside the aim where there is one. BENCHMARKS.md says how to read it. It is run in the
// root of the repository.
//
//	bench                     all, as make bench does
//	bench -only generations   the suites with that word in their name
//	bench -large              growth to a million tasks and people and ten million rows
//	bench -from bin/bench.json  the table of an earlier run
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// report is what a run measured, and where.
type report struct {
	Started    time.Time                     `json:"started"`
	Go         string                        `json:"go"`
	System     string                        `json:"system"`
	Processors int                           `json:"processors"`
	Commit     string                        `json:"commit"`
	Seconds    map[string]float64            `json:"seconds"`  // that each suite took
	Measured   map[string]map[string]float64 `json:"measured"` // by benchmark and unit
	Raw        map[string]string             `json:"raw"`      // what each suite printed
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := f.String("only", "", "run the suites with this word in their name")
	large := f.Bool("large", false, "let everything grow as far as it is said to work: takes minutes more, and 5 GB of disk")
	from := f.String("from", "", "show the table of this file and run nothing")
	to := f.String("o", "bin/bench.json", "write what was measured to this file")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *from != "" {
		r, err := load(*from)
		if err != nil {
			return err
		}
		return write(out, r)
	}
	r := newReport(ctx)
	var failed []error
	for _, s := range suites() {
		if !strings.Contains(s.name, *only) {
			continue
		}
		fmt.Fprintf(progress, "%s …\n", s.name)
		failed = append(failed, r.measure(ctx, s, *large))
	}
	if err := errors.Join(save(*to, r), write(out, r)); err != nil {
		return err
	}
	return errors.Join(failed...)
}

func newReport(ctx context.Context) report {
	commit, _ := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output() // none outside a repository
	return report{
		Started: time.Now().UTC(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU(),
		Commit: strings.TrimSpace(string(commit)), Seconds: map[string]float64{}, Measured: map[string]map[string]float64{}, Raw: map[string]string{},
	}
}

// measure runs a suite and takes down what it says. What was measured before it failed counts.
func (r *report) measure(ctx context.Context, s suite, large bool) error {
	began := time.Now()
	args := []string{"test", "-run", "^$", "-bench", s.bench, "-benchtime", s.time, "-timeout", "10h", s.pkg}
	if large {
		args = append(args, s.large...)
	}
	said, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	r.Raw[s.name], r.Seconds[s.name] = string(said), time.Since(began).Seconds()
	parse(string(said), r.Measured)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, err, said)
	}
	return nil
}

func load(path string) (r report, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(content, &r)
}

func save(path string, r report) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o600)
}
