package chaos_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// What is looked at of a process, by the metric that tells it.
const (
	ofGoroutines = "goroutines"
	ofResident   = "resident bytes"
	ofHeap       = "heap bytes"
	ofFiles      = "open files"
	ofPool       = "connections of the pool"
	ofProcessor  = "processor seconds"
)

var gauges = map[string]string{
	"go_goroutines":                   ofGoroutines,
	"process_resident_memory_bytes":   ofResident,
	"go_memstats_heap_alloc_bytes":    ofHeap, // after a collection, which is asked for first
	"process_open_fds":                ofFiles,
	storage.MetricDatabaseConnections: ofPool, // of all its states together
	"process_cpu_seconds_total":       ofProcessor,
}

// What is looked at of the servers.
const (
	ofRedisKeys    = "redis: keys"
	ofRedisMemory  = "redis: used bytes"
	ofRedisClients = "redis: clients"
	ofTasksKept    = "redis: tasks archived, completed or planned"
	ofSQLClients   = "postgres: connections"
	ofSQLBytes     = "postgres: bytes"
	ofUpdates      = "postgres: updates done"
	ofSpooled      = "spool: files"
	ofData         = "data folder: files"
	ofObjects      = "bucket: objects"
)

// probes look at everything while the soak goes on, each kind with a goroutine of its own, because what is frozen or away must not
// keep the others from looking.
type probes struct {
	r     *run
	begin time.Time

	mu     sync.Mutex
	lives  map[string]series // "worker-2#3 goroutines", after the third start
	things map[string]series
	tables map[string]series // rows
	failed int               // looks that got no answer
}

func newProbes(r *run) *probes {
	return &probes{r: r, begin: time.Now(), lives: map[string]series{}, things: map[string]series{}, tables: map[string]series{}}
}

// note adds to a series.
func (p *probes) note(all map[string]series, what string, of float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all[what] = append(all[what], point{time.Since(p.begin), of})
}

// missed counts a look without an answer.
func (p *probes) missed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed++
}

// looks are what the probes do, and how often: tables are counted row by row, and the bucket is listed page by page.
func (p *probes) looks() []struct {
	every time.Duration
	look  func(context.Context) error
} {
	type look = struct {
		every time.Duration
		look  func(context.Context) error
	}
	all := []look{{lookEvery, p.redis}, {lookEvery, p.sql}, {lookEvery, p.files}, {4 * lookEvery, p.rows}, {4 * lookEvery, p.bucket}}
	for _, b := range p.r.fleet.berths {
		all = append(all, look{lookEvery, func(context.Context) error { return p.process(b) }})
	}
	return all
}

// watch looks until ctx ends.
func (p *probes) watch(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range p.looks() {
		all.Go(func() {
			for tick := time.NewTicker(l.every); ctx.Err() == nil; {
				if err := l.look(ctx); err != nil && ctx.Err() == nil {
					p.missed()
				}
				select {
				case <-ctx.Done():
					tick.Stop()
				case <-tick.C:
				}
			}
		})
	}
	all.Wait()
}

// once looks at everything once, when all is well.
func (p *probes) once() {
	p.r.t.Helper()
	for _, l := range p.looks() {
		fatal(p.r.t, l.look(p.r.t.Context()))
	}
}

// process asks a process how it is, after it has collected its garbage.
func (p *probes) process(b *berth) error {
	f := p.r.fleet
	b.mu.Lock()
	life := b.starts
	b.mu.Unlock()
	heap, _ := f.get(b, "/debug/pprof/heap?gc=1")
	status, text := f.get(b, "/metrics")
	b.mu.Lock()
	same := b.starts == life
	b.mu.Unlock()
	if heap != http.StatusOK || status != http.StatusOK || !same {
		return fmt.Errorf("%s: %d, %d", b.name, heap, status)
	}
	for what, of := range readGauges(text) {
		p.note(p.lives, fmt.Sprintf("%s#%d %s", b.name, life, what), of)
	}
	return nil
}

