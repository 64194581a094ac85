package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/embedded"
	"github.com/imagika/imagika/cmd/internal/playground"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// servers says where everything is that the program does not do itself.
type servers struct {
	dir        string // absolute
	redis      string
	redisPass  string
	queueKeys  [][]byte
	database   string
	keys       string
	master     []keys.MasterKey
	s3         s3
	telegram   string // URL of the Bot API
	token      string
	playground *playground.Playground // nil without
	fake       *telegramtest.Server
	elsewhere  []string // of the playground: the services that prompts may go to
	people     *keys.Store
	embedded   map[string]bool // by the names of the table
}

type s3 struct {
	endpoint, region, bucket, key, secret string
	tls                                   bool
}

// openServers takes what is set and embeds the rest. Only the all-in-one process embeds; the settings of the other
// roles are complete, or were refused.
func (a *App) openServers(ctx context.Context) error {
	c := a.options.Config
	dir, err := filepath.Abs(c.Data) // before the embedded S3 changes the working directory
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	a.servers = servers{
		dir: dir, redis: c.RedisURL, redisPass: c.RedisPassword.Reveal(), database: c.DatabaseURL.Reveal(), keys: c.KeysDatabaseURL.Reveal(),
		s3:       s3{c.S3Endpoint, c.S3Region, c.S3Bucket, c.S3AccessKey, c.S3SecretKey.Reveal(), c.S3TLS},
		telegram: c.TelegramAPIURL, token: c.TelegramToken.Reveal(), embedded: map[string]bool{},
	}
	if c.Role == config.RoleRun {
		lock, err := embedded.LockFolder(dir)
		if err != nil {
			return fmt.Errorf("IMAGIKA_DATA=%s: %w", c.Data, err)
		}
		a.stack.push("data folder", lock.Close)
	}
	for _, step := range []func(context.Context) error{a.openQueueKey, a.openMasterKey, a.openDatabases, a.openRedis, a.openS3, a.openPlayground} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openQueueKey reads what seals the queue, and makes it in the data folder where it is not set. Whoever only looks at a Redis
// makes none: what is in there opens with nothing but its own.
func (a *App) openQueueKey(context.Context) (err error) {
	c, s := a.options.Config, &a.servers
	if s.queueKeys, err = c.QueueKey.Keys(); err != nil {
		return fmt.Errorf("IMAGIKA_QUEUE_KEY: %w", err)
	}
	if len(s.queueKeys) == 0 {
		read := embedded.Secret
		if c.Role != config.RoleRun && c.RedisURL != "" {
			read = embedded.ReadSecret
		}
		key, err := a.folderSecret("IMAGIKA_QUEUE_KEY", "queue.key", read)
		if err != nil {
			return err
		}
		s.queueKeys = [][]byte{key}
	}
	return nil
}

// openMasterKey reads what wraps people's keys, and makes it in the data folder where it is not set. Beside a key store it makes none:
// that is wrapped by the one which is missing. Tools make none.
func (a *App) openMasterKey(ctx context.Context) (err error) {
	c, s := a.options.Config, &a.servers
	master := c.MasterKey.Reveal()
	if master == "" && c.Role != config.RoleBot {
		read := embedded.ReadSecret
		if c.Role == config.RoleRun {
			begun, err := a.keysBegun(ctx)
			if err != nil {
				return err
			}
			if !begun {
				read = embedded.Secret
			}
		}
		key, err := a.folderSecret("IMAGIKA_MASTER_KEY", "master.key", read)
		if err != nil {
			return err
		}
		master = base64.StdEncoding.EncodeToString(key)
	}
	if master != "" {
		s.master, err = keys.ParseMasterKeys(master)
	}
	return err
}

// keysBegun reports whether there is a key store already.
func (a *App) keysBegun(ctx context.Context) (bool, error) {
	if a.servers.keys != "" {
		begun, err := keys.Begun(ctx, a.servers.keys, a.options.Log)
		return begun, from("IMAGIKA_KEYS_DATABASE_URL", err)
	}
	_, err := os.Stat(filepath.Join(a.servers.dir, "keys.db"))
	return !errors.Is(err, fs.ErrNotExist), nil
}

// folderSecret reads what a setting would say from the data folder.
func (a *App) folderSecret(setting, name string, read func(path string) ([]byte, error)) ([]byte, error) {
	path := filepath.Join(a.servers.dir, name)
	key, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &config.SettingError{Name: setting, Reason: "is not set, and " + path + " is missing: put it back from your backup"}
	}
	return key, err
}

