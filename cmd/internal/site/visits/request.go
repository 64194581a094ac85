package visits

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/phuslu/iploc"

	"github.com/imagika/imagika/storage"
)

// Why a request is no view.
const (
	reasonBot      = "bot"
	reasonPrefetch = "prefetch"
	reasonEmbedded = "embedded" // into another page
	reasonFull     = "full"     // the view is counted; whose it is, there was no room to tell
	reasonOptedOut = "opted_out"
)

// uncounted says why a request is not counted; empty if it is.
func uncounted(r *http.Request) string {
	h := r.Header
	switch {
	case h.Get("DNT") == "1", h.Get("Sec-GPC") == "1":
		return reasonOptedOut
	case bot(h.Get("User-Agent")):
		return reasonBot
	case h.Get("Sec-Purpose") != "", h.Get("Purpose") != "", h.Get("X-Purpose") != "", h.Get("X-Moz") != "":
		return reasonPrefetch // nobody sees it yet, or ever
	}
	if dest := h.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		return reasonEmbedded
	}
	return ""
}

// Kinds of devices.
const (
	devicePhone   = "phone"
	deviceTablet  = "tablet"
	deviceDesktop = "desktop"
	deviceOther   = "other"
)

// device is what somebody looks at the page with, by what the browser calls itself. A tablet that calls itself a computer, as an
// iPad does, is one.
func device(r *http.Request) string {
	agent := strings.ToLower(r.UserAgent())
	has := func(words ...string) bool { return containsAny(agent, words...) }
	switch {
	case has("smart-tv", "smarttv", "googletv", "appletv", "hbbtv", "crkey", "playstation", "xbox", "nintendo"):
		return deviceOther
	case has("ipad", "tablet", "kindle", "silk/"), has("android") && !has("mobile"):
		return deviceTablet
	case has("iphone", "ipod", "mobi", "opera mini"), r.Header.Get("Sec-CH-UA-Mobile") == "?1":
		return devicePhone
	case has("windows nt", "macintosh", "x11", "cros ", "linux"):
		return deviceDesktop
	}
	return deviceOther
}

// bot reports whether a browser's name is none. What is no browser does not begin as all of them do; what looks at pages for others
// says so, or where to read about it.
func bot(agent string) bool {
	if !strings.HasPrefix(agent, "Mozilla/") && !strings.HasPrefix(agent, "Opera/") {
		return true
	}
	agent = strings.ReplaceAll(strings.ToLower(agent), "cubot", "") // makes phones
	return endsWord(agent, "bot") || containsAny(
		agent, "http://", "https://", "crawl", "spider", "slurp", "preview", "headless", "lighthouse", "monitor", "uptime", "pingdom", "validator", "scrap", "archive",
		"fetcher", "scanner", "python", "curl", "wget", "java/", "okhttp", "axios", "node-fetch", "go-http-client", "libwww", "phantomjs", "puppeteer", "playwright",
		"selenium", "facebookexternalhit", "whatsapp", "chatgpt", "anthropic", "mediapartners", "feedly", "google-", "inspectiontool",
	)
}

// endsWord reports whether a word of s ends with that.
func endsWord(s, end string) bool {
	for {
		i := strings.Index(s, end)
		if i < 0 {
			return false
		}
		if s = s[i+len(end):]; s == "" || s[0] < 'a' || s[0] > 'z' {
			return true
		}
	}
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// Client is the address that asks, or the zero Addr. The last one in X-Forwarded-For is that of whoever asked the proxy, the one before that of
// whoever asked them; what stands before the first that is not believed was made up by whoever wanted to.
func Client(r *http.Request, proxies []netip.Prefix) netip.Addr {
	address := parseAddress(r.RemoteAddr)
	if len(proxies) == 0 {
		return address
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(said) - 1; i >= 0 && believed(address, proxies); i-- {
		next := parseAddress(strings.TrimSpace(said[i]))
		if !next.IsValid() {
			break
		}
		address = next
	}
	return address
}

func believed(address netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// parseAddress reads an address with or without a port; what is none is the zero Addr.
func parseAddress(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// unknownCountry is a code that ISO 3166 leaves to whoever needs one.
const unknownCountry = "ZZ"

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

// country is an estimate.
func country(address netip.Addr) string {
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return unknownCountry
	}
	if code := iploc.IPCountry(address); countryForm.MatchString(code) {
		return code
	}
	return unknownCountry
}

var (
	// hostForm is a name with at least one dot whose last part begins and ends with a letter, so that no address is one.
	hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z])$`)
	// numbered is a name with somebody's address in it, as providers give their customers.
	numbered = regexp.MustCompile(`\d{1,3}([.-]\d{1,3}){3}`)
)

// longestHost is as long as a name may be that is kept.
const longestHost = 100

// referrer is the host of the page that led here: empty for none and for a page of the site, other where there is no telling.
// Apps have hosts too.
func referrer(page, own string) string {
	if page == "" {
		return ""
	}
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "android-app" {
		return storage.OtherReferrer
	}
	host := bare(u.Host)
	switch {
	case host == own:
		return ""
	case len(host) > longestHost, !hostForm.MatchString(host), numbered.MatchString(host):
		return storage.OtherReferrer
	}
	return host
}

// bare is a host without port, in one way of writing it.
func bare(host string) string {
	host = strings.ToLower(host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimPrefix(strings.TrimSuffix(host, "."), "www.")
}
