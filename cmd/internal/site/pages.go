package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed templates/layout.html templates/fox.html templates/home.html templates/privacy.html templates/missing.html
//go:embed assets/site.css assets/icon.svg
var files embed.FS

// policyVersion is that of the privacy policy. People agree to it in the chat, where it has the same name.
const policyVersion = "2026-11"

// How long a browser may keep something without asking.
const (
	cachePage  = "no-cache" // asks each time, and is mostly told that nothing changed
	cacheAsset = "public, max-age=31536000, immutable"
	cacheFile  = "public, max-age=86400"
)

// page is an answer that never changes while the process runs.
type page struct {
	path      string // of assets: it has their hash, so that an old one is never taken for the new
	body      []byte
	mediaType string
	cache     string
	etag      string
}

// pages are all of them.
type pages struct {
	home, privacy, robots, icon, style page
	missing                            missing
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
}

// missing is the page where nothing is.
type missing struct{ page }

// ServeHTTP implements http.Handler.
func (m missing) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.setHeaders(w.Header())
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write(m.body) // the reader may have gone
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

// view is what templates see.
type view struct {
	Name, BotUsername, Model, PublicURL string
	Price, Welcome                      int64
	Playground, Builtin, Shop           bool
	RefundDays                          int
	Chats                               bool
	PairHours                           int
	Services                            []string
	PolicyVersion                       string
	Style, Icon                         string // paths
	Path                                string // of the page; empty for the one where nothing is
}

func render(o Options) (pages, error) {
	var p pages
	style, err := files.ReadFile("assets/site.css")
	if err != nil {
		return p, fmt.Errorf("read the style sheet: %w", err)
	}
	icon, err := files.ReadFile("assets/icon.svg")
	if err != nil {
		return p, fmt.Errorf("read the icon: %w", err)
	}
	p.style = newPage("/assets/site", ".css", "text/css; charset=utf-8", cacheAsset, style)
	p.icon = newPage("/assets/icon", ".svg", "image/svg+xml", cacheAsset, icon)
	p.robots = newPage("", "", "text/plain; charset=utf-8", cacheFile, []byte(robots))
	v := view{
		Name: o.Name, BotUsername: o.BotUsername, Model: o.Model, PublicURL: o.PublicURL, Price: o.Price, Welcome: o.Welcome,
		Playground: o.Playground != nil, Builtin: o.Builtin, Shop: o.Shop, RefundDays: o.RefundDays, Chats: o.Chats, PairHours: o.PairHours, Services: o.Services, PolicyVersion: policyVersion,
		Style: p.style.path, Icon: p.icon.path,
	}
	if p.home, err = v.at("/").render("home.html"); err != nil {
		return p, err
	}
	if p.privacy, err = v.at("/privacy").render("privacy.html"); err != nil {
		return p, err
	}
	p.missing.page, err = v.at("").render("missing.html")
	return p, err
}

// robots keeps crawlers to what is for people.
const robots = `User-agent: *
Disallow: /hooks/
Disallow: /play
Disallow: /telegram
Disallow: /healthz
`

func (v view) at(path string) view {
	v.Path = path
	return v
}

// render executes a page inside the layout.
func (v view) render(name string) (page, error) {
	t, err := template.New(name).Funcs(template.FuncMap{"credits": credits}).Option("missingkey=error").
		ParseFS(files, "templates/layout.html", "templates/fox.html", "templates/"+name)
	if err != nil {
		return page{}, fmt.Errorf("parse %s: %w", name, err)
	}
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout.html", v); err != nil {
		return page{}, fmt.Errorf("render %s: %w", name, err)
	}
	return newPage("", "", "text/html; charset=utf-8", cachePage, body.Bytes()), nil
}

// credits writes an amount: "1 credit", "1,000 credits".
func credits(n int64) string {
	unit := "credits"
	if n == 1 {
		unit = "credit"
	}
	return message.NewPrinter(language.English).Sprintf("%d %s", n, unit)
}