func (a *App) openDatabases(context.Context) (err error) {
	s := &a.servers
	if a.options.Config.Role == config.RoleBot {
		return nil
	}
	if s.database == "" {
		s.embedded["database"] = true
		if s.database, err = embedded.SQLiteURL(s.dir, "imagika.db"); err != nil {
			return err
		}
		embedded.Private(s.dir, "imagika.db")
	}
	if s.keys == "" {
		s.embedded["keys"] = true
		s.keys, err = embedded.SQLiteURL(s.dir, "keys.db")
		embedded.Private(s.dir, "keys.db")
	}
	return err
}

func (a *App) openRedis(ctx context.Context) error {
	s := &a.servers
	if s.redis != "" {
		return nil
	}
	r, err := embedded.Redis(context.WithoutCancel(ctx)) // what is being stopped still needs it
	if err != nil {
		return err
	}
	a.stack.push("embedded redis", nothing(r.Close))
	s.redis, s.embedded["redis"] = r.URL, true
	return nil
}

func (a *App) openS3(ctx context.Context) error {
	s := &a.servers
	if s.s3.endpoint != "" || a.options.Config.Role == config.RoleBot {
		return nil
	}
	srv, err := embedded.S3(ctx, filepath.Join(s.dir, "s3"))
	if err != nil {
		return err
	}
	a.stack.push("embedded s3", srv.Close)
	s.embedded["s3"] = true
	s.s3 = s3{srv.Endpoint, srv.Region, a.options.Config.S3Bucket, srv.Key, srv.Secret, false}
	return nil
}

// openPlayground puts the stand-in for Telegram in its place. The bot and the workers reach it by its address, exactly
// as they would reach Telegram.
func (a *App) openPlayground(context.Context) error {
	s := &a.servers
	if !a.options.Config.PlaygroundEnabled() {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	s.fake = telegramtest.New(telegramtest.Options{
		Bot: telegramtest.User{FirstName: "Imagika", Username: "imagika_bot", SupportsInlineQueries: true}, Log: a.options.Log, InsecureApps: true,
		OnViolation: func(v telegramtest.Violation) {
			a.options.Log.Error("call that Telegram would not have understood as meant", "violation", v.String())
		},
	})
	a.stack.push("playground api", nothing(s.fake.Close))
	elsewhere, err := a.elsewhere()
	if err != nil {
		return err
	}
	s.elsewhere = elsewhere
	pg, err := playground.New(playground.Options{
		Server: s.fake, Log: a.options.Log, SavePath: filepath.Join(s.dir, "playground.json"), Notice: notice(elsewhere),
	})
	if err != nil {
		return err
	}
	a.stack.push("playground", pg.Close)
	if err := s.fake.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	s.playground, s.telegram, s.token, s.embedded["telegram"] = pg, s.fake.URL(), s.fake.Token(), true
	return nil
}

// elsewhere are the services that prompts may go to.
func (a *App) elsewhere() (names []string, err error) {
	list, err := a.providers()
	for _, p := range list {
		if p.Name() != workers.BuiltIn {
			names = append(names, workers.Title(p))
		}
	}
	return names, err
}

// notice is what the playground says about where prompts go; empty where they go nowhere.
func notice(elsewhere []string) string {
	if len(elsewhere) == 0 {
		return ""
	}
	return "Playground: a local stand-in for Telegram. Prompts may go to " + strings.Join(elsewhere, ", ") + "."
}
