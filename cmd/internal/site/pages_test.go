package site

import (
	"context"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/workers/policy"
)

// catalogue has what makes every branch of the prices run.
func catalogue() Prices {
	return Prices{
		Models: []Model{
			{
				Name: "painter-9", Title: map[string]string{"en": "Painter 9"}, About: map[string]string{"en": "Light and materials", "de": "Licht und Materialien"}, Operations: []string{"generate", "edit"},
				Rates: []Rate{{Operation: "edit", Credits: 7}, {Quality: "low", Credits: 1}, {Quality: "high", Megapixels: 1.7, Credits: 28}, {Credits: 9}},
			},
			{Name: "enlarger", Title: map[string]string{"en": "Enlarger"}, Operations: []string{"upscale", "expand"}, Rates: []Rate{{Operation: "expand", Quality: "medium", Credits: 1234}, {}}},
		},
		Packs: []Pack{
			{Title: map[string]string{"en": "Palette", "ru": "Палитра"}, Stars: 150, Credits: 165, Bonus: 15},
			{Title: map[string]string{"en": "Monthly"}, Stars: 400, Credits: 400, Monthly: true},
		},
	}
}

// variants are options that make every branch of every template run.
func variants() map[string]Options {
	free := Prices{Models: []Model{{Title: map[string]string{"en": "Painter"}, Operations: []string{"generate"}, Rates: []Rate{{}}}}}
	return map[string]Options{
		"nothing known": {},
		"playground":    {Playground: named("playground"), Price: 1, Welcome: 20, Builtin: true, MaxImages: 4, Commands: []string{"imagine", "help"}},
		"telegram, model": {
			BotUsername: "imagika_bot", Shop: true, Chats: true, PairHours: 72, RefundDays: 14, Price: 2, Welcome: 1, Daily: 1, DailyMost: 3, Prices: catalogue, Operator: "Fox & Sons", MaxImages: 4,
			API: named("api"), APIURL: "https://imagika.example/v1", App: named("app"), SignIn: true, Security: "@imagika_bot",
			Commands: []string{"imagine", "describe", "improve", "translate", "help"},
			Facts:    policy.Facts{Contact: "help@imagika.example"}, Services: []string{"OpenAI", "fal.ai"}, PublicURL: "https://imagika.example", Stats: showVisits,
			Policy: func(context.Context, string) (Policy, error) { return Policy{"2027-03", policy.Builtin()}, nil },
			Policies: func(context.Context) ([]Change, error) {
				return []Change{
					{Version: "2027-06", Effective: march, Coming: true, Material: true, Summary: map[string]string{"en": "<b>Bold</b> news"}},
					{Version: "2027-03", Effective: march, Current: true, Material: true},
					{Version: "2026-12", Effective: march.AddDate(0, -3, 0), First: true},
				}, nil
			},
		},
		"free":      {BotUsername: "imagika_bot", Welcome: 5, Builtin: true, Commands: []string{"imagine", "improve"}, PublicURL: "http://127.0.0.1:8080", Prices: func() Prices { return free }},
		"odd words": {Name: `<b>"I'm" & co</b>`, Operator: `</script><script>alert(1)</script>`, Price: 1000, PublicURL: "https://imagika.example"},
	}
}

var march = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)

// everyPath is every public page in every language, and one that is not there.
func everyPath(o Options) []string {
	var all []string
	for _, tongue := range tongues() {
		for _, path := range append(publicPaths(o), "/nothing") {
			all = append(all, at(tongue.Tag, path))
		}
	}
	return all
}

// TestEveryPage renders every page in every language with every variant and looks at what comes out.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, o := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSite(t, o)
			for _, path := range everyPath(o) {
				res := ask(t, h, "GET", path, "")
				if want := http.StatusOK; res.StatusCode != want && !strings.HasSuffix(path, "/nothing") {
					t.Errorf("%s: %d", path, res.StatusCode)
				}
				checkPage(t, path, read(t, res))
			}
			if err := h.(*site).pages.words.err(); err != nil {
				t.Error(err)
			}
		})
	}
}

