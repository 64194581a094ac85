package site

import (
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/imagika/imagika/workers/status"
)

// An Atom feed (RFC 4287) has an entry for each incident. Its id and its place never change, its time is that of the last update.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomPerson  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID        string   `xml:"id"`
		Title     string   `xml:"title"`
		Published string   `xml:"published"`
		Updated   string   `xml:"updated"`
		Link      atomLink `xml:"link"`
		Content   atomText `xml:"content"`
	}
	atomText struct {
		Type string `xml:"type,attr"`
		Body string `xml:",chardata"`
	}
)

// feedEntries is the most a feed has: readers keep what they have read.
const feedEntries = 50

// feed is what was wrong, for readers of feeds.
func (p *statusPages) feed(w http.ResponseWriter, r *http.Request, lang string) {
	p.show(w, r, "feed "+lang, func(l *glance) (page, error) {
		body, err := xml.MarshalIndent(p.atom(l.incidents, lang), "", "  ")
		if err != nil {
			return page{}, fmt.Errorf("encode feed: %w", err)
		}
		return newPage("", "", "application/atom+xml; charset=utf-8", cacheStatus, append([]byte(xml.Header), append(body, '\n')...)), nil
	})
}

func (p *statusPages) atom(all []status.Incident, lang string) atomFeed {
	v, base := p.in(lang, statusPath), p.options.PublicURL
	f := atomFeed{
		Lang: lang, ID: base + v.Here(), Title: v.Heading, Author: atomPerson{p.options.Name},
		Links: []atomLink{{"self", "application/atom+xml", base + v.At(statusPath+".atom")}, {"alternate", "text/html", base + v.Here()}},
	}
	var newest time.Time
	for _, i := range all[:min(len(all), feedEntries)] {
		published := i.Changed()
		if n := len(i.Updates); n > 0 {
			published = i.Updates[n-1].At
		}
		if i.Changed().After(newest) {
			newest = i.Changed()
		}
		one := v.incident(i)
		f.Entries = append(f.Entries, atomEntry{
			ID: base + one.Href, Title: one.Title, Published: rfc3339(published), Updated: rfc3339(i.Changed()), Link: atomLink{"alternate", "text/html", base + one.Href},
			Content: atomText{"html", feedText(one)},
		})
	}
	if newest.IsZero() {
		newest = time.Unix(0, 0) // a feed has to have a time, and nothing has happened yet
	}
	f.Updated = rfc3339(newest)
	return f
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// feedText is an incident as HTML, newest word first.
func feedText(v incidentView) string {
	var b strings.Builder
	for _, u := range v.Updates {
		fmt.Fprintf(&b, "<p><strong>%s</strong> · %s</p>", html.EscapeString(u.Stage), html.EscapeString(u.At.Human))
		for _, words := range u.Paragraphs {
			fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(words))
		}
	}
	return b.String()
}
