package workers

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// TicketView is a person's request.
type TicketView struct {
	ID      string               `json:"id"`
	Person  string               `json:"person"` // hashed, as in logs
	Charge  string               `json:"charge,omitempty"`
	Status  storage.TicketStatus `json:"status"`
	Waiting time.Time            `json:"waiting_since,omitzero"`
	Opened  time.Time            `json:"opened"`
	Words   []TicketWords        `json:"words,omitempty"`
}

// TicketWords are what somebody wrote.
type TicketWords struct {
	From string    `json:"from"` // person or operator
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// PaymentView is a payment.
type PaymentView struct {
	Charge  string                `json:"charge"`
	Person  string                `json:"person,omitempty"` // hashed; empty for somebody nobody knows
	Order   string                `json:"order,omitempty"`
	Stars   int64                 `json:"stars"`
	Credits int64                 `json:"credits"`
	Left    int64                 `json:"unspent"`
	Status  storage.PaymentStatus `json:"status"`
	Problem storage.Problem       `json:"problem,omitempty"`
	Monthly bool                  `json:"subscription,omitempty"`
	Paid    time.Time             `json:"paid"`
	Refund  storage.RefundStatus  `json:"refund,omitempty"`
	Reason  string                `json:"refund_reason,omitempty"` // Telegram's
}

// MoneyView is what came in and went out.
type MoneyView struct {
	Since    time.Time  `json:"since"`
	StarsUSD int64      `json:"usd_per_1000_stars"`
	Days     []MoneyRow `json:"days"`
	Models   []MoneyRow `json:"models"`
	// Owing people owe Owed credits, of payments that were taken back after they were spent.
	Owing int64 `json:"people_owing"`
	Owed  int64 `json:"credits_owed"`
}

// MoneyRow is a day, whose revenue is what was paid less what went back; or a model, whose revenue are the Stars that bought the
// credits that were spent on it.
type MoneyRow struct {
	Day      string  `json:"day,omitempty"`
	Model    string  `json:"model,omitempty"`
	Payments int64   `json:"payments,omitempty"`
	Stars    int64   `json:"stars,omitempty"`
	Refunded int64   `json:"stars_refunded,omitempty"`
	Earned   float64 `json:"stars_earned"`
	Spent    int64   `json:"credits_spent"`
	Calls    int64   `json:"paid_calls"`
	Cost     float64 `json:"cost_usd"`
	Revenue  float64 `json:"revenue_usd"`
	Margin   float64 `json:"margin_usd"`
}

// ReconcileView is a comparison with Telegram's list.
type ReconcileView struct {
	ID       string          `json:"id"`
	Done     bool            `json:"done"`
	Findings int64           `json:"findings"`
	Report   json.RawMessage `json:"report,omitempty"` // a Reconciled
}

// Tickets lists open requests, the longest waiting first, or all of them.
func (d *Desk) Tickets(ctx context.Context, all bool) ([]TicketView, error) {
	tickets, err := d.Store.Tickets(ctx, all, deskRows)
	views := make([]TicketView, 0, len(tickets))
	for _, k := range tickets {
		views = append(views, d.ticketView(k))
	}
	return views, err
}

func (d *Desk) ticketView(k storage.Ticket) TicketView {
	v := TicketView{ID: k.ID, Person: d.personHash(k.User), Charge: k.Charge, Status: k.Status, Waiting: k.Waiting, Opened: k.Created}
	for _, one := range k.Words {
		from := "person"
		if one.Operator {
			from = "operator"
		}
		v.Words = append(v.Words, TicketWords{from, one.Text, one.At})
	}
	return v
}

// Ticket opens a request.
func (d *Desk) Ticket(ctx context.Context, id string) (TicketView, error) {
	k, err := d.ticket(ctx, id)
	return d.ticketView(k), err
}

func (d *Desk) ticket(ctx context.Context, id string) (storage.Ticket, error) {
	k, err := d.Store.Ticket(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no request " + id}
	}
	return k, err
}

// AnswerTicket sends the person an answer.
func (d *Desk) AnswerTicket(ctx context.Context, by storage.By, id, words string) error {
	k, err := d.ticket(ctx, id)
	if err == nil {
		_, err = d.answer(ctx, storage.Effect{}, by, k, words)
	}
	return closedAlready(err, id)
}

func (d *Desk) answer(ctx context.Context, e storage.Effect, by storage.By, k storage.Ticket, words string) (storage.Outbox, error) {
	p, err := d.Store.PersonByID(ctx, k.User)
	if err != nil {
		return nil, err
	}
	e.Sends = append(e.Sends, storage.Send{User: p.ID, Kind: storage.SendMessage, Body: messageBody{
		Chat: p.TelegramID, Text: d.Texts.For(p.Lang).HTML(texts.MessageHelpdeskAnswer, map[string]any{"Words": words}),
		About: &storage.About{Help: true, Charge: k.Charge},
	}})
	return d.Store.Answer(ctx, e, storage.Act{By: by, What: "ticket answer", Object: k.ID}, k, words)
}

// CloseTicket closes a request and tells the person.
func (d *Desk) CloseTicket(ctx context.Context, by storage.By, id string) error {
	k, err := d.ticket(ctx, id)
	if err == nil {
		_, err = d.closeTicket(ctx, storage.Effect{}, by, k)
	}
	return closedAlready(err, id)
}

func closedAlready(err error, id string) error {
	if errors.Is(err, storage.ErrNotFound) {
		return &OperatorError{"the request " + id + " is closed"}
	}
	return err
}

func (d *Desk) closeTicket(ctx context.Context, e storage.Effect, by storage.By, k storage.Ticket) (storage.Outbox, error) {
	p, err := d.Store.PersonByID(ctx, k.User)
	if err != nil {
		return nil, err
	}
	e.Sends = append(e.Sends, d.tell(p, 0, texts.MessageHelpdeskClosed, nil))
	return d.Store.CloseTicket(ctx, e, storage.Act{By: by, What: "ticket close", Object: k.ID}, k)
}

// Payments lists payments, newest first: of a person, in a status, or all.
func (d *Desk) Payments(ctx context.Context, person string, status storage.PaymentStatus) ([]PaymentView, error) {
	f := storage.PaymentFilter{Status: status, Limit: deskRows}
	if person != "" {
		p, err := d.person(ctx, person)
		if err != nil {
			return nil, err
		}
		f.User = p.ID
	}
	all, err := d.Store.AllPayments(ctx, f)
	views := make([]PaymentView, 0, len(all))
	for _, p := range all {
		v, err := d.paymentView(ctx, p)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, err
}

func (d *Desk) paymentView(ctx context.Context, p storage.Payment) (PaymentView, error) {
	v := PaymentView{
		Charge: p.Charge, Order: p.Order, Stars: p.Stars, Credits: p.Credits, Status: p.Status, Problem: p.Problem, Monthly: p.Recurring, Paid: p.Paid,
	}
	if p.User == 0 {
		return v, nil
	}
	v.Person = d.personHash(p.User)
	left, err := d.Store.Unspent(ctx, p.User, []storage.Payment{p})
	if err == nil {
		v.Left = left[0].Left
	}
	return v, err
}

// Payment shows a payment and what became of its refund.
func (d *Desk) Payment(ctx context.Context, charge string) (PaymentView, error) {
	p, err := d.Store.Payment(ctx, charge)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no payment " + charge}
	}
	if err != nil {
		return PaymentView{}, err
	}
	v, err := d.paymentView(ctx, p)
	if err != nil {
		return v, err
	}
	_, v.Refund, v.Reason, err = d.Store.RefundOf(ctx, charge)
	return v, ignore(err, storage.ErrNotFound)
}

// RefundPayment gives a payment back, also one that is partly spent: what is left of it leaves the account. Telegram is asked
// by whoever works on the queues.
func (d *Desk) RefundPayment(ctx context.Context, by storage.By, charge string) (PaymentView, error) {
	act := storage.Act{By: by, What: "refund", Object: charge}
	if _, _, _, err := d.Store.AskRefund(ctx, storage.Effect{}, &act, 0, charge, storage.RefundByOperator); err != nil {
		return PaymentView{}, refundError(err, charge)
	}
	return d.Payment(ctx, charge)
}

// refundError says in an operator's words why a payment does not go back.
func refundError(err error, charge string) error {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return &OperatorError{"there is no payment " + charge}
	case errors.Is(err, storage.ErrConsumed):
		return &OperatorError{"this payment went back, or is on its way back"}
	case errors.Is(err, storage.ErrHeld):
		return &OperatorError{"a picture is being painted from it; try again when that is done"}
	}
	return err
}

