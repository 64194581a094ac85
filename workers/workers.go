// Package workers does everything that happens after an update was taken in: it answers commands, reserves credits,
// calls providers, stores images and delivers results.
//
// # Design
//
// A handler works in three steps: claim or read the state in SQL, make at most one effect outside, commit what became
// of it. Whatever is to happen next is a row before it is a task; tasks carry ids only and may be lost, repeated or run
// twice at once. The table of stages is in stages.go, what becomes of errors in fate.go, repair in sweep.go.
//
//		chat:drain ─► reserve ─► generation:prepare ─► generation:generate ─► delivery:send
//		                              (references)       ▲        │
//		                                                 └ generation:poll
//
//	  - What a person wrote is handled in the order of their chat, by commands (commands.go) and presses (press.go).
//	    A head records, holds credits and enqueues; everything said to people goes through the outbox.
//	  - Rules judge a prompt before anything is charged (judge.go), providers that can judge request and result (check.go).
//	    Refusals count for a while (standing.go) and can be appealed; an operator decides (desk.go).
//	  - A wish comes from words (prompt.go, words.go), an album (album.go), a reply to a picture (source.go) or a button under a
//	    result (act.go). What costs more than a person's limit is a quote first (quote.go), which holds its price.
//	  - A model that makes fewer images in a call than were asked for is called several times; what there is in the end is
//	    delivered, and only that is paid (generate.go).
//	  - While it runs, one message is edited, at most every few seconds and across processes (progress.go, watch.go,
//	    estimate.go).
//	  - Before a paid call leaves, its attempt is committed (generate.go). An attempt whose end is not known is never
//	    repeated blindly.
//	  - Images are spooled, checked, sealed and put into the object store before credits are captured (keep.go).
//	  - A payment goes back by one tap while it is unspent (paysupport.go), else by an operator (helpdesk.go). Its credits leave
//	    before Telegram is asked (refund.go); what Telegram takes back unasked can leave a debt. Its list of payments and ours are
//	    compared every night (reconcile.go).
//	  - Credits that nobody pays for are given once per key, by rules that a row decides: a day, a friend, a code, a gift
//	    (daily.go, referral.go, promo.go, gift.go). Links bring people to them (arrive.go).
//	  - Operators with a role have commands of their own, unknown to everybody else; what they do asks for the reason (crew.go).
//	  - The Mini App and programs ask by the same rules as a chat (remote.go, wish.go, refusal.go); programs do with a token
//	    (token.go).
//	  - Announcements are told to one person after the other, far below Telegram's limits; whoever wants none opts out (announce.go,
//	    news.go).
//	  - Two people can talk with each other through the bot. They are found in the lobby (lobby.go, lobby_match.go); while they
//	    talk the rows name them, after that only the buttons they have do (conversation.go). Reports name no reporter and show
//	    operators only what was sent with them (conversation_report.go, conversation_desk.go).
//	  - What people in a conversation say goes through a lane per direction, as copies that Telegram makes (relay.go,
//	    relay_lane.go); before something leaves that tells who they are, they are asked (relay_secret.go).
//	  - What people can do about their data begins at /privacy (privacy.go). Of a frozen account nothing is processed: the door is in
//	    privacy_restrict.go, and the transactions see to it.
//	  - Exports (export.go) and erasures (erase.go) go on step by step until they are done, also those asked for by letter or by mail
//	    (letters.go, mail.go). Breaches are recorded and told (breach.go); the end of the service erases everybody (wipe.go).
//	  - What works is measured and shown on the status page, with what operators say of it (status_watch.go, incident.go).
//	  - What the Mini App does is what the chat does, through another door (web.go).
//	  - What is past its time is deleted: rows, objects, accounts that nobody uses, after a notice (retain.go).
//	  - A send to Telegram whose answer was lost is never repeated silently (deliver.go).
package workers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/wire"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/mail"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/policy"
	"github.com/imagika/imagika/workers/shop"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Settings are the product's numbers. The zero value of a field means its default.
