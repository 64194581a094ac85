package workers

import (
	"context"
	"time"

	"github.com/imagika/imagika/storage"
)

// PersonView is what operators see of a person.
type PersonView struct {
	Person      string                   `json:"person"` // hashed, as in logs
	Since       time.Time                `json:"since"`
	Language    string                   `json:"language,omitempty"`
	Tier        storage.Tier             `json:"tier"`
	Agreed      string                   `json:"agreed,omitempty"` // to which version of the policy
	Balance     int64                    `json:"balance"`          // what can be spent
	Held        int64                    `json:"held"`
	Debt        int64                    `json:"debt,omitempty"`
	Credits     []storage.Lot            `json:"credits"`
	Banned      time.Time                `json:"banned_until,omitzero"`
	Strikes     int64                    `json:"strikes"`
	Unreachable time.Time                `json:"unreachable_since,omitzero"`
	Restricted  bool                     `json:"restricted,omitempty"`
	Erasing     bool                     `json:"erasing,omitempty"`
	Settings    PersonSettings           `json:"settings"`
	ByStatus    map[storage.Status]int64 `json:"generations"`
	Recent      []GenerationRow          `json:"recent"`
	Payments    []PaymentView            `json:"payments"`
}

// PersonSettings are a person's settings but for what they wrote.
type PersonSettings struct {
	Model    string   `json:"model,omitempty"`
	Ratio    string   `json:"ratio,omitempty"`
	Quality  string   `json:"quality,omitempty"`
	Style    string   `json:"style,omitempty"`
	Count    int      `json:"count,omitempty"`
	Without  []string `json:"without_providers,omitempty"`
	AskAbove *int64   `json:"ask_above,omitempty"`
	Cap      int64    `json:"monthly_cap,omitempty"`
	Presets  int      `json:"presets,omitempty"`
}

// recent is how many generations of a person are shown with them.
const recent = 5

// Person shows a person, named by the hash of logs and lists, a Telegram id, or the charge id of a payment of theirs.
func (d *Desk) Person(ctx context.Context, name string) (v PersonView, err error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return v, err
	}
	facts, err := d.Store.PersonFacts(ctx, p.ID)
	if err != nil {
		return v, err
	}
	acc, err := d.Store.Account(ctx, p.ID)
	if err != nil {
		return v, err
	}
	strikes, err := d.Store.Strikes(ctx, p.ID)
	if err != nil {
		return v, err
	}
	c := p.Settings.Choice
	v = PersonView{
		Person: d.personHash(p.ID), Since: facts.Since, Language: p.Lang, Tier: p.Tier, Agreed: facts.Agreed, Balance: acc.Available(), Held: acc.Held,
		Debt: p.Debt, Strikes: weigh(strikes), Unreachable: facts.Unreachable, Restricted: p.Restricted, Erasing: p.Erasing, ByStatus: facts.ByStatus,
		Settings: PersonSettings{
			c.Model, c.Ratio, c.Quality, c.Style, c.Count, p.Settings.Without, p.Settings.AskAbove, p.Settings.Cap, len(p.Settings.Presets),
		},
	}
	if p.Ban.Active(time.Now()) {
		v.Banned = p.Ban.Until
	}
	if v.Credits, err = d.Store.Lots(ctx, p.ID); err != nil {
		return v, err
	}
	v.Credits = append([]storage.Lot{}, v.Credits...)
	if v.Recent, err = d.Generations(ctx, v.Person, storage.GenerationFilter{Limit: recent}); err != nil {
		return v, err
	}
	v.Payments, err = d.Payments(ctx, v.Person, "")
	return v, err
}

// byCharge finds who made a payment.
func (d *Desk) byCharge(ctx context.Context, charge string) (id int64, err error) {
	p, err := d.Store.Payment(ctx, charge)
	if err == nil && p.User == 0 {
		err = storage.ErrNotFound
	}
	return p.User, err
}

// PersonPrompt is a prompt of a person's.
type PersonPrompt struct {
	GenerationRow
	Prompt   string `json:"prompt"`
	Negative string `json:"negative,omitempty"`
}

// ReadPerson returns what a person wrote last, which stands in the audit log.
func (d *Desk) ReadPerson(ctx context.Context, by storage.By, name string) ([]PersonPrompt, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return nil, err
	}
	if _, err := d.Store.Acted(ctx, storage.Effect{}, storage.Act{By: by, What: "user read", Object: d.personHash(p.ID)}); err != nil {
		return nil, err
	}
	rows, err := d.Store.Generations(ctx, storage.GenerationFilter{User: p.ID, Limit: recent})
	all := []PersonPrompt{}
	for _, g := range rows {
		if g, err = d.Store.Generation(ctx, g.ID); err != nil {
			return nil, err
		}
		all = append(all, PersonPrompt{d.generationRow(g), g.Request.Prompt, g.Request.Negative})
	}
	return all, err
}
