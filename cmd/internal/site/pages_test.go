package site

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// variants are options that make every branch of every template run.
func variants() map[string]Options {
	return map[string]Options{
		"nothing known":   {},
		"playground":      {Playground: named("playground"), Price: 1, Welcome: 20, Model: "local", Builtin: true},
		"telegram, model": {BotUsername: "imagika_bot", Shop: true, Chats: true, PairHours: 72, RefundDays: 14, Price: 2, Welcome: 1, Model: "painter-9", Services: []string{"OpenAI", "fal.ai"}, PublicURL: "https://imagika.example"},
		"free":            {BotUsername: "imagika_bot", Welcome: 5, Model: "local", Builtin: true, PublicURL: "http://127.0.0.1:8080"},
		"odd words":       {Name: `<b>"I'm" & co</b>`, Model: `<script>alert(1)</script>`, Price: 1000},
	}
}

// TestEveryPage renders every template with every variant and looks at what comes out.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, o := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newSite(t, o)
			for _, target := range []string{"/", "/privacy", "/nothing"} {
				checkPage(t, target, read(t, ask(t, h, "GET", target, "")))
			}
		})
	}
}

var (
	headings = regexp.MustCompile(`<h([1-6])`)
	ids      = regexp.MustCompile(`\bid="([^"]+)"`)
	refs     = regexp.MustCompile(`(?:aria-labelledby="|href="/?#|url\(#)([^")]+)`)
	void     = regexp.MustCompile(`<(meta|link|img)\b[^>]*`)
	links    = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
)

// checkPage holds a page to what every one of them promises.
func checkPage(t *testing.T, target, html string) {
	t.Helper()
	checkMarkup(t, target, html)
	for _, want := range []string{`<html lang="en">`, `<title>`, `name="viewport"`, `class="skip" href="#main"`, `<main id="main"`} {
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", target, want)
		}
	}
	for _, refused := range []string{"<script", "<style", " style=", "onclick", "ZgotmplZ", "<no value>", "<b>", "&lt;no value"} {
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
		if onHome := strings.HasPrefix(m[0], `href="/#`); !onHome && !slices.Contains(known, m[1]) {
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

// TestLinks follows every link that stays here. Only two sites are linked to besides.
func TestLinks(t *testing.T) {
	t.Parallel()
	for name, o := range variants() {
		h := newSite(t, o)
		home := read(t, ask(t, h, "GET", "/", ""))
		for _, html := range []string{home, read(t, ask(t, h, "GET", "/privacy", "")), read(t, ask(t, h, "GET", "/nothing", ""))} {
			for _, m := range links.FindAllStringSubmatch(html, -1) {
				path, fragment, _ := strings.Cut(m[1], "#")
				switch {
				case strings.HasPrefix(path, "/"):
					if res := ask(t, h, "GET", path, ""); res.StatusCode != http.StatusOK {
						t.Errorf("%s: %s = %d", name, path, res.StatusCode)
					}
					if path == "/" && fragment != "" && !strings.Contains(home, `id="`+fragment+`"`) {
						t.Errorf("%s: the home page has no #%s", name, fragment)
					}
				case path == "", o.PublicURL != "" && strings.HasPrefix(path, o.PublicURL+"/"):
				case path == "https://t.me/imagika_bot", path == "https://telegram.org/privacy":
				default:
					t.Errorf("%s: link to %s", name, path)
				}
			}
		}
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
		{"playground", "/", []string{play, honest, "1 credit<", "20 credits", "Failures cost nothing", "Nothing is sold here"}, []string{"/buy", telly, "It is free"}},
		{"playground", "/privacy", []string{nowhere, "stand-in for Telegram", policyVersion}, []string{"Purchases", "Telegram’s privacy policy"}},
		{"telegram, model", "/", []string{telly, "painter-9", "2 credits", "1 credit to start", "/buy", "within 14 days", "/paysupport", `rel="canonical" href="https://imagika.example/"`}, []string{play, honest}},
		{"telegram, model", "/privacy", []string{"OpenAI", "fal.ai", "/providers", "Purchases", "Requests for help", "Telegram’s privacy policy", `href="https://imagika.example/privacy"`}, []string{nowhere, "stand-in"}},
		{"telegram, model", "/nothing", []string{"noindex"}, []string{"canonical"}},
		{"free", "/", []string{"It is free", honest}, []string{"credits", "/buy", "is sold here"}},
		{"odd words", "/", []string{"1,000 credits", "&lt;script&gt;"}, nil},
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
