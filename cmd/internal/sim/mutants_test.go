package sim_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	mutantSeeds = flag.Int("mutants", 0, "how many worlds each mutant of TestMutants lives in at most; 0 for no mutants")
	fewMutants  = flag.Bool("few", false, "only those mutants that are compiled fast and noticed at once")
)

// mutant is the pipeline without one of its guards. Where one guard stands behind another, worlds notice only when both are taken
// away; then each of them has a test of its own, which has to notice it alone.
type mutant struct {
	changes []change
	fast    bool   // of those of every day
	tests   string // the package whose tests notice it, if worlds do not
	run     string // which of them
}

var mutants = map[string]mutant{
	"a call is begun without the claim": {changes: []change{
		{"storage/attempt.go", "AND g.fence = $4 AND g.status = 'generating' AND g.lease_until > now_us()", ""},
	}, tests: "storage", run: "^TestFenceHoldsAgainstASleeper$/sqlite"},
	"no fence and no unique key":           {changes: slices.Concat(noFence, noUniqueKey)},
	"no lease, no fence and no unique key": {changes: slices.Concat([]change{noLease}, noFence, noUniqueKey)},
	"no lease":                             {changes: []change{noLease}, tests: "storage", run: "^TestALiveLeaseRefusesASecondClaim$/sqlite"},
	"no fence":                             {changes: noFence[:1], tests: "storage", run: "^TestFenceHoldsAgainstASleeper$/sqlite"},
	"no unique key": {changes: []change{
		{"storage/migrate_ledger.go", "const transfersTable = `CREATE TABLE transfers (\n  id             TEXT    PRIMARY KEY,", "const transfersTable = `CREATE TABLE transfers (\n  id             TEXT    NOT NULL,"},
		{"storage/ledger.go", "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (id) DO NOTHING", "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)"},
	}, tests: "storage", run: "^TestTheDatabaseItselfRefuses$/sqlite"},
	"leases go by the clock of whoever wants them": {changes: []change{
		{"storage/claim.go", "AND promoted_at IS NOT NULL AND lease_until < now_us()", "AND promoted_at IS NOT NULL AND lease_until < $3"},
	}, tests: "storage", run: "^TestLeasesGoByTheDatabasesClock$/sqlite"},
	"a renewal that changed nothing is none": {changes: []change{
		{"storage/claim.go", "if errors.Is(err, sql.ErrNoRows) {\n\t\treturn false, ErrFenced\n\t}\n\treturn cancelAsked, err", "if errors.Is(err, sql.ErrNoRows) {\n\t\treturn false, nil\n\t}\n\treturn cancelAsked, err"},
	}, tests: "storage", run: "^TestFenceHoldsAgainstASleeper$/sqlite"},
	"a lane is resumed in its old epoch": {changes: []change{
		{"queue/sweep.go", "if redis.call('HEXISTS', KEYS[3], 'epoch') == 1 then\n  redis.call('HINCRBY', KEYS[3], 'epoch', 1)\nelse", "if redis.call('HEXISTS', KEYS[3], 'epoch') ~= 1 then"},
	}, tests: "queue", run: "^TestSweepBacksOff$/embedded"},
	"the call is made before it is on the books": {fast: true, changes: []change{
		{"workers/generate.go", "a, err := w.Store.StartAttempt(", "if _, err := w.Router.Submit(ctx, route, req); ctx.Err() != nil {\n\t\treturn err\n\t}\n\ta, err := w.Store.StartAttempt("},
	}},
	"a call whose end is not known is made again": {changes: []change{
		{"workers/generate.go", "return w.reconcile(ctx, c, a, tried)", "return w.attempt(ctx, c, tried[:len(tried)-1])"},
	}},
	"paid before it is stored": {fast: true, changes: []change{
		{"workers/keep.go", "if err := w.put(ctx, g.User, row.Key, p); err != nil {\n\t\treturn storage.Image{}, err\n\t}\n\tw.Step(\"put\")", "_ = w.put(ctx, g.User, row.Key, p)"},
	}},
	"no sweeper": {fast: true, changes: []change{
		{"workers/sweep.go", "func (w *Workers) Sweep(ctx context.Context) error {", "func (w *Workers) Sweep(ctx context.Context) error {\n\tif ctx != nil {\n\t\treturn nil\n\t}"},
	}},
	"a refund whose task was lost is not asked for again": {changes: []change{
		{"workers/refund.go", "return w.requeue(ctx, all, w.Store.SweepRefunds, queue.NewPaymentRefundTask)", "return 0, nil"},
	}},
	"credits leave after the Stars": {changes: []change{
		{"storage/refund.go", "if credits > 0 {\n\t\tr.Credits, err = t.clawRefund(ctx, r, credits)\n\t}", "_ = credits"},
		{"storage/refund.go", "return t.gone(ctx, r.Charge, r.User, PaymentRefunded)", "if _, err := t.clawRefund(ctx, r, r.Stars); err != nil {\n\t\t\treturn err\n\t\t}\n\t\treturn t.gone(ctx, r.Charge, r.User, PaymentRefunded)"},
	}},
	"an update is noted as seen after its effect": {changes: []change{
		{"storage/effect.go", "err = s.suppose(ctx, func(t tx) error {\n\t\tif err := t.see(ctx, e); err != nil {", "if seen, _, err := s.Seen(ctx, e.Update, e.Body); err != nil || seen {\n\t\treturn nil, errors.Join(err, ErrSeen)\n\t}\n\terr = s.write(ctx, func(t tx) error {\n\t\tif err := t.see(ctx, Effect{User: e.User, Nonce: e.Nonce}); err != nil {"},
		{"storage/effect.go", "if err != nil {\n\t\treturn nil, err\n\t}\n\treturn out, nil\n}\n\n// see notes", "if err == nil {\n\t\terr = s.write(ctx, func(t tx) error { return t.see(ctx, Effect{Update: e.Update, Body: e.Body}) })\n\t}\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn out, nil\n}\n\n// see notes"},
	}, tests: "storage", run: "^TestAnUpdateAndItsEffectAreOneTransaction$/sqlite"},
	"a send is not noted before it is made": {changes: []change{
		{"workers/parts.go", "return w.Store.MarkSending(ctx, r.Delivery)", "return nil"},
	}},
	"a send is noted by whoever lost it": {changes: []change{
		{"storage/delivery.go", "ELSE sent_at END, updated_at = $6\n\t\tWHERE id = $1 AND fence = $2 AND status IN ('pending','sending')", "ELSE sent_at END, updated_at = $6\n\t\tWHERE id = $1 AND $2 = $2"},
		{"storage/delivery.go", "SET status = 'uncertain', lease_until = 0, updated_at = $3\n\t\t\tWHERE id = $1 AND fence = $2 AND status IN ('pending','sending')", "SET status = 'uncertain', lease_until = 0, updated_at = $3\n\t\t\tWHERE id = $1 AND $2 = $2"},
		{"storage/delivery.go", "aside = $5 WHERE id = $1 AND fence = $2 AND status IN ('pending','sending') RETURNING", "aside = $5 WHERE id = $1 AND $2 = $2 RETURNING"},
	}},
	"a send that was cut off is made again": {changes: []change{
		{"workers/deliver.go", "if d.Interrupted && !d.Kind.Repeatable() {", "if d.Interrupted && d.ID == \"\" {"},
		{"workers/result.go", "if d.Interrupted && !r.inPlace() {", "if d.Interrupted && d.ID == \"\" {"},
	}},
	"what was said is passed on again": {changes: []change{
		{"workers/relay_lane.go", "if r.Interrupted && !r.Kind.Repeatable() {", "if r.Interrupted && r.Kind == \"\" {"},
	}},
}

