package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/bot"
	"github.com/imagika/imagika/cmd/internal/config"
	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers"
	"github.com/imagika/imagika/workers/mail"
)

// loopback reports whether only this machine reaches an address.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// slowRedis is a ping that slows everything down.
const slowRedis = 20 * time.Millisecond

func (d doctor) redis(ctx context.Context) (list []Finding) {
	if d.c.RedisURL == "" {
		return embeddedPart(partRedis, "IMAGIKA_REDIS_URL")
	}
	if err := knock(ctx, d.c.RedisURL, "6379"); err != nil {
		return []Finding{broken(partRedis, "Look at IMAGIKA_REDIS_URL, and whether the server runs.", err)}
	}
	r, err := queue.Open(ctx, queue.RedisConfig{URL: d.c.RedisURL, Password: d.c.RedisPassword.Reveal(), PoolSize: 1})
	if err != nil {
		return []Finding{broken(partRedis, "Look at IMAGIKA_REDIS_URL and IMAGIKA_REDIS_PASSWORD, and whether the server runs.", err)}
	}
	defer r.Close()
	if err := r.Check(ctx); err != nil {
		return []Finding{broken(partRedis, "Start it with --maxmemory-policy noeviction --appendonly yes and a password, in a release of today.", err)}
	}
	f, err := r.Facts(ctx)
	if err != nil {
		return []Finding{broken(partRedis, "Give the user of IMAGIKA_REDIS_URL the commands INFO, TIME and PING.", err)}
	}
	list = append(list, well(partRedis, "version %s answers in %s and evicts nothing", orNothing(f.Version), f.Latency.Round(time.Microsecond)))
	if f.AppendOnly == "0" {
		list = append(list, doubt(partRedis, "Start it with --appendonly yes --appendfsync everysec.", "it forgets everything when it restarts: nothing is lost, but what waits is late"))
	}
	if f.Latency > slowRedis {
		list = append(list, doubt(partRedis, "Bring it nearer to the workers.", "a ping takes %s", f.Latency.Round(time.Millisecond)))
	}
	return append(list, clock(partRedis, f.Ahead)...)
}

// knock connects and hangs up: the client of Redis would wait for a server that may come back.
func knock(ctx context.Context, address, port string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the address cannot be read")
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
	if err != nil {
		return err
	}
	return conn.Close()
}

func (d doctor) database(ctx context.Context) []Finding {
	address := d.databaseAddress()
	if address == "" {
		return embeddedPart(partDatabase, "IMAGIKA_DATABASE_URL")
	}
	e, err := storage.Examine(ctx, address)
	if err != nil {
		return []Finding{broken(partDatabase, "Look at IMAGIKA_DATABASE_URL: address, password, and whether the server runs.", err)}
	}
	list := []Finding{well(partDatabase, "%s %s, schema %d", e.Engine, e.Server, e.Schema)}
	switch {
	case e.Newer():
		list[0] = Finding{partDatabase, Broken, fmt.Sprintf("schema %d is of a later release, this one knows %d", e.Schema, e.Newest), "Run the release that made it, or a later one."}
	case e.Pending():
		list[0] = doubt(partDatabase, "imagika migrate", "schema %d, and this release needs %d: it is brought up to date when a role starts", e.Schema, e.Newest)
	}
	if e.Most > 0 && e.Clients*10 > e.Most*8 {
		list = append(list, doubt(partDatabase, "Raise max_connections, or run fewer processes: each takes up to 12.", "%d of %d connections are taken", e.Clients, e.Most))
	}
	return append(list, clock(partDatabase, e.Ahead)...)
}

// keys are opened as every role does: what they wrap is not touched.
func (d doctor) keys(ctx context.Context) []Finding {
	address := d.c.KeysDatabaseURL.Reveal()
	where := host(address)
	people := d.people(ctx)
	if address == "" {
		path := filepath.Join(d.dir, "keys.db")
		if _, err := os.Stat(path); err != nil && len(people) > 0 {
			return []Finding{{partKeys, Broken, path + " is missing, and what people of the database left opens with nothing else", putBack}}
		} else if err != nil {
			return embeddedPart(partKeys, "IMAGIKA_KEYS_DATABASE_URL")
		}
		address, where = "file:"+path, path
	}
	a := &App{options: Options{Config: d.c, Log: d.log}, servers: servers{dir: d.dir}}
	if err := a.openMasterKey(ctx); err != nil {
		return []Finding{broken(partKeys, "Look at IMAGIKA_MASTER_KEY: the key it was made with has to be among them.", err)}
	}
	k, err := keys.Open(ctx, keys.Config{URL: address, Master: a.servers.master, Log: d.log})
	if err != nil {
		return []Finding{broken(partKeys, "Look at IMAGIKA_KEYS_DATABASE_URL, and whether IMAGIKA_MASTER_KEY is the one it was made with.", err)}
	}
	defer k.Close()
	if known, err := k.KnowsAny(ctx, people); err == nil && !known && len(people) > 0 {
		return []Finding{{partKeys, Broken, otherKeys(where), putBack}}
	}
	return keyFindings(ctx, k)
}

