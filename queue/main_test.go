package queue_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/imagika/imagika/queue"
)

// TestMain keeps go-redis quiet: tests take its servers away on purpose.
func TestMain(m *testing.M) {
	queue.RedirectLogs(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}
