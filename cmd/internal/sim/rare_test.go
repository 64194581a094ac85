package sim_test

import (
	"context"
	"log/slog"
)

// rarities are what has to happen somewhere, or worlds are too kind to find anything: faults, what programs tell in their
// logs, and what is in the books in the end.
var rarities = []string{
	"kill", "stall", "wipe", "pause", "wrong clock", "duplicate update", "enqueue refused", "enqueue unheard",
	"a call's outcome is not known",
	"the queue holds nothing, enqueueing all open work",
	"task not enqueued, the sweeper will",
	"payments differ from Telegram's",
	"person erased", "passed on", "perhaps passed on", "claimed again", "found by the sweeper", "unknown attempt", "another provider asked", "late result",
	"uncertain delivery", "canceled", "released", "fewer images than asked for", "bought", "given back by us", "given back by Telegram", "frozen",
}

// remembered are questions about the books whose answers are counted.
var remembered = map[string]string{
	"claimed again":               `SELECT COUNT(*) FROM generations WHERE fence > 1`,
	"found by the sweeper":        `SELECT COUNT(*) FROM generations WHERE sweeps > 0`,
	"unknown attempt":             `SELECT COUNT(*) FROM attempts WHERE state = 'unknown'`,
	"another provider asked":      `SELECT COUNT(*) FROM attempts a JOIN attempts b ON b.generation_id = a.generation_id AND b.seq > a.seq AND b.provider <> a.provider`,
	"late result":                 `SELECT COUNT(*) FROM attempts WHERE late AND state = 'succeeded'`,
	"uncertain delivery":          `SELECT COUNT(*) FROM deliveries WHERE status = 'uncertain'`,
	"quarantined":                 `SELECT COUNT(*) FROM generations WHERE reason = 'quarantined'`,
	"canceled":                    `SELECT COUNT(*) FROM generations WHERE status = 'canceled'`,
	"released":                    `SELECT COUNT(*) FROM transfers WHERE kind = 'release'`,
	"fewer images than asked for": `SELECT COUNT(*) FROM generations g WHERE status = 'delivered' AND images_wanted > (SELECT COUNT(*) FROM images i WHERE i.generation_id = g.id AND i.role = 'result')`,
	"bought":                      `SELECT COUNT(*) FROM payments`,
	"given back by us":            `SELECT COUNT(*) FROM refunds WHERE status = 'done'`,
	"given back by Telegram":      `SELECT COUNT(*) FROM payments WHERE status = 'clawed_back'`,
	"frozen":                      `SELECT COUNT(*) FROM rights WHERE kind = 'restrict'`,
	"passed on":                   `SELECT COUNT(*) FROM relays WHERE status = 'sent'`,
	"perhaps passed on":           `SELECT COUNT(*) FROM relays WHERE status = 'uncertain'`,
	"talked":                      `SELECT COUNT(*) FROM conversation_members`,
	"erased":                      `SELECT COUNT(*) FROM rights WHERE kind = 'erase' AND status = 'done'`,
}

// remember counts them.
func (w *world) remember() {
	for what, query := range remembered {
		w.seen[what] += w.number(query)
	}
}

// ear counts what programs tell in their logs.
type ear struct{ w *world }

// Enabled implements slog.Handler.
func (ear) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (e ear) Handle(_ context.Context, r slog.Record) error {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	e.w.seen[r.Message]++
	return nil
}

// WithAttrs implements slog.Handler.
func (e ear) WithAttrs([]slog.Attr) slog.Handler { return e }

// WithGroup implements slog.Handler.
func (e ear) WithGroup(string) slog.Handler { return e }