// people are some of those in the database, as far as it can be looked at: what is wrong with it is said elsewhere.
func (d doctor) people(ctx context.Context) []int64 {
	address := d.databaseAddress()
	if address == "" {
		return nil
	}
	people, _ := storage.SomePeople(ctx, address)
	return people
}

// databaseAddress is empty where there is no database yet.
func (d doctor) databaseAddress() string {
	path := filepath.Join(d.dir, "imagika.db")
	if _, err := os.Stat(path); d.c.DatabaseURL.IsSet() || err != nil {
		return d.c.DatabaseURL.Reveal()
	}
	return "file:" + path
}

// keyFindings are whether master keys are left to be rotated out.
func keyFindings(ctx context.Context, k *keys.Store) []Finding {
	all, err := k.Masters(ctx)
	if err != nil {
		return []Finding{broken(partKeys, "Look whether the key store runs.", err)}
	}
	list := []Finding{well(partKeys, "the master key opens it; keep its backups for days only, because what is erased can be read with them")}
	for _, m := range all {
		switch state := m.State(); {
		case state == keys.MasterMissing:
			list = append(list, Finding{
				partKeys, Broken, fmt.Sprintf("%d keys are wrapped by master key %s, which is not given: what they seal cannot be read", m.Wraps, m.ID), "Put that key back into IMAGIKA_MASTER_KEY, behind the first.",
			})
		case state == keys.MasterUnwraps:
			list = append(list, doubt(partKeys, "imagika admin keys rotate", "%d keys are still wrapped by an old master key, %s", m.Wraps, m.ID))
		case state == keys.MasterIdle && m.Given:
			list = append(list, doubt(partKeys, "Take it out of IMAGIKA_MASTER_KEY, and destroy it.", "master key %s wraps nothing any more", m.ID))
		}
	}
	return list
}

func (d doctor) objects(ctx context.Context) []Finding {
	const mend = "Look at IMAGIKA_S3_ENDPOINT, IMAGIKA_S3_REGION, the keys and the bucket: it has to exist, or be made by imagika run."
	if d.c.S3Endpoint == "" {
		return embeddedPart(partObjects, "IMAGIKA_S3_ENDPOINT")
	}
	s, err := openBucket(ctx, d.c)
	if err != nil {
		return []Finding{broken(partObjects, mend, err)}
	}
	defer s.Close()
	if err := tryObjects(ctx, s); err != nil {
		return []Finding{broken(partObjects, "Let the key put, get and delete objects in the bucket "+d.c.S3Bucket+".", err)}
	}
	list := []Finding{well(partObjects, "the bucket %s takes, gives and deletes", d.c.S3Bucket)}
	if on, err := s.Versioned(ctx); err == nil && on {
		list = append(list, doubt(partObjects, "Turn versioning off, or have old versions expire within days.", "the bucket keeps versions, so what people erase stays"))
	}
	if !d.c.S3TLS && !loopback(withPort(d.c.S3Endpoint)) {
		list = append(list, doubt(partObjects, "Set IMAGIKA_S3_TLS=true where the network is not yours alone.", "pictures go there sealed, but keys are used without TLS"))
	}
	return list
}

func withPort(endpoint string) string {
	if _, _, err := net.SplitHostPort(endpoint); err != nil {
		return net.JoinHostPort(endpoint, "443")
	}
	return endpoint
}

func tryObjects(ctx context.Context, s *objects.Store) error {
	key, content := "doctor/"+rand.Text(), []byte("Imagika was here.")
	if err := s.Put(ctx, key, bytes.NewReader(content), int64(len(content)), "text/plain"); err != nil {
		return err
	}
	body, _, err := s.Get(ctx, key)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(body)
	err = errors.Join(err, body.Close(), s.Remove(ctx, key))
	if err == nil && !bytes.Equal(got, content) {
		err = errors.New("what was put in came out as something else")
	}
	return err
}

func (d doctor) telegram(ctx context.Context) []Finding {
	if !d.c.TelegramToken.IsSet() {
		run := d.c
		run.Role = config.RoleRun
		if err := run.Bot(); err != nil {
			return []Finding{broken(partTelegram, "Copy the token from BotFather into IMAGIKA_TELEGRAM_TOKEN; for the playground instead, drop IMAGIKA_WEB_ADDR and IMAGIKA_PLAYGROUND.", err)}
		}
		return []Finding{well(partTelegram, "imagika run offers the playground: IMAGIKA_TELEGRAM_TOKEN is not set")}
	}
	s, err := bot.Look(ctx, bot.Config{URL: d.c.TelegramAPIURL, Token: d.c.TelegramToken.Reveal()})
	switch {
	case errors.Is(err, bot.ErrToken):
		return []Finding{broken(partTelegram, "Copy the token anew from BotFather into IMAGIKA_TELEGRAM_TOKEN.", err)}
	case err != nil:
		return []Finding{broken(partTelegram, "Look whether this machine reaches "+d.c.TelegramAPIURL+" (IMAGIKA_TELEGRAM_API_URL).", err)}
	}
	list := []Finding{well(partTelegram, "@%s, %d updates wait", s.Name, s.Pending)}
	if s.Pending > 100 {
		list[0] = doubt(partTelegram, "Look whether the bot role runs, and at imagika admin queues list.", "@%s, %d updates wait", s.Name, s.Pending)
	}
	hook := d.c.TelegramMode == config.ModeWebhook
	switch {
	case hook && s.Webhook != d.c.TelegramWebhookURL:
		list = append(list, doubt(partTelegram, "Start the bot role: it sets the address.", "updates are not sent to IMAGIKA_TELEGRAM_WEBHOOK_URL yet"))
	case !hook && s.Webhook != "":
		list = append(list, doubt(partTelegram,
			"If that is of the bot role, with other settings, run doctor there. Else start the bot role here, which ends that, or end the other program.",
			"updates are sent to a webhook that these settings do not name"))
	}
	if hook && time.Since(s.Failed) < time.Hour {
		list = append(list, doubt(partTelegram, "Look at the proxy in front of IMAGIKA_WEB_ADDR and its certificate.", "an update could not be sent here: %s", s.Failure))
	}
	return list
}

