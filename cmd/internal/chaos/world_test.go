package chaos_test

import (
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx

	"github.com/imagika/imagika/cmd/internal/app/apptest"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// world is everything outside the program.
type world struct {
	t      *testing.T
	tg     *telegramtest.Server
	redis  *cache
	sql    *storagetest.Postgres
	door   *door                    // before the bucket
	bucket *objects.Store           // past the line and the door
	lines  map[string]*apptest.Line // to Postgres and to the bucket
	gates  []*gate
	env    map[string]string

	// The checker's own way to what the program wrote.
	store *storage.Store
	raw   *sql.DB
	keys  *queue.Keys
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{t: t, lines: map[string]*apptest.Line{}, tg: telegramtest.NewTest(t)}
	s3 := objectstest.Config(t)
	w.sql = storagetest.StartPostgres(t)
	w.redis = newCache(t)
	w.door = newDoor(t, s3.Endpoint)
	w.lines[targetSQL] = apptest.NewLine(t, w.sql.Addr())
	w.lines[targetS3] = apptest.NewLine(t, w.door.addr())
	database, people := w.sql.Migrated(), w.sql.New()
	secret := keys.GenerateMaster()
	w.env = map[string]string{
		"TMPDIR":                    t.TempDir(), // what the program spools, and nobody else
		"IMAGIKA_DATA":              t.TempDir(),
		"IMAGIKA_TELEGRAM_TOKEN":    w.tg.Token(),
		"IMAGIKA_TELEGRAM_API_URL":  w.tg.URL(),
		"IMAGIKA_REDIS_URL":         "redis://" + w.redis.line.Addr,
		"IMAGIKA_REDIS_PASSWORD":    w.redis.password,
		"IMAGIKA_DATABASE_URL":      through(t, database, w.lines[targetSQL]),
		"IMAGIKA_KEYS_DATABASE_URL": through(t, people, w.lines[targetSQL]),
		"IMAGIKA_MASTER_KEY":        keys.GenerateMaster(),
		"IMAGIKA_QUEUE_KEY":         secret,
		"IMAGIKA_S3_ENDPOINT":       w.lines[targetS3].Addr,
		"IMAGIKA_S3_ACCESS_KEY":     s3.Key,
		"IMAGIKA_S3_SECRET_KEY":     s3.Secret,
		"IMAGIKA_S3_BUCKET":         s3.Bucket,
		"IMAGIKA_S3_TLS":            "false",
		"IMAGIKA_WEB_ADDR":          "127.0.0.1:0",
		"IMAGIKA_LOG_LEVEL":         "warn",
		"IMAGIKA_LOG_FORMAT":        "json",
		"IMAGIKA_CALL_TIMEOUT":      "5s",
		"IMAGIKA_STOP_GRACE":        "35s",
		"IMAGIKA_PERSON_PARALLEL":   "4",
		"IMAGIKA_PAID_PARALLEL":     "4",
		"IMAGIKA_PERSON_WAITING":    "1000",
		"IMAGIKA_PAID_WAITING":      "1000",
		"IMAGIKA_INGEST_ACK":        *ack,
		apptest.Settle:              "300ms",
	}
	w.gates = w.providersBehindGates(seed)
	w.openPast(database, people, secret, s3)
	return w
}

// openPast opens databases and bucket past the lines.
func (w *world) openPast(database, people, secret string, s3 objects.Config) {
	w.t.Helper()
	master, err := keys.ParseMasterKeys(w.env["IMAGIKA_MASTER_KEY"])
	fatal(w.t, err)
	k, err := keys.Open(w.t.Context(), keys.Config{URL: people, Master: master})
	fatal(w.t, err)
	w.t.Cleanup(func() { _ = k.Close() })
	w.store, err = storage.Open(w.t.Context(), storage.Config{URL: database, Keys: k})
	fatal(w.t, err)
	w.t.Cleanup(func() { _ = w.store.Close() })
	w.raw, err = sql.Open("pgx", database)
	fatal(w.t, err)
	w.t.Cleanup(func() { _ = w.raw.Close() })
	w.bucket, err = objects.Open(w.t.Context(), s3)
	fatal(w.t, err)
	w.t.Cleanup(w.bucket.Close)
	secrets, err := config.NewSecret(secret).Keys()
	fatal(w.t, err)
	w.keys, err = queue.NewKeys(secrets...)
	fatal(w.t, err)
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// through is an address that leads through a line.
func through(t *testing.T, address string, l *apptest.Line) string {
	t.Helper()
	u, err := url.Parse(address)
	fatal(t, err)
	u.Host = l.Addr
	return u.String()
}

func (w *world) environ(more ...string) []string {
	list := make([]string, 0, len(w.env)+len(more))
	for k, v := range w.env {
		list = append(list, k+"="+v)
	}
	return append(list, more...)
}

// hash is the key of an update in SQL.
func (w *world) hash(update int64) string { return w.keys.UpdateHash(w.tg.Bot().ID, update) }

// keep writes a file of the run for whoever looks for what went wrong.
func (w *world) keep(name string, v any) {
	w.t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	fatal(w.t, err)
	fatal(w.t, os.WriteFile(filepath.Join(w.t.ArtifactDir(), name), append(text, '\n'), 0o600))
}

// texts are the rows of a query with one column.
func (w *world) texts(query string, args ...any) []string {
	w.t.Helper()
	return storagetest.Column(w.t, w.raw, query, args...)
}

// number is the result of a query with one number.
func (w *world) number(query string, args ...any) (n int) {
	w.t.Helper()
	all := w.texts(`SELECT CAST((`+query+`) AS TEXT)`, args...)
	n, err := strconv.Atoi(all[0])
	fatal(w.t, err)
	return n
}
