// Package sitetest looks at pages in a headless Chromium, as a visitor with a critic beside them would: on a desktop and on a
// phone, light and dark.
//
//	critic := sitetest.Start(t)
//	tab := critic.Visit(t, address, sitetest.Phone, sitetest.Dark) // fails t for what leaves the origin, cookies, errors
//	critic.Axe(t, tab, "home")                                     // for what keeps people out
//	sitetest.Frugal(t, tab)                                        // for what is heavy, blocks or moves
//	sitetest.Untouched(t, tab)                                     // for what is left on the device
//	sitetest.Validate(t, map[string]string{"home": html})
//	sitetest.Lighthouse(t, address)
//
// axe-core, html-validate and lighthouse come from npm, with the versions of the lock files in tools, into a folder of the
// user's cache: the first test waits for that, the others find it.
package sitetest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
)

// Screen is what a page is shown on, in CSS pixels.
type Screen struct {
	Name          string
	Width, Height int64
}

// The screens: a usual desktop, and a phone as narrow as they are still made.
var (
	Desktop = Screen{"desktop", 1280, 800}
	Phone   = Screen{"phone", 360, 740}
)

// The themes, as prefers-color-scheme names them.
const (
	Light = "light"
	Dark  = "dark"
)

// Critic has a browser and axe-core. It may be used by parallel tests.
type Critic struct {
	browser *playgroundtest.Browser
	axe     string
}

// Start runs a Chromium until t ends. It skips t in short mode.
func Start(t *testing.T) *Critic {
	t.Helper()
	return &Critic{axe: AxeCore(t), browser: playgroundtest.Start(t)}
}

// Visit opens a page in a tab with an empty profile. Until t ends, it fails for every request that leaves the page's origin,
// for an answer that sets a cookie, and for whatever the page or the browser calls an error.
func (c *Critic) Visit(t *testing.T, address string, s Screen, theme string) *playgroundtest.Tab {
	t.Helper()
	tab := c.browser.Tab(t)
	watch(t, tab, address)
	Show(tab, s, theme)
	tab.Do(chromedp.Navigate(address))
	tab.Still()
	return tab
}

// Move opens another page of the origin in the tab of a visit.
func Move(tab *playgroundtest.Tab, address string) {
	tab.Do(chromedp.Navigate(address))
	tab.Still()
}

// Show puts the page of a tab on another screen, in another theme.
func Show(tab *playgroundtest.Tab, s Screen, theme string) {
	var phone []chromedp.EmulateViewportOption
	if s.Width < 600 {
		phone = append(phone, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	tab.Do(chromedp.EmulateViewport(s.Width, s.Height, phone...))
	tab.Theme(theme)
}

// faults are what a page did that it must not.
type faults struct {
	mu   sync.Mutex
	said []string
}

func (f *faults) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

// watch notes faults from now on, and fails t for them at its end.
func watch(t *testing.T, tab *playgroundtest.Tab, address string) {
	t.Helper()
	f := &faults{}
	if err := chromedp.Listen(tab.Context(), func(event any) { f.hear(address, event) }); err != nil {
		t.Fatalf("browser: %v", err)
	}
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, said := range f.said {
			t.Errorf("%s: %s", address, said)
		}
	})
}

// hear notes an event that is a fault. That a page where nothing is answers 404 is none.
func (f *faults) hear(address string, event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !sameOrigin(address, e.Request.URL) {
			f.add("a request leaves: %.200s", e.Request.URL)
		}
	case *network.EventResponseReceivedExtraInfo:
		for name := range e.Headers {
			if strings.EqualFold(name, "Set-Cookie") {
				f.add("an answer sets a cookie")
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && (e.Entry.Source != log.EntrySourceNetwork || e.Entry.URL != address) {
			f.add("the browser says: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			f.add("the page says: %s", spoken(e.Args))
		}
	}
}

// spoken are the words of a call of the console.
func spoken(args []*runtime.RemoteObject) string {
	var words []string
	for _, a := range args {
		words = append(words, strings.TrimSpace(string(a.Value)+" "+a.Description))
	}
	return strings.Join(words, " ")
}

// sameOrigin reports whether an address stays where a page is. What the page carries in itself does.
func sameOrigin(page, address string) bool {
	a, err := url.Parse(page)
	b, failed := url.Parse(address)
	if err != nil || failed != nil {
		return false
	}
	switch b.Scheme {
	case "data", "blob", "about":
		return true
	}
	return a.Scheme == b.Scheme && a.Host == b.Host
}
