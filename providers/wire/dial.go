package wire

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
)

// maxRedirects of a result; networks that deliver use one or two.
const maxRedirects = 4

func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	if !c.trusted[address] {
		d.Control = onlyPublic
	}
	return d.DialContext(ctx, network, address)
}

// onlyPublic refuses private addresses after names are resolved.
func onlyPublic(_, resolved string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return err
	}
	if !public(at.Addr()) {
		return errPrivate
	}
	return nil
}

// public reports whether an address is one of the Internet, that anybody's server can have.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(reserved(), func(p netip.Prefix) bool { return p.Contains(ip) })
}

// reserved are the networks that are neither private nor anybody's (IANA's registries of special addresses).
func reserved() []netip.Prefix {
	var all []netip.Prefix
	for _, s := range []string{
		// Networks of providers and clouds on their inside. Their metadata is at 169.254.169.254, which is link-local, and at
		// 100.100.100.200, 192.0.0.192 and 168.63.129.16.
		"100.64.0.0/10", "192.0.0.0/24", "168.63.129.16/32", "198.18.0.0/15",
		"0.0.0.0/8", "192.88.99.0/24", "240.0.0.0/4",
		// IPv4 in IPv6: what is refused as the one can be reached as the other.
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16",
		"100::/64", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// Public returns a client for addresses that strangers named: it reaches no private, loopback or link-local one, whatever a name
// resolves to, goes through no proxy, and follows no redirect.
func Public() *http.Client {
	d := net.Dialer{Timeout: dialTimeout, Control: onlyPublic}
	return &http.Client{
		Transport:     &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ownURL resolves an address the provider handed out and checks that it is the provider's own.
func (c *Client) ownURL(address string) (*url.URL, error) {
	u, err := c.base.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	if u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return u, nil
	}
	if c.secure(u) && listed(u.Hostname(), c.o.Own) {
		return u, nil
	}
	return nil, fmt.Errorf("host %q is not the provider's", u.Hostname())
}

// resultURL checks where a picture is to be fetched from.
func (c *Client) resultURL(u *url.URL) error {
	if u.Scheme == c.base.Scheme && u.Host == c.base.Host {
		return nil
	}
	if c.secure(u) && (listed(u.Hostname(), c.o.Results) || listed(u.Hostname(), c.o.Own) || c.trusted[hostPort(u)]) {
		return nil
	}
	return fmt.Errorf("results do not come from host %q", u.Hostname())
}

// secure asks for TLS, except where the operator said otherwise.
func (c *Client) secure(u *url.URL) bool {
	return u.User == nil && (u.Scheme == "https" || (u.Scheme == "http" && c.trusted[hostPort(u)]))
}

func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return c.resultURL(r.URL)
}
