package workers

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// The metrics of this package, as Prometheus knows them.
const (
	MetricGenerationFinished             = "imagika_generation_finished_total"
	MetricGenerationDurationSeconds      = "imagika_generation_duration_seconds"
	MetricGenerationStageDurationSeconds = "imagika_generation_stage_duration_seconds"
	MetricGenerationEstimateRatio        = "imagika_generation_estimate_ratio"
	MetricDeliverySent                   = "imagika_delivery_sent_total"
	MetricWorkerUpdates                  = "imagika_worker_updates_total"
	MetricSweepRepaired                  = "imagika_sweep_repaired_total"
	MetricModerationChecks               = "imagika_moderation_checks_total"
	MetricModerationStrikes              = "imagika_moderation_strikes_total"
	MetricModerationBans                 = "imagika_moderation_bans_total"
	MetricModerationAppeals              = "imagika_moderation_appeals_total"
	MetricModerationReports              = "imagika_moderation_reports_total"
	MetricShopOrders                     = "imagika_shop_orders_total"
	MetricShopCheckouts                  = "imagika_shop_checkouts_total"
	MetricShopCheckoutSeconds            = "imagika_shop_checkout_seconds"
	MetricShopPayments                   = "imagika_shop_payments_total"
	MetricShopStars                      = "imagika_shop_stars_total"
	MetricShopRefunds                    = "imagika_shop_refunds_total"
	MetricShopRefundedStars              = "imagika_shop_refunded_stars_total"
	MetricShopReconciledTimestampSeconds = "imagika_shop_reconciled_timestamp_seconds"
	MetricShopFindings                   = "imagika_shop_findings_total"
	MetricShopTickets                    = "imagika_shop_tickets_total"
	MetricModerationSlowed               = "imagika_moderation_slowed_total"
	MetricGenerationQuarantined          = "imagika_generation_quarantined_total"
	MetricProviderLossMicrodollars       = "imagika_provider_loss_microdollars_total"
	MetricLedgerViolations               = "imagika_ledger_violations"
	MetricLedgerVerifiedTimestampSeconds = "imagika_ledger_verified_timestamp_seconds"
	MetricVerifyViolations               = "imagika_verify_violations"
	MetricVerifyTimestampSeconds         = "imagika_verify_timestamp_seconds"
	MetricVerifyDurationSeconds          = "imagika_verify_duration_seconds"
	MetricLedgerLeftCredits              = "imagika_ledger_left_credits"
	MetricLedgerHouseCredits             = "imagika_ledger_house_credits"
	MetricLedgerExpiredLots              = "imagika_ledger_expired_lots_total"
	MetricLedgerImbalanceCredits         = "imagika_ledger_imbalance_credits"
	MetricLedgerOpenHolds                = "imagika_ledger_open_holds"
	MetricLedgerHeldCredits              = "imagika_ledger_held_credits"
	MetricLedgerOldestHoldSeconds        = "imagika_ledger_oldest_hold_seconds"
	MetricGenerationSubmitted            = "imagika_generation_submitted_total"
	MetricGenerationRejected             = "imagika_generation_rejected_total"
	MetricGenerationRetries              = "imagika_generation_retries_total"
	MetricGenerationOpen                 = "imagika_generation_inflight"
	MetricDeliveryPending                = "imagika_delivery_pending"
	MetricDeliveryOldestSeconds          = "imagika_delivery_oldest_seconds"
	MetricDeliveryDurationSeconds        = "imagika_delivery_duration_seconds"
	MetricDeskWaiting                    = "imagika_desk_waiting"
	MetricDeskOldestSeconds              = "imagika_desk_oldest_seconds"
	MetricRightsOpen                     = "imagika_rights_open"
	MetricRightsOldestSeconds            = "imagika_rights_oldest_seconds"
	MetricActivePeople                   = "imagika_people_active"
	MetricRetentionRows                  = "imagika_retention_rows_total"
	MetricRetentionOrphans               = "imagika_retention_orphans_total"
	MetricPicturesMissing                = "imagika_pictures_missing_total"
	MetricRetentionOverdueSeconds        = "imagika_retention_overdue_seconds"
	MetricBreachUntoldSeconds            = "imagika_breach_untold_seconds"
	MetricFiguresErrors                  = "imagika_figures_errors_total"
	MetricAnnouncementPeople             = "imagika_announcement_people_total"
	MetricRelayPassed                    = "imagika_relay_passed_total"
	MetricConversationSearches           = "imagika_conversation_searches_total"
	MetricConversationMatches            = "imagika_conversation_matches_total"
	MetricConversationWaitSeconds        = "imagika_conversation_wait_seconds"
	MetricConversationUnmatched          = "imagika_conversation_unmatched_total"
	MetricConversationEnded              = "imagika_conversation_ended_total"
	MetricConversationReports            = "imagika_conversation_reports_total"
	MetricConversationDecisions          = "imagika_conversation_decisions_total"
	MetricConversationReminders          = "imagika_conversation_reminders_total"
	MetricMailSent                       = "imagika_mail_sent_total"
	MetricProviderDeletions              = "imagika_provider_deletions_total"
	MetricConversationLobby              = "imagika_conversation_lobby_people"
	MetricConversationLive               = "imagika_conversation_live"
)

