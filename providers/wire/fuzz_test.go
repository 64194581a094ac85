package wire

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// FuzzWait: whatever an answer says, nobody is left alone for longer than an hour, or for less than no time.
func FuzzWait(f *testing.F) {
	for _, v := range []string{"7", "0.5", "1e300", "-1", "NaN", "Inf", "Wed, 21 Oct 2035 07:28:00 GMT", "1m30s", "9223372036854775807"} {
		f.Add(v, v, v)
	}
	now := time.Unix(2_000_000_000, 0)
	f.Fuzz(func(t *testing.T, after, ms, reset string) {
		h := http.Header{"Retry-After": {after}, "Retry-After-Ms": {ms}, "X-Ratelimit-Remaining-Images": {"0"}, "X-Ratelimit-Reset-Images": {reset}}
		for range 3 { // the first that says something hides the others
			if wait := Wait(h, now); wait < 0 || wait > waitCap {
				t.Errorf("wait %v for %q", wait, h)
			}
			if _, ok := h["Retry-After-Ms"]; ok {
				delete(h, "Retry-After-Ms")
			} else {
				delete(h, "Retry-After")
			}
		}
	})
}

// FuzzAddresses: what a provider hands out leads to the hosts that the adapter lists, over TLS, or nowhere.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{
		"get_result?id=1", "https://api.example/v1/x", "https://a.cdn.example/x.png", "https://a.cdn.example@evil.example/", "https://evil.example/.cdn.example",
		"//evil.example/x", "https:evil.example", `https://evil.example\.cdn.example/`, "HTTPS://A.CDN.EXAMPLE./", "http://a.cdn.example/", "file:///etc/passwd",
		"https://a.cdn.example:22/", "https://[::1]/", "https://%61.cdn.example/", "https://a.cdn.example%00.evil.example/", "\thttps://evil.example",
	} {
		f.Add(s)
	}
	c, err := New(Options{Provider: "test", Base: "https://api.example/v1", Own: []string{"*.own.example"}, Results: []string{"*.cdn.example"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if u, err := c.address(address); err == nil {
			host := strings.ToLower(u.Hostname())
			if u.Scheme != "https" || u.User != nil || u.Host != "api.example" && !strings.HasSuffix(host, ".own.example") {
				t.Errorf("%q is taken for the provider's own: %s", address, u)
			}
		}
		u, err := c.base.Parse(address)
		if err != nil || c.resultURL(u) != nil {
			return
		}
		host := strings.ToLower(u.Hostname())
		if u.Scheme != "https" || u.Host != "api.example" && !strings.HasSuffix(host, ".own.example") && !strings.HasSuffix(host, ".cdn.example") {
			t.Errorf("results are fetched from %q: %s", address, u)
		}
	})
}

// FuzzPublic: an address counts as public only if it is none of those that lead inside, in any of the ways to write it.
func FuzzPublic(f *testing.F) {
	for _, s := range []string{"127.0.0.1:80", "[::1]:80", "[::ffff:10.0.0.1]:443", "[fe80::1%lo]:80", "93.184.216.34:443", "[2606:2800:220:1::1]:443", "[2002:7f00:1::]:1", "x:1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, resolved string) {
		if onlyPublic("tcp", resolved, nil) != nil {
			return
		}
		at, err := netip.ParseAddrPort(resolved)
		if err != nil {
			t.Fatalf("%q is dialed", resolved)
		}
		ip := at.Addr().Unmap()
		b := ip.As16()
		inside := !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is4() && (b[12] == 0 || b[12] == 100 && b[13]&0xc0 == 64)
		if ip.Is6() { // networks whose last four bytes are an IPv4 address, and the one in which bytes 2 to 5 are
			inside = inside || [12]byte(b[:12]) == [12]byte{} || [4]byte(b[:4]) == [4]byte{0, 0x64, 0xff, 0x9b} || [2]byte(b[:2]) == [2]byte{0x20, 0x02}
		}
		if inside {
			t.Errorf("%s is dialed", resolved)
		}
	})
}
