package miniapp

import (
	"net/http"
	"strings"
)

// pageSources let the page load its own files, and its pictures also from memory. What follows is who may show it in a frame:
// Telegram's clients for the browser.
const (
	pageSources = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
		"require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "
	telegramFrames = "https://web.telegram.org https://*.telegram.org"
	// apiSources are of answers that are no page.
	apiSources = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
)

// pageHeaders are those of the page and its files.
func (a *app) pageHeaders(h http.Header) {
	a.headers(h)
	h.Set("Content-Security-Policy", pageSources+strings.Join(append([]string{telegramFrames}, a.Frames...), " "))
}

// apiHeaders are those of calls: what they answer is data, for our page alone, and is kept nowhere.
func (a *app) apiHeaders(h http.Header) {
	a.headers(h)
	h.Set("Content-Security-Policy", apiSources)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Authorization, Accept-Language")
}

func (a *app) headers(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), browsing-topics=()")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	if a.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