// Stages of a generation whose time is measured.
const (
	stageWait     = "wait"     // from the request to the first worker
	stageProvider = "provider" // a call, to its last image in the object store
	stageDeliver  = "deliver"  // from the stored images to the chat
)

// Metrics counts what the workers do.
type Metrics struct {
	generations
	deliveries
	moderated
	sold
	ledger
	conversed
	updates, swept, announced, relayed, mails, elsewhere, retained *prometheus.CounterVec

	orphaned prometheus.Counter
	missing  prometheus.Counter
}

type generations struct {
	submitted, rejected, retries, finished *prometheus.CounterVec
	duration, stage, estimate              *prometheus.HistogramVec
	quarantin, loss                        prometheus.Counter
}

type deliveries struct {
	delivered    *prometheus.CounterVec
	deliveryTime *prometheus.HistogramVec
}

type moderated struct {
	checked, struck, banned, appeals, reports *prometheus.CounterVec
	slowed                                    prometheus.Counter
}

type sold struct {
	orders, checkouts, payments, refunds, findings, tickets *prometheus.CounterVec
	checkout                                                prometheus.Histogram
	stars, refunded                                         prometheus.Counter
}

type ledger struct {
	violated, verified prometheus.Gauge
	people, house, off *prometheus.GaugeVec
	expired            prometheus.Counter

	broken, proved, proveTime *prometheus.GaugeVec
}

type conversed struct {
	matches, gaveUp, endings, chatReports, decided *prometheus.CounterVec
	searches, reminders                            prometheus.Counter
	lobbyWait                                      prometheus.Histogram
	lobby, live                                    prometheus.Gauge
}

func newConversed(f promauto.Factory) conversed {
	return conversed{
		matches:     counters(f, MetricConversationMatches, "Conversations that began, by whether both wanted one language or took any.", "scope"),
		gaveUp:      counters(f, MetricConversationUnmatched, "People who left the lobby without a partner, by why: canceled, nobody came, or conversations were switched off.", "why"),
		endings:     counters(f, MetricConversationEnded, "Conversations that ended, by reason.", "reason"),
		chatReports: counters(f, MetricConversationReports, "Partners who were reported, by reason.", "reason"),
		decided:     counters(f, MetricConversationDecisions, "Reports of partners that operators decided in their chat, by what followed: pause or nothing.", "outcome"),
		searches: f.NewCounter(prometheus.CounterOpts{
			Name: MetricConversationSearches, Help: "Times somebody began to look for a partner, or changed what they look for.",
		}),
		reminders: f.NewCounter(prometheus.CounterOpts{
			Name: MetricConversationReminders, Help: "People who were told that somebody looks for a partner.",
		}),
		lobbyWait: f.NewHistogram(prometheus.HistogramOpts{
			Name: MetricConversationWaitSeconds, Help: "How long whoever was looked for had waited for the match.",
			Buckets: []float64{.1, .5, 1, 5, 15, 30, 60, 120, 300, 600, 1800},
		}),
		lobby: f.NewGauge(prometheus.GaugeOpts{
			Name: MetricConversationLobby, Help: "People who look for a partner, as the process that sweeps saw it last.",
		}),
		live: f.NewGauge(prometheus.GaugeOpts{
			Name: MetricConversationLive, Help: "Conversations under way, as the process that sweeps saw it last.",
		}),
	}
}

