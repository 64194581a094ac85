package workers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// CreditView is what an operator gave, took, or wants a second one to agree to.
type CreditView struct {
	ID      string               `json:"id"`
	Who     string               `json:"who"`
	Second  string               `json:"second,omitempty"` // who agreed or refused
	Person  string               `json:"person"`           // hashed, as in logs
	Credits int64                `json:"credits"`          // taken, if below zero
	Status  storage.CreditStatus `json:"status"`
	Reason  string               `json:"reason,omitempty"`
	Created time.Time            `json:"created"`
	Closed  time.Time            `json:"closed,omitzero"`
}

// ReceiptView is what a receipt says.
type ReceiptView struct {
	Genuine bool           `json:"genuine"`
	Intact  bool           `json:"intact"` // the books still have what it was made of
	Person  string         `json:"person,omitempty"`
	ID      string         `json:"transfer,omitempty"`
	Kind    string         `json:"kind,omitempty"`
	Source  storage.Source `json:"source,omitempty"`
	Credits int64          `json:"credits"`
	At      time.Time      `json:"at,omitzero"`
	// Erasure is what the receipt says that somebody was given who was erased; nil for one of credits.
	Erasure *storage.Erasure `json:"erasure,omitempty"`
}

// promoForm is what a code may be: it has to fit into a link.
var promoForm = regexp.MustCompile(`^[A-Za-z0-9_-]{3,29}$`)

// AddPromo makes a code.
func (d *Desk) AddPromo(ctx context.Context, by storage.By, code string, p storage.Promo) (storage.Promo, error) {
	switch {
	case !promoForm.MatchString(code):
		return p, &OperatorError{"a code is 3 to 29 letters, digits, - and _"}
	case p.Credits <= 0:
		return p, &OperatorError{"a code has to bring credits"}
	case p.Uses < 0 || p.PerPerson < 1 || p.Keep < 0:
		return p, &OperatorError{"uses cannot be below zero, and a person has at least one"}
	case !p.Expires.IsZero() && !p.Expires.After(time.Now()):
		return p, &OperatorError{"the code would have expired before it is there"}
	}
	if p.Label == "" {
		p.Label = code[:2] + "…"
	}
	p, err := d.Store.AddPromo(ctx, storage.Act{By: by, What: "promo create"}, code, p)
	if errors.Is(err, storage.ErrKeyReuse) {
		err = &OperatorError{"there is or was a code of that name; choose another one"}
	}
	return p, err
}

// Promos lists the codes, newest first.
func (d *Desk) Promos(ctx context.Context) ([]storage.Promo, error) {
	all, err := d.Store.Promos(ctx, deskRows)
	return append([]storage.Promo{}, all...), err
}

// DisablePromo ends a code, named by itself or by its id.
func (d *Desk) DisablePromo(ctx context.Context, by storage.By, code string) (storage.Promo, error) {
	p, err := d.Store.DisablePromo(ctx, storage.Act{By: by, What: "promo disable"}, code)
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"there is no such code that works; imagika admin promo list lists them"}
	}
	return p, err
}

// MoveCredits gives credits to a person, or takes them for a number below zero, and tells the person. Above the limit it
// waits for a second operator.
func (d *Desk) MoveCredits(ctx context.Context, by storage.By, name string, credits int64, reason string) (CreditView, error) {
	if credits == 0 || reason == "" {
		return CreditView{}, &OperatorError{"say how many credits, and a reason: the person reads it"}
	}
	p, err := d.person(ctx, name)
	if err != nil {
		return CreditView{}, err
	}
	o := storage.CreditOrder{Who: by.Who, User: p.ID, Credits: credits, Reason: reason}
	wait, e, what := max(credits, -credits) > d.Alone, storage.Effect{User: p.ID}, "credits grant"
	if credits < 0 {
		what = "credits take"
	}
	if !wait {
		if e.Sends, err = d.tellCredits(ctx, p, o); err != nil {
			return CreditView{}, err
		}
	}
	o, _, err = d.Store.OrderCredits(ctx, e, storage.Act{By: by, What: what}, o, wait)
	return d.creditView(o), creditError(err)
}

