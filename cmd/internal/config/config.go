// Package config reads Imagika's settings from the environment, and is the only
// package that does: everybody else is handed plain values.
//
// A setting is one field of [Config]. Its tags say all there is to know of it:
// the variable's whole name, default, accepted values and help. Parsing, bounds,
// error texts and .env.example are made from those tags, so none of them can
// fall behind; a test holds .env.example against [Example].
//
// Invariants:
//   - A variable that starts with IMAGIKA_ and is not a setting is an error: a
//     misspelled limit must not become a default silently.
//   - Every problem is one line that names the variable, and as many as can be
//     told apart are reported at once.
//   - A secret never shows, whether printed, logged, encoded or refused. Each
//     can come from a file instead, named by the variable with _FILE appended.
//   - An empty variable counts as not set, because compose files pass those.
//   - The bot, worker and web roles never fall back on an embedded server: what
//     they need and lack is an error, not a second, empty database.
package config

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Role is the part of Imagika a process plays; it decides what must be set.
type Role string

const (
	// RoleRun is all in one: it embeds whatever is not set.
	RoleRun Role = "run"
	// RoleBot receives updates and enqueues them. It needs Redis and a token.
	RoleBot Role = "bot"
	// RoleWorker does the work. It needs Redis, both databases, S3 and a token.
	RoleWorker Role = "worker"
	// RoleWeb serves the site and the Mini App. It needs what a worker needs.
	RoleWeb Role = "web"
	// RoleTool is every other command: it uses what is set, or the data folder.
	RoleTool Role = "tool"
)

// Accepted values of the settings that choose between words.
const (
	// ModePoll asks Telegram for updates.
	ModePoll = "poll"
	// ModeWebhook has Telegram send them to TelegramWebhookURL.
	ModeWebhook = "webhook"

	// AckSQL acknowledges an update when its effect is in SQL.
	AckSQL = "sql"
	// AckEnqueue acknowledges it when it is in Redis.
	AckEnqueue = "enqueue"

	// FormatText logs key=value pairs.
	FormatText = "text"
	// FormatJSON logs one JSON object a line.
	FormatJSON = "json"

	// ShopOn sells credits.
	ShopOn = "on"
	// ShopOff sells nothing.
	ShopOff = "off"

	// VisitsOn counts how often pages of the site are seen.
	VisitsOn = "on"
	// VisitsOff counts nothing.
	VisitsOff = "off"

	// APIOn serves programs.
	APIOn = "on"
	// APIOff serves none.
	APIOff = "off"

	// PlaygroundAuto, PlaygroundOn and PlaygroundOff are read through
	// [Config.PlaygroundEnabled].
	PlaygroundAuto = "auto"
	PlaygroundOn   = "on"
	PlaygroundOff  = "off"
)