var (
	headings = regexp.MustCompile(`<h([1-6])`)
	ids      = regexp.MustCompile(`\bid="([^"]+)"`)
	refs     = regexp.MustCompile(`(?:aria-labelledby="|href="#|url\(#)([^")]+)`)
	void     = regexp.MustCompile(`<(meta|link|img)\b[^>]*`)
	// dataBlock is no script: browsers do not run it.
	dataBlock = regexp.MustCompile(`<script type="application/ld\+json">[^<]*</script>`)
	links     = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
)

// checkPage holds a page to what every one of them promises.
func checkPage(t *testing.T, target, html string) {
	t.Helper()
	checkMarkup(t, target, html)
	html = dataBlock.ReplaceAllString(html, "")
	for _, want := range []string{`<html lang="` + spoken(target) + `">`, `<title>`, `name="viewport"`, `class="skip" href="#main"`, `<main id="main"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", target, want)
		}
	}
	for _, refused := range []string{"<script", "<style", " style=", "onclick", "ZgotmplZ", "<no value>", "<b>", "&lt;no value", "{{", "**"} {
		if strings.Contains(html, refused) {
			t.Errorf("%s has %s", target, refused)
		}
	}
	var known []string
	for _, m := range ids.FindAllStringSubmatch(html, -1) {
		if slices.Contains(known, m[1]) {
			t.Errorf("%s has the id %s twice", target, m[1])
		}
		known = append(known, m[1])
	}
	for _, m := range refs.FindAllStringSubmatch(html, -1) {
		if !slices.Contains(known, m[1]) {
			t.Errorf("%s refers to %s, which is not there", target, m[1])
		}
	}
	last := 0
	for _, m := range headings.FindAllStringSubmatch(html, -1) {
		level := int(m[1][0] - '0')
		if level > last+1 || level == 1 && last != 0 {
			t.Errorf("%s: heading %d after %d", target, level, last)
		}
		last = level
	}
}

// checkMarkup makes sure that every element that is opened is closed, in order.
func checkMarkup(t *testing.T, target, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(void.ReplaceAllString(html, "$0/")))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", target, err)
			return
		}
	}
}

// TestLinks follows every link that stays here, to its place on the page. Only two sites are linked to besides.
func TestLinks(t *testing.T) {
	t.Parallel()
	for name, o := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, known := newSite(t, o), map[string]string{}
			for _, path := range everyPath(o) {
				for _, m := range links.FindAllStringSubmatch(read(t, ask(t, h, "GET", path, "")), -1) {
					followed(t, h, strings.TrimPrefix(html.UnescapeString(m[1]), o.PublicURL), known)
				}
			}
		})
	}
}

// followed wants that a link leads somewhere.
func followed(t *testing.T, h http.Handler, link string, known map[string]string) {
	t.Helper()
	path, fragment, _ := strings.Cut(link, "#")
	switch {
	case path == "":
		return
	case path == "https://t.me/imagika_bot", strings.HasPrefix(path, "mailto:help@imagika.example?subject="), path == "https://telegram.org/privacy", path == "https://lite.ip2location.com":
		return
	case !strings.HasPrefix(path, "/"):
		t.Errorf("link to %s", link)
		return
	}
	body, ok := known[path]
	if !ok {
		res := ask(t, h, "GET", path, "")
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s = %d", path, res.StatusCode)
		}
		body = read(t, res)
		known[path] = body
	}
	if fragment != "" && !strings.Contains(body, `id="`+fragment+`"`) {
		t.Errorf("%s has no #%s", path, fragment)
	}
}

var alternates = regexp.MustCompile(`<link rel="alternate" hreflang="([a-z-]+)" href="([^"]+)">`)

