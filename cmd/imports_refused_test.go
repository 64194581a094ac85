package cmd

import (
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// made is a made-up import. A rule that no longer refuses what it should is
// noticed by these.
type made struct {
	file     string
	imported string
	allowed  bool
}

func (m made) check(t *testing.T) {
	t.Helper()
	got := source{path: m.file, imports: []string{m.imported}}.violations()
	if (len(got) == 0) != m.allowed {
		t.Errorf("%s imports %s: allowed %v, want %v", m.file, m.imported, len(got) == 0, m.allowed)
	}
}

func TestRulesForOurs(t *testing.T) {
	t.Parallel()
	for _, m := range []made{
		{"queue/lanes.go", module + "queue/queuetest", false},
		{"queue/lanes.go", module + "storage", false},
		{"queue/lanes_test.go", module + "storage", false},
		{"queue/lanes_test.go", module + "queue/queuetest", true},
		{"queue/lanes_test.go", module + "cmd/internal/app", false},
		{"providers/router.go", module + "queue", false},
		{"providers/local/local.go", module + "providers", true},
		{"storage/ledger.go", module + "providers", false},
		{"storage/objects/objects.go", module + "workers", false},
		{"storage/storagetest/postgres.go", module + "storage", true},
		{"workers/reserve.go", module + "storage", true},
		{"workers/reserve.go", module + "queue", true},
		{"workers/reserve.go", module + "storagefront", false},
		{"workers/reserve.go", module + "cmd/internal/config", false},
		{"workers/reserve.go", module + "providers/local", true},
		{"workers/reserve.go", module + "providers/all", false},
		{"workers/reserve_test.go", module + "providers/all", true},
		{"workers/reserve.go", module + "workers/telegram/telegramtest", false},
		{"workers/telegram/telegramtest/server.go", module + "workers/telegram", true},
		{"cmd/internal/bot/poller.go", module + "queue", true},
		{"cmd/internal/bot/poller.go", module + "workers", false},
		{"cmd/internal/bot/poller.go", module + "workers/telegram", false},
		{"cmd/internal/bot/poller.go", module + "storage", false},
		{"cmd/internal/bot/poller.go", module + "providers", false},
		{"cmd/internal/bot/poller.go", module + "cmd/internal/config", false},
		{"cmd/internal/bot/poller.go", module + "workers/telegram/telegramtest", false},
		{"cmd/internal/bot/poller_test.go", module + "workers/telegram/telegramtest", true},
		{"cmd/internal/embedded/s3.go", module + "storage/objects", false},
		{"cmd/internal/embedded/s3_test.go", module + "storage/objects", true},
		{"cmd/internal/site/site.go", module + "workers", true},
		{"cmd/internal/site/site.go", module + "workers/telegram", false},
		{"cmd/internal/site/site.go", module + "providers/all", false},
		{"cmd/internal/playground/playground.go", module + "workers/telegram/telegramtest", true},
		{"cmd/internal/app/app.go", module + "workers/telegram/telegramtest", true},
		{"cmd/internal/app/app.go", module + "providers/all", true},
		{"cmd/internal/config/config.go", module + "queue", false},
		{"helpers/helpers.go", module + "queue", false},
	} {
		m.check(t)
	}
}

func TestRulesForTheirs(t *testing.T) {
	t.Parallel()
	for _, m := range []made{
		{"queue/server.go", "github.com/hibiken/asynq", true},
		{"cmd/internal/ops/monitor.go", "github.com/hibiken/asynqmon", true},
		{"cmd/internal/app/app.go", "github.com/hibiken/asynq", false},
		{"cmd/internal/bot/poller.go", "github.com/hibiken/asynq", false},
		{"queue/redis.go", "github.com/redis/go-redis/v9", true},
		{"workers/stages.go", "github.com/redis/go-redis/v9", false},
		{"workers/telegram/client.go", "gopkg.in/telebot.v3", true},
		{"workers/stages.go", "gopkg.in/telebot.v3", false},
		{"storage/objects/s3.go", "github.com/minio/minio-go/v7/pkg/credentials", true},
		{"storage/ledger.go", "github.com/minio/minio-go/v7", false},
		{"storage/ledger.go", "database/sql", true},
		{"workers/stages.go", "database/sql", false},
		{"cmd/internal/app/app.go", "github.com/jackc/pgx/v5/stdlib", false},
		{"storage/dialect.go", "modernc.org/sqlite", true},
		{"cmd/internal/embedded/s3.go", "github.com/versity/versitygw/s3api", true},
		{"storage/objects/s3.go", "github.com/versity/versitygw/s3api", false},
		{"queue/queuetest/redis.go", "github.com/alicebob/miniredis/v2", true},
		{"queue/redis.go", "github.com/alicebob/miniredis/v2", false},
		{"queue/metrics.go", "github.com/prometheus/client_golang/prometheus", true},
		{"queue/lanes.go", "github.com/prometheus/client_golang/prometheus", false},
		{"cmd/internal/ops/ops.go", "github.com/prometheus/client_golang/prometheus/promhttp", true},
		{"cmd/internal/config/config.go", "github.com/caarlos0/env/v11", true},
		{"cmd/internal/app/app.go", "github.com/caarlos0/env/v11", false},
		{"workers/stages.go", "github.com/google/go-cmp/cmp", false},
		{"workers/stages_test.go", "github.com/google/go-cmp/cmp", true},
		{"workers/stages.go", "github.com/stretchr/testify", false},
		{"workers/stages_test.go", "github.com/stretchr/testify", false},
		{"workers/stages.go", "log", false},
		{"workers/stages_test.go", "log", false},
		{"workers/stages.go", "log/slog", true},
		{"workers/stages.go", "math/rand", false},
		{"workers/stages.go", "math/rand/v2", true},
		{"workers/stages.go", "io/ioutil", false},
		{"workers/stages.go", "github.com/pkg/errors", false},
		{"workers/stages.go", "net/http", true},
	} {
		m.check(t)
	}
}

func TestEnvironmentRule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, text string
		want       bool
	}{
		{"queue/a.go", `import "os"; var _ = os.Getenv("HOME")`, true},
		{"queue/a.go", `import sys "os"; func f() { sys.LookupEnv("HOME") }`, true},
		{"queue/a.go", `import "os"; var f = os.Environ`, true},
		{"queue/a.go", `import . "os"; var _ = Getenv("HOME")`, true},
		{"queue/a.go", `import "syscall"; var f = syscall.Getenv`, true},
		{"queue/a.go", `import "os"; var _ = os.Args`, false},
		{"queue/a.go", `var os struct{ Getenv int }; var _ = os.Getenv`, false},
		{"queue/a_test.go", `import "os"; var _ = os.Getenv("HOME")`, false},
		{"cmd/internal/config/a.go", `import "os"; var _ = os.Environ()`, false},
		{"cmd/internal/configs/a.go", `import "os"; var _ = os.Environ()`, true},
	}
	for _, tt := range tests {
		file, err := parser.ParseFile(token.NewFileSet(), tt.file, "package p; "+tt.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSource(tt.file, file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, len(s.violations()) > 0); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tt.file, tt.text, diff)
		}
	}
}
