package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram"
)

// ErrNoData says that there is nothing to look at: nobody ran in the data folder.
var ErrNoData = errors.New("there is no data")

// Migrate brings the databases up to date and names the engine. What is not set it makes in the data folder, as run does.
func Migrate(ctx context.Context, c config.Config, log *slog.Logger) (engine string, err error) {
	c.Role = config.RoleRun
	if !c.DatabaseURL.IsSet() || !c.KeysDatabaseURL.IsSet() || !c.MasterKey.IsSet() {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return "", fmt.Errorf("IMAGIKA_DATA=%s: %w", c.Data, err)
		}
	}
	err = WithStore(ctx, c, log, func(s *storage.Store) error {
		engine = s.Engine()
		return nil
	})
	return engine, err
}

// Audit makes a checkpoint of the ledger, checks every invariant, and adds up.
func Audit(ctx context.Context, c config.Config, log *slog.Logger) (b storage.Books, err error) {
	err = WithStore(ctx, c, log, func(s *storage.Store) error {
		b, err = s.Audit(ctx)
		return err
	})
	return b, err
}

// Proving is what Prove looks at beside the database.
type Proving struct {
	Pictures bool // the bucket: that every picture is there, and some of their bytes
	Bytes    bool // all of their bytes
	Stars    bool // Telegram's list of Star transactions
}

// Prove holds every invariant against the database that the settings name, and changes nothing: a schema that is not of this
// release is an error.
func Prove(ctx context.Context, c config.Config, log *slog.Logger, p Proving) (v storage.Verdict, err error) {
	err = withTruth(ctx, c, log, true, func(s *storage.Store, k *keys.Store) error {
		if v, err = s.Prove(ctx, storage.ScopeAll); err != nil {
			return err
		}
		if p.Pictures {
			checks, err := provePictures(ctx, c, s, k, p.Bytes)
			if err != nil {
				return err
			}
			v.Checks = append(v.Checks, checks...)
		}
		if p.Stars {
			checks, err := proveStars(ctx, c, s)
			if err != nil {
				return err
			}
			v.Checks = append(v.Checks, checks...)
		}
		return nil
	})
	return v, err
}

func provePictures(ctx context.Context, c config.Config, s *storage.Store, k *keys.Store, all bool) ([]storage.Check, error) {
	bucket, err := openBucket(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("IMAGIKA_S3_ENDPOINT: %w", err)
	}
	defer bucket.Close()
	return workers.ProvePictures(ctx, s, k, bucket, all)
}

func proveStars(ctx context.Context, c config.Config, s *storage.Store) ([]storage.Check, error) {
	client, err := telegram.New(telegram.Config{URL: c.TelegramAPIURL, Token: c.TelegramToken.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("IMAGIKA_TELEGRAM_TOKEN: %w", err)
	}
	return workers.ProveStars(ctx, s, client, time.Now())
}

// openBucket opens the bucket that the settings name, and creates none.
func openBucket(ctx context.Context, c config.Config) (*objects.Store, error) {
	return objects.Open(ctx, objects.Config{
		Endpoint: c.S3Endpoint, Region: c.S3Region, Bucket: c.S3Bucket, Key: c.S3AccessKey, Secret: c.S3SecretKey.Reveal(), TLS: c.S3TLS,
	})
}

// hasData refuses a data folder without the files that settings leave to it: who looks makes none.
func hasData(c config.Config, dir string) error {
	missing := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return errors.Is(err, fs.ErrNotExist)
	}
	switch {
	case !c.DatabaseURL.IsSet() && missing("imagika.db"):
		return fmt.Errorf("%w in %s", ErrNoData, dir)
	case !c.KeysDatabaseURL.IsSet() && missing("keys.db"):
		return &config.SettingError{
			Name: "IMAGIKA_KEYS_DATABASE_URL", Reason: "is not set, and " + filepath.Join(dir, "keys.db") + " is missing: put it back from your backup",
		}
	}
	return nil
}

