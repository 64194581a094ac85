package visits

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// Browsers as they call themselves.
const (
	firefox   = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
	chrome    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	android   = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
	iphone    = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
	ipad      = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1"
	mac       = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15"
	tablet    = "Mozilla/5.0 (Linux; Android 15; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	telegram  = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 Telegram-Android/12.1 (Google Pixel 7; Android 14; SDK 34; HIGH)"
	cubot     = "Mozilla/5.0 (Linux; Android 9; CUBOT X19 Build/PPR1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
	operaMini = "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3417; U; en) Presto/2.8.119 Version/11.10"
	tv        = "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/6.0 Chrome/120.0.0.0 TV Safari/537.36"
)

func TestBots(t *testing.T) {
	t.Parallel()
	for _, agent := range []string{firefox, chrome, android, iphone, ipad, mac, tablet, telegram, cubot, operaMini, tv} {
		if bot(agent) {
			t.Errorf("taken for a program: %s", agent)
		}
	}
	for _, agent := range []string{
		"", "x", "curl/8.5.0", "Wget/1.24", "python-requests/2.32", "Go-http-client/2.0", "TelegramBot (like TwitterBot)", "WhatsApp/2.24", "okhttp/5.0",
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		"Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
		"Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36 Pingdom.com_bot_version_1.4",
		"Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 BytespiderX",
		"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
	} {
		if !bot(agent) {
			t.Errorf("taken for a person: %s", agent)
		}
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		firefox: deviceDesktop, chrome: deviceDesktop, mac: deviceDesktop, android: devicePhone, iphone: devicePhone, telegram: devicePhone, cubot: devicePhone,
		operaMini: devicePhone, ipad: deviceTablet, tablet: deviceTablet, tv: deviceOther, "Mozilla/5.0": deviceOther,
	} {
		r := get(t, "/")
		r.Header.Set("User-Agent", agent)
		if got := device(r); got != want {
			t.Errorf("%s is a %s, want %s", agent, got, want)
		}
	}
	r := get(t, "/")
	r.Header.Set("User-Agent", "Mozilla/5.0")
	r.Header.Set("Sec-CH-UA-Mobile", "?1")
	if got := device(r); got != devicePhone {
		t.Errorf("what says that it is mobile is a %s", got)
	}
}

// get is a request of somebody with a browser.
func get(t testing.TB, target string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Header.Set("User-Agent", firefox)
	r.RemoteAddr = "203.0.113.9:4711"
	return r
}

func TestUncounted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ header, value, want string }{
		{"DNT", "1", reasonOptedOut},
		{"DNT", "0", ""},
		{"Sec-GPC", "1", reasonOptedOut},
		{"Sec-Purpose", "prefetch;prerender", reasonPrefetch},
		{"Purpose", "prefetch", reasonPrefetch},
		{"X-Moz", "prefetch", reasonPrefetch},
		{"X-Purpose", "preview", reasonPrefetch},
		{"Sec-Fetch-Dest", "document", ""},
		{"Sec-Fetch-Dest", "iframe", reasonEmbedded},
		{"Sec-Fetch-Dest", "empty", reasonEmbedded},
		{"User-Agent", "curl/8.5.0", reasonBot},
		{"Accept-Language", "tr", ""},
	} {
		r := get(t, "/")
		r.Header.Set(tt.header, tt.value)
		if got := uncounted(r); got != tt.want {
			t.Errorf("%s: %s is uncounted for %q, want %q", tt.header, tt.value, got, tt.want)
		}
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::7/128")}
	for _, tt := range []struct {
		desc, remote string
		forwarded    []string
		proxies      []netip.Prefix
		want         string
	}{
		{"nobody in front", "203.0.113.9:4711", nil, proxies, "203.0.113.9"},
		{"somebody says that they are a proxy", "203.0.113.9:4711", []string{"8.8.8.8"}, proxies, "203.0.113.9"},
		{"no proxy is believed", "10.0.0.1:4711", []string{"8.8.8.8"}, nil, "10.0.0.1"},
		{"a proxy", "10.0.0.1:4711", []string{"203.0.113.9"}, proxies, "203.0.113.9"},
		{"a proxy behind a proxy", "[2001:db8::7]:4711", []string{"203.0.113.9, 10.1.1.1"}, proxies, "203.0.113.9"},
		{"in two headers", "10.0.0.1:4711", []string{"8.8.8.8, 203.0.113.9", "10.1.1.1"}, proxies, "203.0.113.9"},
		{"what came before was made up", "10.0.0.1:4711", []string{"8.8.8.8, 203.0.113.9"}, proxies, "203.0.113.9"},
		{"with a port", "10.0.0.1:4711", []string{"203.0.113.9:80"}, proxies, "203.0.113.9"},
		{"IPv6 with a port", "10.0.0.1:4711", []string{"[2001:db8::9]:80"}, proxies, "2001:db8::9"},
		{"mapped", "[::ffff:10.0.0.1]:4711", []string{"::ffff:203.0.113.9"}, proxies, "203.0.113.9"},
		{"with a zone", "[fe80::1%eth0]:4711", nil, proxies, "fe80::1"},
		{"nonsense", "10.0.0.1:4711", []string{"unknown"}, proxies, "10.0.0.1"},
		{"nothing said", "10.0.0.1:4711", nil, proxies, "10.0.0.1"},
		{"no address", "@", nil, proxies, "invalid IP"},
	} {
		r := get(t, "/")
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := Client(r, tt.proxies).String(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.desc, got, tt.want)
		}
	}
}

func TestReferrer(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"": "", "https://imagika.example/privacy": "", "http://www.imagika.example:8080/": "",
		"https://news.example.com/item?id=42&by=ada": "news.example.com", "https://News.Example.COM./": "news.example.com", "https://www.example.com": "example.com",
		"https://ada:secret@example.com:8443/x": "example.com", "https://xn--80ak6aa92e.xn--p1ai/": "xn--80ak6aa92e.xn--p1ai",
		"android-app://org.telegram.messenger/": "org.telegram.messenger",
		"https://203.0.113.9/":                  "other", "http://[2001:db8::7]/": "other", "https://203-0-113-9.dyn.example.net/": "other", "https://9.113.0.203.in-addr.arpa/": "other",
		"https://localhost/": "other", "https://intranet/ada": "other", "javascript:alert(1)": "other", "https://": "other", "%zz": "other", "ada@example.com": "other",
		"https://a_b.example.com/": "other", "https://example.com<script>/": "other", "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com/": "other",
		"https://example.c0m1/": "other",
	} {
		if got := referrer(page, "imagika.example"); got != want {
			t.Errorf("%q led here from %q, want %q", page, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"8.8.8.8": "US", "2001:4860:4860::8888": "US", "127.0.0.1": "ZZ", "10.1.2.3": "ZZ", "::1": "ZZ", "fe80::1": "ZZ", "fd00::1": "ZZ", "0.0.0.0": "ZZ", "::": "ZZ",
	} {
		if got := country(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
	if got := country(netip.Addr{}); got != unknownCountry {
		t.Errorf("no address is in %s", got)
	}
	if Country("de", "TR") != "Türkei" || Country("en", "ZZ") != "ZZ" || Country("en", "?") != "?" {
		t.Errorf("names are %q, %q, %q", Country("de", "TR"), Country("en", "ZZ"), Country("en", "?"))
	}
}
