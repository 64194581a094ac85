package workers

import (
	"context"

	"github.com/imagika/imagika/storage"
)

// Priced is a model that people can choose, and what one image of it costs.
type Priced struct {
	Name         string
	Title, About map[string]string // by language; English is there
	Operations   []string          // what it can be asked for
	Rates        []Rate            // the first that fits counts; the last fits everything
}

// Rate is a price in credits for one image, where its conditions hold; an empty one always does.
type Rate struct {
	Operation, Quality string
	Megapixels         float64 // up to this size
	Credits            int64
}

// PriceList is what people can choose now, in the order of the catalogue.
func (w *Workers) PriceList() []Priced {
	var all []Priced
	for _, o := range w.Router.Offers() {
		m, ok := w.Router.Model(o.Name)
		if !ok {
			continue
		}
		p := Priced{Name: o.Name, Title: o.Title, About: o.About}
		for _, op := range m.Operations {
			p.Operations = append(p.Operations, string(op))
		}
		for _, one := range o.Price {
			p.Rates = append(p.Rates, Rate{string(one.Operation), string(one.Quality), one.Megapixels, one.Amount})
		}
		if len(p.Rates) == 0 {
			p.Rates = []Rate{{Credits: w.Settings.Price}}
		}
		all = append(all, p)
	}
	return all
}

// CommandNames are the commands that people are offered, without the slash, in the order of the help.
func (w *Workers) CommandNames() []string {
	var all []string
	for _, c := range w.offered() {
		all = append(all, c.name)
	}
	return all
}

// Policies lists the versions of the policy, by when they take effect, with what each changed; where none was published, the one
// that the program brings.
func (w *Workers) Policies(ctx context.Context) ([]PolicyView, error) {
	all, err := w.Store.Policies(ctx)
	if err != nil {
		return nil, err
	}
	t := termsAt(all, w.Store.Now())
	if len(all) == 0 {
		all = []storage.Policy{builtinPolicy()}
	}
	var views []PolicyView
	for _, p := range all {
		v := policyView(p, t)
		whole, err := w.policyOf(ctx, p.Version)
		if err != nil {
			return nil, err
		}
		v.Summary = whole.Summary
		views = append(views, v)
	}
	return views, nil
}