// WithStore hands f the database that the settings name, and no more.
func WithStore(ctx context.Context, c config.Config, log *slog.Logger, f func(*storage.Store) error) error {
	return withTruth(ctx, c, log, false, func(s *storage.Store, _ *keys.Store) error { return f(s) })
}

// withTruth hands f the database and the key store. Unchanged leaves the schema as it is.
func withTruth(ctx context.Context, c config.Config, log *slog.Logger, unchanged bool, f func(*storage.Store, *keys.Store) error) (err error) {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	if c.Role != config.RoleRun {
		if err := hasData(c, dir); err != nil {
			return err
		}
	}
	a := &App{unchanged: unchanged, options: Options{Config: c, Log: log}, servers: servers{
		dir: dir, database: c.DatabaseURL.Reveal(), keys: c.KeysDatabaseURL.Reveal(), embedded: map[string]bool{},
	}}
	defer func() { err = errors.Join(err, a.stack.unwind(log)) }()
	if err := errors.Join(a.openMasterKey(ctx), a.openDatabases(ctx)); err != nil {
		return err
	}
	core := &core{}
	if err := a.openPeople(ctx, core); err != nil {
		return err
	}
	return f(core.store, a.servers.people)
}

// Studio is where a tool has images made.
type Studio struct {
	Painter
	// Remote says that another process paints, which owns the data folder: its settings count.
	Remote bool
	// cancel is Store.Cancel of whichever database holds the generations.
	cancel func(ctx context.Context, account, id string) error
}

// Cancel takes back a generation of an operator's account, whoever works on it: the wish is in the database, and there
// everybody who works on it finds it. What has become of it is for Look to say; one that is over stays as it is.
func (s *Studio) Cancel(ctx context.Context, account, id string) error {
	return s.cancel(ctx, account, id)
}

func cancel(ctx context.Context, s *storage.Store, account, id string) error {
	op, err := s.Operator(ctx, account)
	if err != nil {
		return err
	}
	_, _, err = s.Cancel(ctx, op.ID, id, nil)
	if errors.Is(err, storage.ErrNotFound) { // it ended just now
		return nil
	}
	return err
}

// WithStudio hands f a place to paint: that of the process that owns the data folder, or of the deployment that the
// settings name, or of a process of its own that lives as long as f. When ctx ends, f still has all it needs to take
// back what it asked for.
func WithStudio(ctx context.Context, c config.Config, log *slog.Logger, f func(context.Context, *Studio) error) error {
	if c.RedisURL == "" {
		if remote := Dial(ctx, c.Data); remote != nil {
			return f(ctx, &Studio{Painter: remote, Remote: true, cancel: func(ctx context.Context, account, id string) error {
				return WithStore(ctx, c, log, func(s *storage.Store) error { return cancel(ctx, s, account, id) })
			}})
		}
		c.Role = config.RoleRun
		c.Playground = config.PlaygroundOff
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	work, abort := context.WithCancel(ctx)
	defer abort()
	early := context.AfterFunc(ctx, stop) // whatever is still starting need not
	done := make(chan error, 1)
	started := false
	err := Run(life, Options{Config: c, Log: log, Quiet: true, Started: func(a *App) {
		early()
		started = true
		studio := &Studio{Painter: a.Painter(), cancel: func(ctx context.Context, account, id string) error {
			return cancel(ctx, a.core.store, account, id)
		}}
		go func() {
			done <- f(work, studio)
			stop()
		}()
	}})
	abort() // a part that failed ends f too
	if !started {
		return errors.Join(err, ctx.Err())
	}
	return errors.Join(<-done, err)
}

// Painting is how many generations this process works on right now.
func (a *App) Painting() int {
	families, err := a.core.registry.Gather()
	if err != nil {
		return 0 // a server has gone already, and with it the work
	}
	for _, family := range families {
		if family.GetName() != "imagika_queue_busy" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetValue() == queue.PoolGenerate {
					return int(m.GetGauge().GetValue())
				}
			}
		}
	}
	return 0
}