func (d doctor) catalogue(context.Context) []Finding {
	a := &App{options: Options{Config: d.c, Log: d.log}, servers: servers{dir: d.dir}}
	router, err := a.router(providers.NewLocalStates())
	if err != nil {
		return []Finding{broken(partCatalogue, "Look at the settings of the provider that is named.", err)}
	}
	if err := a.useCatalogue(router); err != nil {
		return []Finding{broken(partCatalogue, "Mend the file of IMAGIKA_CATALOGUE; what runs keeps the one it has.", err)}
	}
	return []Finding{well(partCatalogue, "%d models can be painted with", len(router.Offers()))}
}

// providers are asked where that costs nothing.
func (d doctor) providers(ctx context.Context) (found []Finding) {
	a := &App{options: Options{Config: d.c, Log: d.log}, servers: servers{dir: d.dir}}
	list, err := a.providers()
	if err != nil {
		return nil // the catalogue says so
	}
	others := 0
	for _, p := range list {
		if p.Name() == workers.BuiltIn {
			continue
		}
		others++
		found = append(found, tryProvider(ctx, p))
	}
	if others == 0 {
		found = append(found, doubt(partProvider, "Set the key of one, such as IMAGIKA_OPENAI_KEY; .env.example lists them.", "only the built-in painter, which is no AI model"))
	}
	return found
}

func tryProvider(ctx context.Context, p providers.Provider) Finding {
	prober, ok := p.(providers.Prober)
	if !ok {
		return well(partProvider, "%s has a key; it cannot be asked for nothing", p.Name())
	}
	if err := prober.Probe(ctx); err != nil {
		return broken(partProvider, "Look at the key and the account of "+p.Name()+". Others are asked meanwhile.", fmt.Errorf("%s: %w", p.Name(), err))
	}
	return well(partProvider, "%s answers", p.Name())
}

// mail signs in and sends nothing.
func (d doctor) mail(ctx context.Context) []Finding {
	if !d.c.SMTPURL.IsSet() {
		return []Finding{well(partMail, "none: IMAGIKA_SMTP_URL is not set, so people can link no address")}
	}
	client, err := mail.New(mail.Config{URL: d.c.SMTPURL.Reveal(), From: d.c.MailFrom, Timeout: doctorPatience})
	if err == nil {
		err = client.Check(ctx)
	}
	if err != nil {
		return []Finding{broken(partMail, "Look at IMAGIKA_SMTP_URL: host, port, user, password, and whether the server offers STARTTLS.", err)}
	}
	return []Finding{well(partMail, "the server lets us in")}
}

// certificateLeast is how long a certificate should be good for still.
const certificateLeast = 14 * 24 * time.Hour

// public is whether people reach the site.
func (d doctor) public(ctx context.Context) []Finding {
	const mend = "Look at IMAGIKA_PUBLIC_URL, its DNS, and the proxy that brings it to IMAGIKA_WEB_ADDR."
	if d.c.PublicURL == "" {
		return []Finding{well(partPublic, "none: IMAGIKA_PUBLIC_URL is not set, so there are no links and no callbacks of providers")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.c.PublicURL, http.NoBody)
	if err != nil {
		return []Finding{broken(partPublic, mend, err)}
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return []Finding{broken(partPublic, mend, err)}
	}
	_ = res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return []Finding{broken(partPublic, mend, errors.New("it answers "+res.Status))}
	}
	if res.TLS == nil {
		if host, _, _ := strings.Cut(strings.TrimPrefix(d.c.PublicURL, "http://"), "/"); loopback(withPort(host)) {
			return []Finding{well(partPublic, "%s answers", d.c.PublicURL)}
		}
		return []Finding{doubt(partPublic, "Serve it by https://.", "%s answers without TLS", d.c.PublicURL)}
	}
	if left := time.Until(res.TLS.PeerCertificates[0].NotAfter); left < certificateLeast {
		return []Finding{doubt(partPublic, "Renew the certificate.", "its certificate ends in %d days", int(left.Hours()/24))}
	}
	return []Finding{well(partPublic, "%s answers, with a good certificate", d.c.PublicURL)}
}