// Guards that are taken away by several mutants.
var (
	noLease = change{"storage/claim.go", "AND promoted_at IS NOT NULL AND lease_until < now_us()", "AND promoted_at IS NOT NULL"}
	noFence = []change{
		{"storage/settle.go", "progress_fence = fence WHERE id = $1 AND fence = $2 AND status = 'generating'", "progress_fence = fence WHERE id = $1 AND $2 = $2"},
		{"storage/settle.go", "WHERE id = $1 AND fence = $2 AND status IN ('held','generating')`, g.ID, g.Fence, string(status)", "WHERE id = $1 AND $2 = $2`, g.ID, g.Fence, string(status)"},
		{"storage/settle.go", "WHERE id = $1 AND state IN ('sending','submitted','running')`, a.ID, cost, late", "WHERE id = $1`, a.ID, cost, late"},
	}
	noUniqueKey = []change{{
		"storage/ledger.go", "if errors.Is(err, sql.ErrNoRows) {\n\t\treturn t.settledWithout(ctx, generation)\n\t}",
		"if errors.Is(err, sql.ErrNoRows) {\n\t\terr = t.QueryRowContext(ctx, `SELECT user_id, held FROM transfers WHERE id = 'hold:' || $1`, generation).Scan(&user, &held)\n\t\tif errors.Is(err, sql.ErrNoRows) {\n\t\t\treturn t.settledWithout(ctx, generation)\n\t\t}\n\t\tgeneration += \":again\"\n\t}",
	}}
)

