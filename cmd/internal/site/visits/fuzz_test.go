package visits

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage"
)

// FuzzClient: nobody is somebody else by what they say: who is not a believed proxy asks for themselves, and what a proxy says is an
// address or nothing.
func FuzzClient(f *testing.F) {
	f.Add("203.0.113.7:1", "198.51.100.1")
	f.Add("10.0.0.1:1", "192.0.2.1, 198.51.100.1")
	f.Add("10.0.0.1:1", "unknown, _hidden, [2001:db8::1]:4711, 10.0.0.2")
	f.Add("[::ffff:10.0.0.1]:1", "fe80::1%eth0")
	f.Add("@", ",,,")
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, peer, forwarded string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		alone, got := Client(r, nil), Client(r, proxies)
		if !believed(alone, proxies) && got != alone {
			t.Errorf("%s, which nobody believes, says it asks for %s", alone, got)
		}
		if got.IsValid() && (got.Zone() != "" || got.Is4In6()) {
			t.Errorf("%s can be written in another way", got)
		}
		if code := country(got); !countryForm.MatchString(code) {
			t.Errorf("country %q", code)
		}
	})
}

// FuzzReferrer: of where somebody came from at most the name of a site is kept, and never one with an address of somebody in it.
func FuzzReferrer(f *testing.F) {
	for _, s := range []string{
		"https://www.Example.org:443/x?token=secret", "android-app://org.telegram.messenger/", "https://user:password@example.org/", "http://192.0.2.1/", "http://[::1]/",
		"https://ip-192-0-2-1.example.net/", "https://imagika.example/", "javascript:alert(1)", "https://xn--80ak6aa92e.com/", "https://а.рф/", "//", "\x00", "https://a.b.c.d.e/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, page string) {
		host := referrer(page, "imagika.example")
		if host == "" || host == storage.OtherReferrer {
			return
		}
		if !hostForm.MatchString(host) || len(host) > longestHost || strings.ContainsAny(host, "@:/?# %") || numbered.MatchString(host) {
			t.Errorf("of %q is kept %q", page, host)
		}
	})
}
