package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/ops"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// core is what more than one role needs.
type core struct {
	registry  registry
	metrics   metrics
	redis     *queue.Redis
	sealer    *queue.Keys
	client    *queue.Client
	lanes     *queue.Lanes
	limits    *queue.Limits
	inspector *queue.Inspector
	pools     pools
	store     *storage.Store    // nil for the bot
	objects   *objects.Store    // nil for the bot
	router    *providers.Router // nil for the bot
	rules     *moderation.Judge // nil for the bot
	shelf     *shop.Shelf       // nil for the bot, and where nothing is sold
	workers   *workers.Workers  // nil for the bot
	telegram  *telegram.Client  // nil without a token
	mail      workers.Mailer    // nil without a server
	bot       *bot.Bot          // nil where updates are not taken
}

// openCore connects to every server and makes the collaborators, in the order in which they need each other.
func (a *App) openCore(ctx context.Context) (*core, error) {
	c := &core{}
	c.registry, c.metrics = newMetrics()
	if err := a.openQueue(ctx, c); err != nil {
		return nil, err
	}
	if a.options.Config.Role == config.RoleBot {
		return c, nil
	}
	if err := a.openTruth(ctx, c); err != nil {
		return nil, err
	}
	if err := errors.Join(a.openTelegram(c), a.openMail(c)); err != nil {
		return nil, err
	}
	return c, a.openWorkers(ctx, c)
}

func (a *App) openQueue(ctx context.Context, c *core) (err error) {
	if c.sealer, err = a.sealer(); err != nil {
		return err
	}
	if c.redis, err = queue.Open(ctx, queue.RedisConfig{URL: a.servers.redis, Password: a.servers.redisPass, Log: a.options.Log}); err != nil {
		return fmt.Errorf("IMAGIKA_REDIS_URL: %w", err)
	}
	a.stack.push("redis", c.redis.Close)
	if err := c.redis.Check(ctx); err != nil {
		return fmt.Errorf("IMAGIKA_REDIS_URL: %w", err)
	}
	c.client = queue.NewClient(c.redis, a.options.Config.CallTimeout, c.metrics.queue)
	c.client.Follow(a.traces)
	c.lanes = queue.NewLanes(c.redis, c.client, c.sealer, queue.LaneConfig{}, c.metrics.queue, a.options.Log)
	c.limits = queue.NewLimits(c.redis, c.metrics.queue)
	c.inspector = queue.NewInspector(c.redis)
	c.pools, err = newPools(a.options.Config, c.redis, c.inspector)
	return err
}

// openTruth opens the databases and the bucket.
func (a *App) openTruth(ctx context.Context, c *core) (err error) {
	if err := a.openPeople(ctx, c); err != nil {
		return err
	}
	s := a.servers.s3
	if c.objects, err = objects.Open(ctx, objects.Config{
		Endpoint: s.endpoint, Region: s.region, Bucket: s.bucket, CreateBucket: true, Key: s.key, Secret: s.secret, TLS: s.tls, Metrics: c.metrics.objects,
	}); err != nil {
		return fmt.Errorf("IMAGIKA_S3_ENDPOINT: %w", err)
	}
	a.stack.push("objects", nothing(c.objects.Close))
	return nil
}

// openPeople opens the key store and the database.
func (a *App) openPeople(ctx context.Context, c *core) error {
	people, err := keys.Open(ctx, keys.Config{URL: a.servers.keys, Master: a.servers.master, Log: a.options.Log})
	if err != nil {
		return from(a.whose("keys", "IMAGIKA_KEYS_DATABASE_URL"), err)
	}
	a.stack.push("key store", people.Close)
	operators, err := operatorKeys(a.options.Config)
	if err != nil {
		return err
	}
	if c.store, err = storage.Open(ctx, storage.Config{
		URL: a.servers.database, Keys: people, Metrics: c.metrics.storage, Log: a.options.Log, Operators: operators, Window: a.options.Config.ReportWindow,
		BookYears: a.options.Config.BookYears, Unchanged: a.unchanged,
	}); err != nil {
		return from(a.whose("database", "IMAGIKA_DATABASE_URL"), err)
	}
	a.stack.push("database", c.store.Close)
	a.servers.people = people
	return a.sameKeys(ctx, c.store)
}

