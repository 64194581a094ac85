package site

import (
	"encoding/json"
	"html"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// described is what the test reads of the data: an organization, a website or an application.
type described struct {
	Type      string `json:"@type"`
	ID        string `json:"@id"`
	Name, URL string
	Publisher struct {
		ID string `json:"@id"`
	}
	ContactPoint struct{ Email string }
	Offers       []struct {
		Name               string
		Price              *int64
		PriceCurrency      string
		PriceSpecification []struct {
			Name            string
			Price           int64
			PriceCurrency   string
			BillingDuration string
		}
	}
}

// structured reads the data of a start page.
func structured(t *testing.T, o Options, path string) map[string]described {
	t.Helper()
	page := read(t, ask(t, newSite(t, o), "GET", path, ""))
	blocks := dataBlock.FindAllString(page, -1)
	if len(blocks) != 1 || strings.Count(page, "<script") != 1 {
		t.Fatalf("%d blocks of data, %d scripts", len(blocks), strings.Count(page, "<script"))
	}
	text := strings.TrimSuffix(blocks[0][strings.Index(blocks[0], ">")+1:], "</script>")
	if html.UnescapeString(text) != text {
		t.Errorf("a browser reads %s", text) // it does not unescape there
	}
	var data struct {
		Context string      `json:"@context"`
		Graph   []described `json:"@graph"`
	}
	if err := json.Unmarshal([]byte(text), &data); err != nil || data.Context != "https://schema.org" {
		t.Fatalf("%v in %s", err, text)
	}
	all := make(map[string]described)
	for _, d := range data.Graph {
		all[d.Type] = d
	}
	return all
}

// What search engines are told are the prices of the catalogue, of now.
func TestStructuredDataHasThePrices(t *testing.T) {
	t.Parallel()
	o := variants()["telegram, model"]
	all := structured(t, o, "/ru/")
	if got := all["Organization"]; got.Name != "Fox & Sons" || got.ContactPoint.Email != "help@imagika.example" || got.URL != "https://imagika.example/" {
		t.Errorf("%+v", got)
	}
	app := all["SoftwareApplication"]
	if app.URL != "https://imagika.example/ru/" || app.Publisher.ID != all["Organization"].ID || all["WebSite"].Publisher.ID != app.Publisher.ID {
		t.Errorf("%+v", app)
	}
	sold, painted := map[string]int64{}, map[string][]int64{}
	for _, offer := range app.Offers {
		if offer.Price != nil && offer.PriceCurrency == "XTR" {
			sold[offer.Name] = *offer.Price
		}
		for _, p := range offer.PriceSpecification {
			switch {
			case p.PriceCurrency == "credit" && p.Name != "":
				painted[offer.Name] = append(painted[offer.Name], p.Price)
			case p.PriceCurrency == "XTR" && p.BillingDuration == "P30D":
				sold[offer.Name+" monthly"] = p.Price
			}
		}
	}
	wantSold, wantPainted := map[string]int64{"Imagika": 0}, map[string][]int64{}
	for _, p := range catalogue().Packs {
		name := p.Title["en"]
		if said := p.Title["ru"]; said != "" {
			name = said
		}
		if p.Monthly {
			name += " monthly"
		}
		wantSold[name] = p.Stars
	}
	for _, m := range catalogue().Models {
		for _, r := range m.Rates {
			wantPainted[m.Title["en"]] = append(wantPainted[m.Title["en"]], r.Credits)
		}
	}
	if diff := cmp.Diff(wantSold, sold); diff != "" {
		t.Errorf("in Stars (-catalogue +said):\n%s", diff)
	}
	if diff := cmp.Diff(wantPainted, painted); diff != "" {
		t.Errorf("in credits (-catalogue +said):\n%s", diff)
	}
}

// A name is a name, whatever stands in it.
func TestStructuredDataIsEscaped(t *testing.T) {
	t.Parallel()
	o := variants()["odd words"]
	all := structured(t, o, "/")
	if all["Organization"].Name != o.Operator || all["WebSite"].Name != o.Name {
		t.Errorf("%+v", all)
	}
	if page := read(t, ask(t, newSite(t, Options{}), "GET", "/", "")); strings.Contains(page, "ld+json") {
		t.Error("a site that does not know its address tells of itself")
	}
}
