package site

import (
	"flag"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/cmd/internal/site/sitetest"
	"github.com/imagika/imagika/workers/status"
)

var (
	shots  = flag.Bool("shots", false, "keep pictures of every page in the artifacts")
	grades = flag.Bool("grades", false, "grade every page in every language, and how fast it is, not only one")
)

// everything is all that the site can have, with a model that is away and an incident that lasts.
func everything() Options {
	troubled := newService()
	troubled.readings.Models[1].Routes[0].State = status.Away
	troubled.incidents = []status.Incident{late(26*time.Hour, "Pictures are late", "We look.")}
	o, with := variants()["telegram, model"], troubled.options()
	o.Status, o.Incidents, o.Security = with.Status, with.Incidents, with.Security
	o.API, o.APIURL, o.SignIn, o.App = named("api"), "https://imagika.example/v1", true, named("app")
	return o
}

// served is the site with everything on it, at an address of its own.
func served(t *testing.T) string {
	t.Helper()
	web := httptest.NewUnstartedServer(nil)
	o := everything()
	o.PublicURL = "http://" + web.Listener.Addr().String()
	web.Config.Handler = newSite(t, o)
	web.Start()
	t.Cleanup(web.Close)
	return web.URL
}

// TestPages looks at every page in a browser: in English on each screen, in German, whose words are the longest, on one of them,
// because the languages share all but their words. The sources of all are validated. With -shots a browser looks at each page in
// each language and theme.
func TestPages(t *testing.T) {
	t.Parallel()
	critic, address := sitetest.Start(t), served(t)
	sources := map[string]string{}
	h := newSite(t, everything())
	for i, tongue := range tongues() {
		missing := at(tongue.Tag, "/nothing")
		sources[titled(missing)] = read(t, ask(t, h, "GET", missing, ""))
		paths := publicPaths(everything())
		for j := range paths {
			paths[j] = at(tongue.Tag, paths[j])
		}
		for _, path := range paths {
			sources[titled(path)] = read(t, ask(t, h, "GET", path, ""))
		}
		if !*shots && !slices.Contains([]string{"en", "de"}, tongue.Tag) {
			continue
		}
		tab := critic.Visit(t, address+missing, sitetest.Phone, sitetest.Dark)
		looked(t, critic, tab, missing, sights(i))
		for n, path := range paths {
			sitetest.Move(tab, address+path)
			looked(t, critic, tab, path, sights(i+n))
		}
		sitetest.Untouched(t, tab)
	}
	byKeyboard(t, critic.Visit(t, address+"/", sitetest.Desktop, sitetest.Light))
	if days := playgroundtest.JS[int](critic.Visit(t, address+"/status", sitetest.Phone, sitetest.Light), `[...document.querySelectorAll(".day")].filter((e) => e.getBoundingClientRect().width >= 2).length`); days != statusDays {
		t.Errorf("a phone shows %d days of %d", days, statusDays)
	}
	sitetest.Validate(t, sources)
}

// looked looks at the page of a tab.
func looked(t *testing.T, critic *sitetest.Critic, tab *playgroundtest.Tab, path string, all []sight) {
	t.Helper()
	sitetest.Frugal(t, tab)
	if spoken(path) != "en" && !*shots {
		all = all[:1]
	}
	for _, one := range all {
		sitetest.Show(tab, one.screen, one.theme)
		critic.Axe(t, tab, path+" "+one.screen.Name+" "+one.theme)
		if *shots {
			tab.Whole(titled(path) + "-" + one.screen.Name + "-" + one.theme)
		}
	}
}

// sight is a screen and a theme.
type sight struct {
	screen sitetest.Screen
	theme  string
}

// sights are a phone and a desktop, light and dark in turn; all of them with -shots.
func sights(i int) []sight {
	all := []sight{{sitetest.Phone, sitetest.Dark}, {sitetest.Desktop, sitetest.Light}, {sitetest.Phone, sitetest.Light}, {sitetest.Desktop, sitetest.Dark}}
	if *shots {
		return all
	}
	return all[i%2*2 : i%2*2+2]
}

// titled makes a file's name of a path.
func titled(path string) string {
	if name := strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"); name != "" {
		return name
	}
	return "start"
}

// byKeyboard wants the first key to show the way past the menu.
func byKeyboard(t *testing.T, tab *playgroundtest.Tab) {
	t.Helper()
	tab.Do(chromedp.KeyEvent(kb.Tab))
	tab.Until(`document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().top >= 0`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`document.activeElement.matches("main")`)
}

// TestLighthouse wants full marks for the start page, and with -grades for each page.
func TestLighthouse(t *testing.T) {
	t.Parallel()
	address := served(t)
	all := []string{address + "/"}
	if *grades {
		all = nil
		for _, path := range everyPath(everything()) {
			if !strings.HasSuffix(path, "/nothing") {
				all = append(all, address+path)
			}
		}
	}
	sitetest.Lighthouse(t, *grades, all...)
}