// sameKeys refuses a key store that is not the one of the database: it would make everybody new keys, which open nothing that is theirs.
func (a *App) sameKeys(ctx context.Context, s *storage.Store) error {
	err := s.SameKeys(ctx)
	if !errors.Is(err, storage.ErrOtherKeys) {
		return from("IMAGIKA_KEYS_DATABASE_URL", err)
	}
	where := a.whose("keys", host(a.servers.keys))
	return &config.SettingError{Name: "IMAGIKA_KEYS_DATABASE_URL", Reason: "does not fit: " + otherKeys(where) + ". " + putBack}
}

// whose is the file of an embedded database, or what stands for one that is not embedded.
func (a *App) whose(name, otherwise string) string {
	files := map[string]string{"keys": "keys.db", "database": "imagika.db"}
	if !a.servers.embedded[name] {
		return otherwise
	}
	return filepath.Join(a.servers.dir, files[name])
}

// otherKeys is what is wrong with a key store that is not the one of the database.
func otherKeys(where string) string {
	return "the key store at " + where + " knows none of the people of the database: it is another one, or empty"
}

// putBack is what to do about a key store that is gone.
const putBack = "Put back the key store which belongs to the database, from its own backup."

// from says which setting names a server that an error is of; a URL that cannot be meant is the setting's own.
func from(setting string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keys.ErrURL):
		return config.Refuse(setting, err)
	}
	return fmt.Errorf("%s: %w", setting, err)
}

func (a *App) openTelegram(c *core) (err error) {
	if a.servers.token == "" {
		return nil
	}
	c.telegram, err = telegram.New(telegram.Config{
		URL: a.servers.telegram, Token: a.servers.token, Pacer: c.limits, Log: a.options.Log, Metrics: c.metrics.telegram, Span: a.traces.Call,
	})
	return err
}

func (a *App) openMail(c *core) error {
	if !a.options.Config.SMTPURL.IsSet() {
		return nil
	}
	client, err := mail.New(mail.Config{URL: a.options.Config.SMTPURL.Reveal(), From: a.options.Config.MailFrom})
	if err != nil {
		return config.Refuse("IMAGIKA_SMTP_URL, IMAGIKA_MAIL_FROM", err)
	}
	c.mail = client
	return nil
}

func (a *App) openWorkers(ctx context.Context, c *core) error {
	list, err := a.providers()
	if err != nil {
		return err
	}
	writers, err := a.writers()
	if err != nil {
		return err
	}
	c.router, err = providers.NewRouter(providers.Config{
		Limits: c.limits, States: queue.NewStates(c.redis), Metrics: c.metrics.provider, Providers: list, Writers: writers, TraceID: queue.TraceID,
	})
	if err != nil {
		return err
	}
	if err := errors.Join(a.useCatalogue(c.router), a.openRules(c), a.openShop(c)); err != nil {
		return err
	}
	catalog, err := texts.New()
	if err != nil {
		return err
	}
	catalog.OnError = func(k texts.Key, err error) {
		a.options.Log.ErrorContext(ctx, "text is not as it should be", "key", k, "error", err)
	}
	settings := a.settings()
	if settings.Crew, err = crew(a.options.Config); err != nil {
		return err
	}
	slots, err := a.openSlots()
	if err != nil {
		return err
	}
	c.workers, err = workers.New(workers.Config{
		Settings: settings, Store: c.store, Objects: c.objects, Keys: a.servers.people, Queue: c.client, Lanes: c.lanes, Bodies: queue.NewBodies(c.redis, c.sealer), Sealer: c.sealer,
		Slots:  slots,
		Limits: c.limits, Router: c.router, Telegram: c.telegram, Mail: c.mail, BotName: a.botName(ctx, c.telegram), Texts: catalog, Rules: c.rules, Shop: c.shelf,
		Queues: c.inspector, Metrics: c.metrics.workers, Traces: a.traces,
		Log: a.options.Log, Wiped: c.redis.SentinelMissing, ForgetLane: a.forgetLane(c), AckPayment: c.client.Ack, Step: a.options.Step,
	})
	if err != nil {
		return config.Refuse("IMAGIKA_MODEL", err)
	}
	return nil
}

// openSlots makes room for passing on what people say without a task. Where no pools run there is none.
func (a *App) openSlots() (*queue.Slots, error) {
	if role := a.options.Config.Role; role != config.RoleRun && role != config.RoleWorker {
		return &queue.Slots{}, nil
	}
	pools, _, err := shares(a.options.Config)
	if err != nil {
		return nil, err
	}
	slots := queue.NewSlots(pools, queue.PoolConversation, a.options.Log)
	a.stack.push("slots", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), queue.SlotsGrace)
		defer cancel()
		return slots.Close(ctx)
	})
	return slots, nil
}