// Config holds every setting, checked. Its zero value is of no use: see [Load].
// The help tag of a field is its documentation.
type Config struct {
	Role Role `env:"-"`

	Data string `env:"IMAGIKA_DATA" envDefault:"./data" section:"Data" help:"Folder of the embedded servers, generated keys and spooled images. One process at a time owns it."`

	RedisURL      string `env:"IMAGIKA_REDIS_URL" form:"redis" section:"Queue" help:"Redis, which carries tasks between roles. Not set: run embeds one in memory. A Redis Cluster is named by several of its nodes, as in redis://a:6379?addr=b:6379&addr=c:6379."`
	RedisPassword Secret `env:"IMAGIKA_REDIS_PASSWORD" help:"Password of Redis. Never part of the URL, which may be logged."`
	QueueKey      Secret `env:"IMAGIKA_QUEUE_KEY" form:"keys" help:"Seals what passes through Redis. The first key seals, all of them open: to change it, put a new one behind, restart everything, then put it in front."`
	IngestAck     string `env:"IMAGIKA_INGEST_ACK" envDefault:"sql" oneof:"sql|enqueue" help:"When an update is acknowledged to Telegram: once its effect is in SQL, or already once enqueued (faster, but then Redis must sync every write)."`
	Pools         string `env:"IMAGIKA_POOLS" help:"Pools this worker runs and their slots, such as interactive=32,generate=64. Not set: all pools with their default slots."`
	Queues        string `env:"IMAGIKA_QUEUES" help:"Weights of queues within their pool, such as maintenance=4,bulk=1; 0 leaves a queue to other workers."`
	Scale         string `env:"IMAGIKA_SCALE" help:"Fewest and most processes of a pool that autoscaling may want, such as generate=1-20,deliver=2-4. Not named: 1-10."`

	DatabaseURL     Secret `env:"IMAGIKA_DATABASE_URL" form:"postgres" section:"Databases" help:"The database. Not set: run keeps a SQLite file in the data folder."`
	KeysDatabaseURL Secret `env:"IMAGIKA_KEYS_DATABASE_URL" form:"postgres" help:"The database of people's keys: a database of its own, backed up on its own, for a short time. Destroying a key there erases a person."`
	MasterKey       Secret `env:"IMAGIKA_MASTER_KEY" form:"keys" help:"Wraps people's keys. The first key wraps, all of them unwrap: to change it, put a new one behind, restart everything, then put it in front. Losing it loses all personal data."`

	S3Endpoint  string `env:"IMAGIKA_S3_ENDPOINT" form:"endpoint" section:"Images" help:"S3 server for images. Not set: run embeds one over the data folder."`
	S3Region    string `env:"IMAGIKA_S3_REGION" envDefault:"us-east-1" form:"name" help:"Region of the bucket."`
	S3Bucket    string `env:"IMAGIKA_S3_BUCKET" envDefault:"imagika" form:"name" help:"Private bucket for images; made if missing and allowed."`
	S3AccessKey string `env:"IMAGIKA_S3_ACCESS_KEY" help:"Access key id."`
	S3SecretKey Secret `env:"IMAGIKA_S3_SECRET_KEY" help:"Secret access key."`
	S3TLS       bool   `env:"IMAGIKA_S3_TLS" envDefault:"true" help:"Whether to speak TLS to the S3 server."`

	TelegramToken         Secret `env:"IMAGIKA_TELEGRAM_TOKEN" form:"token" section:"Telegram" help:"Token of the bot, from BotFather. Not set: run offers the playground in the browser."`
	TelegramAPIURL        string `env:"IMAGIKA_TELEGRAM_API_URL" envDefault:"https://api.telegram.org" form:"url" help:"Bot API server."`
	TelegramMode          string `env:"IMAGIKA_TELEGRAM_MODE" envDefault:"poll" oneof:"poll|webhook" help:"How updates arrive."`
	TelegramWebhookURL    string `env:"IMAGIKA_TELEGRAM_WEBHOOK_URL" form:"url" help:"Public address Telegram sends updates to in webhook mode; a proxy brings them to IMAGIKA_WEB_ADDR."`
	TelegramWebhookSecret Secret `env:"IMAGIKA_TELEGRAM_WEBHOOK_SECRET" form:"webhook_secret" help:"Word Telegram repeats in a header, so that nobody else can post updates."`

	Catalogue      string        `env:"IMAGIKA_CATALOGUE" section:"Images people ask for" help:"File of the models people can choose, their prices and providers; read again when it changes. Not set: the built-in one."`
	Rules          string        `env:"IMAGIKA_MODERATION_RULES" help:"File of the rules on prompts, made from a copy of workers/moderation/rules.yaml; read again when it changes. Not set: the built-in ones."`
	RulesClosed    bool          `env:"IMAGIKA_MODERATION_CLOSED" envDefault:"false" help:"Whether nothing is painted or shown while the service that judges requests and results (OpenAI, where its key is set) does not answer. Otherwise the rules and whoever paints judge alone."`
	Model          string        `env:"IMAGIKA_MODEL" form:"name" help:"Model used when nobody chose one. Not set: the first of the catalogue that has a provider."`
	LocalDelay     time.Duration `env:"IMAGIKA_LOCAL_DELAY" envDefault:"0s" min:"0s" max:"10m" help:"Makes the built-in painter slow, to see queues and progress in a demonstration."`
	CallTimeout    time.Duration `env:"IMAGIKA_CALL_TIMEOUT" envDefault:"150s" min:"1s" max:"30m" help:"Longest call to a model."`
	PromptMax      int           `env:"IMAGIKA_PROMPT_MAX" envDefault:"4000" min:"1" max:"20000" help:"Longest prompt, in characters."`
	MaxImages      int           `env:"IMAGIKA_MAX_IMAGES" envDefault:"4" min:"1" max:"10" help:"Most images people can ask for at once."`
	AskAbove       int64         `env:"IMAGIKA_ASK_ABOVE" envDefault:"10" min:"0" max:"1000000000" help:"Credits above which people are asked before it starts, unless they set their own limit."`
	WelcomeCredits int64         `env:"IMAGIKA_WELCOME_CREDITS" envDefault:"20" min:"0" max:"1000000" help:"Credits a new person is given."`
	DailyCredits   int64         `env:"IMAGIKA_DAILY_CREDITS" envDefault:"1" min:"0" max:"100000" help:"Credits people can take once a day, UTC, from their second day on. 0: none."`
	DailyBonus     int64         `env:"IMAGIKA_DAILY_BONUS" envDefault:"1" min:"0" max:"100000" help:"How many more on each further day in a row."`
	DailyMost      int64         `env:"IMAGIKA_DAILY_MOST" envDefault:"3" min:"0" max:"100000" help:"Most daily credits of any day."`
	DailyKeep      time.Duration `env:"IMAGIKA_DAILY_KEEP" envDefault:"168h" min:"24h" max:"8760h" help:"How long daily credits can be used."`
	Referral       int64         `env:"IMAGIKA_REFERRAL_CREDITS" envDefault:"5" min:"0" max:"100000" help:"Credits for a friend who came by an invitation, and for the inviter, once the friend paid for a first picture with credits of any kind. 0: none."`
	ReferralMonth  int64         `env:"IMAGIKA_REFERRAL_MONTH" envDefault:"10" min:"1" max:"100000" help:"Friends an inviter gets credits for in a calendar month."`
	ReferralMost   int64         `env:"IMAGIKA_REFERRAL_MOST" envDefault:"100" min:"1" max:"1000000" help:"And in all."`
	GiftsPerDay    int64         `env:"IMAGIKA_GIFTS_PER_DAY" envDefault:"5" min:"0" max:"1000" help:"Gifts of bought credits a person can make in 24 hours. 0: none."`
	GrantAlone     int64         `env:"IMAGIKA_GRANT_ALONE" envDefault:"1000" min:"0" max:"1000000000" help:"Credits an operator may give to a person, or take, without a second operator's approval."`
	Price          int64         `env:"IMAGIKA_PRICE" envDefault:"1" min:"0" max:"100000" help:"Credits one image costs, where the catalogue names no price."`
	Shop           string        `env:"IMAGIKA_SHOP" envDefault:"on" oneof:"on|off" help:"Whether people can buy credits for Telegram Stars, with /buy. What was paid for is given in either case."`
	Packs          string        `env:"IMAGIKA_PACKS" help:"File of the packs of credits that are sold, made from a copy of workers/shop/packs.yaml; read again when it changes. Not set: the built-in one."`
	PersonParallel int           `env:"IMAGIKA_PERSON_PARALLEL" envDefault:"2" min:"1" max:"100" help:"Generations of one person enqueued at once; the rest wait their turn."`
	PersonWaiting  int           `env:"IMAGIKA_PERSON_WAITING" envDefault:"20" min:"1" max:"1000" help:"Generations of one person that may wait; beyond it a new one is refused."`
	PaidParallel   int           `env:"IMAGIKA_PAID_PARALLEL" envDefault:"4" min:"1" max:"100" help:"The same as IMAGIKA_PERSON_PARALLEL, for people who pay."`
	PaidWaiting    int           `env:"IMAGIKA_PAID_WAITING" envDefault:"100" min:"1" max:"1000" help:"The same as IMAGIKA_PERSON_WAITING, for people who pay."`

	Brand     string `env:"IMAGIKA_BRAND" envDefault:"Imagika" section:"The operator" help:"What the bot is called on its website, in the privacy policy and in the terms."`
	LegalName string `env:"IMAGIKA_LEGAL_NAME" help:"Who runs it, as the website and the terms name them: a person or an organization that people can hold to what is said there. Not set: nobody is named."`
	Contact   string `env:"IMAGIKA_CONTACT" help:"How people reach you about their data, as the privacy policy and the bot tell them: a mail address, an @username, or words. Not set: by the way they know you by."`

	SecurityContact string `env:"IMAGIKA_SECURITY_CONTACT" help:"How those reach you who find a security hole, as security.txt and the website tell them: a mail address, an @username or an https address. Not set: IMAGIKA_CONTACT, if it is one of these."`

	OperatorChat      int64         `env:"IMAGIKA_OPERATOR_CHAT" envDefault:"0" min:"-999999999999999" max:"999999999999999" section:"Payments and the people behind them" help:"Telegram id of the chat where operators are told about requests for help and about money that does not add up, and answer by buttons: everybody in it can. A group the bot is in, or one person's own id. 0: none, the command line has it all."`
	Operator          string        `env:"IMAGIKA_OPERATOR" help:"Name under which the commands of imagika admin write down what they did. Not set: who is logged in."`
	Operators         string        `env:"IMAGIKA_OPERATORS" help:"Telegram ids of operators with commands of their own in the chat, each with a role: viewer, support, operator or owner. Such as 4242:owner,4343:support."`
	RefundWindow      time.Duration `env:"IMAGIKA_REFUND_WINDOW" envDefault:"336h" min:"0s" max:"8760h" help:"How long after a payment people get it back by one tap if nothing of it is spent; after that an operator decides. Tell people in your terms."`
	ReconcileInterval time.Duration `env:"IMAGIKA_RECONCILE_INTERVAL" envDefault:"24h" min:"10m" max:"168h" help:"How often payments are compared with Telegram's list of them."`
	StarsUSD          int64         `env:"IMAGIKA_STARS_USD" envDefault:"13" min:"0" max:"1000" help:"US dollars that 1000 Stars are worth to the operator, for the margin in reports. What Telegram pays out changes: see the bot's balance in its settings."`

	Conversations bool          `env:"IMAGIKA_CONVERSATIONS" envDefault:"true" section:"Conversations between people" help:"Whether people can be connected with each other to talk through the bot, with /chat."`
	ChatMinAge    time.Duration `env:"IMAGIKA_CHAT_MIN_AGE" envDefault:"10m" min:"0s" max:"8760h" help:"How long after their first contact people can have conversations. The playground does not wait."`
	OperatorKeys  string        `env:"IMAGIKA_OPERATOR_KEYS" form:"operators" help:"Public keys of at least two operators, with commas between, from imagika admin conversations keygen. Who talked with whom is sealed to them when a conversation ends: any two together can open it. Not set: it is forgotten at once, and nobody can tell, not even when it is needed."`
	ReportWindow  time.Duration `env:"IMAGIKA_REPORT_WINDOW" envDefault:"72h" min:"1h" max:"720h" help:"How long it can be opened; then it is dropped. Tell people in your privacy policy."`

	EraseGrace time.Duration `env:"IMAGIKA_ERASE_GRACE" envDefault:"24h" min:"1h" max:"480h" section:"People's rights over their data" help:"How long somebody who wants to be erased can take it back. They can skip it."`
	Remember   time.Duration `env:"IMAGIKA_REMEMBER" envDefault:"8760h" min:"24h" max:"26280h" help:"How long it is remembered of somebody who was erased that they had the welcome credits, are banned or owe credits: as a keyed code that names nobody. Tell people in your privacy policy."`

	BookYears int `env:"IMAGIKA_BOOK_YEARS" envDefault:"10" min:"1" max:"30" help:"For how many years payments and credits of somebody who was erased are kept, counted from the end of the year of the last one: as long as your law demands books. Then they are deleted. It stands in the privacy policy."`

	SMTPURL  Secret `env:"IMAGIKA_SMTP_URL" form:"smtp" section:"E-mail: for people who link an address, and requests about their data" help:"Server that e-mail is sent through: smtp://user:password@host:587, which has to offer STARTTLS unless it is this machine, or smtps://user:password@host:465. People who linked an address can sign in to the website by it. Not set: no e-mail, and people are told so."`
	MailFrom string `env:"IMAGIKA_MAIL_FROM" form:"mailbox" help:"Address it comes from, such as Imagika <bot@example.com>; people answer there."`

	Inactive time.Duration `env:"IMAGIKA_INACTIVE" envDefault:"17520h" min:"0s" max:"175200h" section:"How long is kept what people leave here" help:"How long an account may go unused before it is erased with everything in it, 30 days after a notice. Tell people in your privacy policy. 0: for ever."`

	OpenAIKey    Secret `env:"IMAGIKA_OPENAI_KEY" section:"Providers: each is used as soon as its key or address is set" help:"Key of OpenAI."`
	OpenAIURL    string `env:"IMAGIKA_OPENAI_URL" envDefault:"https://api.openai.com/v1" form:"url" help:"Where OpenAI is, for proxies of one's own."`
	GeminiKey    Secret `env:"IMAGIKA_GEMINI_KEY" help:"Key of Google's Gemini API."`
	BFLKey       Secret `env:"IMAGIKA_BFL_KEY" help:"Key of Black Forest Labs (FLUX)."`
	BFLURL       string `env:"IMAGIKA_BFL_URL" envDefault:"https://api.bfl.ai/v1" form:"url" help:"Where Black Forest Labs is; api.eu.bfl.ai keeps prompts in the EU."`
	FalKey       Secret `env:"IMAGIKA_FAL_KEY" help:"Key of fal.ai, id:secret."`
	FalAdminKey  Secret `env:"IMAGIKA_FAL_ADMIN_KEY" help:"Key of fal.ai with the scope ADMIN, for nothing but deleting: what people delete or erase is deleted there too. Not set: it stays there as long as the account is set to."`
	ReplicateKey Secret `env:"IMAGIKA_REPLICATE_KEY" help:"Token of Replicate."`
	XAIKey       Secret `env:"IMAGIKA_XAI_KEY" help:"Key of xAI (Grok Imagine)."`
	TogetherKey  Secret `env:"IMAGIKA_TOGETHER_KEY" help:"Key of Together AI."`
	StabilityKey Secret `env:"IMAGIKA_STABILITY_KEY" help:"Key of Stability AI."`
	HordeKey     Secret `env:"IMAGIKA_HORDE_KEY" help:"Key of the AI Horde; 0000000000 is anonymous, and what it makes is shared with everybody."`
	ComfyUIURL   string `env:"IMAGIKA_COMFYUI_URL" form:"url" help:"ComfyUI of one's own."`
	ComfyUIFlows string `env:"IMAGIKA_COMFYUI_WORKFLOWS" help:"Folder of workflows for ComfyUI: <model>.json in its API format. Not set: the built-in ones."`
	A1111URL     string `env:"IMAGIKA_A1111_URL" form:"url" help:"Stable Diffusion web UI (AUTOMATIC1111, Forge) of one's own, started with --api."`
	A1111Auth    Secret `env:"IMAGIKA_A1111_AUTH" help:"Its --api-auth, user:password."`
	SDCppURL     string `env:"IMAGIKA_SDCPP_URL" form:"url" help:"stable-diffusion.cpp server of one's own."`
	GatewayURL   string `env:"IMAGIKA_GATEWAY_URL" form:"url" help:"A gateway that speaks OpenAI's images API (LiteLLM, LocalAI, ...); its models are named in the catalogue."`
	GatewayKey   Secret `env:"IMAGIKA_GATEWAY_KEY" help:"Key of the gateway."`

	Writers       string `env:"IMAGIKA_WRITERS" envDefault:"openai,gemini,gateway,local" section:"Words: describing a picture, improving and translating a prompt" help:"Providers that may be asked for words, the first one first; those without a key are skipped. The built-in painter only improves, from its own vocabulary. none: nobody."`
	OpenAIWriter  string `env:"IMAGIKA_OPENAI_WRITER" envDefault:"gpt-5.4-mini" form:"name" help:"Model of OpenAI that writes; it has to see pictures."`
	GeminiWriter  string `env:"IMAGIKA_GEMINI_WRITER" envDefault:"gemini-3.1-flash-lite" form:"name" help:"Model of Gemini that writes."`
	GatewayWriter string `env:"IMAGIKA_GATEWAY_WRITER" form:"name" help:"Model of the gateway that writes, by chat completions. Not set: the gateway writes nothing."`
	PersonWords   int    `env:"IMAGIKA_PERSON_WORDS" envDefault:"30" min:"1" max:"10000" help:"Descriptions, improvements and translations a person gets in an hour. They are free for people, and cost the operator a fraction of a cent."`

	WebAddr       string        `env:"IMAGIKA_WEB_ADDR" envDefault:"127.0.0.1:8080" form:"addr" section:"Addresses and operation" help:"Where the site listens, and the bot in webhook mode."`
	PublicURL     string        `env:"IMAGIKA_PUBLIC_URL" form:"origin" help:"Address people reach the site at, for links. Not set: where the site listens."`
	LaunchAge     time.Duration `env:"IMAGIKA_LAUNCH_AGE" envDefault:"1h" min:"1m" max:"24h" help:"How long after Telegram opened the Mini App for somebody it can be signed in with. A session lasts a quarter of an hour after its last use, four hours at most."`
	OIDCIssuer    string        `env:"IMAGIKA_OIDC_ISSUER" form:"url" help:"Whom people sign in with who open the gallery in a browser, outside of Telegram: https://oauth.telegram.org, after its address https://.../app/ was allowed in BotFather. Needs IMAGIKA_PUBLIC_URL. Not set: the gallery opens in Telegram alone."`
	OIDCClientID  string        `env:"IMAGIKA_OIDC_CLIENT_ID" form:"name" help:"The client id from BotFather, which is the id of the bot."`
	OIDCSecret    Secret        `env:"IMAGIKA_OIDC_CLIENT_SECRET" help:"The client secret from BotFather; it is not the bot's token."`
	API           string        `env:"IMAGIKA_API" envDefault:"on" oneof:"on|off" help:"Whether programs can ask for pictures, at /v1 of the site, with tokens that people make with /api in the chat. It speaks OpenAI's images API."`
	APITimeout    time.Duration `env:"IMAGIKA_API_TIMEOUT" envDefault:"120s" min:"1s" max:"30m" help:"How long such a request is waited for before the program is told to fetch the picture later. A proxy in front has to wait longer."`
	ExportKeep    time.Duration `env:"IMAGIKA_EXPORT_KEEP" envDefault:"24h" min:"1h" max:"168h" help:"How long the files of an export of somebody's data are kept, and a link to one works."`
	FileLinkTTL   time.Duration `env:"IMAGIKA_FILE_LINK_TTL" envDefault:"24h" min:"1m" max:"720h" help:"How long a link to a picture that is too big for Telegram works. Links need IMAGIKA_PUBLIC_URL."`
	Visits        string        `env:"IMAGIKA_VISITS" envDefault:"on" oneof:"on|off" help:"Whether it is counted how often pages of the site are seen, and from which country, kind of device and site: sums only, without cookies, and not of people whose browser asks not to be counted. What is counted stands at /stats of the site."`
	VisitSources  string        `env:"IMAGIKA_VISIT_SOURCES" form:"sources" help:"Names you give links in utm_source, such as newsletter,poster: visits by such a link are counted by it. Others are not looked at."`
	TrustedProxy  string        `env:"IMAGIKA_TRUSTED_PROXIES" form:"networks" help:"Addresses or networks of proxies in front of the site, such as 10.0.0.0/8,2001:db8::7. Who they say they ask for, in X-Forwarded-For, is believed. Not set: nobody is, and visitors behind a proxy are told apart by their browser alone."`
	AdminAddr     string        `env:"IMAGIKA_ADMIN_ADDR" envDefault:"127.0.0.1:9090" form:"addr" help:"Where health, metrics, profiles and the task monitor listen. Keep it private."`
	AdminPassword Secret        `env:"IMAGIKA_ADMIN_PASSWORD" form:"password" help:"Opens profiles and the task monitor to other machines, by HTTP basic auth under any name. Not set: only this machine sees them."`
	Playground    string        `env:"IMAGIKA_PLAYGROUND" envDefault:"auto" oneof:"auto|on|off" help:"The bot in the browser, against a stand-in for Telegram. Runs only without a token and on a loopback address; auto means whenever that holds."`
	StopGrace     time.Duration `env:"IMAGIKA_STOP_GRACE" envDefault:"200s" min:"31s" max:"2h" help:"How long whoever stops this process waits before killing it; must exceed IMAGIKA_CALL_TIMEOUT by 30s, so that no paid call is cut off."`
	OTLPEndpoint  string        `env:"IMAGIKA_OTLP_ENDPOINT" form:"url" help:"Receiver of traces over OTLP/HTTP, such as http://tempo:4318. Not set: nothing is traced. Traces hold no words and nobody's id."`
	OTLPHeaders   Secret        `env:"IMAGIKA_OTLP_HEADERS" help:"Headers for it, name=value, separated by commas."`
	OTLPPercent   int           `env:"IMAGIKA_OTLP_PERCENT" envDefault:"100" min:"0" max:"100" help:"Traces of a hundred that are recorded; all processes record the same ones."`
	LogLevel      slog.Level    `env:"IMAGIKA_LOG_LEVEL" envDefault:"info" oneof:"debug|info|warn|error" help:"Least important line that is logged."`
	LogFormat     string        `env:"IMAGIKA_LOG_FORMAT" envDefault:"text" oneof:"text|json" help:"Form of the log."`
}