// Forgive ends what a person owes, and tells them.
func (d *Desk) Forgive(ctx context.Context, by storage.By, name string) error {
	p, err := d.person(ctx, name)
	if err != nil {
		return err
	}
	e := storage.Effect{User: p.ID, Sends: []storage.Send{d.tell(p, 0, texts.MessageUnfrozen, nil)}}
	_, err = d.Store.Forgive(ctx, e, storage.Act{By: by, What: "debt forgive", Object: d.personHash(p.ID)}, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return &OperatorError{"this person owes nothing"}
	}
	return err
}

// Reconcile has payments compared with Telegram's list since a time, the zero time for all of it, by whoever works on the
// queues. Reconciliation tells what came of it.
func (d *Desk) Reconcile(ctx context.Context, by storage.By, since time.Time) (id string, err error) {
	if _, err := d.Store.Acted(ctx, storage.Effect{}, storage.Act{By: by, What: "payments reconcile"}); err != nil {
		return "", err
	}
	ref, err := d.Store.AskReconcile(ctx, since)
	return ref.ID, err
}

// Reconciliation is a comparison and, once it is done, its report.
func (d *Desk) Reconciliation(ctx context.Context, id string) (ReconcileView, error) {
	c, err := d.Store.Reconciliation(ctx, id)
	v := ReconcileView{ID: c.ID, Done: c.Done, Findings: c.Findings}
	if c.Done {
		v.Report = c.Report
	}
	return v, err
}