// NewMetrics makes and registers the metrics; a nil registerer registers nothing.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := promauto.With(r)
	m := &Metrics{
		generations: newGenerations(f), deliveries: newDeliveries(f), moderated: newModerated(f), sold: newSold(f), ledger: newLedger(f),
		conversed: newConversed(f),
		updates:   counters(f, MetricWorkerUpdates, "Updates handled in lanes, by kind and outcome.", "kind", "outcome"),
		swept:     counters(f, MetricSweepRepaired, "Rows and lanes whose task was lost and enqueued again.", "what"),
		announced: counters(f, MetricAnnouncementPeople, "People an announcement was for, by what became of it for them.", "outcome"),
		mails:     counters(f, MetricMailSent, "E-mails, by what they are for and what became of them.", "kind", "outcome"),
		elsewhere: counters(f, MetricProviderDeletions, "Calls that providers were to delete, by what became of that: deleted, failed (it is tried again), given up, or kept by who cannot be asked.", "outcome"),
		relayed:   counters(f, MetricRelayPassed, "What was to be passed on in conversations, by kind and what became of it.", "kind", "outcome"),
		retained:  counters(f, MetricRetentionRows, "Rows that were deleted or emptied because their time was over, by kind.", "kind"),
		orphaned: f.NewCounter(prometheus.CounterOpts{
			Name: MetricRetentionOrphans, Help: "Objects that were removed because no row named them.",
		}),
		missing: f.NewCounter(prometheus.CounterOpts{
			Name: MetricPicturesMissing, Help: "Pictures whose object is not in the bucket, counted anew in the comparison of every week. Anything but 0 is an alarm.",
		}),
	}
	m.initialize()
	return m
}

func counters(f promauto.Factory, name, help string, labels ...string) *prometheus.CounterVec {
	return f.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func newGenerations(f promauto.Factory) generations {
	return generations{
		submitted: counters(f, MetricGenerationSubmitted, "Generations that were taken in, by operation and tier of the person.", "operation", "tier"),
		rejected:  counters(f, MetricGenerationRejected, "Wishes that were not taken in, by reason; nothing was charged.", "reason"),
		retries:   counters(f, MetricGenerationRetries, "Calls made after one that failed, by the class of that failure.", "reason"),
		finished:  counters(f, MetricGenerationFinished, "Generations that ended, by status and reason.", "status", "reason"),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: MetricGenerationDurationSeconds, Help: "From the request to the delivered result.",
			Buckets: []float64{.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200},
			// Native beside classic buckets: who scrapes them gets ten per cent resolution, who does not loses nothing.
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100, NativeHistogramMinResetDuration: time.Hour,
		}, []string{"form"}),
		stage: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: MetricGenerationStageDurationSeconds, Help: "Time spent in a stage: wait (until the first worker), provider (a call, to its stored images), deliver (until they are in the chat).",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300},
		}, []string{"stage"}),
		estimate: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    MetricGenerationEstimateRatio,
			Help:    "How long it took until the images were stored, as a multiple of the later end of the first estimate: 80% should be within 1.",
			Buckets: []float64{.1, .25, .5, .75, .9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10},
		}, []string{"line"}),
		quarantin: f.NewCounter(prometheus.CounterOpts{
			Name: MetricGenerationQuarantined, Help: "Generations that were claimed again and again without progress.",
		}),
		loss: f.NewCounter(prometheus.CounterOpts{
			Name: MetricProviderLossMicrodollars, Help: "Estimated or actual cost of calls that earned nothing.",
		}),
	}
}