type Settings struct {
	Model       string        // what people get who choose nothing; empty is the first that is offered
	Price       int64         // credits for one image of a model without a price of its own
	Welcome     int64         // credits given once per person
	Given       Given         // credits for which nobody pays; zero values are none
	Parallel    int           // generations of one person enqueued at once; default 2
	Waiting     int           // how many more may wait; default 20
	Paid        Caps          // the same for people who pay; default 4 and 100
	PromptMax   int           // longest prompt in characters; default 4000
	Words       int           // descriptions, improvements and translations of one person in an hour; default 30
	MaxImages   int           // most images of one generation; default 4
	AskAbove    *int64        // credits above which people are asked first who did not set their own; default 10
	CallTimeout time.Duration // longest provider call; default queue.DefaultCallTimeout
	PolicyURL   string        // of the privacy policy, ending in /privacy; empty shows it in the chat
	AppURL      string        // of the Mini App, ending in /app/; empty for none
	Contact     string        // how the operator is reached; empty leaves it out
	Facts       policy.Facts  // what the policy depends on
	CallbackURL string        // providers call back CallbackURL/<provider>/<attempt>; empty for none
	FilesURL    string        // links to pictures too large for Telegram are FilesURL/<token>; empty for none
	APIURL      string        // of the API for programs, ending in /v1; empty where there is none
	LinkTime    time.Duration // how long such a link works; default 24 h
	ExportKeep  time.Duration // how long an export is kept, and a link to it works; default 24 h
	ExportPart  int64         // most bytes of a part of an export, about; default 48 MB, which Telegram takes
	SpoolDir    string        // for unlinked temporary files; empty is the system's
	// Closed refuses, free of charge, what a moderator that does not answer was to judge. Otherwise that stops nothing.
	Closed bool
	// Operators is Telegram's id of the chat in which operators are told what needs them; zero for none.
	Operators int64
	// Crew are the Telegram ids of operators who have commands of their own, with what they may do.
	Crew map[int64]Role
	// StarsUSD is what 1000 Stars are worth, in US dollars.
	StarsUSD int64
	// RefundWindow is how long after a payment it goes back by one tap if nothing of it is spent; zero never.
	RefundWindow time.Duration
	// Conversations says whether people can talk with each other, ChatAge how long after their first contact.
	Conversations bool
	ChatAge       time.Duration
	// EraseGrace is how long an erasure waits for its person to think again, EraseSettle how long it gives what was under way to
	// end; default 24 h and 35 s. Remember is how long bans, debts and that somebody had the welcome credits outlive it; default a
	// year.
	EraseGrace, EraseSettle, Remember time.Duration
	// Inactive is how long an account may go unused before it is erased, after a notice; zero for ever.
	Inactive time.Duration
	// Reconcile is how often payments are compared with Telegram's; zero never.
	Reconcile time.Duration
}

func (s Settings) withDefaults() Settings {
	if s.Parallel == 0 {
		s.Parallel = 2
	}
	if s.Waiting == 0 {
		s.Waiting = 20
	}
	if s.MaxImages == 0 {
		s.MaxImages = 4
	}
	if s.AskAbove == nil {
		s.AskAbove = new(int64(10))
	}
	if s.Paid.Parallel == 0 {
		s.Paid.Parallel = max(4, s.Parallel)
	}
	if s.Paid.Waiting == 0 {
		s.Paid.Waiting = max(100, s.Waiting)
	}
	if s.PromptMax == 0 {
		s.PromptMax = 4000
	}
	if s.Words == 0 {
		s.Words = 30
	}
	if s.CallTimeout == 0 {
		s.CallTimeout = queue.DefaultCallTimeout
	}
	if s.EraseGrace == 0 {
		s.EraseGrace = 24 * time.Hour
	}
	if s.EraseSettle == 0 {
		s.EraseSettle = eraseSettle
	}
	if s.Remember == 0 {
		s.Remember = 365 * 24 * time.Hour
	}
	if s.LinkTime == 0 {
		s.LinkTime = 24 * time.Hour
	}
	if s.ExportKeep == 0 {
		s.ExportKeep = 24 * time.Hour
	}
	if s.ExportPart == 0 {
		s.ExportPart = exportPart
	}
	return s
}

// Caps are how many generations of one person are enqueued at once, and how many more may wait for their turn.
type Caps struct{ Parallel, Waiting int }

// caps are those of a tier.
func (s Settings) caps(t storage.Tier) Caps {
	if t == storage.TierPaid {
		return s.Paid
	}
	return Caps{s.Parallel, s.Waiting}
}

// Enqueuer puts tasks into the queue. *queue.Client is one.
type Enqueuer interface {
	Enqueue(ctx context.Context, t queue.Task) error
}

// Lanes are the ordered inboxes of chats. *queue.Lanes is one.
type Lanes interface {
	Drain(ctx context.Context, hash string, epoch int64, h queue.Handler) error
	Sweep(ctx context.Context, limit int) (n int, err error)
}

