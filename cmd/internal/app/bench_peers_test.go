package app_test

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/local"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// contender is a program that makes pictures of prompts, in a process of its own over servers of its own, with its own people.
// Several run at the same time and work in turns, so that none has the quieter machine.
type contender struct {
	*world
	name   string
	pid    int
	people []*telegramtest.Person
	asked  int // prompts so far: each has a number
	rates  []float64
	costs  []costs
}

// imagika starts the program itself, with a painter that takes no time.
func imagika(b *testing.B, people int) *contender {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_WELCOME_CREDITS"], w.env["IMAGIKA_PERSON_WAITING"] = "100000", "1000"
	w.env[apptest.Flat], w.env["IMAGIKA_MODEL"] = "0s", local.ModelFlat
	c := &contender{world: w, name: "imagika", people: w.crowd(people)}
	c.pid = w.spawnRole(config.RoleRun, "").Pid()
	w.agreeAll(c.people)
	return c
}

// peer starts one of cmd/bench/peers.
func peer(b *testing.B, program, name, picture string, people int) *contender {
	w := newWorld(b, onReal)
	w.env["IMAGIKA_DATABASE_URL"] = storagetest.PostgresURL(b) // without our tables
	cmd := exec.CommandContext(b.Context(), program, name,
		"-telegram", w.tg.URL(), "-token", w.tg.Token(), "-database", w.env["IMAGIKA_DATABASE_URL"], "-redis", w.redis.URL(),
		"-s3", w.env["IMAGIKA_S3_ENDPOINT"], "-s3-key", w.env["IMAGIKA_S3_ACCESS_KEY"], "-s3-secret", w.env["IMAGIKA_S3_SECRET_KEY"],
		"-s3-bucket", w.env["IMAGIKA_S3_BUCKET"], "-picture", picture)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "started\n" {
		b.Fatalf("%s does not start: %q, %v", name, line, err)
	}
	c := &contender{world: w, name: name, pid: cmd.Process.Pid, people: w.crowd(people)}
	for _, p := range c.people {
		p.Start("")
	}
	w.confirmed(time.Minute)
	return c
}

// buildPeers builds the module of the peers, which the product's does not depend on.
func buildPeers(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "peers")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", path, ".")
	cmd.Dir = filepath.Join("..", "..", "bench", "peers")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build the peers: %v\n%s", err, out)
	}
	return path
}