// DecideCredits is the second operator's word.
func (d *Desk) DecideCredits(ctx context.Context, by storage.By, id string, agree bool) (CreditView, error) {
	o, err := d.Store.CreditOrder(ctx, id)
	if err != nil {
		return CreditView{}, creditError(err)
	}
	p, err := d.Store.PersonByID(ctx, o.User)
	if err != nil {
		return CreditView{}, err
	}
	e, what := storage.Effect{User: p.ID}, "credits refuse"
	if agree {
		what = "credits approve"
		if e.Sends, err = d.tellCredits(ctx, p, o); err != nil {
			return CreditView{}, err
		}
	}
	if _, err := d.Store.DecideCredits(ctx, e, storage.Act{By: by, What: what}, o, agree); err != nil {
		return CreditView{}, creditError(err)
	}
	o, err = d.Store.CreditOrder(ctx, id)
	return d.creditView(o), err
}

// tellCredits tells a person what an operator gave or took.
func (d *Desk) tellCredits(ctx context.Context, p storage.Person, o storage.CreditOrder) ([]storage.Send, error) {
	if p.TelegramID == 0 {
		return nil, nil // an operator's account has no chat
	}
	acc, err := d.Store.Account(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	key, data := texts.MessageCreditsGiven, map[string]any{"Count": o.Credits, "Balance": acc.Available() + o.Credits, "Note": o.Reason}
	if o.Credits < 0 {
		key, data["Count"] = texts.MessageCreditsTaken, -o.Credits
	}
	return []storage.Send{d.tell(p, 0, key, data)}, nil
}

// creditError says in an operator's words why credits did not move.
func creditError(err error) error {
	switch {
	case errors.Is(err, storage.ErrInsufficient):
		return &OperatorError{"the person has fewer credits than that, or they are set aside for what is being painted"}
	case errors.Is(err, storage.ErrNotFound):
		return &OperatorError{"nothing waits under this id; imagika admin credits list lists what does"}
	case errors.Is(err, storage.ErrOneself):
		return &OperatorError{"another operator has to decide this: it cannot be whoever asked for it"}
	case errors.Is(err, storage.ErrRestricted):
		return &OperatorError{"this person is being erased"}
	}
	return err
}

// Credits lists what operators gave and took, what waits first.
func (d *Desk) Credits(ctx context.Context) ([]CreditView, error) {
	all, err := d.Store.CreditOrders(ctx, deskRows)
	views := make([]CreditView, 0, len(all))
	for _, o := range all {
		views = append(views, d.creditView(o))
	}
	return views, err
}

func (d *Desk) creditView(o storage.CreditOrder) CreditView {
	return CreditView{
		ID: o.ID, Who: o.Who, Second: o.Second, Person: d.personHash(o.User), Credits: o.Credits, Status: o.Status, Reason: o.Reason,
		Created: o.Created, Closed: o.Closed,
	}
}

// Receipt says whether a receipt is genuine, and what the books say about it now.
func (d *Desk) Receipt(ctx context.Context, token string) (ReceiptView, error) {
	if e, err := d.Store.CheckErasure(token); err == nil {
		return ReceiptView{Genuine: true, Intact: true, At: e.Erased, Erasure: &e}, nil
	}
	r, err := d.Store.CheckReceipt(ctx, token)
	if errors.Is(err, storage.ErrForged) {
		return ReceiptView{}, nil
	}
	if err != nil {
		return ReceiptView{}, fmt.Errorf("check a receipt: %w", err)
	}
	v := ReceiptView{
		Genuine: true, Intact: r.Intact, ID: r.Movement.ID, Kind: r.Movement.Kind, Source: r.Movement.Source, Credits: r.Movement.Credits,
		At: r.Movement.At,
	}
	if r.User != 0 {
		v.Person = d.personHash(r.User)
	}
	return v, nil
}
