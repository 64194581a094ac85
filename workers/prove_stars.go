package workers

import (
	"context"
	"slices"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
)

// starPromises are what must hold of Telegram's list of Star transactions, with what a comparison finds where it does not. What it
// says of a payment is who, when and how much; what it calls neither payment nor refund is the bot's owner's business, but for Stars
// that were taken.
var starPromises = []struct {
	name, ref string
	found     []FindingKind
}{
	{"what Telegram says was paid is a payment here", "I10", []FindingKind{FoundMissingHere, FoundNobody}},
	{"a payment is of the amount and the person that Telegram says", "I10", []FindingKind{FoundStars, FoundPerson}},
	{"a payment is in Telegram's list", "I10", []FindingKind{FoundMissingThere}},
	{"what went back there went back here", "I11", []FindingKind{FoundRefundHere}},
	{"what went back here went back there", "I11", []FindingKind{FoundRefundThere}},
	{"no Stars were taken but for a payment that went back", "I10", []FindingKind{FoundTaken}},
}

// ProveStars holds Telegram's whole list of Star transactions against the payments, both ways, and changes nothing: what a
// reconciliation would set right is only named, by its charge. What is too young at that time is left out.
func ProveStars(ctx context.Context, store *storage.Store, client *telegram.Client, now time.Time) ([]storage.Check, error) {
	c := &comparison{w: &Workers{Config: Config{Store: store, Telegram: client}}, looking: true}
	if err := c.compare(ctx, 0, now); err != nil {
		return nil, err
	}
	var checks []storage.Check
	for _, p := range starPromises {
		var rows []string
		for _, f := range c.report.Findings {
			if slices.Contains(p.found, f.Kind) {
				rows = append(rows, f.Charge)
			}
		}
		checks = append(checks, storage.NewCheck(p.name, p.ref, storage.GroupTelegram, int64(c.report.Transactions), rows))
	}
	return checks, nil
}