// Mailer sends e-mail. *mail.Client is one; its errors are *mail.Error.
type Mailer interface {
	Send(ctx context.Context, m mail.Mail) error
}

// Config lists the collaborators.
type Config struct {
	Settings Settings
	Store    *storage.Store    // the truth
	Objects  *objects.Store    // sealed images
	Keys     *keys.Store       // what seals them
	Queue    Enqueuer          // transport
	Lanes    Lanes             // order per chat
	Bodies   Bodies            // what is said in conversations, for a moment
	Slots    Slots             // to pass it on at once; nil leaves all of it to tasks
	Sealer   *queue.Keys       // opens updates, hashes ids for logs, signs buttons
	Limits   providers.Limits  // shared rates and cooldowns
	Router   *providers.Router // who paints
	Telegram *telegram.Client  // who tells people; nil if there is no bot
	Mail     Mailer            // who sends e-mail; nil if nobody does
	BotName  string            // its user name, without the @
	Texts    *texts.Catalog
	Rules    *moderation.Judge // of prompts; nil judges by the embedded ones
	Shop     *shop.Shelf       // what people can buy; nil sells nothing
	Queues   Queues            // what operators see and stop of them; nil is nothing
	Metrics  *Metrics
	Traces   *queue.Traces // nil for none
	Hooks    *http.Client  // tells programs; nil is one that reaches public addresses only
	Log      *slog.Logger
	// Wiped reports whether the queue lost everything since the last look.
	Wiped func(ctx context.Context) (bool, error)
	// AckPayment tells the front-end that a payment's update was handled.
	AckPayment func(ctx context.Context, hash string) error
	// ForgetLane forgets what the queue keeps of a chat; nil keeps it.
	ForgetLane func(ctx context.Context, chat int64) error
	// Step, if set, is called before and after effects; tests end the process there.
	Step func(name string)
}

// Workers holds the handlers. It is safe for concurrent use.
type Workers struct {
	Config
	signer  *telegram.Signer
	learned learned
	decode  chan struct{} // bounds full decodes of images
	thumbs  thumbs
	leads   atomic.Bool // is the one that sweeps
	talkers talkers
	styled  sync.Once
	styles  []named // as they are called in every language

	hookTurns *hookTurns
}

// New checks the collaborators and makes the workers.
func New(c Config) (*Workers, error) {
	if c.Store == nil || c.Objects == nil || c.Keys == nil || c.Queue == nil || c.Router == nil || c.Texts == nil || c.Sealer == nil {
		return nil, errors.New("workers: a collaborator is missing")
	}
	c.Settings = c.Settings.withDefaults()
	if _, ok := c.Router.Model(c.Settings.Model); !ok && c.Settings.Model != "" {
		return nil, errors.New("there is no model " + c.Settings.Model)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if c.Rules == nil {
		rules, err := moderation.Default()
		if err != nil {
			return nil, err
		}
		c.Rules = moderation.NewJudge(rules, nil)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Hooks == nil {
		c.Hooks = wire.Public()
	}
	if c.Step == nil {
		c.Step = func(string) {}
	}
	return &Workers{
		Config: c, signer: telegram.NewSigner(c.Sealer.MAC),
		learned: learned{of: make(map[string]experience)}, decode: make(chan struct{}, 2), hookTurns: newHookTurns(),
	}, nil
}

// Leads reports whether this process is the one of all that sweeps. What is the same whoever tells it, is told by it alone.
func (w *Workers) Leads() bool { return w.leads.Load() }

// enqueue puts tasks into the queue. A failure is only logged: the rows they stand for are committed, and the sweeper
// finds them.
func (w *Workers) enqueue(ctx context.Context, tasks ...queue.Task) {
	for _, t := range tasks {
		if err := w.Queue.Enqueue(context.WithoutCancel(ctx), t); err != nil {
			w.Log.WarnContext(ctx, "task not enqueued, the sweeper will", "type", t.Type, "error", err)
		}
	}
}

// post enqueues what waits in the outbox.
func (w *Workers) post(ctx context.Context, out storage.Outbox) {
	for _, r := range out {
		w.enqueue(ctx, queue.NewDeliverySendTask(r.ID, r.Epoch))
	}
}

// printer speaks a person's language.
func (w *Workers) printer(lang string) texts.Printer { return w.Texts.For(lang) }
