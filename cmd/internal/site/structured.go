package site

import (
	"strings"
)

// What search engines read about the site is schema.org's vocabulary as JSON-LD: who runs it, what it is, and what it costs now.
// To a browser it is data, not a script: the policy for scripts does not come into it.

// Currencies, as schema.org has them where ISO 4217 has none.
const (
	currencyStars   = "XTR" // as Telegram calls its Stars
	currencyCredits = "credit"
)

type (
	graph struct {
		Context string `json:"@context"`
		Graph   []any  `json:"@graph"`
	}
	reference struct {
		ID string `json:"@id"`
	}
	organization struct {
		Type    string        `json:"@type"`
		ID      string        `json:"@id"`
		Name    string        `json:"name"`
		URL     string        `json:"url"`
		Logo    string        `json:"logo"`
		Contact *contactPoint `json:"contactPoint,omitempty"`
	}
	contactPoint struct {
		Type  string `json:"@type"`
		Kind  string `json:"contactType"`
		Email string `json:"email"`
	}
	website struct {
		Type      string    `json:"@type"`
		ID        string    `json:"@id"`
		Name      string    `json:"name"`
		URL       string    `json:"url"`
		Languages []string  `json:"inLanguage"`
		Publisher reference `json:"publisher"`
	}
	application struct {
		Type        string    `json:"@type"`
		ID          string    `json:"@id"`
		Name        string    `json:"name"`
		Description string    `json:"description"`
		URL         string    `json:"url"`
		Install     string    `json:"installUrl,omitempty"`
		Category    string    `json:"applicationCategory"`
		System      string    `json:"operatingSystem"`
		Image       string    `json:"image"`
		Languages   []string  `json:"inLanguage"`
		Publisher   reference `json:"publisher"`
		Offers      []offer   `json:"offers"`
	}
	// offer has a price, or prices that depend on something.
	offer struct {
		Type        string      `json:"@type"`
		Name        string      `json:"name"`
		Description string      `json:"description,omitempty"`
		Price       *int64      `json:"price,omitempty"`
		Currency    string      `json:"priceCurrency,omitempty"`
		Prices      []unitPrice `json:"priceSpecification,omitempty"`
	}
	unitPrice struct {
		Type     string `json:"@type"`
		Name     string `json:"name,omitempty"`
		Price    int64  `json:"price"`
		Currency string `json:"priceCurrency"`
		Unit     string `json:"unitText,omitempty"`
		Billing  string `json:"billingDuration,omitempty"`
	}
)

// Structured is the data of the start page; nil where the site does not know its address.
func (v view) Structured() *graph {
	if v.PublicURL == "" {
		return nil
	}
	home, publisher := v.PublicURL+"/", reference{v.PublicURL + "/#operator"}
	var spoken []string
	for _, t := range tongues() {
		spoken = append(spoken, t.Tag)
	}
	operator := organization{Type: "Organization", ID: publisher.ID, Name: v.Name, URL: home, Logo: v.PublicURL + v.Icon}
	if v.Operator != "" {
		operator.Name = v.Operator
	}
	if mail, ok := strings.CutPrefix(contactURI(v.Contact), "mailto:"); ok {
		operator.Contact = &contactPoint{"ContactPoint", "customer support", mail}
	}
	app := application{
		Type: "SoftwareApplication", ID: home + "#app", Name: v.Name, Description: v.About, URL: v.PublicURL + v.Here(), Category: "MultimediaApplication", System: "Telegram",
		Image: v.PublicURL + v.Pictures.Card.Path, Languages: spoken, Publisher: publisher, Offers: v.offers(),
	}
	if v.BotUsername != "" {
		app.Install = "https://t.me/" + v.BotUsername
	}
	return &graph{"https://schema.org", []any{
		operator, website{"WebSite", home + "#site", v.Name, home, spoken, publisher}, app,
	}}
}

// offers are what the catalogue says now: that beginning costs nothing, what credits cost in Stars, and what images cost in credits.
func (v view) offers() []offer {
	all := []offer{{Type: "Offer", Name: v.Name, Price: new(int64), Currency: currencyStars}}
	if v.Shop {
		for _, p := range v.Prices.Packs {
			all = append(all, v.packOffer(p))
		}
	}
	for _, m := range v.Prices.Models {
		one := offer{Type: "Offer", Name: v.Spoken(m.Title), Description: v.Spoken(m.About)}
		for i, r := range m.Rates {
			one.Prices = append(one.Prices, unitPrice{Type: "UnitPriceSpecification", Name: v.On(m, i), Price: r.Credits, Currency: currencyCredits, Unit: "image"})
		}
		all = append(all, one)
	}
	return all
}

// packOffer is a pack of credits; one that is bought monthly says so.
func (v view) packOffer(p Pack) offer {
	one := offer{Type: "Offer", Name: v.Spoken(p.Title), Description: v.Credits(p.Credits)}
	if p.Monthly {
		one.Prices = []unitPrice{{Type: "UnitPriceSpecification", Price: p.Stars, Currency: currencyStars, Billing: "P30D"}}
		return one
	}
	one.Price, one.Currency = &p.Stars, currencyStars
	return one
}