// change is what a mutant has instead of a text that is there once.
type change struct{ file, old, new string }

// TestMutantsApply: what mutants leave out is there. To compile them takes too long for every change.
func TestMutantsApply(t *testing.T) {
	t.Parallel()
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overlayOf(t, repository(t), m.changes)
		})
	}
}

// repository is where this one begins.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// TestMutants: worlds notice when a guard is missing, or the guard's own test does. Each mutant is compiled anew, so that most are
// for the night.
func TestMutants(t *testing.T) {
	if *mutantSeeds == 0 {
		t.Skip("-mutants is 0")
	}
	root := repository(t)
	for name, m := range mutants {
		if *fewMutants && !m.fast {
			continue
		}
		t.Run(name, func(t *testing.T) {
			program, dir := compile(t, root, m)
			args := []string{"-test.run", "^TestSimulation$", "-seeds", strconv.Itoa(*mutantSeeds), "-one", "-test.v"}
			if m.tests != "" {
				args = []string{"-test.run", m.run, "-test.v"}
			}
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if ran := strings.Count(string(out), "=== RUN "); err == nil || ran < 2 {
				t.Fatalf("unnoticed by %d tests", ran)
			} else if m.tests == "" {
				t.Logf("noticed by world %d: %s", ran-1, firstLine(string(out)))
			} else {
				t.Logf("noticed: %s", firstLine(string(out)))
			}
		})
	}
}

// compile compiles the tests that are to notice a mutant, and says where they run.
func compile(t *testing.T, root string, m mutant) (program, dir string) {
	t.Helper()
	dir = filepath.Join(root, cmp.Or(m.tests, "cmd/internal/sim"))
	program = filepath.Join(t.TempDir(), "mutant.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", overlayOf(t, root, m.changes), "-o", program, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program, dir
}

// firstLine is the first promise that was broken.
func firstLine(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "_test.go") || strings.HasPrefix(line, "panic") {
			return strings.TrimSpace(line)
		}
	}
	return out
}

// overlayOf writes the changed files and what -overlay wants to know of them.
func overlayOf(t *testing.T, root string, changes []change) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{}
	for _, c := range changes {
		path := filepath.Join(root, c.file)
		if _, ok := texts[path]; !ok {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
		if n := strings.Count(texts[path], c.old); n != 1 {
			t.Fatalf("%s has %q %d times", c.file, c.old, n)
		}
		texts[path] = strings.Replace(texts[path], c.old, c.new, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		replace[path] = filepath.Join(dir, strconv.Itoa(len(replace))+".go")
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
