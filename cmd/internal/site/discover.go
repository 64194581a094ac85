package site

import (
	"bytes"
	"encoding/xml"
)

// robots keeps crawlers to what is for people.
func robots(o Options) string {
	text := `User-agent: *
Disallow: /app/
Disallow: /f/
Disallow: /hooks/
Disallow: /play
Disallow: /telegram
Disallow: /v1/
Disallow: /healthz
`
	if o.PublicURL != "" {
		text += "\nSitemap: " + o.PublicURL + "/sitemap.xml\n"
	}
	return text
}

// publicPaths are the pages that are meant to be found, in English.
func publicPaths(o Options) []string {
	paths := []string{policyPath, termsPath, statsPath}
	for _, one := range pricedPages(o) {
		paths = append(paths, one.path)
	}
	if o.Status != nil {
		paths = append(paths, statusPath)
	}
	return paths
}

// listed is a page in the map of the site.
type listed struct {
	Loc  string       `xml:"loc"`
	Also []listedLink `xml:"http://www.w3.org/1999/xhtml link"`
}

type listedLink struct {
	Rel  string `xml:"rel,attr"`
	Lang string `xml:"hreflang,attr"`
	Href string `xml:"href,attr"`
}

// sitemap lists every page in every language.
func sitemap(o Options) []byte {
	public := o.PublicURL
	set := struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []listed `xml:"url"`
	}{}
	for _, path := range publicPaths(o) {
		var also []listedLink
		for _, t := range tongues() {
			also = append(also, listedLink{"alternate", t.Tag, public + at(t.Tag, path)})
		}
		also = append(also, listedLink{"alternate", "x-default", public + path})
		for _, t := range tongues() {
			set.URLs = append(set.URLs, listed{public + at(t.Tag, path), also})
		}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	_ = xml.NewEncoder(&b).Encode(set) // strings into memory
	return b.Bytes()
}
