package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/cmd/internal/site"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/policy"
)

// startFront takes updates and serves people: the bot's poller or webhook, and the website.
func (a *App) startFront(ctx context.Context) error {
	if a.options.Quiet {
		return nil
	}
	var webhook http.Handler
	if r := a.options.Config.Role; r == config.RoleRun || r == config.RoleBot {
		if err := a.startBot(ctx); err != nil {
			return err
		}
		if a.options.Config.TelegramMode == config.ModeWebhook {
			webhook = a.core.bot.Handler()
		}
	}
	switch {
	case a.options.Config.Role == config.RoleWorker:
		return nil
	case a.options.Config.Role == config.RoleBot && webhook == nil:
		return nil
	}
	handler, err := a.website(ctx, webhook)
	if err != nil {
		return err
	}
	return a.listen(ctx, handler)
}

// startBot takes updates, until the pools are to stop: it ends first, so that nothing new comes in.
func (a *App) startBot(ctx context.Context) error {
	c := a.options.Config
	front := queue.NewFront(a.core.redis, a.core.sealer, queue.FrontConfig{Metrics: a.core.metrics.queue, Traces: a.traces, Log: a.options.Log})
	a.stack.push("front", front.Close)
	b, err := bot.New(bot.Config{
		URL: a.servers.telegram, Token: a.servers.token, Front: front, Ack: bot.Ack(c.IngestAck), Log: a.options.Log, Metrics: a.core.metrics.bot,
		Webhook: bot.Webhook{URL: c.TelegramWebhookURL, Secret: c.TelegramWebhookSecret.Reveal()},
	})
	if err != nil {
		return err
	}
	a.core.bot = b
	botCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	a.group.Go(func() error {
		defer close(done)
		return b.Run(botCtx)
	})
	a.stack.push("bot", func() error { stop(); <-done; return nil })
	a.group.Go(func() error { <-ctx.Done(); stop(); return nil })
	return nil
}

func (a *App) website(ctx context.Context, webhook http.Handler) (http.Handler, error) {
	c := a.options.Config
	o := site.Options{
		Name: c.Brand, Operator: c.LegalName, Webhook: webhook, Price: c.Price, Welcome: c.WelcomeCredits, Daily: c.DailyCredits, DailyMost: max(c.DailyMost, c.DailyCredits),
		MaxImages: c.MaxImages, Shop: c.Shop == config.ShopOn, RefundDays: refundDays(c), Chats: c.Conversations, PairHours: pairHours(c),
		Builtin: a.core.workers != nil && len(a.services()) == 0, Services: a.services(), PublicURL: c.PublicURL,
		Log: a.options.Log, Ready: a.ready, Metrics: a.core.metrics.site, Visits: a.countVisits(ctx), Stats: a.stats(),
	}
	if a.servers.playground != nil {
		o.Playground = a.servers.playground
	} else if a.core.telegram != nil {
		o.BotUsername = a.core.workers.BotName
	}
	o.Security = cmp.Or(c.SecurityContact, c.Contact)
	o.Facts = policy.Facts{Contact: c.Contact, BookYears: c.BookYears}
	if a.core.workers != nil {
		o.Facts, o.Prices, o.Commands = a.core.workers.Facts(), a.prices, a.core.workers.CommandNames()
		o.APIURL = a.core.workers.Settings.APIURL
	}
	if a.core.store != nil {
		o.Hook, o.File, o.Policy, o.Policies = a.callback, a.file, a.policy, a.policies
		g := newGauge(c, a.core)
		o.Status, o.Incidents = g.Board, a.incidents
		a.group.Go(func() error { g.sample(ctx); return nil })
		o.API = a.devapi(ctx)
	}
	var err error
	if o.App, err = a.miniapp(); err != nil {
		return nil, err
	}
	o.SignIn = o.App != nil && (oidc(c) != nil || a.core.workers.Mail != nil)
	if c.Role == config.RoleRun {
		return site.Lazy(o)
	}
	return site.New(o)
}