// Money is what came in and went out since a time, by day and by model. A thousand Stars are worth starsUSD dollars.
func (d *Desk) Money(ctx context.Context, since time.Time, starsUSD int64) (MoneyView, error) {
	v := MoneyView{Since: since, StarsUSD: starsUSD, Days: []MoneyRow{}, Models: []MoneyRow{}}
	days, err := d.Store.MoneyByDay(ctx, since)
	if err != nil {
		return v, err
	}
	for _, m := range days {
		v.Days = append(v.Days, moneyRow(m, float64(m.Stars-m.Refunded), starsUSD))
	}
	models, err := d.Store.MoneyByModel(ctx, since)
	if err != nil {
		return v, err
	}
	for _, m := range models {
		v.Models = append(v.Models, moneyRow(m, m.Earned, starsUSD))
	}
	v.Owing, v.Owed, err = d.Store.Debts(ctx)
	return v, err
}

func moneyRow(m storage.Money, stars float64, starsUSD int64) MoneyRow {
	r := MoneyRow{
		Model: m.Model, Payments: m.Payments, Stars: m.Stars, Refunded: m.Refunded, Earned: m.Earned, Spent: m.Spent, Calls: m.Calls,
		Cost: float64(m.Cost) / 1e6, Revenue: stars * float64(starsUSD) / 1000,
	}
	if !m.Day.IsZero() {
		r.Day = m.Day.Format(time.DateOnly)
	}
	r.Margin = r.Revenue - r.Cost
	return r
}
