package playground

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy allows the page its own files and nothing else; blob: is the preview of a
// picture before it is sent. A Mini App is the bot's own page, wherever it is, in a
// sandboxed frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; connect-src 'self'; frame-src http: https:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// guard refuses everybody but pages of this machine, and sets the headers of every answer.
func (pg *Playground) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if status, why := judge(r); status != 0 {
			pg.log.WarnContext(r.Context(), "playground request refused", "reason", why, "method", r.Method)
			refuse(w, status, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// judge returns 0 for a welcome request, else the status and the reason of the refusal.
func judge(r *http.Request) (status int, why string) {
	switch {
	case !loopbackPeer(r.RemoteAddr):
		return http.StatusForbidden, "the playground serves this machine only"
	case !loopbackHost(r.Host):
		return http.StatusForbidden, "the playground answers to localhost only"
	case foreign(r.Header.Get("Sec-Fetch-Site")) && !isPage(r):
		return http.StatusForbidden, "requests of other sites are refused"
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return 0, ""
	case !sameOrigin(r):
		return http.StatusForbidden, "the Origin header must name this page"
	case !isJSON(r.Header.Get("Content-Type")):
		return http.StatusUnsupportedMediaType, "the body must be application/json"
	}
	return 0, ""
}

func loopbackPeer(addr string) bool {
	peer, err := netip.ParseAddrPort(addr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// loopbackHost looks at the name the browser believes it talks to. A page of an attacker
// whose name was pointed at 127.0.0.1 still sends the attacker's name.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// sameOrigin demands the header: every browser sends it with a POST.
func sameOrigin(r *http.Request) bool {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return strings.EqualFold(r.Header.Get("Origin"), scheme+r.Host)
}

// foreign reads Sec-Fetch-Site, which browsers set and pages cannot; empty is an older
// browser or no browser.
func foreign(site string) bool {
	return site == "cross-site" || site == "same-site"
}

// bridgePath is window.Telegram.WebApp for Mini Apps, whatever their origin is.
const bridgePath = "/play/telegram-web-app.js"

// isPage reports whether r only opens the page itself, as a link elsewhere may, or loads
// the script that is there for the pages of others.
func isPage(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.URL.Path == "/play" || r.URL.Path == "/play/" || r.URL.Path == bridgePath)
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}