// services are the image services that prompts may go to; none where this process does not know.
func (a *App) services() []string {
	if a.core.workers == nil {
		return nil
	}
	return a.core.workers.Services()
}

// refundDays is for how long an unspent payment goes back by one tap.
func refundDays(c config.Config) int { return int(c.RefundWindow / (24 * time.Hour)) }

// prices are what the website shows: what can be chosen and bought now.
func (a *App) prices() site.Prices {
	var p site.Prices
	for _, m := range a.core.workers.PriceList() {
		shown := site.Model{Name: m.Name, Title: m.Title, About: m.About, Operations: m.Operations}
		for _, r := range m.Rates {
			shown.Rates = append(shown.Rates, site.Rate(r))
		}
		p.Models = append(p.Models, shown)
	}
	if a.core.workers.Shop != nil {
		for _, pack := range a.core.workers.Shop.Packs() {
			p.Packs = append(p.Packs, site.Pack{Title: pack.Titles(), Stars: pack.Stars, Credits: pack.Credits(), Bonus: pack.Bonus, Monthly: pack.Subscription})
		}
	}
	return p
}

// policyPage is the page of the privacy policy, empty where there is no website.
func policyPage(c config.Config) string {
	if c.PublicURL == "" {
		return ""
	}
	return c.PublicURL + "/privacy"
}

// policy returns a version of the privacy policy for the website.
func (a *App) policy(ctx context.Context, version string) (site.Policy, error) {
	p, err := a.core.workers.Policy(ctx, version)
	if errors.Is(err, storage.ErrNotFound) {
		return site.Policy{}, site.ErrNoPolicy
	}
	return site.Policy{Version: p.Version, Texts: p.Texts}, err
}

// policies lists the versions of the privacy policy for the website, the newest first.
func (a *App) policies(ctx context.Context) ([]site.Change, error) {
	all, err := a.core.workers.Policies(ctx)
	if err != nil {
		return nil, err
	}
	var changes []site.Change
	now := a.core.store.Now()
	for i, p := range slices.Backward(all) {
		changes = append(changes, site.Change{
			Version: p.Version, Effective: p.Effective, Coming: p.Effective.After(now), Current: p.InForce, Material: p.Material, First: i == 0, Summary: p.Summary,
		})
	}
	return changes, nil
}

// callback passes on what a provider called back with.
func (a *App) callback(ctx context.Context, c site.Callback) error {
	err := a.core.workers.Callback(ctx, c.Provider, c.Attempt, c.Signature, c.Header, c.Body)
	if errors.Is(err, workers.ErrForged) {
		return site.ErrForged
	}
	return err
}

// file opens the picture a link leads to.
func (a *App) file(ctx context.Context, token string) (site.File, error) {
	f, err := a.core.workers.OpenFile(ctx, token)
	if errors.Is(err, storage.ErrNotFound) || errors.Is(err, objects.ErrNotFound) {
		return site.File{}, site.ErrNoFile
	}
	return site.File{Body: f.Body, Name: f.Name, MediaType: f.MediaType, Bytes: f.Bytes, Shown: f.Shown}, err
}

func (a *App) listen(ctx context.Context, h http.Handler) error {
	addr := a.options.Config.WebAddr
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("IMAGIKA_WEB_ADDR=%s: %w", addr, err)
	}
	a.WebAddr = l.Addr().String()
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(a.options.Log.Handler(), slog.LevelDebug)}
	a.serve(ctx, "website", srv, l)
	return nil
}

// serve serves until the stack is unwound; an end before that fails the process.
func (a *App) serve(ctx context.Context, name string, srv *http.Server, l net.Listener) {
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	a.group.Go(func() error {
		select {
		case err := <-ended:
			return fmt.Errorf("%s: %w", name, err)
		case <-ctx.Done():
			return nil
		}
	})
	a.stack.push(name, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			return srv.Close() // event streams have no end of their own
		}
		return nil
	})
}

// pairHours is for how long it can be opened who talked with whom; zero is not at all.
func pairHours(c config.Config) int {
	if c.OperatorKeys == "" {
		return 0
	}
	return int(c.ReportWindow / time.Hour)
}
