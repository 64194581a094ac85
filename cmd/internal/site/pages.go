package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/imagika/imagika/workers/texts"
)

//go:embed templates/*.html
//go:embed assets/site.css assets/icon.svg
var files embed.FS

// How long a browser may keep something without asking.
const (
	cachePage  = "no-cache" // asks each time, and is mostly told that nothing changed
	cacheAsset = "public, max-age=31536000, immutable"
	cacheFile  = "public, max-age=86400"
)

// page is an answer from memory.
type page struct {
	path      string // of assets: it has their hash, so that an old one is never taken for the new
	body      []byte
	mediaType string
	cache     string
	etag      string
	vary      string // what else of a request it depends on
}

// pages are those that never change while the process runs, and what makes the others.
type pages struct {
	robots, sitemap, icon, style page
	pictures                     hung
	words                        *words
	missing                      map[string]page // by language
	priced                       *priced
	policy, terms                *document
	stats                        *stats
	status                       *statusPages
}

// ServeHTTP implements http.Handler.
func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.setHeaders(w.Header())
	w.Header().Set("ETag", p.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.body))
}

func (p page) setHeaders(h http.Header) {
	h.Set("Content-Type", p.mediaType)
	h.Set("Cache-Control", p.cache)
	if p.vary != "" {
		h.Set("Vary", p.vary)
	}
}

// newPage takes a body. A path gets the body's hash before its ending.
func newPage(path, ending, mediaType, cache string, body []byte) page {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:8])
	if path != "" {
		path += "-" + hash + ending
	}
	return page{path: path, body: body, mediaType: mediaType, cache: cache, etag: `"` + hash + `"`}
}

// missingPage answers where nothing is, in the language of the address. Who meant a page, and ended its address with a slash or wrote it
// in another case, is led there.
func (s *site) missingPage(w http.ResponseWriter, r *http.Request) {
	meant := strings.ToLower(strings.TrimRight(r.URL.Path, "/"))
	if _, known := s.labels[meant]; known && meant != r.URL.Path && !strings.Contains(meant, "{") && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, (&url.URL{Path: meant, RawQuery: r.URL.RawQuery}).String(), http.StatusMovedPermanently)
		return
	}
	p := s.pages.missing[spoken(r.URL.Path)]
	p.setHeaders(w.Header())
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(p.body) // the reader may have gone
}

// common is what all pages show.
type common struct {
	Name, BotUsername, PublicURL, Operator, Contact string
	Price, Welcome, Daily, DailyMost                int64
	Playground, Builtin, Shop, Chats                bool
	RefundDays, MaxImages                           int
	Commands                                        []string
	Status, SignIn                                  bool   // there is a status page, people can sign in at /app/
	Reach                                           string // where holes are reported; empty leaves it out
	Programs                                        string // where programs ask, ending in /v1; empty where they cannot
	Style, Icon                                     string // paths
	Pictures                                        hung
}

// view is what templates see.
type view struct {
	common
	Lang string
	Path string // of the page in English; empty for the one where nothing is
	// Heading and About are for those who only see a link. A template may have its own, as title and description.
	Heading, About string
	Offer          alternate
	Prices         Prices

	printer texts.Printer
}

// alternate is a page in a language.
type alternate struct {
	Lang, Name, Path, Words string // Words that lead there, in that language
	Current                 bool
}

// renderAll makes what there is to show. Every page is rendered once, so that one that cannot be stops the start.
func renderAll(o Options) (*pages, error) {
	p := &pages{missing: make(map[string]page)}
	var err error
	if p.words, err = newWords(); err != nil {
		return p, err
	}
	if p.pictures, err = hang(); err != nil {
		return p, err
	}
	if p.style, err = asset("assets/site", ".css", "text/css; charset=utf-8"); err != nil {
		return p, err
	}
	if p.icon, err = asset("assets/icon", ".svg", "image/svg+xml"); err != nil {
		return p, err
	}
	p.robots = newPage("", "", "text/plain; charset=utf-8", cacheFile, []byte(robots(o)))
	p.sitemap = newPage("", "", "application/xml", cacheFile, sitemap(o))
	if err := p.renderPages(o); err != nil {
		return p, err
	}
	return p, p.words.err()
}