func newDeliveries(f promauto.Factory) deliveries {
	return deliveries{
		delivered: counters(f, MetricDeliverySent, "Calls of the outbox, by kind and outcome.", "kind", "outcome"),
		deliveryTime: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: MetricDeliveryDurationSeconds, Help: "From when something was owed to a person to when it was in the chat, by kind.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
	}
}

func newModerated(f promauto.Factory) moderated {
	return moderated{
		checked: counters(f, MetricModerationChecks, "Requests and results that a moderating provider was asked about, by what it said.", "subject", "outcome"),
		struck:  counters(f, MetricModerationStrikes, "Strikes, by cause.", "cause"),
		banned:  counters(f, MetricModerationBans, "People who were banned, by cause.", "cause"),
		appeals: counters(f, MetricModerationAppeals, "Appeals that were made.", "outcome"),
		reports: counters(f, MetricModerationReports, "Results that people reported, by reason.", "reason"),
		slowed: f.NewCounter(prometheus.CounterOpts{
			Name: MetricModerationSlowed, Help: "Requests that were not taken because of refusals before.",
		}),
	}
}

func newSold(f promauto.Factory) sold {
	return sold{
		orders:    counters(f, MetricShopOrders, "Orders that were made, by pack.", "pack"),
		checkouts: counters(f, MetricShopCheckouts, "Telegram's questions before a payment, by what was answered: ok, a reason, or late.", "outcome"),
		payments:  counters(f, MetricShopPayments, "Payments, by outcome: paid, renewed, duplicate, kept, or what was not as ordered.", "outcome"),
		refunds:   counters(f, MetricShopRefunds, "Payments that go back: asked, done, refused by Telegram, reversed by Telegram, or reversed with a debt.", "outcome"),
		findings:  counters(f, MetricShopFindings, "Differences between payments here and at Telegram, by kind.", "kind"),
		tickets:   counters(f, MetricShopTickets, "What happened to people's requests: opened, added, answered, closed.", "event"),
		checkout: f.NewHistogram(prometheus.HistogramOpts{
			Name: MetricShopCheckoutSeconds, Help: "From the arrival of such a question to its answer; Telegram waits ten.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2, 4, 8, 10},
		}),
		stars:    f.NewCounter(prometheus.CounterOpts{Name: MetricShopStars, Help: "Stars that were paid."}),
		refunded: f.NewCounter(prometheus.CounterOpts{Name: MetricShopRefundedStars, Help: "Stars that went back."}),
	}
}

func newLedger(f promauto.Factory) ledger {
	return ledger{
		violated: f.NewGauge(prometheus.GaugeOpts{
			Name: MetricLedgerViolations, Help: "What the last look at the whole ledger found wrong. Anything but 0 is an alarm.",
		}),
		verified: f.NewGauge(prometheus.GaugeOpts{
			Name: MetricLedgerVerifiedTimestampSeconds, Help: "When this process last looked at the whole ledger; 0 is never.",
		}),
		people: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricLedgerLeftCredits, Help: "Unspent credits of people, by where they came from, when the ledger was verified.",
		}, []string{"source"}),
		house: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricLedgerHouseCredits, Help: "Balances of the house when the ledger was verified; with what people have they come to zero.",
		}, []string{"account"}),
		off: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricLedgerImbalanceCredits, Help: "By how much two ways to add up differed when the ledger was verified; anything but 0 is an alarm.",
		}, []string{"check"}),
		broken: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricVerifyViolations, Help: "Rows that contradict what must hold: always, or after a while. Of the last look at what is new, and of that at all there is. Anything but 0 is an alarm.",
		}, []string{"group", "kind", "scope"}),
		proved: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricVerifyTimestampSeconds, Help: "When this process last held every invariant against the database: what is new every hour, all of it every night.",
		}, []string{"scope"}),
		proveTime: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: MetricVerifyDurationSeconds, Help: "How long the last such look took.",
		}, []string{"scope"}),
		expired: f.NewCounter(prometheus.CounterOpts{
			Name: MetricLedgerExpiredLots, Help: "Lots of given credits whose time was over.",
		}),
	}
}