// botID is the id of a bot, which its token begins with.
func botID(token string) (int64, error) {
	id, _, _ := strings.Cut(token, ":")
	return strconv.ParseInt(id, 10, 64)
}

// forgetLane is how what the queue keeps of a chat is deleted. Without a token there are no lanes.
func (a *App) forgetLane(c *core) func(ctx context.Context, chat int64) error {
	bot, err := botID(a.servers.token)
	if err != nil {
		return nil
	}
	return func(ctx context.Context, chat int64) error { return c.lanes.Forget(ctx, bot, chat) }
}

// settings are the product's numbers.
func (a *App) settings() workers.Settings {
	c := a.options.Config
	s := workers.Settings{
		Model: c.Model, Price: c.Price, Welcome: c.WelcomeCredits, Parallel: c.PersonParallel, Waiting: c.PersonWaiting,
		Given: workers.Given{
			Daily:    storage.DailyTerms{Credits: c.DailyCredits, Bonus: c.DailyBonus, Most: c.DailyMost, Keep: c.DailyKeep},
			Referral: storage.ReferralTerms{Credits: c.Referral, Month: c.ReferralMonth, Most: c.ReferralMost},
			Gifts:    c.GiftsPerDay, Alone: c.GrantAlone,
		},
		Paid:      workers.Caps{Parallel: c.PaidParallel, Waiting: c.PaidWaiting},
		MaxImages: c.MaxImages, AskAbove: &c.AskAbove, Closed: c.RulesClosed,
		PromptMax: c.PromptMax, CallTimeout: c.CallTimeout, LinkTime: c.FileLinkTTL, ExportKeep: c.ExportKeep, Words: c.PersonWords,
		Operators: c.OperatorChat, StarsUSD: c.StarsUSD, RefundWindow: c.RefundWindow, Reconcile: c.ReconcileInterval, Inactive: c.Inactive,
		Conversations: c.Conversations, ChatAge: c.ChatMinAge, Contact: c.Contact,
		EraseGrace: c.EraseGrace, EraseSettle: a.options.EraseSettle, Remember: c.Remember,
	}
	s.Facts.Name, s.Facts.Shop, s.Facts.Chats, s.Facts.PairHours = c.Brand, c.Shop == config.ShopOn, c.Conversations, pairHours(c)
	s.Facts.Playground, s.Facts.Operator, s.Facts.RefundDays = a.servers.fake != nil, c.LegalName, refundDays(c)
	if c.PublicURL != "" {
		s.PolicyURL, s.CallbackURL, s.FilesURL = policyPage(c), c.PublicURL+"/hooks", c.PublicURL+"/f"
	}
	if c.API == config.APIOn && c.PublicURL != "" {
		s.APIURL = c.PublicURL + "/v1"
	}
	s.AppURL = a.appURL()
	if a.servers.fake != nil {
		s.ChatAge = 0 // there is nobody to be wary of
		s.EraseSettle = cmp.Or(s.EraseSettle, 2*time.Second)
		s.PolicyURL, s.FilesURL = "http://"+c.WebAddr+"/privacy", "http://"+c.WebAddr+"/f"
		if c.API == config.APIOn {
			s.APIURL = "http://" + c.WebAddr + "/v1"
		}
	}
	return s
}

// appURL is where the Mini App is, empty where it cannot be opened: Telegram takes addresses with TLS alone, the playground those of
// this machine.
func (a *App) appURL() string {
	c := a.options.Config
	switch _, port, _ := net.SplitHostPort(c.WebAddr); {
	case a.servers.fake != nil && port != "0":
		return "http://" + c.WebAddr + "/app/"
	case a.servers.fake == nil && strings.HasPrefix(c.PublicURL, "https://"):
		return c.PublicURL + "/app/"
	}
	return ""
}