// Environ is the process's environment, for [Load].
func Environ() []string { return os.Environ() }

// Load reads the settings of a role from environ, whose items are NAME=value.
// The error joins one line for each problem; see [SettingError].
func Load(role Role, environ []string) (Config, error) {
	known := settings()
	values, err := gather(known, environ)
	if err != nil {
		return Config{}, err
	}
	c := Config{Role: role}
	if err := parse(known, values, &c); err != nil {
		return Config{}, err
	}
	if err := errors.Join(checkAll(known, &c), c.rules(values)); err != nil {
		return Config{}, err
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return c, nil
}

// parse sets the fields of c, and translates what env says of a wrong value,
// because that names fields and quotes values.
func parse(known []setting, values map[string]string, c *Config) error {
	err := env.ParseWithOptions(c, env.Options{Environment: values})
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return err
	}
	var problems []error
	for _, err := range all.Errors {
		problems = append(problems, translate(known, values, err))
	}
	return errors.Join(problems...)
}

func translate(known []setting, values map[string]string, err error) error {
	if wrong, ok := errors.AsType[env.ParseError](err); ok {
		for _, s := range known {
			if s.field == wrong.Name {
				return s.refuse(values[s.name])
			}
		}
	}
	return err
}

// PlaygroundEnabled reports whether the playground runs.
func (c Config) PlaygroundEnabled() bool {
	switch c.Playground {
	case PlaygroundOn:
		return true
	case PlaygroundAuto:
		return c.Role == RoleRun && !c.TelegramToken.IsSet() && loopback(c.WebAddr)
	default:
		return false
	}
}