// TestLanguagesNameEachOther wants that a page and its translations name the same ones, themselves among them, as the map of the
// site does.
func TestLanguagesNameEachOther(t *testing.T) {
	t.Parallel()
	const public = "https://imagika.example"
	o := variants()["telegram, model"]
	h := newSite(t, o)
	named := func(path string) [][]string {
		var all [][]string
		for _, m := range alternates.FindAllStringSubmatch(read(t, ask(t, h, "GET", path, "")), -1) {
			all = append(all, m[1:])
		}
		return all
	}
	sitemap := read(t, ask(t, h, "GET", "/sitemap.xml", ""))
	for _, path := range publicPaths(o) {
		want := named(path)
		if len(want) != len(tongues())+1 {
			t.Errorf("%s names %v", path, want)
		}
		for _, a := range want {
			if diff := cmp.Diff(want, named(strings.TrimPrefix(a[1], public))); diff != "" {
				t.Errorf("%s and its translation %s differ: %s", path, a[0], diff)
			}
			if !strings.Contains(sitemap, "<loc>"+a[1]+"</loc>") {
				t.Errorf("the map of the site lacks %s", a[1])
			}
		}
	}
	if !strings.Contains(read(t, ask(t, h, "GET", "/robots.txt", "")), "Sitemap: "+public+"/sitemap.xml") {
		t.Error("robots are not told of the map")
	}
	if res := ask(t, newSite(t, Options{}), "GET", "/sitemap.xml", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("a map of a site without an address: %d", res.StatusCode)
	}
}

