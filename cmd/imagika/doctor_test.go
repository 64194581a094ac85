package main

import (
	"database/sql"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imagika/imagika/cmd/internal/app"
	"github.com/imagika/imagika/cmd/internal/embedded"
	"github.com/imagika/imagika/queue/queuetest"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
)

// answering is a server that gives every request the same answer.
func answering(t *testing.T, code int, body string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// closed is an address at which nobody listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// token is one of the right form.
var token = "7000000001:" + strings.Repeat("x", 35)

// withRedis are the settings of a Redis.
func withRedis(t *testing.T, address string) map[string]string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	return map[string]string{"IMAGIKA_REDIS_URL": "redis://" + u.Host, "IMAGIKA_REDIS_PASSWORD": password}
}

// laterSchema makes the database of a data folder one of a later release, or of none.
func laterSchema(t *testing.T, dir string, version int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "imagika.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`CREATE TABLE goose_db_version (version_id BIGINT)`, `INSERT INTO goose_db_version VALUES (?)`} {
		if _, err := db.ExecContext(t.Context(), q, version); err != nil {
			t.Fatal(err)
		}
	}
}

// A doctor names what is broken and how to mend it, one thing at a time.
func TestDoctorFinds(t *testing.T) {
	t.Parallel()
	s3 := map[string]string{"IMAGIKA_S3_TLS": "false", "IMAGIKA_S3_ACCESS_KEY": "key", "IMAGIKA_S3_SECRET_KEY": "secret word"}
	host := func(address string) string { return strings.TrimPrefix(address, "http://") }
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	for _, tt := range []struct {
		desc, part string
		verdict    app.Verdict
		text, mend string
		env        map[string]string
		prepare    func(t *testing.T, dir string)
	}{
		{"a file for a folder", "data folder", app.Broken, "is no folder", "IMAGIKA_DATA", nil, func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"an open folder", "data folder", app.Doubt, "is open to other users", "chmod 700", nil, func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o755); err != nil { //nolint:gosec // that is the mistake
				t.Fatal(err)
			}
		}},
		{"redis away", "redis", app.Broken, "refused", "IMAGIKA_REDIS_URL", map[string]string{"IMAGIKA_REDIS_URL": "redis://" + closed(t)}, nil},
		{"a wrong password of redis", "redis", app.Broken, "WRONGPASS", "IMAGIKA_REDIS_PASSWORD", map[string]string{
			"IMAGIKA_REDIS_URL": withRedis(t, queuetest.URL(t))["IMAGIKA_REDIS_URL"], "IMAGIKA_REDIS_PASSWORD": "wrong",
		}, nil},
		{"a redis that evicts", "redis", app.Broken, "allkeys-lru", "noeviction", withRedis(t, queuetest.StartReal(t, "--maxmemory-policy", "allkeys-lru").URL()), nil},
		{"a redis that forgets", "redis", app.Doubt, "forgets everything", "--appendonly yes", withRedis(t, queuetest.StartReal(t, "--appendonly", "no").URL()), nil},
		{"postgres away", "database", app.Broken, "refused", "IMAGIKA_DATABASE_URL", map[string]string{"IMAGIKA_DATABASE_URL": "postgres://u:hidden@" + closed(t) + "/x"}, nil},
		{"an old schema", "database", app.Doubt, "schema 3, and this release needs", "imagika migrate", nil, func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			laterSchema(t, dir, 3)
		}},
		{"a later schema", "database", app.Broken, "schema 9999 is of a later release", "Run the release", nil, func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			laterSchema(t, dir, 9999)
		}},
		{"another master key", "key store", app.Broken, "", "IMAGIKA_MASTER_KEY", map[string]string{"IMAGIKA_MASTER_KEY": keys.GenerateMaster()}, func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if r := execute(t.Context(), map[string]string{"IMAGIKA_DATA": dir}, nil, "migrate"); r.code != exitOK {
				t.Fatalf("%+v", r)
			}
		}},
		{"s3 away", "s3", app.Broken, "", "IMAGIKA_S3_ENDPOINT", with(s3, "IMAGIKA_S3_ENDPOINT", closed(t)), nil},
		{"no bucket", "s3", app.Broken, "does not exist", "the bucket", with(s3, "IMAGIKA_S3_ENDPOINT", host(answering(t, 404, ""))), nil},
		{"a wrong key of s3", "s3", app.Broken, "", "the keys", with(s3, "IMAGIKA_S3_ENDPOINT", host(answering(t, 403, ""))), nil},
		{"a wrong token", "telegram", app.Broken, "refuses the token", "BotFather", map[string]string{
			"IMAGIKA_TELEGRAM_TOKEN": token, "IMAGIKA_TELEGRAM_API_URL": answering(t, 401, `{"ok":false,"error_code":401,"description":"Unauthorized"}`),
		}, nil},
		{"neither a token nor a playground", "telegram", app.Broken, "IMAGIKA_TELEGRAM_TOKEN is not set", "IMAGIKA_WEB_ADDR", map[string]string{"IMAGIKA_WEB_ADDR": "0.0.0.0:8080"}, nil},
		{"telegram away", "telegram", app.Broken, "refused", "IMAGIKA_TELEGRAM_API_URL", map[string]string{
			"IMAGIKA_TELEGRAM_TOKEN": token, "IMAGIKA_TELEGRAM_API_URL": "http://" + closed(t),
		}, nil},
		{"updates that go elsewhere", "telegram", app.Doubt, "a webhook that these settings do not name", "start the bot role here", map[string]string{
			"IMAGIKA_TELEGRAM_TOKEN":   token,
			"IMAGIKA_TELEGRAM_API_URL": answering(t, 200, `{"ok":true,"result":{"username":"fox_bot","url":"https://elsewhere.example/hook","pending_update_count":3}}`),
		}, nil},
		{"updates that wait", "telegram", app.Doubt, "@fox_bot, 500 updates wait", "queues list", map[string]string{
			"IMAGIKA_TELEGRAM_TOKEN": token, "IMAGIKA_TELEGRAM_API_URL": answering(t, 200, `{"ok":true,"result":{"username":"fox_bot","pending_update_count":500}}`),
		}, nil},
		{"no such catalogue", "catalogue", app.Broken, "", "IMAGIKA_CATALOGUE", map[string]string{"IMAGIKA_CATALOGUE": "none.yaml"}, nil},
		{"no provider", "provider", app.Doubt, "no AI model", "IMAGIKA_OPENAI_KEY", nil, nil},
		{"a site away", "public address", app.Broken, "refused", "DNS", map[string]string{"IMAGIKA_PUBLIC_URL": "http://" + closed(t)}, nil},
		{"a site that fails", "public address", app.Broken, "502", "proxy", map[string]string{"IMAGIKA_PUBLIC_URL": answering(t, 502, "")}, nil},
		{"a certificate of nobody", "public address", app.Broken, "certificate", "IMAGIKA_PUBLIC_URL", map[string]string{"IMAGIKA_PUBLIC_URL": tls.URL}, nil},
		{"an open admin address", "admin address", app.Doubt, "open beyond this machine", "127.0.0.1:9090", map[string]string{"IMAGIKA_ADMIN_ADDR": "0.0.0.0:9090"}, nil},
	} {
		t.Run(strings.ReplaceAll(tt.desc, " ", "_"), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if tt.prepare != nil {
				tt.prepare(t, dir)
			}
			env := with(tt.env, "IMAGIKA_DATA", dir)
			env["IMAGIKA_LOG_LEVEL"] = "error"
			r := execute(t.Context(), env, nil, "doctor", "--json")
			var all []app.Finding
			if err := json.Unmarshal([]byte(r.out), &all); err != nil {
				t.Fatalf("%v: %+v", err, r)
			}
			found := false
			for _, f := range all {
				if f.Verdict == tt.verdict && f.Part == tt.part {
					found = found || strings.Contains(f.Text, tt.text) && strings.Contains(f.Mend, tt.mend)
				} else if f.Verdict == app.Broken {
					t.Errorf("%+v is not broken", f)
				}
			}
			if !found || (r.code == exitFailed) != (tt.verdict == app.Broken) {
				t.Errorf("code %d, %s", r.code, r.out)
			}
			if strings.Contains(r.out+r.err, "hidden") || strings.Contains(r.out+r.err, token) || strings.Contains(r.out+r.err, "secret word") {
				t.Errorf("a secret shows: %s", r.out)
			}
		})
	}
}