func (p *pages) renderPages(o Options) (err error) {
	base := p.view(o)
	p.priced = &priced{prices: o.Prices, view: base, pages: make(map[string]page)}
	for _, t := range tongues() {
		if p.missing[t.Tag], err = render("missing.html", p.in(base, t.Tag, "", "lost.title", "lost.text")); err != nil {
			return err
		}
		for _, one := range pricedPages(o) {
			if _, err := p.priced.page(p, one, t.Tag, ""); err != nil {
				return err
			}
		}
	}
	if p.policy, err = newPolicy(o, p, base); err != nil {
		return err
	}
	if p.terms, err = newTerms(o, p, base); err != nil {
		return err
	}
	if p.stats, err = newStats(o, p, base); err != nil {
		return err
	}
	p.status, err = newStatusPages(o, p, base)
	return err
}

func asset(path, ending, mediaType string) (page, error) {
	body, err := files.ReadFile(path + ending)
	if err != nil {
		return page{}, fmt.Errorf("read an asset: %w", err)
	}
	return newPage("/"+path, ending, mediaType, cacheAsset, body), nil
}

// view is that of every page, before it is one in a language.
func (p *pages) view(o Options) view {
	return view{common: common{
		Name: o.Name, BotUsername: o.BotUsername, PublicURL: o.PublicURL, Operator: o.Operator, Contact: o.Facts.Contact, Price: o.Price,
		Welcome: o.Welcome, Daily: o.Daily, DailyMost: o.DailyMost, Playground: o.Playground != nil, Builtin: o.Builtin, Shop: o.Shop, Chats: o.Chats,
		RefundDays: o.RefundDays, MaxImages: o.MaxImages, Commands: o.Commands, Status: o.Status != nil, SignIn: o.SignIn, Reach: contactURI(o.Security), Programs: o.programs(),
		Style: p.style.path, Icon: p.icon.path, Pictures: p.pictures,
	}}
}

// in is a view of a page in a language. Title and about are keys.
func (p *pages) in(v view, lang, path, title, about string) view {
	v.Lang, v.Path, v.printer = lang, path, p.words.catalog.For(lang)
	v.Heading, v.About = v.T(title), v.T(about)
	return v
}

// offer adds the way to the language that a visitor would rather read.
func (p *pages) offer(v view, lang string) view {
	for _, a := range v.Alternates() {
		if a.Lang == lang {
			v.Offer = a
			v.Offer.Words = p.words.catalog.For(lang).Plain("page.offer", nil)
		}
	}
	return v
}

// At is the address of a page in the view's language.
func (v view) At(path string) string { return at(v.Lang, path) }

// Here is the address of the page.
func (v view) Here() string { return at(v.Lang, v.Path) }

// Start reports whether it is the start page.
func (v view) Start() bool { return v.Path == "/" }

// Knows reports whether the bot has a command: those that nobody could answer are left out.
func (v view) Knows(command string) bool { return slices.Contains(v.Commands, command) }

// Writes reports whether somebody is there who helps with words.
func (v view) Writes() bool { return v.Knows("describe") || v.Knows("improve") || v.Knows("translate") }

// Alternates are the page in every language.
func (v view) Alternates() []alternate {
	path := v.Path
	if path == "" {
		path = "/"
	}
	var all []alternate
	for _, t := range tongues() {
		all = append(all, alternate{Lang: t.Tag, Name: t.Name, Path: at(t.Tag, path), Current: t.Tag == v.Lang})
	}
	return all
}

const layout = "layout.html"

// templates are those of the pages by name, each inside the layout. They are a part of the program, and parsed once in a process.
var templates = sync.OnceValues(func() (map[string]*template.Template, error) {
	all := make(map[string]*template.Template)
	names, err := fs.Glob(files, "templates/*.html")
	for _, name := range names {
		if short := path.Base(name); short != layout && err == nil {
			all[short], err = template.New(short).Option("missingkey=error").ParseFS(files, "templates/"+layout, name)
		}
	}
	return all, err
})

// render executes a page inside the layout. Its data is a view, or has one embedded.
func render(name string, v any) (page, error) {
	all, err := templates()
	if err != nil {
		return page{}, fmt.Errorf("parse the pages: %w", err)
	}
	t, ok := all[name]
	if !ok {
		return page{}, fmt.Errorf("there is no page %s", name)
	}
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, layout, v); err != nil {
		return page{}, fmt.Errorf("render %s: %w", name, err)
	}
	p := newPage("", "", "text/html; charset=utf-8", cachePage, body.Bytes())
	p.vary = "Accept-Language"
	return p, nil
}
