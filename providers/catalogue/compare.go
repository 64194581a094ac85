package catalogue

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/imagika/imagika/providers"
)

// Change is one difference between two catalogues.
type Change struct {
	Model string `json:"model,omitempty"` // empty for what is not about a model
	What  string `json:"what"`            // model, price, routes, operations, texts, hidden or limits
	Was   string `json:"was,omitempty"`   // empty for what is new
	Is    string `json:"is,omitempty"`    // empty for what is gone
}

// Compare lists what is different in the second catalogue, in its order, and then what is gone. Prices are in credits for an
// image, costs in dollars.
func Compare(was, is providers.Book) (all []Change) {
	find := func(b providers.Book, name string) (providers.Offer, bool) {
		i := slices.IndexFunc(b.Offers, func(o providers.Offer) bool { return o.Name == name })
		if i < 0 {
			return providers.Offer{}, false
		}
		return b.Offers[i], true
	}
	for _, o := range is.Offers {
		if old, known := find(was, o.Name); known {
			all = append(all, compareOffers(old, o)...)
		} else {
			all = append(all, Change{Model: o.Name, What: "model", Is: priceText(o.Price)})
		}
	}
	for _, o := range was.Offers {
		if _, stays := find(is, o.Name); !stays {
			all = append(all, Change{Model: o.Name, What: "model", Was: priceText(o.Price)})
		}
	}
	if !reflect.DeepEqual(was.Limits, is.Limits) {
		all = append(all, Change{What: "limits", Was: limitText(was.Limits), Is: limitText(is.Limits)})
	}
	return all
}

func compareOffers(was, is providers.Offer) (all []Change) {
	for _, c := range []Change{
		{What: "price", Was: priceText(was.Price), Is: priceText(is.Price)},
		{What: "routes", Was: routeText(was.Routes), Is: routeText(is.Routes)},
		{What: "operations", Was: words(was.Operations), Is: words(is.Operations)},
		{What: "texts", Was: fmt.Sprint(was.Title, was.About), Is: fmt.Sprint(is.Title, is.About)},
		{What: "hidden", Was: strconv.FormatBool(was.Hidden), Is: strconv.FormatBool(is.Hidden)},
	} {
		if c.Was != c.Is {
			c.Model = is.Name
			all = append(all, c)
		}
	}
	return all
}

// priceText is a list of prices on a line, such as "low 3, high 28, else 9".
func priceText(list providers.Prices) string {
	parts := make([]string, 0, len(list))
	for _, p := range list {
		parts = append(parts, conditions(p, len(list) > 1)+strconv.FormatInt(p.Amount, 10))
	}
	if len(parts) == 0 {
		return "as set by IMAGIKA_PRICE"
	}
	return strings.Join(parts, ", ")
}

// conditions are when a price counts.
func conditions(p providers.Price, several bool) string {
	var parts []string
	if p.Operation != "" {
		parts = append(parts, string(p.Operation))
	}
	if p.Quality != "" {
		parts = append(parts, string(p.Quality))
	}
	if p.Megapixels != 0 {
		parts = append(parts, "up to "+strconv.FormatFloat(p.Megapixels, 'g', -1, 64)+" MP")
	}
	if len(parts) == 0 && several {
		parts = append(parts, "else")
	}
	return strings.Join(append(parts, ""), " ")
}

// routeText is who paints a model: "1 openai/gpt-image-2 at $0.08".
func routeText(list []providers.RouteSpec) string {
	parts := make([]string, 0, len(list))
	for _, r := range list {
		text := strconv.Itoa(r.Priority) + " " + r.Provider + "/" + r.Model
		if r.Weight != 0 {
			text += fmt.Sprintf(" × %g", r.Weight)
		}
		costs := make([]string, 0, len(r.Cost))
		for _, c := range r.Cost {
			costs = append(costs, fmt.Sprintf("%s$%g", conditions(c, len(r.Cost) > 1), float64(c.Amount)/1e6))
		}
		if len(costs) > 0 {
			text += " at " + strings.Join(costs, ", ")
		}
		if r.Can != nil {
			text += fmt.Sprintf(", can %+v", *r.Can)
		}
		if len(r.Extra) > 0 {
			text += fmt.Sprint(", sends ", r.Extra)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func words(ops []providers.Operation) string {
	parts := make([]string, 0, len(ops))
	for _, op := range ops {
		parts = append(parts, string(op))
	}
	return strings.Join(parts, " ")
}

// limitText is what is allowed for each provider, by name.
func limitText(limits map[string]providers.KeyLimits) string {
	parts := make([]string, 0, len(limits))
	for name, l := range limits {
		parts = append(parts, fmt.Sprintf("%s: %d at once, %d calls and %d images a minute, %d in a burst, $%g a day",
			name, l.Parallel, l.PerMinute, l.ImagesPerMinute, l.Burst, float64(l.DailyBudget)/1e6))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