// initialize shows what has not happened yet as zero, where the labels are known.
func (m *Metrics) initialize() {
	for _, o := range []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand} {
		for _, t := range []string{string(storage.TierFree), string(storage.TierPaid), tierOperator} {
			m.submitted.WithLabelValues(string(o), t)
		}
	}
	for status, reasons := range ends() {
		for _, r := range reasons {
			m.finished.WithLabelValues(string(status), string(r))
		}
	}
	for _, k := range []storage.SendKind{storage.SendMessage, storage.SendAnswer, storage.SendEdit, storage.SendDelete, storage.SendStatus, storage.SendResult} {
		for _, outcome := range sendOutcomes() {
			m.delivered.WithLabelValues(string(k), outcome)
		}
	}
	for _, kind := range []string{"message", "edit", "press", "inline", "payment", "member", "reaction", "moved", "ignored", "barred", "unreadable", "any"} {
		for _, outcome := range []string{"ok", "duplicate", "error"} {
			m.updates.WithLabelValues(kind, outcome)
		}
	}
	m.updates.WithLabelValues("any", "dead")
	for _, stage := range []string{stageWait, stageProvider, stageDeliver} {
		m.stage.WithLabelValues(stage)
	}
	m.duration.WithLabelValues(string(storage.FormChat))
	m.deliveryTime.WithLabelValues(string(storage.SendResult))
	each(m.rejected, rejections()...)
	each(m.retries, string(providers.Transient), string(providers.RateLimited), string(providers.NoOutput), notAccepted, notTaken)
	each(m.swept, "generation", "delivery", "late", "album", "writing", "look", "announcement", "relay", "right", "lane", "mail", "sign-in", "deletion", "refund", "unwanted", "debt", "reconciliation")
	each(m.struck, string(storage.StrikeRule), string(storage.StrikeAbsolute), string(storage.StrikeProvider))
	each(m.banned, storage.BanAbsolute, storage.BanStrikes)
	each(m.appeals, "made")
	each(m.checkouts, "ok", "late", "trouble", "unknown", "person", "erasing", "banned", "consent", "price", "expired", "paid")
	each(m.payments, "paid", "renewed", "duplicate", "kept", string(storage.ProblemNoOrder), string(storage.ProblemPerson), string(storage.ProblemAmount),
		string(storage.ProblemAgain), string(storage.ProblemErased), string(storage.ProblemCurrency))
	each(m.refunds, "asked", "done", "refused", "reversed", "debt")
	each(m.findings, string(FoundMissingHere), string(FoundNobody), string(FoundMissingThere), string(FoundStars), string(FoundPerson),
		string(FoundRefundHere), string(FoundRefundThere), string(FoundTaken))
	each(m.announced, string(storage.RecipientSent), string(storage.RecipientUncertain), string(storage.RecipientBlocked), string(storage.RecipientFailed),
		string(storage.RecipientSkipped), string(storage.RecipientDeleted))
	each(m.elsewhere, forgotten, forgetFailed, forgetGivenUp, forgetKept)
	for _, k := range []storage.MailKind{storage.MailCode, storage.MailLetter, storage.MailExport} {
		for _, outcome := range []string{"sent", "delayed", string(storage.MailRefused), string(storage.MailLate), string(storage.MailOff)} {
			m.mails.WithLabelValues(string(k), outcome)
		}
	}
	for _, rule := range storage.RetentionRules() {
		m.retained.WithLabelValues(rule.Kind)
	}
	each(m.tickets, "opened", "added", "answered", "closed")
	for _, k := range storage.RelayKinds() {
		for _, outcome := range []string{string(storage.RelaySent), string(storage.RelayDropped), string(storage.RelayUncertain), "postponed"} {
			m.relayed.WithLabelValues(string(k), outcome)
		}
	}
	for _, r := range reportReasons() {
		m.reports.WithLabelValues(r.name)
	}
	for _, check := range storage.Checks() {
		m.off.WithLabelValues(check)
	}
	for _, subject := range []storage.Subject{storage.SubjectRequest, storage.SubjectResult} {
		for _, outcome := range []string{"passed", "refused", "unanswered"} {
			m.checked.WithLabelValues(string(subject), outcome)
		}
	}
}