// botName asks for the bot's user name, which commands in groups carry. A Telegram that is away only costs that.
func (a *App) botName(ctx context.Context, t *telegram.Client) string {
	if t == nil {
		return ""
	}
	if a.servers.fake != nil {
		return a.servers.fake.Bot().Username
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	me, err := t.GetMe(ctx)
	if err != nil {
		a.options.Log.WarnContext(ctx, "telegram does not say who the bot is", "error", err)
	}
	return me.Username
}

// startWorkers runs the pools and the sweeper.
func (a *App) startWorkers(ctx, base context.Context) error {
	pools, queues, err := shares(a.options.Config)
	if err != nil {
		return err
	}
	srv, err := queue.NewServer(a.core.redis, queue.ServerConfig{
		Pools: pools, Queues: queues, Handlers: a.core.workers.Handlers(), Redact: func(err error) string { return config.Redact(err.Error()) },
		Call: a.options.Config.CallTimeout, Grace: a.options.Config.StopGrace, Embedded: a.servers.embedded["redis"],
		Metrics: a.core.metrics.queue, Traces: a.traces, Log: a.options.Log,
	})
	if err != nil {
		return err
	}
	if err := errors.Join(a.keepErased(ctx), a.core.workers.PublishFirst(ctx)); err != nil {
		return err
	}
	sweepCtx, stopSweep := context.WithCancel(base)
	var sweeper sync.WaitGroup
	sweeper.Go(func() { _ = a.core.workers.Sweep(sweepCtx) })
	sweeper.Go(func() { a.core.workers.KeepBooks(sweepCtx) })
	sweeper.Go(func() { a.core.workers.Retain(sweepCtx) })
	sweeper.Go(func() { a.core.workers.WatchModels(sweepCtx) })
	a.stack.push("sweeper", func() error { stopSweep(); sweeper.Wait(); return nil })
	if err := srv.Start(base); err != nil {
		return err
	}
	a.stack.push("pools", nothing(srv.Shutdown))
	a.collectAll()
	a.group.Go(func() error { a.drained(ctx, srv.Draining()); return nil })
	if a.core.telegram != nil {
		a.group.Go(func() error { a.setProfile(ctx); return nil })
	}
	return nil
}

// keepErased destroys the keys of erased people again where the key store was put back from a backup: before anybody is served.
func (a *App) keepErased(ctx context.Context) error {
	n, err := a.core.store.DestroyErased(ctx)
	if err != nil {
		return fmt.Errorf("keys of erased people: %w", err)
	}
	if n > 0 {
		a.options.Log.WarnContext(ctx, "keys of erased people were there again, as after a restore, and were destroyed", "count", n)
	}
	return nil
}

// drained says at /readyz that nothing more is taken, once an operator has asked for that.
func (a *App) drained(ctx context.Context, draining <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-draining:
		if a.admin != nil {
			a.admin.Drain()
		}
	}
}

// setProfile writes the bot's menu and description; it is tried until it worked, because nothing depends on it.
func (a *App) setProfile(ctx context.Context) {
	for pause := time.Second; ; pause = min(2*pause, 10*time.Minute) {
		err := a.core.workers.SetProfile(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.options.Log.WarnContext(ctx, "bot's menu not written yet", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// startAdmin listens for operators.
func (a *App) startAdmin(ctx, base context.Context) error {
	if a.options.Quiet {
		return nil
	}
	c := a.core
	a.collect()
	monitor := ops.NewMonitor(c.redis.AsynqOpt())
	a.stack.push("task monitor", monitor.Close)
	srv := ops.New(ops.Options{
		Addr: a.options.Config.AdminAddr, Gather: c.registry, Ready: a.ready, Monitor: monitor,
		Autoscale: autoscale(c.pools), Visits: a.visitsPage(), Password: a.options.Config.AdminPassword.Reveal(), Log: a.options.Log,
	})
	if err := srv.Start(base); err != nil {
		return fmt.Errorf("IMAGIKA_ADMIN_ADDR=%s: %w", a.options.Config.AdminAddr, err)
	}
	a.admin, a.AdminAddr = srv, srv.Addr()
	a.group.Go(func() error { <-ctx.Done(); srv.Drain(); return nil })
	a.stack.push("admin listener", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return srv.Stop(ctx)
	})
	return nil
}

// ready reports what is away.
func (a *App) ready(ctx context.Context) error {
	errs := []error{a.core.redis.Ping(ctx)}
	if a.core.store != nil {
		if err := a.core.store.Ping(ctx); err != nil {
			errs = append(errs, fmt.Errorf("database: %w", err))
		}
	}
	if a.core.bot != nil {
		errs = append(errs, a.core.bot.Healthy())
	}
	return errors.Join(errs...)
}