// TestLanguageIsOffered wants a way to the visitor's own language on a page in another, and nobody sent there.
func TestLanguageIsOffered(t *testing.T) {
	t.Parallel()
	h := newSite(t, Options{})
	for _, tt := range []struct{ path, accept, want string }{
		{"/", "de-AT,de;q=0.9,en;q=0.8", `<p class="offer"><a href="/de/" lang="de" hreflang="de">Diese Seite auf Deutsch lesen</a>`},
		{"/de/prices", "tr", `<a href="/tr/prices" lang="tr" hreflang="tr">Bu sayfayı Türkçe oku</a>`},
		{"/ru/terms", "en-GB", `<p class="offer"><a href="/terms" lang="en"`},
		{"/privacy", "fr, es;q=0.5", `<p class="offer"><a href="/es/privacy"`},
		{"/de/", "de", ""},
		{"/", "en, de", ""},
		{"/", "fr", ""},
		{"/", "", ""},
		{"/", "%%%", ""},
		{"/", strings.Repeat("de,", 200), ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", tt.path, nil)
		r.Header.Set("Accept-Language", tt.accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != http.StatusOK || w.Header().Get("Vary") != "Accept-Language" {
			t.Errorf("%s for %q: %d, Vary %q", tt.path, tt.accept, w.Code, w.Header().Get("Vary"))
		}
		if tt.want == "" && strings.Contains(body, `class="offer"`) || !strings.Contains(body, tt.want) {
			t.Errorf("%s for %q lacks %q", tt.path, tt.accept, tt.want)
		}
	}
	if res := ask(t, h, "GET", "/de", ""); res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "/de/" {
		t.Errorf("/de: %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestWhatPagesSay(t *testing.T) {
	t.Parallel()
	const (
		play    = `href="/play/">Open the playground`
		telly   = `href="https://t.me/imagika_bot">Open in Telegram`
		honest  = "No AI model is connected here"
		nowhere = "It sends nothing anywhere"
	)
	tests := []struct {
		variant, target string
		has, lacks      []string
	}{
		{"nothing known", "/", []string{"It is free", "whoever runs this Imagika"}, []string{play, telly, honest, "canonical"}},
		{"playground", "/", []string{play, honest, "1 credit<", "20 credits", "Failures cost nothing", "up to 4 at once"}, []string{telly, "It is free"}},
		{"playground", "/prices", []string{"Nothing is sold here", "20 credits to start"}, []string{"/buy"}},
		{"playground", "/privacy", []string{nowhere, "stand-in for Telegram", policy.Version, "The first version"}, []string{"Stars", "Telegram’s privacy policy"}},
		{"playground", "/help", []string{"/imagine</code>", "Paint what you describe", "Nobody: the built-in painter"}, []string{"/paysupport", "/chat"}},
		{"telegram, model", "/", []string{telly, "Painter 9", "1–28 credits", "1 credit to start", `rel="canonical" href="https://imagika.example/"`, "Run by Fox &amp; Sons."}, []string{play, honest}},
		{"telegram, model", "/prices", []string{"Painter 9", "high quality, up to 1.7\u00a0MP", "28 credits", "to change", "otherwise", "Palette", "15 of them a gift", "150 Stars", "400 Stars every 30 days", "within 14 days", "/paysupport", "up to 3 on days"}, []string{"Nothing is sold"}},
		{"telegram, model", "/ru/prices", []string{"Палитра", "165 кредитов", "150 звёзд", "до 1,7\u00a0Мп", "1 кредит", "1\u00a0234 кредита"}, []string{"credits"}},
		{"telegram, model", "/de/prices", []string{"Licht und Materialien", "bis 1,7\u00a0MP", "1.234 Credits"}, nil},
		{"telegram, model", "/help", []string{"help@imagika.example", "/paysupport", "/exit_chat", "The image service that paints"}, nil},
		{"telegram, model", "/privacy", []string{"2027-03", "OpenAI", "fal.ai", "/providers", "Stars", "Requests for help", "Telegram’s privacy policy", `href="https://imagika.example/privacy"`, "from Mar 1, 2027", "in force, since Mar 1, 2027 · people are asked again", "&lt;b&gt;Bold&lt;/b&gt; news", `href="/privacy/2026-12"`}, []string{nowhere, "stand-in"}},
		{"telegram, model", "/es/privacy", []string{"Qué cambió", "en vigor"}, nil},
		{"telegram, model", "/terms", []string{"Fox &amp; Sons", "help@imagika.example", "within 14 days", "Conversations", policy.TermsVersion, `href="/terms/` + policy.TermsVersion + `"`}, nil},
		{"telegram, model", "/tr/terms", []string{"Kullanım koşulları", "Sürümler"}, nil},
		{"telegram, model", "/de/nothing", []string{"noindex", "Diese Leinwand ist leer"}, []string{"canonical"}},
		{"free", "/", []string{"It is free", honest}, []string{"credits", "/buy"}},
		{"free", "/prices", []string{"Every picture is free here"}, []string{"/buy", "Nothing is sold"}},
		{"odd words", "/terms", []string{"&lt;script&gt;"}, nil},
		{"telegram, model", "/developers", []string{`baseURL: "https://imagika.example/v1"`, "<code>painter-9</code>", "1–28 credits", "120 requests a minute"}, []string{"enlarger"}},
		{"telegram, model", "/ru/developers", []string{"painter-9", "до 4", "Разработчикам", "120 запросов"}, nil},
		{"telegram, model", "/privacy/requests", []string{"28 days", "mailto:help@imagika.example?subject=Your%20data", `href="/app/"`, "<code>/privacy</code>"}, nil},
		{"telegram, model", "/privacy", []string{`href="/privacy/requests"`}, nil},
		{"playground", "/", nil, []string{"Helps with words"}},
		{"playground", "/help", []string{"oil painting"}, []string{"/improve", "/describe"}},
		{"free", "/", []string{"Helps with words", "makes a short prompt richer"}, []string{"describes a picture", "translates"}},
		{"free", "/help", []string{"/improve makes"}, []string{"/describe"}},
		{"telegram, model", "/", []string{"It describes a picture as a prompt. It makes a short prompt richer. It translates prompts.</p>"}, nil},
		{"telegram, model", "/help", []string{"/improve makes", "/describe turns"}, nil},
		{"playground", "/privacy/requests", []string{"the way you know them by"}, []string{"mailto:", "/app/", "/developers"}},
	}
	for _, tt := range tests {
		t.Run(tt.variant+tt.target, func(t *testing.T) {
			t.Parallel()
			html := read(t, ask(t, newSite(t, variants()[tt.variant]), "GET", tt.target, ""))
			for _, want := range tt.has {
				if !strings.Contains(html, want) {
					t.Errorf("does not say %q", want)
				}
			}
			for _, refused := range tt.lacks {
				if strings.Contains(html, refused) {
					t.Errorf("says %q", refused)
				}
			}
		})
	}
}

// TestNewPricesShow wants that a catalogue that is read again shows with the next request.
func TestNewPricesShow(t *testing.T) {
	t.Parallel()
	now := catalogue()
	h := newSite(t, Options{Prices: func() Prices { return now }})
	before := ask(t, h, "GET", "/prices", "").Header.Get("ETag")
	now.Models = slices.Clone(now.Models)
	now.Models[0].Title = map[string]string{"en": "Painter 10"}
	res := ask(t, h, "GET", "/prices", "")
	if !strings.Contains(read(t, res), "Painter 10") || res.Header.Get("ETag") == before {
		t.Error("the old prices show")
	}
}

// TestDocumentsAreFound asks for versions.
func TestDocumentsAreFound(t *testing.T) {
	t.Parallel()
	away := false
	h := newSite(t, Options{
		Policy: func(_ context.Context, version string) (Policy, error) {
			switch {
			case away:
				return Policy{}, errors.New("away")
			case version == "":
				return Policy{"2027-03", policy.Builtin()}, nil
			case version == "2026-01":
				return Policy{version, map[string]string{"en": "# Old\n\nwords"}}, nil
			}
			return Policy{}, ErrNoPolicy
		},
	})
	for _, tt := range []struct {
		path   string
		status int
		holds  string
	}{
		{"/privacy", 200, "Version 2027-03"},
		{"/de/privacy/2027-03", 200, "Fassung 2027-03"},
		{"/privacy/2026-01", 200, "<h1>Old</h1>"},
		{"/de/privacy/2026-01", 404, "Leinwand"},
		{"/privacy/2001-01", 404, "canvas"},
		{"/terms/" + policy.TermsVersion, 200, policy.TermsVersion},
		{"/terms/2001-01", 404, "canvas"},
	} {
		res := ask(t, h, "GET", tt.path, "")
		if body := read(t, res); res.StatusCode != tt.status || !strings.Contains(body, tt.holds) {
			t.Errorf("%s = %d, want %d and %q", tt.path, res.StatusCode, tt.status, tt.holds)
		}
	}
	away = true
	for path, status := range map[string]int{"/privacy": 200, "/privacy/2027-03": 200, "/privacy/2025-01": 500} {
		if res := ask(t, h, "GET", path, ""); res.StatusCode != status {
			t.Errorf("%s while the database is away = %d, want %d", path, res.StatusCode, status)
		}
	}
}

// TestStrangersAskTheDatabaseLittle: whatever versions are asked for, those that there are are looked up once, and no others.
func TestStrangersAskTheDatabaseLittle(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	h := newSite(t, Options{
		Policy: func(_ context.Context, version string) (Policy, error) {
			asked[version]++
			if version == "" {
				version = "2027-03"
			}
			return Policy{version, policy.Builtin()}, nil
		},
		Policies: func(context.Context) ([]Change, error) {
			return []Change{{Version: "2027-03", Current: true}, {Version: "2026-01"}}, nil
		},
	})
	for range 3 {
		for path, status := range map[string]int{"/privacy/2026-01": 200, "/de/privacy/2026-01": 200, "/privacy/2027-03": 200, "/privacy/2001-01": 404, "/privacy/x": 404} {
			if res := ask(t, h, "GET", path, ""); res.StatusCode != status {
				t.Errorf("%s = %d, want %d", path, res.StatusCode, status)
			}
		}
	}
	if want := map[string]int{"": 1, "2026-01": 1}; !maps.Equal(asked, want) {
		t.Errorf("the database was asked for %v, want %v", asked, want)
	}
}

// TestIcon makes sure that the icon is small, well-formed, and has nothing that the policy would refuse.
func TestIcon(t *testing.T) {
	t.Parallel()
	icon, err := files.ReadFile("assets/icon.svg")
	if err != nil {
		t.Fatal(err)
	}
	checkMarkup(t, "icon.svg", string(icon))
	for _, refused := range []string{"<style", " style=", "<script", "href="} {
		if strings.Contains(string(icon), refused) {
			t.Errorf("the icon has %s", refused)
		}
	}
	if len(icon) > 2<<10 {
		t.Errorf("the icon has %d bytes", len(icon))
	}
}
