package workers

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/imagika/imagika/storage"
)

// How old figures may be, and how long reading them may take.
const (
	figuresFor     = 10 * time.Second
	activeFor      = 5 * time.Minute
	figuresTimeout = 5 * time.Second
)

// windows are those for which active people are counted.
var windows = []struct {
	name string
	long time.Duration
}{{"1d", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}}

// Collector reads what waits in the database. It is the same whoever asks, so one process of all exposes it.
type Collector struct {
	store *storage.Store
	log   *slog.Logger

	holds, held, oldestHold  *prometheus.Desc
	open                     *prometheus.Desc
	sends, oldestSend        *prometheus.Desc
	desk, oldestDesk         *prometheus.Desc
	compared, active, failed *prometheus.Desc
	rights, oldestRight      *prometheus.Desc
	overdue, untold          *prometheus.Desc

	mu       sync.Mutex
	figures  storage.Figures
	people   map[string]int
	late     []storage.Overdue
	counted  time.Time
	failures int
}

var _ prometheus.Collector = (*Collector)(nil)

// NewCollector returns a collector for the caller to register.
func NewCollector(s *storage.Store, log *slog.Logger) *Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &Collector{
		store: s, log: log, people: make(map[string]int),
		holds:       desc(MetricLedgerOpenHolds, "Generations whose price is set aside."),
		held:        desc(MetricLedgerHeldCredits, "Credits that are set aside."),
		oldestHold:  desc(MetricLedgerOldestHoldSeconds, "Age of the oldest hold; 0 for none."),
		open:        desc(MetricGenerationOpen, "Generations that are not over, by stage: turn (others of the person go first), queue, generating, deliver.", "stage"),
		sends:       desc(MetricDeliveryPending, "What people are still to be sent: results, and everything else.", "kind"),
		oldestSend:  desc(MetricDeliveryOldestSeconds, "Age of the oldest of these; 0 for none.", "kind"),
		desk:        desc(MetricDeskWaiting, "What waits for an operator: appeals, tickets, grants that need a second one, and refunds that are under way.", "what"),
		oldestDesk:  desc(MetricDeskOldestSeconds, "Age of the oldest of these; 0 for none.", "what"),
		rights:      desc(MetricRightsOpen, "Requests of people about their data that are not answered, by what is asked for: one who waits for its days of grace too.", "right"),
		oldestRight: desc(MetricRightsOldestSeconds, "Age of the oldest of these; 0 for none. The law gives a month, our promise 28 days.", "right"),
		active:      desc(MetricActivePeople, "People who asked for a picture within a window, counted every five minutes.", "window"),
		compared:    desc(MetricShopReconciledTimestampSeconds, "When payments were last compared with Telegram's, in Unix seconds; 0 is never."),
		overdue:     desc(MetricRetentionOverdueSeconds, "For how long the oldest row of a kind is past its time and not deleted, looked at every five minutes.", "kind"),
		untold:      desc(MetricBreachUntoldSeconds, "For how long a breach is known that the authority was not told of; 0 for none. There are 72 hours."),
		failed:      desc(MetricFiguresErrors, "Readings of the database for these figures that failed."),
	}
}

// Values are those its labels take.
func (c *Collector) Values() map[string][]string {
	all := map[string][]string{
		"stage": {storage.StageTurn, storage.StageQueue, storage.StageGenerating, storage.StageDeliver},
		"kind":  append([]string{storage.SendsResults, storage.SendsOther}, kinds()...),
		"what":  {storage.DeskAppeal, storage.DeskTicket, storage.DeskRefund, storage.DeskGrant},
	}
	for _, k := range storage.RightKinds() {
		all["right"] = append(all["right"], string(k))
	}
	for _, w := range windows {
		all["window"] = append(all["window"], w.name)
	}
	return all
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.holds, c.held, c.oldestHold, c.open, c.sends, c.oldestSend, c.desk, c.oldestDesk, c.compared, c.active, c.failed, c.rights, c.oldestRight,
		c.overdue, c.untold,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. A database that is away leaves the figures of before.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), figuresTimeout)
	defer cancel()
	if err := c.read(ctx, time.Now()); err != nil {
		c.failures++
		c.log.WarnContext(ctx, "figures cannot be read", "error", err)
	}
	c.show(ch, time.Now())
}

// read reads what is too old.
func (c *Collector) read(ctx context.Context, now time.Time) error {
	if now.Sub(c.figures.At) > figuresFor {
		f, err := c.store.Figures(ctx)
		if err != nil {
			return err
		}
		c.figures = f
	}
	if now.Sub(c.counted) <= activeFor {
		return nil
	}
	for _, w := range windows {
		n, err := c.store.Active(ctx, now.Add(-w.long))
		if err != nil {
			return err
		}
		c.people[w.name] = n
	}
	late, err := c.store.Overdue(ctx)
	if err != nil {
		return err
	}
	c.late, c.counted = late, now
	return nil
}

func (c *Collector) show(ch chan<- prometheus.Metric, now time.Time) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	f := c.figures
	gauge(c.holds, float64(f.Holds.Count))
	gauge(c.held, float64(f.HeldCredits))
	gauge(c.oldestHold, f.Holds.Age(now).Seconds())
	for stage, n := range f.Open {
		gauge(c.open, float64(n), stage)
	}
	for what, w := range f.Sends {
		gauge(c.sends, float64(w.Count), what)
		gauge(c.oldestSend, w.Age(now).Seconds(), what)
	}
	for what, w := range f.Desk {
		gauge(c.desk, float64(w.Count), what)
		gauge(c.oldestDesk, w.Age(now).Seconds(), what)
	}
	for what, w := range f.Rights {
		gauge(c.rights, float64(w.Count), what)
		gauge(c.oldestRight, w.Age(now).Seconds(), what)
	}
	for _, o := range c.late {
		gauge(c.overdue, o.By.Seconds(), o.Kind)
	}
	gauge(c.untold, f.Breaches.Age(now).Seconds())
	compared := 0.0
	if !f.Compared.IsZero() {
		compared = float64(f.Compared.Unix())
	}
	gauge(c.compared, compared)
	for window, n := range c.people {
		gauge(c.active, float64(n), window)
	}
	ch <- prometheus.MustNewConstMetric(c.failed, prometheus.CounterValue, float64(c.failures))
}

// kinds are those of what is kept for a time.
func kinds() []string {
	var all []string
	for _, rule := range storage.RetentionRules() {
		all = append(all, rule.Kind)
	}
	return all
}
