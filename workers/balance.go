package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Given is what people get without paying, and what operators may give.
type Given struct {
	Daily    storage.DailyTerms
	Referral storage.ReferralTerms
	Gifts    int64 // that one person wraps in 24 hours; zero is none
	Alone    int64 // credits an operator may give or take without a second one
}

// balanceModels is how many models the balance names.
const balanceModels = 5

// balanceCommand shows what somebody has, where it is from, and what they spent this month.
func (w *Workers) balanceCommand(ctx context.Context, in *incoming, _ string) error {
	acc, err := w.Store.Account(ctx, in.person.ID)
	if err != nil {
		return err
	}
	lots, err := w.Store.Lots(ctx, in.person.ID)
	if err != nil {
		return err
	}
	spent, err := w.Store.Spent(ctx, in.person.ID)
	if err != nil {
		return err
	}
	models, err := w.Store.SpentByModel(ctx, in.person.ID, thisMonth(time.Now()))
	if err != nil {
		return err
	}
	w.say(in, texts.MessageBalance, map[string]any{
		"Count": acc.Available(), "Held": acc.Held, "Rows": lotRows(in.texts, lots), "Spent": spent, "Cap": in.person.Settings.Cap,
		"Models": w.spentRows(in.texts, models),
	}, w.balanceButtons(in)...)
	return w.done(ctx, in)
}

// thisMonth is when the month began, as it is counted for limits.
func thisMonth(now time.Time) time.Time { return nextMonth(now).AddDate(0, -1, 0) }

// lotRows say where credits are from: those of one source that are gone on the same day are one row.
func lotRows(p texts.Printer, lots []storage.Lot) (rows []texts.Markup) {
	type kind struct {
		source storage.Source
		day    time.Time
	}
	var order []kind
	sums := map[kind]int64{}
	for _, l := range lots {
		k := kind{source: l.Source}
		if !l.Expires.IsZero() {
			k.day = l.Expires.UTC().Truncate(24 * time.Hour)
		}
		if _, ok := sums[k]; !ok && l.Free > 0 {
			order = append(order, k)
		}
		sums[k] += l.Free
	}
	for _, k := range order {
		rows = append(rows, p.Markup(texts.RowLot, map[string]any{"Credits": sums[k], "Source": p.Plain(sourceText(k.source), nil), "When": whenOf(k.day)}))
	}
	return rows
}

// whenOf is a time as texts take it, nil for never.
func whenOf(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// spentRows say what went to which model.
func (w *Workers) spentRows(p texts.Printer, models []storage.ModelSpend) (rows []texts.Markup) {
	for _, m := range models[:min(len(models), balanceModels)] {
		rows = append(rows, p.Markup(texts.RowSpent, map[string]any{"Title": w.title(m.Model, p), "Credits": m.Credits}))
	}
	return rows
}

// sourceText names where credits are from.
func sourceText(s storage.Source) texts.Key {
	switch s {
	case storage.SourceWelcome:
		return texts.NoteLotWelcome
	case storage.SourceDaily:
		return texts.NoteLotDaily
	case storage.SourceReferral:
		return texts.NoteLotReferral
	case storage.SourcePromo:
		return texts.NoteLotPromo
	case storage.SourceGift:
		return texts.NoteLotGift
	case storage.SourceOperator:
		return texts.NoteLotOperator
	case storage.SourcePurchase:
		return texts.NoteLotPurchase
	}
	return texts.NoteLotReturn
}

// balanceButtons lead to more credits, and to how these came.
func (w *Workers) balanceButtons(in *incoming) [][]telegram.Button {
	var buy, daily, invite telegram.Button
	if w.Shop != nil {
		buy = w.button(in, texts.ButtonBuy, telegram.OpBuy, "-", "")
	}
	if w.Settings.Given.Daily.Credits > 0 {
		daily = w.button(in, texts.ButtonDaily, telegram.OpDaily, "", "")
	}
	if w.Settings.Given.Referral.Credits > 0 {
		invite = w.button(in, texts.ButtonInvite, telegram.OpInvite, "", "")
	}
	return rowsOf(row(buy, daily), row(invite, w.button(in, texts.ButtonLedger, telegram.OpLedger, "", "")),
		row(w.button(in, texts.ButtonRaise, telegram.OpSetting, pageAnew+"cap", ""), w.appButton(in, texts.ButtonInApp, appWallet)))
}

// pressGiven is a button about credits that are given.
func (w *Workers) pressGiven(ctx context.Context, in *incoming, p press) error {
	if ok, err := w.agreed(ctx, in); err != nil || !ok {
		return err
	}
	switch p.Op {
	case telegram.OpGiftCancel:
		return w.cancelGift(ctx, in, p)
	case telegram.OpLedger:
		return w.pressLedger(ctx, in, p)
	}
	w.answer(in, p, "")
	switch p.Op {
	case telegram.OpDaily:
		return w.dailyCommand(ctx, in, "")
	case telegram.OpInvite:
		return w.inviteCommand(ctx, in, "")
	}
	return w.openLink(ctx, in, p.Object)
}

// given commits what gave somebody something: said is how much had been said before that. Who is banned is told so.
func (w *Workers) given(ctx context.Context, in *incoming, said int, out storage.Outbox, err error) error {
	if err == nil {
		w.post(ctx, out)
		return nil
	}
	in.effect.Sends = in.effect.Sends[:said]
	if isBanned(err) {
		return w.bar(ctx, in)
	}
	return err
}

// sayInstead says something else than what had been said after the first messages, and commits that.
func (w *Workers) sayInstead(ctx context.Context, in *incoming, said int, key texts.Key, data map[string]any) error {
	in.effect.Sends, in.effect.Nonce = in.effect.Sends[:said], ""
	w.say(in, key, data)
	return w.done(ctx, in)
}
