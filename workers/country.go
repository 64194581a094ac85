package workers

import (
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// consentAgeUnknown counts where nothing is known of a country; no country asks for more.
const consentAgeUnknown = 16

// digitalAge is at which age people may agree themselves to a service on the net, in these countries.
type digitalAge struct {
	age             int
	countries       []string
	source, checked string // and on which day it was last held against that
}

// digitalAges is the table. Countries whose age we could not confirm, such as SI, NO, IS and LI, are not in it.
func digitalAges() []digitalAge {
	const (
		article8 = "GDPR Art. 8 as the member states made use of it: European Commission's working document; GDPR tracker of twobirds.com, children"
		day      = "2026-11-20"
	)
	return []digitalAge{
		{13, []string{"BE", "EE", "FI", "LV", "MT", "PT", "SE"}, article8, day},
		{13, []string{"GB"}, "Data Protection Act 2018, section 9", day},
		{13, []string{"US"}, "COPPA, 16 CFR 312", day},
		{14, []string{"AT", "BG", "CY", "ES", "IT", "LT"}, article8, day},
		{15, []string{"CZ", "FR", "GR"}, article8, day},
		{15, []string{"DK"}, "Danish act as of 2024-01-01, as reported by NRK", day},
		{16, []string{"DE", "HR", "HU", "IE", "LU", "NL", "PL", "RO", "SK"}, article8, day},
	}
}

// consentAge is that age in a country.
func consentAge(country string) int {
	for _, d := range digitalAges() {
		if slices.Contains(d.countries, country) {
			return d.age
		}
	}
	return consentAgeUnknown
}

// countryNames are the countries there are, by code, in a language.
func countryNames(lang string) map[string]string {
	regions := display.Regions(language.Make(lang))
	names := make(map[string]string)
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string([]rune{a, b}))
			if err != nil || !region.IsCountry() || region.Canonicalize() != region || region.IsPrivateUse() {
				continue
			}
			if name := regions.Name(region); name != "" {
				names[region.String()] = name
			}
		}
	}
	return names
}

// sortedCountries are the codes in the order of their names.
func sortedCountries(lang string, names map[string]string) []string {
	codes := make([]string, 0, len(names))
	for code := range names {
		codes = append(codes, code)
	}
	order := collate.New(language.Make(lang))
	slices.SortFunc(codes, func(a, b string) int { return order.CompareString(names[a], names[b]) })
	return codes
}
