package workers

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/texts"
)

// The Mini App does what the chat does, by the same rules and the same transactions; the web_*.go files are that other door. What
// somebody does there shows in their chat wherever the chat would show it: through the outbox, like everything. A refusal is a
// [*Refusal] in the person's words, and what is not theirs is storage.ErrNotFound.

// Named is something that can be chosen, with its name in the person's language.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Balance is what somebody has, in credits.
type Balance struct {
	Available int64 `json:"available"`
	Held      int64 `json:"held"`
}

// Me is who uses the Mini App.
type Me struct {
	Language  string       `json:"language"`
	Bot       string       `json:"bot"`
	Balance   Balance      `json:"balance"`
	Tier      storage.Tier `json:"tier"`
	State     MyState      `json:"state"`
	Features  Features     `json:"features"`
	Languages []Named      `json:"languages"`
}

// MyState is what keeps somebody from doing something.
type MyState struct {
	Banned          bool       `json:"banned"`
	Frozen          bool       `json:"frozen"` // credits are owed
	Restricted      bool       `json:"restricted"`
	ConsentRequired bool       `json:"consent_required"`
	EraseAt         *time.Time `json:"erase_at,omitempty"`
}

// Features are what there is here.
type Features struct {
	Shop bool `json:"shop"`
	Chat bool `json:"chat"`
	API  bool `json:"api"`
}

// Me describes a person to their app.
func (w *Workers) Me(ctx context.Context, p storage.Person) (Me, error) {
	acc, err := w.Store.Account(ctx, p.ID)
	if err != nil {
		return Me{}, err
	}
	agreed, err := w.agreement(ctx, p)
	if err != nil {
		return Me{}, err
	}
	erase, err := w.eraseAt(ctx, p)
	if err != nil {
		return Me{}, err
	}
	return Me{
		Language: w.printer(p.Lang).Language(), Bot: w.BotName, Balance: Balance{acc.Available(), acc.Held}, Tier: p.Tier,
		State: MyState{
			Banned: p.Ban.Active(time.Now()), Frozen: p.Debt > 0, Restricted: p.Restricted, ConsentRequired: !agreed.complete(), EraseAt: erase,
		},
		Features:  Features{Shop: w.Shop != nil, Chat: w.Settings.Conversations, API: w.Settings.APIURL != ""},
		Languages: w.languages(),
	}, nil
}

// languages are all, by their own names.
func (w *Workers) languages() (all []Named) {
	for _, lang := range w.Texts.Languages() {
		all = append(all, Named{lang, w.printer(lang).Plain(texts.ButtonLanguage, nil)})
	}
	return all
}

// eraseAt is when the account of a person is erased, nil where nobody asked for that.
func (w *Workers) eraseAt(ctx context.Context, p storage.Person) (*time.Time, error) {
	r, err := w.Store.Erasure(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return new(r.NotBefore.UTC()), err
}

// Need is what something outside a chat asks of whoever does it. Each asks for what those before it do.
type Need int

// The needs.
const (
	NeedNothing Need = iota // rights, and money that is theirs: whoever is not being erased
	NeedConsent             // what takes something back
	NeedSight               // what processes what is theirs: not while they have it frozen
	NeedUse                 // what the product does for them: not while they are banned
)

// Admit returns a [*Refusal] for somebody who may not do something that asks for as much, as their chat would refuse it.
func (w *Workers) Admit(ctx context.Context, p storage.Person, need Need) error {
	in := w.visitor(p, storage.OriginApp)
	switch {
	case p.Erasing:
		return w.refused(in, RefusedRestricted, texts.MessageErasing, nil)
	case need == NeedNothing:
		return nil
	case need >= NeedUse && p.Ban.Active(time.Now()):
		return w.refusedBan(ctx, in)
	case need >= NeedSight:
		return w.mayAsk(ctx, in)
	}
	return w.mayOwn(ctx, in)
}

// doing is somebody about to do something, once for a key of theirs.
func (w *Workers) doing(p storage.Person, what, object, key string) *incoming {
	in := w.visitor(p, storage.OriginApp)
	if key != "" {
		in.effect.Nonce = hex.EncodeToString(w.Sealer.MAC("app", strconv.FormatInt(p.ID, 10), what, object, key)[:16])
	}
	return in
}

// once makes of a button that was used before what it is here: done.
func once(err error) error { return ignore(err, storage.ErrConsumed) }

// WebModel is a model as the Mini App offers it.
type WebModel struct {
	ID         string                `json:"id"`
	Name       string                `json:"name"`
	About      string                `json:"about"`
	Operations []providers.Operation `json:"operations"`
	Aspects    []string              `json:"aspects"`
	Qualities  []string              `json:"qualities"`
	Counts     []int                 `json:"counts"`
	Price      PriceFrom             `json:"price"`
	Typical    Span                  `json:"typical"`
	Available  bool                  `json:"available"`
	Chosen     bool                  `json:"chosen"`
}

// PriceFrom is the least that an image costs.
type PriceFrom struct {
	From int64 `json:"from"`
}

// Span is how long something takes, in seconds: half of such, and nine in ten.
type Span struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
}