func each(v *prometheus.CounterVec, values ...string) {
	for _, value := range values {
		v.WithLabelValues(value)
	}
}

// ends are the reasons for which generations end, by how they do.
func ends() map[storage.Status][]storage.Reason {
	return map[storage.Status][]storage.Reason{
		storage.StatusStored:   {storage.ReasonNone},
		storage.StatusCanceled: {storage.ReasonPerson, storage.ReasonBlocked},
		storage.StatusRefused:  {storage.ReasonInput, storage.ReasonOutput},
		storage.StatusFailed: {
			storage.ReasonProvider, storage.ReasonUnsupported, storage.ReasonUnknown, storage.ReasonTimeout, storage.ReasonBadImage,
			storage.ReasonUnjudged, storage.ReasonBadReference, storage.ReasonQuarantined,
		},
	}
}

// sendOutcomes are how calls of the outbox end.
func sendOutcomes() []string {
	return []string{"sent", "expired", "blocked", "throttled", "transient", "unauthorized", "moved", "refused", "interrupted", "uncertain"}
}

// Why a wish is not taken in.
const (
	rejectedNoCredits   = "no_credits"
	rejectedCapped      = "capped" // by the person's own limit
	rejectedTooMany     = "too_many"
	rejectedBanned      = "banned"
	rejectedFrozen      = "frozen" // credits are owed
	rejectedRestricted  = "restricted"
	rejectedRules       = "rules"
	rejectedSlowed      = "slowed"      // after refusals
	rejectedUnsupported = "unsupported" // nobody makes this
)

func rejections() []string {
	return []string{
		rejectedNoCredits, rejectedCapped, rejectedTooMany, rejectedBanned, rejectedFrozen, rejectedRestricted, rejectedRules, rejectedSlowed, rejectedUnsupported,
	}
}

// tierOperator stands for the tier of operators' accounts.
const tierOperator = "operator"

func (m *Metrics) taken(operation, tier string) { m.submitted.WithLabelValues(operation, tier).Inc() }

func (m *Metrics) refused(reason string) { m.rejected.WithLabelValues(reason).Inc() }

func (m *Metrics) sent(ctx context.Context, d storage.Delivery) {
	m.delivered.WithLabelValues(string(d.Kind), "sent").Inc()
	queue.Observe(ctx, m.deliveryTime.WithLabelValues(string(d.Kind)), time.Since(d.Created))
}

// since observes the time a stage took.
func (m *Metrics) since(stage string, start time.Time) {
	m.stage.WithLabelValues(stage).Observe(time.Since(start).Seconds())
}

// shown observes a generation whose result was just shown, and how good its first estimate was.
func (m *Metrics) shown(ctx context.Context, g storage.Generation) {
	queue.Observe(ctx, m.duration.WithLabelValues(string(g.Form)), time.Since(g.Created))
	if !g.Stored.IsZero() {
		m.since(stageDeliver, g.Stored)
	}
	if g.Guess.P90 <= 0 || g.Stored.IsZero() {
		return
	}
	line := "none"
	if g.Guess.Wait > 0 {
		line = "some"
	}
	m.estimate.WithLabelValues(line).Observe(g.Stored.Sub(g.Guess.At).Seconds() / g.Guess.P90.Seconds())
}