// readGauges reads what a process tells, and adds up what has labels.
func readGauges(text []byte) map[string]float64 {
	all := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if i := strings.LastIndex(lines.Text(), "} "); i >= 0 {
			value = lines.Text()[i+2:]
		}
		name, _, _ = strings.Cut(name, "{")
		if what, ok := gauges[name]; ok {
			of, _ := strconv.ParseFloat(value, 64)
			all[what] += of
		}
	}
	return all
}

func (p *probes) redis(ctx context.Context) error {
	keys, conn, err := p.keys(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	info, err := conn.InfoMap(ctx, "memory", "clients").Result()
	if err != nil {
		return err
	}
	for what, field := range map[string][2]string{ofRedisMemory: {"Memory", "used_memory"}, ofRedisClients: {"Clients", "connected_clients"}} {
		of, err := strconv.ParseFloat(info[field[0]][field[1]], 64)
		if err != nil {
			return err
		}
		p.note(p.things, what, of)
	}
	p.note(p.things, ofRedisKeys, float64(len(keys)))
	r, err := queue.Open(ctx, queue.RedisConfig{URL: p.r.redis.url()})
	if err != nil {
		return err
	}
	defer r.Close()
	depth, err := queue.NewInspector(r).Depth(ctx)
	if err != nil {
		return err
	}
	kept := 0
	for _, d := range depth {
		kept += d.Archived + d.Completed + d.Scheduled
	}
	p.note(p.things, ofTasksKept, float64(kept))
	return nil
}

// keys are all keys there are.
func (p *probes) keys(ctx context.Context) ([]string, *redis.Client, error) {
	opts, err := redis.ParseURL(p.r.redis.url())
	if err != nil {
		return nil, nil, err
	}
	conn := redis.NewClient(opts)
	found := map[string]bool{}
	i := conn.Scan(ctx, 0, "*", 1000).Iterator()
	for i.Next(ctx) {
		found[i.Val()] = true
	}
	if err := i.Err(); err != nil {
		return nil, nil, fmt.Errorf("%w, %w", err, conn.Close())
	}
	return slices.Collect(maps.Keys(found)), conn, nil
}

func (p *probes) sql(ctx context.Context) error {
	for what, query := range map[string]string{
		ofSQLClients: `SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`,
		ofSQLBytes:   `SELECT pg_database_size(current_database())`,
		ofUpdates:    `SELECT COUNT(*) FROM seen_updates`,
	} {
		var n float64
		if err := p.r.raw.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return err
		}
		p.note(p.things, what, n)
	}
	return nil
}

// rows counts every table in one transaction's view of them.
func (p *probes) rows(ctx context.Context) error {
	rows, err := p.r.raw.QueryContext(ctx, `SELECT relname, (xpath('/row/c/text()', query_to_xml(format('SELECT COUNT(*) AS c FROM %I', relname), false, true, '')))[1]::text
		FROM pg_stat_user_tables WHERE schemaname = 'public'`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var table, text string
		if err := rows.Scan(&table, &text); err != nil {
			return err
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		p.note(p.tables, table, n)
	}
	return rows.Err()
}

// files counts what was spooled and has a name nevertheless, and what lies in the data folder.
func (p *probes) files(context.Context) error {
	spooled, err := filepath.Glob(filepath.Join(p.r.env["TMPDIR"], "spool-*"))
	if err != nil {
		return err
	}
	p.note(p.things, ofSpooled, float64(len(spooled)))
	n := 0
	err = filepath.WalkDir(p.r.env["IMAGIKA_DATA"], func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	p.note(p.things, ofData, float64(n))
	return err
}

func (p *probes) bucket(ctx context.Context) error {
	n := 0
	for _, err := range p.r.bucket.List(ctx, "") {
		if err != nil {
			return err
		}
		n++
	}
	p.note(p.things, ofObjects, float64(n))
	return nil
}