func spanOf(p50, p90 time.Duration) Span {
	return Span{max(p50, 0).Round(100 * time.Millisecond).Seconds(), max(p90, 0).Round(100 * time.Millisecond).Seconds()}
}

// WebModels are all that can be chosen, and the styles.
type WebModels struct {
	Models []WebModel `json:"models"`
	Styles []Named    `json:"styles"`
}

// WebModels lists what can paint.
func (w *Workers) WebModels(ctx context.Context, p storage.Person) (WebModels, error) {
	in := w.visitor(p, storage.OriginApp)
	all := WebModels{Models: []WebModel{}, Styles: w.namedStyles(in)}
	chosen := w.modelFor(p, providers.Generate).Name
	for _, o := range w.choices() {
		m, err := w.webModel(ctx, in, o)
		if err != nil {
			return all, err
		}
		m.Chosen = o.Name == chosen
		all.Models = append(all.Models, m)
	}
	return all, nil
}

func (w *Workers) namedStyles(in *incoming) (all []Named) {
	for _, s := range styles() {
		all = append(all, Named{s.name, in.texts.Plain(s.title, nil)})
	}
	return all
}

func (w *Workers) webModel(ctx context.Context, in *incoming, o providers.Offer) (WebModel, error) {
	m, _ := w.Router.Model(o.Name)
	one := WebModel{
		ID: o.Name, Name: spoken(o.Title, in.texts), About: spoken(o.About, in.texts), Operations: []providers.Operation{},
		Aspects: ratios(m), Qualities: []string{}, Counts: w.counts(),
	}
	for _, op := range []providers.Operation{providers.Generate, providers.Edit, providers.Vary, providers.Upscale, providers.Expand} {
		if m.Can(op) {
			one.Operations = append(one.Operations, op)
		}
	}
	size := m.Nearest(providers.Size{})
	params := storage.Params{Width: size.Width, Height: size.Height, Count: 1}
	one.Price.From = w.price(o.Name, string(one.Operations[0]), params)
	for _, q := range m.Qualities {
		one.Qualities = append(one.Qualities, string(q))
		params.Quality = string(q)
		one.Price.From = min(one.Price.From, w.price(o.Name, string(one.Operations[0]), params))
	}
	params.Quality = ""
	one.Available = !w.down(ctx, ask{model: o.Name, operation: string(one.Operations[0]), params: params, parentN: -1})
	t, err := w.timing(ctx, o.Name)
	one.Typical = spanOf(t.P50, t.P90)
	return one, err
}

// counts are how many images can be asked for at once.
func (w *Workers) counts() (all []int) {
	for n := range w.Settings.MaxImages {
		all = append(all, n+1)
	}
	return all
}

// WebQuote is what a wish would cost, in credits, and when it would be done.
type WebQuote struct {
	Price     int64  `json:"price"`
	Available int64  `json:"available"`
	Enough    bool   `json:"enough"`
	Confirm   bool   `json:"confirm"` // it costs more than the person lets the bot spend unasked
	Model     string `json:"model"`
	Wait      Span   `json:"wait"`
}

// WebQuote prices a wish. Nothing is kept of it.
func (w *Workers) WebQuote(ctx context.Context, p storage.Person, wish Wish) (WebQuote, error) {
	in := w.visitor(p, storage.OriginApp)
	a, err := w.askFor(ctx, in, wish)
	if err != nil {
		return WebQuote{}, err
	}
	acc, err := w.Store.Account(ctx, p.ID)
	if err != nil {
		return WebQuote{}, err
	}
	took, err := w.eta(ctx, in, a)
	return WebQuote{
		Price: a.price, Available: acc.Available(), Enough: acc.Available() >= a.price, Confirm: a.price > w.askAbove(p.Settings),
		Model: a.model, Wait: spanOf(took.P50, took.P90),
	}, err
}