// flatPicture writes the picture of the model that takes no time into a file, for the peers.
func flatPicture(b *testing.B) string {
	b.Helper()
	p := local.New(local.Options{Flat: true})
	models := p.Models()
	done, err := p.Submit(b.Context(), providers.Request{
		Model: local.ModelFlat, Operation: providers.Generate, Prompt: "a fox", Count: 1, Size: models[len(models)-1].Sizes[0],
	})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "flat.png")
	for image, err := range done.Images {
		if err != nil {
			b.Fatal(err)
		}
		content, err := io.ReadAll(image.Body)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// ask lets people ask for n pictures, one after the other in turn.
func (c *contender) ask(n int) {
	for range n {
		c.people[c.asked%len(c.people)].Text("a red fox, number " + strconv.Itoa(c.asked))
		c.asked++
	}
}

var foxNumber = regexp.MustCompile(`a red fox, number (\d+)`)

// painted waits until n prompts from the first number on were answered, and returns when each was; too few, where that takes too
// long. It is called before they are asked: Telegram's stand-in remembers so many events and no more.
func (c *contender) painted(first, n int, limit time.Duration) <-chan map[int]time.Time {
	since, all := c.tg.Seq(), make(chan map[int]time.Time, 1)
	go func() { all <- c.watch(since, first, n, limit) }()
	return all
}

func (c *contender) watch(since uint64, first, n int, limit time.Duration) map[int]time.Time {
	ctx, cancel := context.WithTimeout(c.t.Context(), limit)
	defer cancel()
	at := make(map[int]time.Time)
	for e := range c.tg.Subscribe(ctx, since) {
		if e.Message == nil || !e.Message.FromBot() || len(e.Message.Photo) == 0 {
			continue
		}
		if m := foxNumber.FindStringSubmatch(e.Message.Caption); m != nil {
			number, _ := strconv.Atoi(m[1])
			if _, known := at[number]; !known && number >= first {
				at[number] = e.Time
			}
		}
		if len(at) == n {
			break
		}
	}
	return at
}

// all waits for what is painted, all of it.
func (c *contender) all(painted <-chan map[int]time.Time, n int) map[int]time.Time {
	c.t.Helper()
	at := <-painted
	if len(at) < n {
		c.t.Fatalf("%s: %d pictures of %d", c.name, len(at), n)
	}
	return at
}

// paint has n pictures asked for and waits for them.
func (c *contender) paint(n int, limit time.Duration) {
	c.t.Helper()
	painted := c.painted(c.asked, n, limit)
	c.ask(n)
	c.all(painted, n)
}

// round has a contender paint n pictures as fast as it can, and notes rate and costs.
func (c *contender) round(n int) {
	c.t.Helper()
	before, start := c.spending(), time.Now()
	c.paint(n, 5*time.Minute)
	c.rates = append(c.rates, float64(n)/time.Since(start).Seconds())
	c.costs = append(c.costs, c.spending().since(before, float64(n)))
}

// offer has people ask at a rate, at moments of their own, and returns how long they waited, sorted.
func (c *contender) offer(rate float64, seconds int) []time.Duration {
	c.t.Helper()
	n, first := int(rate*float64(seconds)), c.asked
	painted := c.painted(first, n, 2*time.Minute+time.Duration(seconds)*time.Second)
	var sent []time.Time
	next := time.Now()
	// A golden sequence spreads the pauses as chance would, and each run has the same.
	for i := range n {
		_, u := math.Modf(float64(i+1) * math.Phi)
		next = next.Add(time.Duration(-math.Log(1-u) / rate * float64(time.Second)))
		time.Sleep(time.Until(next))
		sent = append(sent, time.Now())
		c.ask(1)
	}
	var took []time.Duration
	for number, at := range c.all(painted, n) {
		took = append(took, at.Sub(sent[number-first]))
	}
	slices.Sort(took)
	return took
}

// costs are what a contender and its servers have used.
type costs struct {
	own, postgres     float64 // seconds of processors
	redis             float64
	transactions, wal float64 // of Postgres; bytes of its log
	commands          float64 // of Redis, those that scripts call included
	calls             float64 // of Telegram, without those that ask for updates
}

// since is what one of n pictures cost.
func (c costs) since(before costs, n float64) costs {
	return costs{
		(c.own - before.own) / n, (c.postgres - before.postgres) / n, (c.redis - before.redis) / n,
		(c.transactions - before.transactions) / n, (c.wal - before.wal) / n, (c.commands - before.commands) / n, (c.calls - before.calls) / n,
	}
}

// spending reads what was used so far. Other contenders are idle meanwhile, but their servers have a share in what is Postgres's.
func (c *contender) spending() (s costs) {
	c.t.Helper()
	s.own = processTime(c.t, c.pid)
	of := descendantsTime(c.t)
	s.postgres, s.redis = of["postgres"]/1000, of["redis-server"]/1000
	db, err := sql.Open("pgx", c.env["IMAGIKA_DATABASE_URL"])
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	const q = `SELECT xact_commit + xact_rollback, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') FROM pg_stat_database WHERE datname = current_database()`
	if err := db.QueryRowContext(c.t.Context(), q).Scan(&s.transactions, &s.wal); err != nil {
		c.t.Fatal(err)
	}
	opts, err := redis.ParseURL(c.redis.URL())
	if err != nil {
		c.t.Fatal(err)
	}
	conn := redis.NewClient(opts)
	defer conn.Close()
	for line := range strings.Lines(conn.Info(c.t.Context(), "stats").Val()) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "total_commands_processed:"); ok {
			s.commands, _ = strconv.ParseFloat(n, 64)
		}
	}
	for _, call := range c.tg.Events(0) {
		if call.Kind == telegramtest.EventCall {
			s.calls++
		}
	}
	return s
}

// processTime is what a process has used so far, in seconds of processors.
func processTime(tb testing.TB, pid int) float64 {
	tb.Helper()
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		tb.Fatal(err)
	}
	f := strings.Fields(string(line[strings.LastIndexByte(string(line), ')')+1:]))
	user, _ := strconv.ParseFloat(f[11], 64)
	system, _ := strconv.ParseFloat(f[12], 64)
	return (user + system) / 100
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// medians are those of each cost by itself.
func medians(all []costs, of func(costs) float64) float64 {
	var list []float64
	for _, c := range all {
		list = append(list, of(c))
	}
	return median(list)
}

// ratio is the median of the ratios of rounds that followed each other.
func (c *contender) ratio(other *contender) float64 {
	var list []float64
	for i := range c.rates {
		list = append(list, c.rates[i]/other.rates[i])
	}
	return median(list)
}

// ms is a quantile of sorted durations, in milliseconds.
func ms(sorted []time.Duration, q float64) float64 {
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}