// with is a map with one more in it.
func with(m map[string]string, name, value string) map[string]string {
	more := map[string]string{name: value}
	maps.Copy(more, m)
	return more
}

// On a laptop with nothing set nothing is broken, and each line says so; nor where everything is there.
func TestDoctorIsContent(t *testing.T) {
	env := quiet(t)
	delete(env, "IMAGIKA_CATALOGUE")
	r := execute(t.Context(), env, nil, "doctor")
	if r.code != exitOK || strings.Contains(r.out, "✗") || strings.Count(r.out, "\n✓ ") < 8 || !strings.Contains(r.out, "✓ redis           embedded by imagika run") ||
		!strings.Contains(r.out, "! provider        only the built-in painter") || !strings.Contains(r.out, "→ Set the key of one") {
		t.Errorf("on a laptop: %d, %q", r.code, r.out)
	}
	if testing.Short() {
		return
	}
	srv, err := embedded.S3(t.Context(), filepath.Join(env["IMAGIKA_DATA"], "s3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	maps.Copy(env, withRedis(t, queuetest.URL(t)))
	env["IMAGIKA_S3_ENDPOINT"], env["IMAGIKA_S3_ACCESS_KEY"], env["IMAGIKA_S3_SECRET_KEY"], env["IMAGIKA_S3_TLS"] = srv.Endpoint, srv.Key, srv.Secret, "false"
	env["IMAGIKA_S3_REGION"] = srv.Region
	env["IMAGIKA_TELEGRAM_TOKEN"], env["IMAGIKA_TELEGRAM_API_URL"] = token, answering(t, 200, `{"ok":true,"result":{"username":"fox_bot","pending_update_count":3}}`)
	env["IMAGIKA_PUBLIC_URL"] = answering(t, 200, "hello")
	if r := execute(t.Context(), env, nil, "doctor"); r.code != exitFailed || strings.Count(r.out, "✗") != 1 || !strings.Contains(r.out, "✗ s3") {
		t.Errorf("without the bucket: %d, %s", r.code, r.out)
	}
	bucket, err := objects.Open(t.Context(), objects.Config{Endpoint: srv.Endpoint, Region: srv.Region, Bucket: "imagika", CreateBucket: true, Key: srv.Key, Secret: srv.Secret})
	if err != nil {
		t.Fatal(err)
	}
	bucket.Close()
	r = execute(t.Context(), env, nil, "doctor")
	for _, want := range []string{"✓ s3              the bucket imagika takes, gives and deletes", "✓ redis           version ", "✓ telegram        @fox_bot, 3 updates wait", "✓ public address  http://127.0.0.1:"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("with everything: %d, %s, want %q", r.code, r.out, want)
		}
	}
}

// What no start of a role takes is not called well, and all of it is said at once.
func TestConfigCheckReadsWhatRolesRead(t *testing.T) {
	t.Parallel()
	wrong := map[string]string{
		"IMAGIKA_POOLS": "bogus=1", "IMAGIKA_QUEUES": "bogus=1", "IMAGIKA_SCALE": "foo", "IMAGIKA_OPERATORS": "4242:king", "IMAGIKA_WRITERS": "nobodyatall",
		"IMAGIKA_PACKS": "/nonexistent", "IMAGIKA_MODERATION_RULES": "/nonexistent", "IMAGIKA_CATALOGUE": "/nonexistent", "IMAGIKA_COMFYUI_WORKFLOWS": "/nonexistent",
		"IMAGIKA_OTLP_HEADERS": "odd", "IMAGIKA_OPERATOR_KEYS": strings.Repeat(",imagika-operator:"+strings.Repeat("A", 43), 2)[1:], "IMAGIKA_MODEL": "nothing",
	}
	for name, value := range wrong {
		r := execute(t.Context(), map[string]string{name: value, "IMAGIKA_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, nil, "config", "check")
		if r.code != exitUsage || !strings.Contains(r.out, "✗ run\n  "+name) || strings.Count(r.out, "IMAGIKA_") != 1 {
			t.Errorf("%s=%s: %+v", name, value, r)
		}
	}
	r := execute(t.Context(), map[string]string{"IMAGIKA_POOLS": "bogus=1", "IMAGIKA_OPERATORS": "4242:king", "IMAGIKA_PACKS": "/nonexistent"}, nil, "config", "check")
	if strings.Count(r.out, "\n  IMAGIKA_") != 3 {
		t.Errorf("three at once: %s", r.out)
	}
}

// Settings are checked for the roles they are for, all problems at once, and shown without secrets.
func TestConfigCommands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		env  map[string]string
		args []string
		code int
		want []string
	}{
		{nil, []string{"check"}, exitOK, []string{"✓ run\n"}},
		{map[string]string{"IMAGIKA_WEB_ADDR": "0.0.0.0:8080"}, []string{"check"}, exitUsage, []string{"✗ run\n  IMAGIKA_TELEGRAM_TOKEN is not set, and the playground"}},
		{nil, []string{"check", "--role", "bot,web"}, exitUsage, []string{"✗ bot\n  IMAGIKA_REDIS_URL is not set", "✗ web\n", "  IMAGIKA_S3_ENDPOINT is not set"}},
		{nil, []string{"check", "--role", "cook"}, exitUsage, []string{`no role "cook"`}},
		{map[string]string{"IMAGIKA_PRIZE": "1", "IMAGIKA_REDIS_URL": "redis://127.0.0.1:6379"}, []string{"check"}, exitUsage, []string{"✗ worker\n", "did you mean IMAGIKA_PRICE?"}},
		{map[string]string{"IMAGIKA_PRICE": "x", "IMAGIKA_MAX_IMAGES": "99"}, []string{"check", "--json"}, exitUsage, []string{`"role": "run"`, "IMAGIKA_PRICE"}},
		{map[string]string{"IMAGIKA_PRICE": "7", "IMAGIKA_TELEGRAM_TOKEN": token}, []string{"print"}, exitOK, []string{"IMAGIKA_PRICE=7\n", "IMAGIKA_TELEGRAM_TOKEN=<secret>\n"}},
		{nil, []string{"print", "--all"}, exitOK, []string{"IMAGIKA_DATA=./data\n", "IMAGIKA_STOP_GRACE=3m20s\n"}},
		{nil, []string{"print", "--json"}, exitOK, []string{"[]\n"}},
		{nil, []string{"print"}, exitOK, []string{"# Every setting is at its default; imagika config print --all shows them.\n"}},
	} {
		r := execute(t.Context(), tt.env, nil, append([]string{"config"}, tt.args...)...)
		for _, want := range tt.want {
			if r.code != tt.code || !strings.Contains(r.out+r.err, want) || strings.Contains(r.out+r.err, token) {
				t.Errorf("%q: %+v, want code %d and %q", tt.args, r, tt.code, want)
			}
		}
	}
}
